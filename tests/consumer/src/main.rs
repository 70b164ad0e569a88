//! Reads task lists with the generated types alone, as a program would that gets its JSON elsewhere.

use huaweicloud_tasks::{dcs, rocketmq};

fn main() -> Result<(), serde_json::Error> {
    let page: dcs::types::ListBackgroundTaskResponse = serde_json::from_str(include_str!(
        "../../../openapi/samples/dcs/ListBackgroundTask.json"
    ))?;
    for task in &page.tasks {
        println!("{} {}", show(&task.id), show(&task.status));
    }
    let page: rocketmq::types::ListBackgroundTasksResponse = serde_json::from_str(include_str!(
        "../../../openapi/samples/rocketmq/ListBackgroundTasks.json"
    ))?;
    for task in &page.tasks {
        println!("{} {}", show(&task.id), show(&task.status));
    }
    Ok(())
}

fn show(value: &Option<impl ToString>) -> String {
    value
        .as_ref()
        .map_or_else(|| "-".to_string(), ToString::to_string)
}
