import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import axios, { type AxiosInstance } from "axios";
import * as dcs from "./dcs";
import * as rocketMq from "./rocketmq";
import errorSample from "./samples/dcs/ErrorResponse.gateway.json";
import listBackgroundTask from "./samples/dcs/ListBackgroundTask.json";
import listCenterTask from "./samples/dcs/ListCenterTask.json";
import showProgress from "./samples/dcs/ShowBackgroundTaskProgress.json";
import listBackgroundTasks from "./samples/rocketmq/ListBackgroundTasks.json";

// The generated client hands out what JSON.parse made and does not look at it. So the compiler has
// to: it knows the type of each imported sample, and holds it against the description.
listBackgroundTask satisfies dcs.ListBackgroundTaskResponse;
showProgress satisfies dcs.ShowBackgroundTaskProgressResponse;
listCenterTask satisfies dcs.ListCenterTaskResponse;
listBackgroundTasks satisfies rocketMq.ListBackgroundTasksResponse;
errorSample satisfies dcs.ErrorResponse;

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

/** A transport that answers every request with one body, to decode samples with. */
function answering(body: unknown): AxiosInstance {
  return axios.create({
    adapter: async (config) => ({
      data: JSON.stringify(body),
      status: 200,
      statusText: "OK",
      headers: { "content-type": "application/json" },
      config,
    }),
  });
}

const project = env("PROJECT_ID");
const dcsInstance = env("DCS_INSTANCE_ID");
const dcsTask = env("DCS_TASK_ID");
const rocketMqInstance = env("ROCKETMQ_INSTANCE_ID");
const offset = undefined;
const limit = 10;

function dcsServer(token: string): dcs.Configuration {
  return new dcs.Configuration({ basePath: env("ENDPOINT"), apiKey: token });
}

function rocketMqServer(token: string): rocketMq.Configuration {
  return new rocketMq.Configuration({ basePath: env("ENDPOINT"), apiKey: token });
}

async function decode(): Promise<void> {
  {
    const api = new dcs.BackgroundTasksApi(undefined, undefined, answering(listBackgroundTask));
    const { data } = await api.listBackgroundTask(project, dcsInstance);
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
    const api = new dcs.BackgroundTasksApi(undefined, undefined, answering(showProgress));
    const { data } = await api.showBackgroundTaskProgress(project, dcsInstance, dcsTask);
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
    const api = new dcs.TaskCenterApi(undefined, undefined, answering(listCenterTask));
    const { data } = await api.listCenterTask(project);
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
    const api = new rocketMq.BackgroundTasksApi(undefined, undefined, answering(listBackgroundTasks));
    const { data } = await api.listBackgroundTasks(project, rocketMqInstance);
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
  changed satisfies dcs.ListBackgroundTaskResponse;
  const api = new dcs.BackgroundTasksApi(undefined, undefined, answering(changed));
  const { data } = await api.listBackgroundTask(project, dcsInstance);
  const task = given(data.tasks?.[0], "tasks[0]");
  same(task.status, "HELD", "status");
  same(task.details, undefined, "details");
  ok("ListBackgroundTask", "unknown");
}

async function call(): Promise<void> {
  const tasks = new dcs.BackgroundTasksApi(dcsServer(env("AUTH_TOKEN")));
  {
    const { data, status } = await tasks.listBackgroundTask(project, dcsInstance, offset, limit);
    assert.equal(status, 200);
    const task = given(data.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    same(task.details?.old_capacity, "0.125", "old_capacity");
    ok("ListBackgroundTask", "call");
  }
  {
    const { data, status } = await tasks.showBackgroundTaskProgress(project, dcsInstance, dcsTask);
    assert.equal(status, 200);
    same(data.progress, 30, "progress");
    same(data.step_details?.[0]?.step_name, "前置检查", "step_name");
    ok("ShowBackgroundTaskProgress", "call");
  }
  {
    const center = new dcs.TaskCenterApi(dcsServer(env("AUTH_TOKEN")));
    const { data, status } = await center.listCenterTask(project, offset, limit);
    assert.equal(status, 200);
    const task = given(data.tasks?.[0], "tasks[0]");
    same(task.id, "8abf6e1e72c12e7c0172c15b508500aa", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListCenterTask", "call");
  }
  {
    const api = new rocketMq.BackgroundTasksApi(rocketMqServer(env("AUTH_TOKEN")));
    const { data, status } = await api.listBackgroundTasks(project, rocketMqInstance, offset, limit);
    assert.equal(status, 200);
    const task = given(data.tasks?.[0], "tasks[0]");
    same(task.id, "ff80808272dcc90f0172df1e490f41b0", "id");
    same(task.status, "SUCCESS", "status");
    ok("ListBackgroundTasks", "call");
  }
}

async function refusal<Body>(answer: Promise<unknown>): Promise<Body> {
  try {
    await answer;
  } catch (error) {
    if (axios.isAxiosError<Body>(error) && error.response) {
      assert.equal(error.response.status, 401);
      return error.response.data;
    }
    throw error;
  }
  throw new assert.AssertionError({ message: "a wrong token was accepted" });
}

// The generated code has the model of the error, and nothing that ties it to the operation and the
// status. Only the generated reference does, so that is where a dropped response shows.
function documented(reference: string, operation: string, status: string): void {
  const sections = readFileSync(join(env("WORK"), reference), "utf8").split("\n# **");
  const section = given(sections.find((text) => text.startsWith(`${operation}**\n`)), `${operation} in ${reference}`);
  assert.ok(section.includes(`|**${status}** |`), `${reference} has no ${status} for ${operation}`);
}

async function error(): Promise<void> {
  const tasks = new dcs.BackgroundTasksApi(dcsServer("wrong"));
  {
    documented("dcs/docs/BackgroundTasksApi.md", "listBackgroundTask", "401");
    const answer = tasks.listBackgroundTask(project, dcsInstance, offset, limit);
    same((await refusal<dcs.ErrorResponse>(answer)).error_code, "APIGW.0301", "error_code");
    ok("ListBackgroundTask", "error");
  }
  {
    documented("dcs/docs/BackgroundTasksApi.md", "showBackgroundTaskProgress", "401");
    const answer = tasks.showBackgroundTaskProgress(project, dcsInstance, dcsTask);
    same((await refusal<dcs.ErrorResponse>(answer)).error_code, "APIGW.0301", "error_code");
    ok("ShowBackgroundTaskProgress", "error");
  }
  {
    documented("dcs/docs/TaskCenterApi.md", "listCenterTask", "4XX");
    const answer = new dcs.TaskCenterApi(dcsServer("wrong")).listCenterTask(project, offset, limit);
    same((await refusal<dcs.ErrorResponse>(answer)).error_code, "APIGW.0301", "error_code");
    ok("ListCenterTask", "error");
  }
  {
    documented("rocketmq/docs/BackgroundTasksApi.md", "listBackgroundTasks", "4XX");
    const api = new rocketMq.BackgroundTasksApi(rocketMqServer("wrong"));
    const answer = api.listBackgroundTasks(project, rocketMqInstance, offset, limit);
    same((await refusal<rocketMq.ErrorResponse>(answer)).error_code, "APIGW.0301", "error_code");
    ok("ListBackgroundTasks", "error");
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
