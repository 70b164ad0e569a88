import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as dcs from "./dcs";
import * as rocketMq from "./rocketmq";
import errorSample from "./samples/dcs/ErrorResponse.gateway.json";
import listBackgroundTask from "./samples/dcs/ListBackgroundTask.json";
import listCenterTask from "./samples/dcs/ListCenterTask.json";
import showProgress from "./samples/dcs/ShowBackgroundTaskProgress.json";
import listBackgroundTasks from "./samples/rocketmq/ListBackgroundTasks.json";

// At run time nothing looks at the types of the values, so the compiler has to: it knows the type of
// each imported sample, and holds it, with the names that the generator gives, against the model.
type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Named<T> = T extends readonly (infer Item)[]
  ? Named<Item>[]
  : T extends object
    ? { [K in keyof T as Camel<K> & string]: Named<T[K]> }
    : T;
type Fits<Model, Sample extends Model> = Sample;
export type Fitting = [
  Fits<dcs.ListBackgroundTaskResponse, Named<typeof listBackgroundTask>>,
  Fits<dcs.ShowBackgroundTaskProgressResponse, Named<typeof showProgress>>,
  Fits<dcs.ListCenterTaskResponse, Named<typeof listCenterTask>>,
  Fits<rocketMq.ListBackgroundTasksResponse, Named<typeof listBackgroundTasks>>,
  Fits<dcs.ErrorResponse, Named<typeof errorSample>>,
];

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

// The generated code copies field by field, under other names. What it writes back shows whether
// any field of the sample, also of those that no check names, is unknown to the description.
function writesBack(written: unknown, sample: unknown): void {
  assert.deepEqual(JSON.parse(JSON.stringify(written)), sample, "the sample, read and written back");
}

function ok(operation: string, check: string): void {
  console.log(`ok ${operation} ${check}`);
}

const project = { projectId: env("PROJECT_ID") };
const dcsInstance = { ...project, instanceId: env("DCS_INSTANCE_ID") };
const dcsTask = { ...dcsInstance, taskId: env("DCS_TASK_ID") };
const rocketMqInstance = { ...project, instanceId: env("ROCKETMQ_INSTANCE_ID") };
const limit = 10;

function server(token: string) {
  return { basePath: env("ENDPOINT"), apiKey: token };
}

function decode(): void {
  {
    const page = dcs.ListBackgroundTaskResponseFromJSON(listBackgroundTask);
    same(page.taskCount, 1, "task_count");
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.name, "EXTEND", "name");
    same(task.userName, "dcs_000_02", "user_name");
    same(task.status, "SUCCESS", "status");
    same(task.createdAt, "2020-06-17T08:18:06.597Z", "created_at");
    same(task.enableShow, false, "enable_show");
    const details = given(task.details, "details");
    same(details.oldCapacity, "0.125", "old_capacity");
    same(details.oldPort, 6379, "old_port");
    same(details.isOnlyAdjustCharging, false, "is_only_adjust_charging");
    same(details.renameCommands, [], "rename_commands");
    writesBack(dcs.ListBackgroundTaskResponseToJSON(page), listBackgroundTask);
    ok("ListBackgroundTask", "decode");
  }
  {
    const task = dcs.ShowBackgroundTaskProgressResponseFromJSON(showProgress);
    same(task.progress, 30, "progress");
    same(task.remainTime, 100, "remain_time");
    same(task.stepDetails?.length, 2, "the number of steps");
    const first = given(task.stepDetails?.[0], "step_details[0]");
    same(first.stepName, "前置检查", "step_name");
    same(first.stepStatus, "FINISH", "step_status");
    same(first.beginTime, "2022-09-01 11:52:24", "begin_time");
    same(first.errorCode, "DCS.4064", "error_code");
    same(first.subStepDetails?.length, 2, "the number of sub steps");
    const second = given(task.stepDetails?.[1], "step_details[1]");
    same(second.stepStatus, "EXECUTING", "step_status of the second step");
    const detail = given(second.subStepDetails?.[0]?.detail, "detail");
    assert.ok(detail.startsWith("{node_id:9996"), `detail is ${detail}`);
    writesBack(dcs.ShowBackgroundTaskProgressResponseToJSON(task), showProgress);
    ok("ShowBackgroundTaskProgress", "decode");
  }
  {
    const page = dcs.ListCenterTaskResponseFromJSON(listCenterTask);
    same(page.taskCount, 2, "task_count");
    const first = given(page.tasks?.[0], "tasks[0]");
    const details = given(first.details, "details");
    same(details.oldCapacity, 0.125, "old_capacity");
    same(details.newCapacity, 0.25, "new_capacity");
    same(first.jobId, "8abf6e1e87bce0740187bd32748b0530", "job_id");
    same(first.errorCode, "111400063", "error_code");
    const second = given(page.tasks?.[1], "tasks[1]");
    same(second.name, "dcsExportJob", "name");
    same(second.details, null, "details of the second task");
    writesBack(dcs.ListCenterTaskResponseToJSON(page), listCenterTask);
    ok("ListCenterTask", "decode");
  }
  {
    const page = rocketMq.ListBackgroundTasksResponseFromJSON(listBackgroundTasks);
    same(page.taskCount, "1", "task_count");
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.name, "bindInstancePublicIp", "name");
    same(task.status, "SUCCESS", "status");
    same(task.createdAt, "2020-06-23T03:00:03.471Z", "created_at");
    const params: unknown = JSON.parse(given(task.params, "params"));
    assert.ok(typeof params === "object" && params !== null && "enable_public_ip" in params);
    assert.equal(params.enable_public_ip, true, "enable_public_ip in params");
    writesBack(rocketMq.ListBackgroundTasksResponseToJSON(page), listBackgroundTasks);
    ok("ListBackgroundTasks", "decode");
  }
  const refusal = dcs.ErrorResponseFromJSON(errorSample);
  same(refusal.errorCode, "APIGW.0301", "error_code");
  writesBack(dcs.ErrorResponseToJSON(refusal), errorSample);
}

function unknown(): void {
  const tasks = listBackgroundTask.tasks.map(({ details: _, ...task }) => ({
    ...task,
    status: "HELD",
    held_by: { name: "new" },
  }));
  const page = dcs.ListBackgroundTaskResponseFromJSON({ ...listBackgroundTask, tasks });
  const task = given(page.tasks?.[0], "tasks[0]");
  same(task.status, "HELD", "status");
  same(task.details, undefined, "details");
  ok("ListBackgroundTask", "unknown");
}

async function call(): Promise<void> {
  const tasks = new dcs.BackgroundTasksApi(new dcs.Configuration(server(env("AUTH_TOKEN"))));
  {
    const page = await tasks.listBackgroundTask({ ...dcsInstance, limit });
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    same(task.details?.oldCapacity, "0.125", "old_capacity");
    ok("ListBackgroundTask", "call");
  }
  {
    const task = await tasks.showBackgroundTaskProgress(dcsTask);
    same(task.progress, 30, "progress");
    same(task.stepDetails?.[0]?.stepName, "前置检查", "step_name");
    ok("ShowBackgroundTaskProgress", "call");
  }
  {
    const center = new dcs.TaskCenterApi(new dcs.Configuration(server(env("AUTH_TOKEN"))));
    const page = await center.listCenterTask({ ...project, limit });
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListCenterTask", "call");
  }
  {
    const api = new rocketMq.BackgroundTasksApi(new rocketMq.Configuration(server(env("AUTH_TOKEN"))));
    const page = await api.listBackgroundTasks({ ...rocketMqInstance, limit });
    const task = given(page.tasks?.[0], "tasks[0]");
    same(task.id, "ff80808272dcc90f0172df1e490f41b0", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListBackgroundTasks", "call");
  }
}

async function refusal(answer: Promise<unknown>): Promise<Response> {
  try {
    await answer;
  } catch (error) {
    // Each client has a class of its own for this.
    if (error instanceof dcs.ResponseError || error instanceof rocketMq.ResponseError) {
      return error.response;
    }
    throw error;
  }
  throw new assert.AssertionError({ message: "a wrong token was accepted" });
}

// The generated code has the model of the error, and nothing that ties it to the operation and the
// status. Only the generated reference does, so that is where a dropped response shows.
function documented(reference: string, operation: string, status: string): void {
  const sections = readFileSync(join(env("WORK"), reference), "utf8").split("\n## ");
  const section = given(sections.find((text) => text.startsWith(`${operation}\n`)), `${operation} in ${reference}`);
  assert.ok(section.includes(`| **${status}** |`), `${reference} has no ${status} for ${operation}`);
}

async function error(): Promise<void> {
  const tasks = new dcs.BackgroundTasksApi(new dcs.Configuration(server("wrong")));
  {
    documented("dcs/docs/BackgroundTasksApi.md", "listBackgroundTask", "401");
    const response = await refusal(tasks.listBackgroundTask({ ...dcsInstance, limit }));
    assert.equal(response.status, 401);
    same(dcs.ErrorResponseFromJSON(await response.json()).errorCode, "APIGW.0301", "error_code");
    ok("ListBackgroundTask", "error");
  }
  {
    documented("dcs/docs/BackgroundTasksApi.md", "showBackgroundTaskProgress", "401");
    const response = await refusal(tasks.showBackgroundTaskProgress(dcsTask));
    assert.equal(response.status, 401);
    same(dcs.ErrorResponseFromJSON(await response.json()).errorCode, "APIGW.0301", "error_code");
    ok("ShowBackgroundTaskProgress", "error");
  }
  {
    documented("dcs/docs/TaskCenterApi.md", "listCenterTask", "4XX");
    const center = new dcs.TaskCenterApi(new dcs.Configuration(server("wrong")));
    const response = await refusal(center.listCenterTask({ ...project, limit }));
    assert.equal(response.status, 401);
    same(dcs.ErrorResponseFromJSON(await response.json()).errorCode, "APIGW.0301", "error_code");
    ok("ListCenterTask", "error");
  }
  {
    documented("rocketmq/docs/BackgroundTasksApi.md", "listBackgroundTasks", "4XX");
    const api = new rocketMq.BackgroundTasksApi(new rocketMq.Configuration(server("wrong")));
    const response = await refusal(api.listBackgroundTasks({ ...rocketMqInstance, limit }));
    assert.equal(response.status, 401);
    same(rocketMq.ErrorResponseFromJSON(await response.json()).errorCode, "APIGW.0301", "error_code");
    ok("ListBackgroundTasks", "error");
  }
}

async function main(): Promise<void> {
  decode();
  unknown();
  await call();
  await error();
}

main().catch((reason: unknown) => {
  console.error(reason);
  process.exitCode = 1;
});
