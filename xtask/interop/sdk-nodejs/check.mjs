// The official Node.js SDK against the sandbox: it signs, the sandbox verifies.
import assert from 'node:assert/strict';
import core from '@huaweicloud/huaweicloud-sdk-core';
import rocketmq from '@huaweicloud/huaweicloud-sdk-rocketmq/v2/public-api.js';

const { ENDPOINT, PROJECT_ID, ACCESS_KEY, SECRET_KEY, ROCKETMQ_INSTANCE_ID } = process.env;

function client(secretKey) {
  const credentials = new core.BasicCredentials()
    .withAk(ACCESS_KEY)
    .withSk(secretKey)
    .withProjectId(PROJECT_ID);
  return rocketmq.RocketMQClient.newBuilder()
    .withCredential(credentials)
    .withEndpoint(ENDPOINT)
    .build();
}

function request(id, parameters = {}) {
  return Object.assign(new rocketmq.ListBackgroundTasksRequest(id), parameters);
}

const span = { start: 1, limit: 10, beginTime: '20200609160000', endTime: '20200630235959' };
const page = await client(SECRET_KEY).listBackgroundTasks(request(ROCKETMQ_INSTANCE_ID, span));
assert.equal(page.task_count, '1');
assert.equal(page.tasks[0].name, 'bindInstancePublicIp');
assert.equal(JSON.parse(page.tasks[0].params).enable_public_ip, true);
const later = { beginTime: '20210101000000', endTime: '20210102000000' };
const none = await client(SECRET_KEY).listBackgroundTasks(request(ROCKETMQ_INSTANCE_ID, later));
assert.deepEqual(none.tasks, []);
console.log('ok ListBackgroundTasks call');

async function refused(promise, status, code, message) {
  const error = await promise.then(() => assert.fail('there was no error'), (error) => error);
  const { httpStatusCode, errorCode, errorMsg, requestId } = error.data ?? error;
  assert.deepEqual([httpStatusCode, errorCode], [status, code]);
  assert.match(errorMsg, message);
  assert.ok(requestId);
}

await refused(
  client('wrong').listBackgroundTasks(request(ROCKETMQ_INSTANCE_ID)),
  401, 'APIGW.0301', /verify aksk signature fail/,
);
await refused(
  client(SECRET_KEY).listBackgroundTasks(request('unknown')),
  404, '111404022', /does not exist/,
);
await refused(
  client(SECRET_KEY).listBackgroundTasks(request(ROCKETMQ_INSTANCE_ID, { limit: 0 })),
  400, 'APIG.0201', /limit must be/,
);
console.log('ok ListBackgroundTasks error');
