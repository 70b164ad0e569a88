//! Every documented sample decodes into its type, with the values that the document prints.

use huaweicloud_tasks::dcs::types::{
    ErrorResponse, ListBackgroundTaskResponse, ListCenterTaskResponse,
    ShowBackgroundTaskProgressResponse, StepStatus, SubStepStatus, TaskName, TaskStatus,
};
use huaweicloud_tasks::{dcs, rocketmq};
use serde_json::Value;

macro_rules! sample {
    ($file:literal) => {
        include_str!(concat!("../../openapi/samples/", $file))
    };
}

/// Each sample, with its service and the model it is of.
const SAMPLES: [(&str, &str, &str); 9] = [
    (
        "dcs",
        "ListBackgroundTaskResponse",
        sample!("dcs/ListBackgroundTask.json"),
    ),
    (
        "dcs",
        "ListCenterTaskResponse",
        sample!("dcs/ListCenterTask.json"),
    ),
    (
        "dcs",
        "ShowBackgroundTaskProgressResponse",
        sample!("dcs/ShowBackgroundTaskProgress.json"),
    ),
    ("dcs", "ErrorResponse", sample!("dcs/ErrorResponse.json")),
    (
        "iam",
        "KeystoneListProjectsResponse",
        sample!("iam/KeystoneListProjects.json"),
    ),
    ("iam", "ErrorResponse", sample!("iam/ErrorResponse.json")),
    (
        "rocketmq",
        "ListBackgroundTasksResponse",
        sample!("rocketmq/ListBackgroundTasks.json"),
    ),
    (
        "dcs",
        "ErrorResponse",
        sample!("dcs/ErrorResponse.gateway.json"),
    ),
    (
        "rocketmq",
        "ErrorResponse",
        sample!("rocketmq/ErrorResponse.gateway.json"),
    ),
];

fn recode(service: &str, model: &str, json: &str) -> Result<String, serde_json::Error> {
    match service {
        "dcs" => dcs::types::recode(model, json),
        "iam" => huaweicloud_tasks::iam::types::recode(model, json),
        _ => rocketmq::types::recode(model, json),
    }
    .unwrap_or_else(|| panic!("{service} has no model {model}"))
}

#[test]
fn list_background_task() {
    let page: ListBackgroundTaskResponse =
        serde_json::from_str(sample!("dcs/ListBackgroundTask.json")).unwrap();
    assert_eq!(page.task_count.as_ref().and_then(|c| c.get()), Some(1));
    let [task] = &*page.tasks else {
        panic!("one task is documented")
    };
    assert_eq!(task.id.as_deref(), Some("8abf6e1e72c12e7c0172c15b508500aa"));
    assert_eq!(task.name, Some(TaskName::Extend));
    assert_eq!(task.status, Some(TaskStatus::Success));
    assert_eq!(task.enable_show, Some(false));
    let started = task.created_at.as_ref().and_then(|t| t.to_utc()).unwrap();
    assert_eq!(started.timestamp_millis(), 1_592_381_886_597);
    let details = task.details.as_ref().unwrap();
    let capacity = details.old_capacity.as_ref().unwrap();
    assert_eq!((capacity.as_str(), capacity.is_text()), ("0.125", true));
    assert_eq!(details.old_port, Some(6379));
    assert_eq!(details.is_only_adjust_charging, Some(false));
    assert!(details.rename_commands.is_empty() && !details.rename_commands.is_absent());
    assert_eq!(details.enable_ssl, None);
}

#[test]
fn list_center_task() {
    let page: ListCenterTaskResponse =
        serde_json::from_str(sample!("dcs/ListCenterTask.json")).unwrap();
    assert_eq!(page.task_count.as_ref().and_then(|c| c.get()), Some(2));
    let [resize, export] = &*page.tasks else {
        panic!("two tasks are documented")
    };
    assert_eq!(resize.name, Some(TaskName::ChangeInstanceSpec));
    assert_eq!(resize.error_code.as_deref(), Some("111400063"));
    let details = resize.details.as_ref().unwrap();
    let capacity = details.new_capacity.as_ref().unwrap();
    assert_eq!((capacity.as_str(), capacity.is_text()), ("0.25", false));
    assert!(details.rename_commands.is_absent());
    assert_eq!(export.name, Some(TaskName::DcsExportJob));
    assert_eq!(export.details, None);
    assert_eq!(
        export.job_id.as_deref(),
        Some("ff80808188bfde180188c36bb9c44a2f")
    );
}

#[test]
fn show_background_task_progress() {
    let progress: ShowBackgroundTaskProgressResponse =
        serde_json::from_str(sample!("dcs/ShowBackgroundTaskProgress.json")).unwrap();
    assert_eq!(
        (progress.progress, progress.remain_time),
        (Some(30), Some(100))
    );
    let [check, migrate] = &*progress.step_details else {
        panic!("two steps are documented")
    };
    assert_eq!(check.step_name.as_deref(), Some("前置检查"));
    assert_eq!(check.step_status, Some(StepStatus::Finish));
    let began = check.begin_time.as_ref().and_then(|t| t.to_utc()).unwrap();
    assert_eq!(began.to_rfc3339(), "2022-09-01T11:52:24+00:00");
    assert_eq!(migrate.step_status, Some(StepStatus::Executing));
    let part = &migrate.sub_step_details[0];
    assert_eq!(part.sub_step_status, Some(SubStepStatus::Finish));
    assert!(
        part.detail
            .as_deref()
            .unwrap()
            .contains("slot_range:[0 5460]")
    );
}

#[test]
fn details_of_sub_steps_are_pairs_and_never_an_error() {
    let progress: ShowBackgroundTaskProgressResponse =
        serde_json::from_str(sample!("dcs/ShowBackgroundTaskProgress.json")).unwrap();
    let part = &progress.step_details[1].sub_step_details[1];
    assert_eq!(
        part.detail_pairs(),
        [
            ("node_id", "5b70f440ccc94789b34a5c98c2ba05ea"),
            ("slot_range", "[5461 10921]"),
            ("full_migration", "待开始"),
            ("inc_migration", "待开始"),
        ]
    );
    let mut part = part.clone();
    for (detail, pairs) in [
        ("", &[][..]),
        ("{}", &[]),
        ("no pairs, none", &[]),
        ("a:1", &[("a", "1")]),
        ("{a:1,2,3,b:}", &[("a", "1,2,3"), ("b", "")]),
        ("{lead,a:1}", &[("a", "1")]),
        ("{a:[1,b:2],c:{d:3}}", &[("a", "[1,b:2]"), ("c", "{d:3}")]),
        ("{a:x:y , b : z}", &[("a", "x:y"), ("b", "z")]),
        ("{]]],a:1", &[("a", "1")]),
        ("{[[[,a:1", &[("[[[,a", "1")]),
        ("{,,,:,}", &[("", ",")]),
        ("迁移中:是，否", &[("迁移中", "是，否")]),
    ] {
        part.detail = Some(detail.to_string());
        assert_eq!(part.detail_pairs(), pairs, "{detail}");
    }
    part.detail = None;
    assert!(part.detail_pairs().is_empty());
}

#[test]
fn list_background_tasks_of_rocketmq() {
    let page: rocketmq::types::ListBackgroundTasksResponse =
        serde_json::from_str(sample!("rocketmq/ListBackgroundTasks.json")).unwrap();
    let count = page.task_count.as_ref().unwrap();
    assert_eq!((count.get(), count.is_text()), (Some(1), true));
    let task = &page.tasks[0];
    assert_eq!(
        task.name,
        Some(rocketmq::types::TaskName::BindInstancePublicIp)
    );
    let params = task.params_json().unwrap().unwrap();
    assert_eq!(params["public_ip_address"], "xx.xx.xx.xx");
    assert_eq!(params["enable_public_ip"], true);
}

#[test]
fn params_that_are_not_json_stay_text() {
    let task = |params: &str| -> rocketmq::types::BackgroundTask {
        serde_json::from_value(serde_json::json!({ "params": params })).unwrap()
    };
    assert!(task("").params_json().is_none());
    assert!(task("{broken").params_json().unwrap().is_err());
    assert_eq!(task("{broken").params.as_deref(), Some("{broken"));
}

#[test]
fn an_error_body() {
    let error: ErrorResponse = serde_json::from_str(sample!("dcs/ErrorResponse.json")).unwrap();
    assert_eq!(error.error_code.as_deref(), Some("DCS.4070"));
    assert_eq!(error.error_ext_msg, None);
}

/// The JSON that comes out is the JSON that went in, null, empty lists and all.
#[test]
fn every_sample_survives_a_round_trip() {
    for (service, model, sample) in SAMPLES {
        let once = recode(service, model, sample).unwrap();
        let before: Value = serde_json::from_str(sample).unwrap();
        let mut after: Value = serde_json::from_str(&once).unwrap();
        // Null is what the documents show for this field, also where the gateway leaves it out.
        if before.get("error_ext_msg").is_none()
            && let Value::Object(members) = &mut after
        {
            assert!(members.remove("error_ext_msg").is_none_or(|v| v.is_null()));
        }
        assert_eq!(after, before, "{model}");
        assert_eq!(recode(service, model, &once).unwrap(), once, "{model}");
    }
}

/// A changed copy of a sample for each place in it.
fn at_every_place(sample: &str, change: impl Fn(&mut Value)) -> Vec<(String, Value)> {
    fn places(value: &Value, place: &str, found: &mut Vec<String>) {
        let mut child = |key: String, value: &Value| {
            let place = format!("{place}/{key}");
            found.push(place.clone());
            places(value, &place, found);
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(k, v)| child(k.clone(), v)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, v)| child(i.to_string(), v)),
            _ => {}
        }
    }
    let value: Value = serde_json::from_str(sample).unwrap();
    // The root is a place too.
    let mut found = vec![String::new()];
    places(&value, "", &mut found);
    found
        .into_iter()
        .map(|place| {
            let mut copy = value.clone();
            change(copy.pointer_mut(&place).unwrap());
            (place, copy)
        })
        .collect()
}

#[test]
fn null_at_any_field_decodes() {
    for (service, model, sample) in SAMPLES {
        for (place, changed) in at_every_place(sample, |value| *value = Value::Null) {
            if place.is_empty() {
                continue;
            }
            recode(service, model, &changed.to_string())
                .unwrap_or_else(|e| panic!("null at {model}{place}: {e}"));
        }
    }
}

#[test]
fn any_field_may_be_absent() {
    fn without_each_key(value: &Value) -> Vec<Value> {
        match value {
            Value::Object(members) => members
                .keys()
                .flat_map(|key| {
                    let mut without = members.clone();
                    let removed = without.remove(key).unwrap();
                    let deeper = without_each_key(&removed).into_iter().map(|inner| {
                        let mut with = members.clone();
                        with.insert(key.clone(), inner);
                        Value::Object(with)
                    });
                    std::iter::once(Value::Object(without.clone()))
                        .chain(deeper.collect::<Vec<_>>())
                })
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(i, item)| {
                    without_each_key(item).into_iter().map(move |inner| {
                        let mut with = items.clone();
                        with[i] = inner;
                        Value::Array(with)
                    })
                })
                .collect(),
            _ => Vec::new(),
        }
    }
    for (service, model, sample) in SAMPLES {
        for changed in without_each_key(&serde_json::from_str(sample).unwrap()) {
            let text = changed.to_string();
            recode(service, model, &text).unwrap_or_else(|e| panic!("{model}: {e} in {text}"));
        }
    }
}

#[test]
fn unknown_fields_are_ignored_everywhere() {
    for (service, model, sample) in SAMPLES {
        let add = |value: &mut Value| {
            if let Value::Object(members) = value {
                members.insert("brand_new".into(), serde_json::json!({ "a": [1] }));
            }
        };
        for (place, changed) in at_every_place(sample, add) {
            recode(service, model, &changed.to_string())
                .unwrap_or_else(|e| panic!("a new field at {model}{place}: {e}"));
        }
    }
}

#[test]
fn unknown_values_of_open_sets_come_back_as_they_were() {
    let json = r#"{"tasks":[{"name":"Defragment","status":"PAUSED"}]}"#;
    let page: ListBackgroundTaskResponse = serde_json::from_str(json).unwrap();
    assert_eq!(
        page.tasks[0].status,
        Some(TaskStatus::Other("PAUSED".into()))
    );
    assert_eq!(serde_json::to_string(&page).unwrap(), json);
}

#[test]
fn a_null_list_is_empty() {
    let page: ListBackgroundTaskResponse =
        serde_json::from_str(r#"{"task_count":null,"tasks":null}"#).unwrap();
    assert!(page.tasks.is_empty());
}
