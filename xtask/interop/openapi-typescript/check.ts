import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components as Dcs, paths as DcsPaths } from "./dcs";
import type { components as RocketMq, paths as RocketMqPaths } from "./rocketmq";
import errorSample from "./samples/dcs/ErrorResponse.gateway.json";
import listBackgroundTask from "./samples/dcs/ListBackgroundTask.json";
import listCenterTask from "./samples/dcs/ListCenterTask.json";
import showProgress from "./samples/dcs/ShowBackgroundTaskProgress.json";
import listBackgroundTasks from "./samples/rocketmq/ListBackgroundTasks.json";

// Types are all that openapi-typescript generates: nothing looks at the values at run time. So the
// compiler has to: it knows the type of each imported sample, and holds it against the description.
listBackgroundTask satisfies Dcs["schemas"]["ListBackgroundTaskResponse"];
showProgress satisfies Dcs["schemas"]["ShowBackgroundTaskProgressResponse"];
listCenterTask satisfies Dcs["schemas"]["ListCenterTaskResponse"];
listBackgroundTasks satisfies RocketMq["schemas"]["ListBackgroundTasksResponse"];

const TASKS = "/v2/{project_id}/instances/{instance_id}/tasks";
const PROGRESS = "/v2/{project_id}/instances/{instance_id}/tasks/{task_id}/progress";
const CENTER = "/v2/{project_id}/tasks";

// The documented bodies of a 401. Each of these stops compiling when that response is dropped.
type Refused<Responses, Status extends keyof Responses> =
  Responses[Status] extends { content: { "application/json": infer Body } } ? Body : never;
type TasksRefused = Refused<DcsPaths[typeof TASKS]["get"]["responses"], 401>;
type ProgressRefused = Refused<DcsPaths[typeof PROGRESS]["get"]["responses"], 401>;
type CenterRefused = Refused<DcsPaths[typeof CENTER]["get"]["responses"], "4XX">;
type RocketMqRefused = Refused<RocketMqPaths[typeof TASKS]["get"]["responses"], "4XX">;
errorSample satisfies TasksRefused;

function env(name: string): string {
  const value = process.env[name];
  assert.ok(value, `the environment variable ${name} is not set`);
  return value;
}

// The expected value must fit the generated type of the field, so a change of type does not compile.
function same<T>(actual: T, expected: NoInfer<T>, what: string): void {
  assert.deepEqual(actual, expected, what);
}

function given<T>(value: T, what: string): NonNullable<T> {
  assert.ok(value !== undefined && value !== null, `${what} is missing`);
  return value;
}

function ok(operation: string, check: string): void {
  console.log(`ok ${operation} ${check}`);
}

/** A client whose transport answers every request with one body, to decode samples with. */
function answering(body: unknown) {
  return {
    baseUrl: "http://sample.invalid",
    fetch: async () => Response.json(body),
  };
}

const project = { project_id: env("PROJECT_ID") };
const dcsInstance = { ...project, instance_id: env("DCS_INSTANCE_ID") };
const dcsTask = { ...dcsInstance, task_id: env("DCS_TASK_ID") };
const rocketMqInstance = { ...project, instance_id: env("ROCKETMQ_INSTANCE_ID") };
const query = { limit: 10 };

function server(token: string) {
  return { baseUrl: env("ENDPOINT"), headers: { "X-Auth-Token": token } };
}

async function decode(): Promise<void> {
  {
    const client = createClient<DcsPaths>(answering(listBackgroundTask));
    const { data } = await client.GET(TASKS, { params: { path: dcsInstance } });
    const page = given(data, "the page");
    same(page.task_count, 1, "task_count");
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.name, "EXTEND", "name");
    same(task.user_name, "dcs_000_02", "user_name");
    same(task.status, "SUCCESS", "status");
    same(task.created_at, "2020-06-17T08:18:06.597Z", "created_at");
    same(task.enable_show, false, "enable_show");
    const details = given(task.details, "details");
    same(details.old_capacity, "0.125", "old_capacity");
    same(details.old_port, 6379, "old_port");
    same(details.is_only_adjust_charging, false, "is_only_adjust_charging");
    same(details.rename_commands, [], "rename_commands");
    ok("ListBackgroundTask", "decode");
  }
  {
    const client = createClient<DcsPaths>(answering(showProgress));
    const { data } = await client.GET(PROGRESS, { params: { path: dcsTask } });
    const task = given(data, "the progress");
    same(task.progress, 30, "progress");
    same(task.remain_time, 100, "remain_time");
    same(task.step_details?.length, 2, "the number of steps");
    const first = given(task.step_details?.[0], "step_details[0]");
    same(first.step_name, "前置检查", "step_name");
    same(first.step_status, "FINISH", "step_status");
    same(first.begin_time, "2022-09-01 11:52:24", "begin_time");
    same(first.error_code, "DCS.4064", "error_code");
    same(first.sub_step_details?.length, 2, "the number of sub steps");
    const second = given(task.step_details?.[1], "step_details[1]");
    same(second.step_status, "EXECUTING", "step_status of the second step");
    const detail = given(second.sub_step_details?.[0]?.detail, "detail");
    assert.ok(detail.startsWith("{node_id:9996"), `detail is ${detail}`);
    ok("ShowBackgroundTaskProgress", "decode");
  }
  {
    const client = createClient<DcsPaths>(answering(listCenterTask));
    const { data } = await client.GET(CENTER, { params: { path: project } });
    const page = given(data, "the page");
    same(page.task_count, 2, "task_count");
    const first = given(page.tasks?.[0], "tasks[0]");
    const details = given(first.details, "details");
    same(details.old_capacity, 0.125, "old_capacity");
    same(details.new_capacity, 0.25, "new_capacity");
    same(first.job_id, "8abf6e1e87bce0740187bd32748b0530", "job_id");
    same(first.error_code, "111400063", "error_code");
    const second = given(page.tasks?.[1], "tasks[1]");
    same(second.name, "dcsExportJob", "name");
    same(second.details, null, "details of the second task");
    ok("ListCenterTask", "decode");
  }
  {
    const client = createClient<RocketMqPaths>(answering(listBackgroundTasks));
    const { data } = await client.GET(TASKS, { params: { path: rocketMqInstance } });
    const page = given(data, "the page");
    same(page.task_count, "1", "task_count");
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.name, "bindInstancePublicIp", "name");
    same(task.status, "SUCCESS", "status");
    same(task.created_at, "2020-06-23T03:00:03.471Z", "created_at");
    const params: unknown = JSON.parse(given(task.params, "params"));
    assert.ok(typeof params === "object" && params !== null && "enable_public_ip" in params);
    assert.equal(params.enable_public_ip, true, "enable_public_ip in params");
    ok("ListBackgroundTasks", "decode");
  }
}

async function unknown(): Promise<void> {
  const [{ details: _, ...rest }] = listBackgroundTask.tasks as [(typeof listBackgroundTask.tasks)[0]];
  const changed = { ...listBackgroundTask, tasks: [{ ...rest, status: "HELD", held_by: { name: "new" } }] };
  changed satisfies Dcs["schemas"]["ListBackgroundTaskResponse"];
  const client = createClient<DcsPaths>(answering(changed));
  const { data } = await client.GET(TASKS, { params: { path: dcsInstance } });
  const task = given(data?.tasks?.[0], "tasks[0]");
  same(task.status, "HELD", "status");
  same(task.details, undefined, "details");
  ok("ListBackgroundTask", "unknown");
}

async function call(): Promise<void> {
  const dcs = createClient<DcsPaths>(server(env("AUTH_TOKEN")));
  {
    const { data, response } = await dcs.GET(TASKS, { params: { path: dcsInstance, query } });
    assert.equal(response.status, 200);
    const task = given(data?.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    same(task.details?.old_capacity, "0.125", "old_capacity");
    ok("ListBackgroundTask", "call");
  }
  {
    const { data, response } = await dcs.GET(PROGRESS, { params: { path: dcsTask } });
    assert.equal(response.status, 200);
    same(data?.progress, 30, "progress");
    same(data?.step_details?.[0]?.step_name, "前置检查", "step_name");
    ok("ShowBackgroundTaskProgress", "call");
  }
  {
    const { data, response } = await dcs.GET(CENTER, { params: { path: project, query } });
    assert.equal(response.status, 200);
    const task = given(data?.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListCenterTask", "call");
  }
  {
    const rocketMq = createClient<RocketMqPaths>(server(env("AUTH_TOKEN")));
    const { data, response } = await rocketMq.GET(TASKS, { params: { path: rocketMqInstance, query } });
    assert.equal(response.status, 200);
    const task = given(data?.tasks?.[0], "tasks[0]");
    same(task.id, "ff80808272dcc90f0172df1e490f41b0", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListBackgroundTasks", "call");
  }
}

function refused(operation: string, status: number, code: string | undefined): void {
  assert.equal(status, 401, `status of ${operation}`);
  assert.equal(code, "APIGW.0301", `error_code of ${operation}`);
  ok(operation, "error");
}

async function error(): Promise<void> {
  const dcs = createClient<DcsPaths>(server("wrong"));
  {
    const { error, response } = await dcs.GET(TASKS, { params: { path: dcsInstance, query } });
    const body: TasksRefused = given(error, "the error");
    refused("ListBackgroundTask", response.status, body.error_code);
  }
  {
    const { error, response } = await dcs.GET(PROGRESS, { params: { path: dcsTask } });
    const body: ProgressRefused = given(error, "the error");
    refused("ShowBackgroundTaskProgress", response.status, body.error_code);
  }
  {
    const { error, response } = await dcs.GET(CENTER, { params: { path: project, query } });
    const body: CenterRefused = given(error, "the error");
    refused("ListCenterTask", response.status, body.error_code);
  }
  {
    const rocketMq = createClient<RocketMqPaths>(server("wrong"));
    const { error, response } = await rocketMq.GET(TASKS, { params: { path: rocketMqInstance, query } });
    const body: RocketMqRefused = given(error, "the error");
    refused("ListBackgroundTasks", response.status, body.error_code);
  }
}

async function main(): Promise<void> {
  await decode();
  await unknown();
  await call();
  await error();
}

main().catch((reason: unknown) => {
  console.error(reason);
  process.exitCode = 1;
});
