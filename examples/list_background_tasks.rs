//! Lists the background tasks of a RocketMQ instance: the Rust counterpart of the samples in the
//! document of ListBackgroundTasks.
//!
//! `examples/list_background_task.rs` says how to run it against the sandbox; the argument is
//! `8a2c259182ab0e6e0182ab1840800161` there.

use std::process::ExitCode;

use huaweicloud_tasks::{Error, ErrorKind, rocketmq};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(instance_id) = std::env::args().nth(1) else {
        eprintln!("usage: list_background_tasks INSTANCE_ID");
        return ExitCode::from(2);
    };
    match list(&instance_id).await {
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

async fn list(instance_id: &str) -> Result<(), Error> {
    let client = rocketmq::Client::from_env()?;
    let page = client
        .instance(instance_id)
        .list()
        .start(1)
        .limit(100)
        .send()
        .await?;
    for task in &page.tasks {
        println!(
            "{} {}",
            task.id.as_deref().unwrap_or("-"),
            task.status.as_ref().map_or("-", |status| status.as_str())
        );
        // The parameters are JSON written as text.
        match task.params_json() {
            Some(Ok(params)) => println!("  {params:#}"),
            Some(Err(error)) => println!("  not JSON ({error}): {:?}", task.params),
            None => {}
        }
    }
    Ok(())
}
