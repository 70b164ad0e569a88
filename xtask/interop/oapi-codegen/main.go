// Checks the clients that oapi-codegen makes from the published descriptions.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

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
	count, err := page.TaskCount.AsTaskCount1()
	must(err)
	equal("task_count", count, 1)
	_, err = page.TaskCount.AsTaskCount0()
	equal("task_count is not a string", err != nil, true)
	equal("number of tasks", len(*page.Tasks), 1)
	task := (*page.Tasks)[0]
	field("id", task.Id, taskID)
	field("name", task.Name, "EXTEND")
	field("user_name", task.UserName, "dcs_000_02")
	field("status", task.Status, "SUCCESS")
	field("created_at", task.CreatedAt, "2020-06-17T08:18:06.597Z")
	field("enable_show", task.EnableShow, false)
	details, err := task.Details.Get()
	must(err)
	capacity, err := details.OldCapacity.AsCapacity0()
	must(err)
	equal("old_capacity", capacity, "0.125")
	_, err = details.OldCapacity.AsCapacity1()
	equal("old_capacity is not a number", err != nil, true)
	field("old_port", details.OldPort, 6379)
	field("is_only_adjust_charging", details.IsOnlyAdjustCharging, false)
	equal("rename_commands is there", details.RenameCommands != nil, true)
	equal("number of rename_commands", len(*details.RenameCommands), 0)
	passed("ListBackgroundTask", "decode")
}

func decodeShowBackgroundTaskProgress() {
	var progress dcs.ShowBackgroundTaskProgressResponse
	decode(sample("dcs/ShowBackgroundTaskProgress.json"), &progress)
	field("progress", progress.Progress, 30)
	field("remain_time", progress.RemainTime, 100)
	steps := *progress.StepDetails
	equal("number of steps", len(steps), 2)
	field("step_name", steps[0].StepName, "前置检查")
	field("step_status", steps[0].StepStatus, "FINISH")
	field("begin_time", steps[0].BeginTime, "2022-09-01 11:52:24")
	field("error_code", steps[0].ErrorCode, "DCS.4064")
	equal("number of sub steps", len(*steps[0].SubStepDetails), 2)
	field("step_status", steps[1].StepStatus, "EXECUTING")
	detail := (*steps[1].SubStepDetails)[0].Detail
	equal("start of detail", strings.HasPrefix(*detail, "{node_id:9996"), true)
	passed("ShowBackgroundTaskProgress", "decode")
}

func decodeListCenterTask() {
	var page dcs.ListCenterTaskResponse
	decode(sample("dcs/ListCenterTask.json"), &page)
	count, err := page.TaskCount.AsTaskCount1()
	must(err)
	equal("task_count", count, 2)
	tasks := *page.Tasks
	equal("number of tasks", len(tasks), 2)
	details, err := tasks[0].Details.Get()
	must(err)
	capacity, err := details.OldCapacity.AsCapacity1()
	must(err)
	equal("old_capacity", capacity, 0.125)
	_, err = details.OldCapacity.AsCapacity0()
	equal("old_capacity is not a string", err != nil, true)
	capacity, err = details.NewCapacity.AsCapacity1()
	must(err)
	equal("new_capacity", capacity, 0.25)
	field("job_id", tasks[0].JobId, "8abf6e1e87bce0740187bd32748b0530")
	field("error_code", tasks[0].ErrorCode, "111400063")
	field("name", tasks[1].Name, "dcsExportJob")
	equal("details is null", tasks[1].Details.IsNull(), true)
	passed("ListCenterTask", "decode")
}

func decodeListBackgroundTasks() {
	var page rocketmq.ListBackgroundTasksResponse
	decode(sample("rocketmq/ListBackgroundTasks.json"), &page)
	count, err := page.TaskCount.AsTaskCount0()
	must(err)
	equal("task_count", count, "1")
	_, err = page.TaskCount.AsTaskCount1()
	equal("task_count is not a number", err != nil, true)
	task := (*page.Tasks)[0]
	field("name", task.Name, "bindInstancePublicIp")
	field("status", task.Status, "SUCCESS")
	field("created_at", task.CreatedAt, "2020-06-23T03:00:03.471Z")
	var params struct {
		EnablePublicIP bool `json:"enable_public_ip"`
	}
	decode([]byte(*task.Params), &params)
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
	task := (*page.Tasks)[0]
	field("status", task.Status, "HELD")
	equal("details is absent", task.Details.IsSpecified(), false)
	passed("ListBackgroundTask", "unknown")
}

func dcsClient(token string) *dcs.ClientWithResponses {
	client, err := dcs.NewClientWithResponses(endpoint, dcs.WithRequestEditorFn(authenticate(token)))
	must(err)
	return client
}

func rocketmqClient(token string) *rocketmq.ClientWithResponses {
	client, err := rocketmq.NewClientWithResponses(endpoint, rocketmq.WithRequestEditorFn(authenticate(token)))
	must(err)
	return client
}

func authenticate(token string) func(context.Context, *http.Request) error {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-Auth-Token", token)
		return nil
	}
}

func call() {
	token := env("AUTH_TOKEN")
	client := dcsClient(token)

	list, err := client.ListBackgroundTaskWithResponse(ctx, project, env("DCS_INSTANCE_ID"), &dcs.ListBackgroundTaskParams{Limit: &limit})
	must(err)
	equal("HTTP status", list.StatusCode(), 200)
	field("id", (*list.JSON200.Tasks)[0].Id, taskID)
	field("status", (*list.JSON200.Tasks)[0].Status, "SUCCESS")
	passed("ListBackgroundTask", "call")

	progress, err := client.ShowBackgroundTaskProgressWithResponse(ctx, project, env("DCS_INSTANCE_ID"), env("DCS_TASK_ID"))
	must(err)
	equal("HTTP status", progress.StatusCode(), 200)
	field("progress", progress.JSON200.Progress, 30)
	passed("ShowBackgroundTaskProgress", "call")

	center, err := client.ListCenterTaskWithResponse(ctx, project, &dcs.ListCenterTaskParams{Limit: &limit})
	must(err)
	equal("HTTP status", center.StatusCode(), 200)
	field("id", (*center.JSON200.Tasks)[0].Id, taskID)
	field("status", (*center.JSON200.Tasks)[0].Status, "SUCCESS")
	passed("ListCenterTask", "call")

	tasks, err := rocketmqClient(token).ListBackgroundTasksWithResponse(ctx, project, env("ROCKETMQ_INSTANCE_ID"), &rocketmq.ListBackgroundTasksParams{Limit: &limit})
	must(err)
	equal("HTTP status", tasks.StatusCode(), 200)
	field("id", (*tasks.JSON200.Tasks)[0].Id, "ff80808272dcc90f0172df1e490f41b0")
	field("status", (*tasks.JSON200.Tasks)[0].Status, "SUCCESS")
	passed("ListBackgroundTasks", "call")
}

// The fields JSON401 and JSON4XX exist because the descriptions have these responses.
func refused() {
	client := dcsClient("wrong")

	list, err := client.ListBackgroundTaskWithResponse(ctx, project, env("DCS_INSTANCE_ID"), &dcs.ListBackgroundTaskParams{Limit: &limit})
	must(err)
	equal("HTTP status", list.StatusCode(), 401)
	field("error_code", list.JSON401.ErrorCode, "APIGW.0301")
	passed("ListBackgroundTask", "error")

	progress, err := client.ShowBackgroundTaskProgressWithResponse(ctx, project, env("DCS_INSTANCE_ID"), env("DCS_TASK_ID"))
	must(err)
	equal("HTTP status", progress.StatusCode(), 401)
	field("error_code", progress.JSON401.ErrorCode, "APIGW.0301")
	passed("ShowBackgroundTaskProgress", "error")

	center, err := client.ListCenterTaskWithResponse(ctx, project, &dcs.ListCenterTaskParams{Limit: &limit})
	must(err)
	equal("HTTP status", center.StatusCode(), 401)
	field("error_code", center.JSON4XX.ErrorCode, "APIGW.0301")
	passed("ListCenterTask", "error")

	tasks, err := rocketmqClient("wrong").ListBackgroundTasksWithResponse(ctx, project, env("ROCKETMQ_INSTANCE_ID"), &rocketmq.ListBackgroundTasksParams{Limit: &limit})
	must(err)
	equal("HTTP status", tasks.StatusCode(), 401)
	field("error_code", tasks.JSON4XX.ErrorCode, "APIGW.0301")
	passed("ListBackgroundTasks", "error")
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

func field[T comparable](what string, got *T, want T) {
	if got == nil {
		fail(fmt.Sprintf("%s is absent, expected %v", what, want))
	}
	equal(what, *got, want)
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
