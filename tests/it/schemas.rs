//! The JSON Schema of a type accepts what the type accepts.

use huaweicloud_tasks::{dcs, rocketmq};
use serde_json::Value;

fn check<T: schemars::JsonSchema>(sample: &str) {
    let schema = schemars::schema_for!(T);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let sample: Value = serde_json::from_str(sample).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&sample)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&Value::from("no object")));
}

#[test]
fn every_sample_fits_the_schema_of_its_type() {
    check::<dcs::types::ListBackgroundTaskResponse>(include_str!(
        "../../openapi/samples/dcs/ListBackgroundTask.json"
    ));
    check::<dcs::types::ListCenterTaskResponse>(include_str!(
        "../../openapi/samples/dcs/ListCenterTask.json"
    ));
    check::<dcs::types::ShowBackgroundTaskProgressResponse>(include_str!(
        "../../openapi/samples/dcs/ShowBackgroundTaskProgress.json"
    ));
    check::<rocketmq::types::ListBackgroundTasksResponse>(include_str!(
        "../../openapi/samples/rocketmq/ListBackgroundTasks.json"
    ));
}

#[test]
fn a_null_list_fits() {
    let schema = schemars::schema_for!(dcs::types::ListBackgroundTaskResponse);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    assert!(validator.is_valid(&serde_json::json!({ "tasks": null })));
    assert!(!validator.is_valid(&serde_json::json!({ "tasks": "none" })));
}
