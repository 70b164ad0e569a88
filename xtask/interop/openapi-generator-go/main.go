// Checks the clients that openapi-generator makes from the published descriptions.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"interop/dcs"
	"interop/rocketmq"
)

const taskID = "8abf6e1e72c12e7c0172c15b508500aa"

var (
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
	field("task_count", page.TaskCount.Int64, 1)
	equal("number of tasks", len(page.Tasks), 1)
	task := page.Tasks[0]
	field("id", task.Id, taskID)
	field("name", task.Name, "EXTEND")
	field("user_name", task.UserName, "dcs_000_02")
	field("status", task.Status, "SUCCESS")
	field("created_at", task.CreatedAt, "2020-06-17T08:18:06.597Z")
	field("enable_show", task.EnableShow, false)
	details := task.Details.Get()
	field("old_capacity", details.OldCapacity.String, "0.125")
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
	detail := steps[1].SubStepDetails[0].Detail
	equal("start of detail", strings.HasPrefix(*detail, "{node_id:9996"), true)
	passed("ShowBackgroundTaskProgress", "decode")
}

func decodeListCenterTask() {
	var page dcs.ListCenterTaskResponse
	decode(sample("dcs/ListCenterTask.json"), &page)
	field("task_count", page.TaskCount.Int64, 2)
	tasks := page.Tasks
	equal("number of tasks", len(tasks), 2)
	details := tasks[0].Details.Get()
	field("old_capacity", details.OldCapacity.Float64, 0.125)
	field("new_capacity", details.NewCapacity.Float64, 0.25)
	field("job_id", tasks[0].JobId, "8abf6e1e87bce0740187bd32748b0530")
	field("error_code", tasks[0].ErrorCode, "111400063")
	field("name", tasks[1].Name, "dcsExportJob")
	equal("details is null", tasks[1].Details.IsSet() && tasks[1].Details.Get() == nil, true)
	passed("ListCenterTask", "decode")
}

func decodeListBackgroundTasks() {
	var page rocketmq.ListBackgroundTasksResponse
	decode(sample("rocketmq/ListBackgroundTasks.json"), &page)
	field("task_count", page.TaskCount.String, "1")
	task := page.Tasks[0]
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
	task := page.Tasks[0]
	field("status", task.Status, "HELD")
	equal("details is absent", task.Details.IsSet(), false)
	passed("ListBackgroundTask", "unknown")
}

// The descriptions offer a signature or a token; this is the token.
func authenticate(token string) context.Context {
	ctx := context.WithValue(context.Background(), dcs.ContextAPIKeys, map[string]dcs.APIKey{"AuthToken": {Key: token}})
	return context.WithValue(ctx, rocketmq.ContextAPIKeys, map[string]rocketmq.APIKey{"AuthToken": {Key: token}})
}

func dcsClient() *dcs.APIClient {
	configuration := dcs.NewConfiguration()
	configuration.Servers = dcs.ServerConfigurations{{URL: endpoint}}
	return dcs.NewAPIClient(configuration)
}

func rocketmqClient() *rocketmq.APIClient {
	configuration := rocketmq.NewConfiguration()
	configuration.Servers = rocketmq.ServerConfigurations{{URL: endpoint}}
	return rocketmq.NewAPIClient(configuration)
}

func call() {
	ctx := authenticate(env("AUTH_TOKEN"))
	client := dcsClient()

	list, answer, err := client.BackgroundTasksAPI.ListBackgroundTask(ctx, project, env("DCS_INSTANCE_ID")).Limit(limit).Execute()
	must(err)
	equal("HTTP status", answer.StatusCode, 200)
	field("id", list.Tasks[0].Id, taskID)
	field("status", list.Tasks[0].Status, "SUCCESS")
	passed("ListBackgroundTask", "call")

	progress, answer, err := client.BackgroundTasksAPI.ShowBackgroundTaskProgress(ctx, project, env("DCS_INSTANCE_ID"), env("DCS_TASK_ID")).Execute()
	must(err)
	equal("HTTP status", answer.StatusCode, 200)
	field("progress", progress.Progress, 30)
	passed("ShowBackgroundTaskProgress", "call")

	center, answer, err := client.TaskCenterAPI.ListCenterTask(ctx, project).Limit(limit).Execute()
	must(err)
	equal("HTTP status", answer.StatusCode, 200)
	field("id", center.Tasks[0].Id, taskID)
	field("status", center.Tasks[0].Status, "SUCCESS")
	passed("ListCenterTask", "call")

	tasks, answer, err := rocketmqClient().BackgroundTasksAPI.ListBackgroundTasks(ctx, project, env("ROCKETMQ_INSTANCE_ID")).Limit(limit).Execute()
	must(err)
	equal("HTTP status", answer.StatusCode, 200)
	field("id", tasks.Tasks[0].Id, "ff80808272dcc90f0172df1e490f41b0")
	field("status", tasks.Tasks[0].Status, "SUCCESS")
	passed("ListBackgroundTasks", "call")
}

func refused() {
	ctx := authenticate("wrong")
	client := dcsClient()

	_, answer, err := client.BackgroundTasksAPI.ListBackgroundTask(ctx, project, env("DCS_INSTANCE_ID")).Limit(limit).Execute()
	equal("HTTP status", answer.StatusCode, 401)
	field("error_code", modelOf[dcs.ErrorResponse](err).ErrorCode, "APIGW.0301")
	passed("ListBackgroundTask", "error")

	_, answer, err = client.BackgroundTasksAPI.ShowBackgroundTaskProgress(ctx, project, env("DCS_INSTANCE_ID"), env("DCS_TASK_ID")).Execute()
	equal("HTTP status", answer.StatusCode, 401)
	field("error_code", modelOf[dcs.ErrorResponse](err).ErrorCode, "APIGW.0301")
	passed("ShowBackgroundTaskProgress", "error")

	_, answer, err = client.TaskCenterAPI.ListCenterTask(ctx, project).Limit(limit).Execute()
	equal("HTTP status", answer.StatusCode, 401)
	field("error_code", modelOf[dcs.ErrorResponse](err).ErrorCode, "APIGW.0301")
	passed("ListCenterTask", "error")

	_, answer, err = rocketmqClient().BackgroundTasksAPI.ListBackgroundTasks(ctx, project, env("ROCKETMQ_INSTANCE_ID")).Limit(limit).Execute()
	equal("HTTP status", answer.StatusCode, 401)
	field("error_code", modelOf[rocketmq.ErrorResponse](err).ErrorCode, "APIGW.0301")
	passed("ListBackgroundTasks", "error")
}

// The client decodes the body of an error only where the description has the status, so without
// the 401 there is no model here.
func modelOf[T any](err error) T {
	var answer interface{ Model() any }
	if !errors.As(err, &answer) {
		fail(fmt.Sprintf("the error is a %T without a model: %v", err, err))
	}
	model, ok := answer.Model().(T)
	if !ok {
		fail(fmt.Sprintf("the model of the error is a %T, expected a %T", answer.Model(), model))
	}
	return model
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
