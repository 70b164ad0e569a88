// Checks the clients that ogen makes from the published descriptions.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ogen-go/ogen/ogenerrors"

	"interop/dcs"
	"interop/rocketmq"
)

const taskID = "8abf6e1e72c12e7c0172c15b508500aa"

var (
	ctx      = context.Background()
	endpoint = env("ENDPOINT")
	project  = env("PROJECT_ID")
	limit    = int32(10)
)

func main() {
	decodeListBackgroundTask()
	decodeShowBackgroundTaskProgress()
	decodeListCenterTask()
	decodeListBackgroundTasks()
	unknown()
	call()
	refused()
}

func decodeListBackgroundTask() {
	var page dcs.ListBackgroundTaskResponse
	decode(sample("dcs/ListBackgroundTask.json"), &page)
	field("task_count", page.TaskCount, dcs.NewInt64TaskCount(1))
	equal("number of tasks", len(page.Tasks), 1)
	task := page.Tasks[0]
	field("id", task.ID, taskID)
	field("name", task.Name, "EXTEND")
	field("user_name", task.UserName, "dcs_000_02")
	field("status", task.Status, "SUCCESS")
	field("created_at", task.CreatedAt, "2020-06-17T08:18:06.597Z")
	field("enable_show", task.EnableShow, false)
	details := task.Details.Value
	field("old_capacity", details.OldCapacity, dcs.NewStringCapacity("0.125"))
	field("old_port", details.OldPort, 6379)
	field("is_only_adjust_charging", details.IsOnlyAdjustCharging, false)
	equal("rename_commands is there", details.RenameCommands != nil, true)
	equal("number of rename_commands", len(details.RenameCommands), 0)
	passed("ListBackgroundTask", "decode")
}

func decodeShowBackgroundTaskProgress() {
	var progress dcs.ShowBackgroundTaskProgressResponse
	decode(sample("dcs/ShowBackgroundTaskProgress.json"), &progress)
	field("progress", progress.Progress, 30)
	field("remain_time", progress.RemainTime, 100)
	steps := progress.StepDetails
	equal("number of steps", len(steps), 2)
	field("step_name", steps[0].StepName, "前置检查")
	field("step_status", steps[0].StepStatus, "FINISH")
	field("begin_time", steps[0].BeginTime, "2022-09-01 11:52:24")
	field("error_code", steps[0].ErrorCode, "DCS.4064")
	equal("number of sub steps", len(steps[0].SubStepDetails), 2)
	field("step_status", steps[1].StepStatus, "EXECUTING")
	detail := steps[1].SubStepDetails[0].Detail.Value
	equal("start of detail", strings.HasPrefix(detail, "{node_id:9996"), true)
	passed("ShowBackgroundTaskProgress", "decode")
}

func decodeListCenterTask() {
	var page dcs.ListCenterTaskResponse
	decode(sample("dcs/ListCenterTask.json"), &page)
	field("task_count", page.TaskCount, dcs.NewInt64TaskCount(2))
	tasks := page.Tasks
	equal("number of tasks", len(tasks), 2)
	details, ok := tasks[0].Details.Get()
	equal("details is there", ok, true)
	field("old_capacity", details.OldCapacity, dcs.NewFloat64Capacity(0.125))
	field("new_capacity", details.NewCapacity, dcs.NewFloat64Capacity(0.25))
	field("job_id", tasks[0].JobID, "8abf6e1e87bce0740187bd32748b0530")
	field("error_code", tasks[0].ErrorCode, "111400063")
	field("name", tasks[1].Name, "dcsExportJob")
	equal("details is null", tasks[1].Details.IsNull(), true)
	passed("ListCenterTask", "decode")
}

func decodeListBackgroundTasks() {
	var page rocketmq.ListBackgroundTasksResponse
	decode(sample("rocketmq/ListBackgroundTasks.json"), &page)
	field("task_count", page.TaskCount, rocketmq.NewStringTaskCount("1"))
	equal("number of tasks", len(page.Tasks), 1)
	task := page.Tasks[0]
	field("name", task.Name, "bindInstancePublicIp")
	field("status", task.Status, "SUCCESS")
	field("created_at", task.CreatedAt, "2020-06-23T03:00:03.471Z")
	var params struct {
		EnablePublicIP bool `json:"enable_public_ip"`
	}
	decode([]byte(task.Params.Value), &params)
	equal("enable_public_ip in params", params.EnablePublicIP, true)
	passed("ListBackgroundTasks", "decode")
}

// A task in a state and with a field that nobody knew of when the client was made.
func unknown() {
	var document map[string]any
	decode(sample("dcs/ListBackgroundTask.json"), &document)
	changed := document["tasks"].([]any)[0].(map[string]any)
	changed["status"] = "HELD"
	changed["new_field"] = map[string]any{"a": 1}
	delete(changed, "details")
	text, err := json.Marshal(document)
	must(err)
	var page dcs.ListBackgroundTaskResponse
	decode(text, &page)
	field("status", page.Tasks[0].Status, "HELD")
	equal("details is set", page.Tasks[0].Details.Set, false)
	passed("ListBackgroundTask", "unknown")
}

// The descriptions offer a signature or a token; this is the token.
type dcsToken string

func (token dcsToken) AuthToken(context.Context, dcs.OperationName) (dcs.AuthToken, error) {
	return dcs.AuthToken{APIKey: string(token)}, nil
}

func (dcsToken) AkSkSignature(context.Context, dcs.OperationName) (dcs.AkSkSignature, error) {
	return dcs.AkSkSignature{}, ogenerrors.ErrSkipClientSecurity
}

type rocketmqToken string

func (token rocketmqToken) AuthToken(context.Context, rocketmq.OperationName) (rocketmq.AuthToken, error) {
	return rocketmq.AuthToken{APIKey: string(token)}, nil
}

func (rocketmqToken) AkSkSignature(context.Context, rocketmq.OperationName) (rocketmq.AkSkSignature, error) {
	return rocketmq.AkSkSignature{}, ogenerrors.ErrSkipClientSecurity
}

// Every operation returns one of the types that the description gives it, so a call asks for the
// one that it expects. The status is part of the type, or of its value where a type is for a range.
func call() {
	client, err := dcs.NewClient(endpoint, dcsToken(env("AUTH_TOKEN")))
	must(err)

	list := expect[*dcs.ListBackgroundTaskResponse](client.ListBackgroundTask(ctx, listBackgroundTask()))
	field("id", list.Tasks[0].ID, taskID)
	field("status", list.Tasks[0].Status, "SUCCESS")
	passed("ListBackgroundTask", "call")

	progress := expect[*dcs.ShowBackgroundTaskProgressResponse](client.ShowBackgroundTaskProgress(ctx, showBackgroundTaskProgress()))
	field("progress", progress.Progress, 30)
	passed("ShowBackgroundTaskProgress", "call")

	center := expect[*dcs.ListCenterTaskResponse](client.ListCenterTask(ctx, listCenterTask()))
	field("id", center.Tasks[0].ID, taskID)
	field("status", center.Tasks[0].Status, "SUCCESS")
	passed("ListCenterTask", "call")

	rocket, err := rocketmq.NewClient(endpoint, rocketmqToken(env("AUTH_TOKEN")))
	must(err)
	tasks := expect[*rocketmq.ListBackgroundTasksResponse](rocket.ListBackgroundTasks(ctx, listBackgroundTasks()))
	field("id", tasks.Tasks[0].ID, "ff80808272dcc90f0172df1e490f41b0")
	field("status", tasks.Tasks[0].Status, "SUCCESS")
	passed("ListBackgroundTasks", "call")
}

func refused() {
	client, err := dcs.NewClient(endpoint, dcsToken("wrong"))
	must(err)

	list := expect[*dcs.ListBackgroundTaskUnauthorized](client.ListBackgroundTask(ctx, listBackgroundTask()))
	field("error_code", list.ErrorCode, "APIGW.0301")
	passed("ListBackgroundTask", "error")

	progress := expect[*dcs.ShowBackgroundTaskProgressUnauthorized](client.ShowBackgroundTaskProgress(ctx, showBackgroundTaskProgress()))
	field("error_code", progress.ErrorCode, "APIGW.0301")
	passed("ShowBackgroundTaskProgress", "error")

	center := expect[*dcs.OtherClientErrorStatusCode](client.ListCenterTask(ctx, listCenterTask()))
	equal("HTTP status", center.StatusCode, 401)
	field("error_code", center.Response.ErrorCode, "APIGW.0301")
	passed("ListCenterTask", "error")

	rocket, err := rocketmq.NewClient(endpoint, rocketmqToken("wrong"))
	must(err)
	tasks := expect[*rocketmq.ClientErrorStatusCode](rocket.ListBackgroundTasks(ctx, listBackgroundTasks()))
	equal("HTTP status", tasks.StatusCode, 401)
	field("error_code", tasks.Response.ErrorCode, "APIGW.0301")
	passed("ListBackgroundTasks", "error")
}

func listBackgroundTask() dcs.ListBackgroundTaskParams {
	return dcs.ListBackgroundTaskParams{ProjectID: project, InstanceID: env("DCS_INSTANCE_ID"), Limit: dcs.NewOptInt32(limit)}
}

func showBackgroundTaskProgress() dcs.ShowBackgroundTaskProgressParams {
	return dcs.ShowBackgroundTaskProgressParams{ProjectID: project, InstanceID: env("DCS_INSTANCE_ID"), TaskID: env("DCS_TASK_ID")}
}

func listCenterTask() dcs.ListCenterTaskParams {
	return dcs.ListCenterTaskParams{ProjectID: project, Limit: dcs.NewOptInt32(limit)}
}

func listBackgroundTasks() rocketmq.ListBackgroundTasksParams {
	return rocketmq.ListBackgroundTasksParams{ProjectID: project, InstanceID: env("ROCKETMQ_INSTANCE_ID"), Limit: rocketmq.NewOptInt32(limit)}
}

func expect[T any](answer any, err error) T {
	must(err)
	expected, ok := answer.(T)
	if !ok {
		fail(fmt.Sprintf("the answer is a %T, expected a %T", answer, expected))
	}
	return expected
}

func env(name string) string {
	value, ok := os.LookupEnv(name)
	if !ok {
		fail("the environment has no " + name)
	}
	return value
}

func sample(name string) []byte {
	text, err := os.ReadFile(filepath.Join(env("SAMPLES"), name))
	must(err)
	return bytes.TrimSpace(text)
}

func decode(text []byte, into any) {
	must(json.Unmarshal(text, into))
}

func field[T comparable](what string, optional interface{ Get() (T, bool) }, want T) {
	got, ok := optional.Get()
	if !ok {
		fail(fmt.Sprintf("%s is absent, expected %v", what, want))
	}
	equal(what, got, want)
}

func equal[T comparable](what string, got, want T) {
	if got != want {
		fail(fmt.Sprintf("%s is %v, expected %v", what, got, want))
	}
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

// A panic, because its trace says which check it was.
func fail(message string) {
	panic(message)
}

func passed(operation, check string) {
	fmt.Println("ok", operation, check)
}
