//! Checks the clients that OpenAPI Generator makes from the published descriptions.
#![deny(warnings)]

use std::env::var;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use dcs::apis::background_tasks_api::{
    ListBackgroundTaskError, ShowBackgroundTaskProgressError, list_background_task,
    show_background_task_progress,
};
use dcs::apis::task_center_api::{ListCenterTaskError, list_center_task};
use dcs::models::{Capacity, TaskCount};
use rocketmq::apis::background_tasks_api::{ListBackgroundTasksError, list_background_tasks};
use serde_json::{Value, json};

const TASK_ID: &str = "8abf6e1e72c12e7c0172c15b508500aa";

fn main() {
    decode_list_background_task();
    decode_show_background_task_progress();
    decode_list_center_task();
    decode_list_background_tasks();
    unknown();
    call();
    refused();
}

fn decode_list_background_task() {
    let page: dcs::models::ListBackgroundTaskResponse =
        serde_json::from_str(&sample("dcs/ListBackgroundTask.json")).unwrap();
    assert_eq!(page.task_count.as_deref(), Some(&TaskCount::Integer(1)));
    let tasks = page.tasks.unwrap();
    assert_eq!(tasks.len(), 1);
    let task = &tasks[0];
    assert_eq!(task.id.as_deref(), Some(TASK_ID));
    assert_eq!(task.name.as_deref(), Some("EXTEND"));
    assert_eq!(task.user_name.as_deref(), Some("dcs_000_02"));
    assert_eq!(task.status.as_deref(), Some("SUCCESS"));
    assert_eq!(task.created_at.as_deref(), Some("2020-06-17T08:18:06.597Z"));
    assert_eq!(task.enable_show, Some(false));
    let details = task.details.as_ref().unwrap().as_deref().unwrap();
    assert_eq!(
        details.old_capacity.as_deref(),
        Some(&Capacity::String("0.125".to_owned()))
    );
    assert_eq!(details.old_port, Some(6379));
    assert_eq!(details.is_only_adjust_charging, Some(false));
    assert_eq!(details.rename_commands, Some(Vec::<String>::new()));
    passed("ListBackgroundTask", "decode");
}

fn decode_show_background_task_progress() {
    let progress: dcs::models::ShowBackgroundTaskProgressResponse =
        serde_json::from_str(&sample("dcs/ShowBackgroundTaskProgress.json")).unwrap();
    assert_eq!(progress.progress, Some(30));
    assert_eq!(progress.remain_time, Some(100));
    let steps = progress.step_details.unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].step_name.as_deref(), Some("前置检查"));
    assert_eq!(steps[0].step_status.as_deref(), Some("FINISH"));
    assert_eq!(steps[0].begin_time.as_deref(), Some("2022-09-01 11:52:24"));
    assert_eq!(steps[0].error_code.as_deref(), Some("DCS.4064"));
    assert_eq!(steps[0].sub_step_details.as_ref().unwrap().len(), 2);
    assert_eq!(steps[1].step_status.as_deref(), Some("EXECUTING"));
    let sub_step = &steps[1].sub_step_details.as_ref().unwrap()[0];
    assert!(sub_step.detail.as_deref().unwrap().starts_with("{node_id:9996"));
    passed("ShowBackgroundTaskProgress", "decode");
}

fn decode_list_center_task() {
    let page: dcs::models::ListCenterTaskResponse =
        serde_json::from_str(&sample("dcs/ListCenterTask.json")).unwrap();
    assert_eq!(page.task_count.as_deref(), Some(&TaskCount::Integer(2)));
    let tasks = page.tasks.unwrap();
    assert_eq!(tasks.len(), 2);
    let details = tasks[0].details.as_ref().unwrap().as_deref().unwrap();
    assert_eq!(details.old_capacity.as_deref(), Some(&Capacity::Number(0.125)));
    assert_eq!(details.new_capacity.as_deref(), Some(&Capacity::Number(0.25)));
    assert_eq!(
        tasks[0].job_id.as_deref(),
        Some("8abf6e1e87bce0740187bd32748b0530")
    );
    assert_eq!(tasks[0].error_code.as_deref(), Some("111400063"));
    assert_eq!(tasks[1].name.as_deref(), Some("dcsExportJob"));
    // The outer option says that the field is there, the inner one that it is null.
    assert_eq!(tasks[1].details, Some(None));
    passed("ListCenterTask", "decode");
}

fn decode_list_background_tasks() {
    let page: rocketmq::models::ListBackgroundTasksResponse =
        serde_json::from_str(&sample("rocketmq/ListBackgroundTasks.json")).unwrap();
    assert_eq!(
        page.task_count.as_deref(),
        Some(&rocketmq::models::TaskCount::String("1".to_owned()))
    );
    let tasks = page.tasks.unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].name.as_deref(), Some("bindInstancePublicIp"));
    assert_eq!(tasks[0].status.as_deref(), Some("SUCCESS"));
    assert_eq!(tasks[0].created_at.as_deref(), Some("2020-06-23T03:00:03.471Z"));
    let params: Value = serde_json::from_str(tasks[0].params.as_deref().unwrap()).unwrap();
    assert_eq!(params["enable_public_ip"], json!(true));
    passed("ListBackgroundTasks", "decode");
}

/// A task in a state and with a field that nobody knew of when the client was made.
fn unknown() {
    let mut document: Value =
        serde_json::from_str(&sample("dcs/ListBackgroundTask.json")).unwrap();
    let changed = document["tasks"][0].as_object_mut().unwrap();
    changed["status"] = json!("HELD");
    changed.insert("new_field".to_owned(), json!({ "a": 1 }));
    changed.remove("details").unwrap();
    let page: dcs::models::ListBackgroundTaskResponse = serde_json::from_value(document).unwrap();
    let task = &page.tasks.unwrap()[0];
    assert_eq!(task.status.as_deref(), Some("HELD"));
    assert_eq!(task.details, None);
    passed("ListBackgroundTask", "unknown");
}

fn dcs_client(token: &str) -> dcs::apis::configuration::Configuration {
    dcs::apis::configuration::Configuration {
        base_path: env("ENDPOINT"),
        api_key: Some(dcs::apis::configuration::ApiKey {
            prefix: None,
            key: token.to_owned(),
        }),
        ..Default::default()
    }
}

fn rocketmq_client(token: &str) -> rocketmq::apis::configuration::Configuration {
    rocketmq::apis::configuration::Configuration {
        base_path: env("ENDPOINT"),
        api_key: Some(rocketmq::apis::configuration::ApiKey {
            prefix: None,
            key: token.to_owned(),
        }),
        ..Default::default()
    }
}

fn call() {
    let project = env("PROJECT_ID");
    let instance = env("DCS_INSTANCE_ID");
    let client = dcs_client(&env("AUTH_TOKEN"));

    let page =
        list_background_task(&client, &project, &instance, None, Some(10), None, None).unwrap();
    let task = &page.tasks.unwrap()[0];
    assert_eq!(task.id.as_deref(), Some(TASK_ID));
    assert_eq!(task.status.as_deref(), Some("SUCCESS"));
    passed("ListBackgroundTask", "call");

    let progress =
        show_background_task_progress(&client, &project, &instance, &env("DCS_TASK_ID")).unwrap();
    assert_eq!(progress.progress, Some(30));
    passed("ShowBackgroundTaskProgress", "call");

    let page = list_center_task(&client, &project, None, Some(10), None, None).unwrap();
    let task = &page.tasks.unwrap()[0];
    assert_eq!(task.id.as_deref(), Some(TASK_ID));
    assert_eq!(task.status.as_deref(), Some("SUCCESS"));
    passed("ListCenterTask", "call");

    let page = list_background_tasks(
        &rocketmq_client(&env("AUTH_TOKEN")),
        &project,
        &env("ROCKETMQ_INSTANCE_ID"),
        None,
        Some(10),
        None,
        None,
    )
    .unwrap();
    let task = &page.tasks.unwrap()[0];
    assert_eq!(task.id.as_deref(), Some("ff80808272dcc90f0172df1e490f41b0"));
    assert_eq!(task.status.as_deref(), Some("SUCCESS"));
    passed("ListBackgroundTasks", "call");
}

/// The type of an error has a variant for each status that the description has, and the matches
/// name them. All of them hold the same model and the client takes the first that fits, so the
/// variant does not say which status it was; `status` does.
fn refused() {
    let project = env("PROJECT_ID");
    let instance = env("DCS_INSTANCE_ID");
    let client = dcs_client("wrong");

    let result = list_background_task(&client, &project, &instance, None, Some(10), None, None);
    let error = match dcs_refused(result) {
        ListBackgroundTaskError::Status400(error)
        | ListBackgroundTaskError::Status401(error)
        | ListBackgroundTaskError::Status403(error)
        | ListBackgroundTaskError::Status404(error)
        | ListBackgroundTaskError::Status500(error) => error,
        ListBackgroundTaskError::UnknownValue(value) => panic!("not the model: {value}"),
    };
    assert_eq!(error.error_code.as_deref(), Some("APIGW.0301"));
    passed("ListBackgroundTask", "error");

    let result = show_background_task_progress(&client, &project, &instance, &env("DCS_TASK_ID"));
    let error = match dcs_refused(result) {
        ShowBackgroundTaskProgressError::Status400(error)
        | ShowBackgroundTaskProgressError::Status401(error)
        | ShowBackgroundTaskProgressError::Status403(error)
        | ShowBackgroundTaskProgressError::Status404(error)
        | ShowBackgroundTaskProgressError::Status500(error) => error,
        ShowBackgroundTaskProgressError::UnknownValue(value) => panic!("not the model: {value}"),
    };
    assert_eq!(error.error_code.as_deref(), Some("APIGW.0301"));
    passed("ShowBackgroundTaskProgress", "error");

    let result = list_center_task(&client, &project, None, Some(10), None, None);
    let error = match dcs_refused(result) {
        ListCenterTaskError::Status400(error)
        | ListCenterTaskError::Status4XX(error)
        | ListCenterTaskError::Status500(error)
        | ListCenterTaskError::Status5XX(error) => error,
        ListCenterTaskError::UnknownValue(value) => panic!("not the model: {value}"),
    };
    assert_eq!(error.error_code.as_deref(), Some("APIGW.0301"));
    passed("ListCenterTask", "error");

    let result = list_background_tasks(
        &rocketmq_client("wrong"),
        &project,
        &env("ROCKETMQ_INSTANCE_ID"),
        None,
        Some(10),
        None,
        None,
    );
    let Err(rocketmq::apis::Error::ResponseError(answer)) = result else {
        panic!("not refused: {result:?}");
    };
    assert_eq!(answer.status, 401);
    let error = match answer.entity.unwrap() {
        ListBackgroundTasksError::Status4XX(error) | ListBackgroundTasksError::Status5XX(error) => {
            error
        }
        ListBackgroundTasksError::UnknownValue(value) => panic!("not the model: {value}"),
    };
    assert_eq!(error.error_code.as_deref(), Some("APIGW.0301"));
    passed("ListBackgroundTasks", "error");
}

fn dcs_refused<T: Debug, E: Debug>(result: Result<T, dcs::apis::Error<E>>) -> E {
    let Err(dcs::apis::Error::ResponseError(answer)) = result else {
        panic!("not refused: {result:?}");
    };
    assert_eq!(answer.status, 401);
    answer.entity.unwrap()
}

fn env(name: &str) -> String {
    var(name).unwrap_or_else(|_| panic!("the environment has no {name}"))
}

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(&env("SAMPLES")).join(name)).unwrap()
}

fn passed(operation: &str, check: &str) {
    println!("ok {operation} {check}");
}
