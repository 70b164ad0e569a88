//! Shows how far a task of a cache instance has come: the Rust counterpart of the samples in the
//! document of ShowBackgroundTaskProgress.
//!
//! `examples/list_background_task.rs` says how to run it against the sandbox; the arguments are
//! `5560df16-cebf-4473-95c4-d1b573c16e79 8abf6e1e72c12e7c0172c15b508500aa` there.

use std::process::ExitCode;

use huaweicloud_tasks::{Error, ErrorKind, dcs};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(instance_id), Some(task_id)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: show_background_task_progress INSTANCE_ID TASK_ID");
        return ExitCode::from(2);
    };
    match show(&instance_id, &task_id).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.kind() {
                ErrorKind::Connection => eprintln!("no connection: {error}"),
                ErrorKind::Timeout => eprintln!("no answer in time: {error}"),
                _ if error.is_service() => eprintln!("the service refused: {error}"),
                _ => eprintln!("{error}"),
            }
            ExitCode::FAILURE
        }
    }
}

async fn show(instance_id: &str, task_id: &str) -> Result<(), Error> {
    let client = dcs::Client::from_env()?;
    let progress = client
        .instance(instance_id)
        .task(task_id)
        .progress()
        .send()
        .await?;
    println!(
        "{} % done, {} s remain",
        progress.progress.unwrap_or(0),
        progress.remain_time.unwrap_or(0)
    );
    for step in &progress.step_details {
        println!(
            "{}: {}, since {}",
            step.step_name.as_deref().unwrap_or("-"),
            step.step_status
                .as_ref()
                .map_or("-", |status| status.as_str()),
            step.begin_time
                .as_ref()
                .and_then(|time| time.to_utc())
                .map_or("-".to_string(), |time| time.to_string()),
        );
    }
    Ok(())
}
