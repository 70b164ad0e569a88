//! Waits for every task of some cache instances that is running now.
//!
//! `examples/wait.rs` says how to see it work without an account; the argument is
//! `5560df16-cebf-4473-95c4-d1b573c16e79` there.

use std::pin::pin;
use std::process::ExitCode;

use futures_util::{StreamExt, TryStreamExt};
use huaweicloud_tasks::wire::TaskState;
use huaweicloud_tasks::{Error, dcs};

#[tokio::main]
async fn main() -> ExitCode {
    let instances: Vec<String> = std::env::args().skip(1).collect();
    if instances.is_empty() {
        eprintln!("usage: wait_many INSTANCE_ID…");
        return ExitCode::from(2);
    }
    match wait_many(&instances).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Says how many tasks did not end well.
async fn wait_many(instances: &[String]) -> Result<usize, Error> {
    let client = dcs::Client::from_env()?;
    let mut running = Vec::new();
    for instance_id in instances {
        let mut tasks = pin!(client.instance(instance_id).list().stream());
        while let Some(task) = tasks.try_next().await? {
            let state = task
                .status
                .map_or(TaskState::Pending, |status| status.state());
            if let (Some(id), TaskState::Pending) = (task.id, state) {
                running.push((instance_id, id));
            }
        }
    }
    println!("{} tasks are running", running.len());

    // A list an instance a round, however many tasks there are.
    let mut failures = 0;
    let mut ended = pin!(client.wait_many(running).stream());
    while let Some(told) = ended.next().await {
        match told {
            Ok(update) => println!("{} ended well", update.task_id),
            Err(error) => {
                eprintln!("{error}");
                failures += 1;
            }
        }
    }
    Ok(failures)
}
