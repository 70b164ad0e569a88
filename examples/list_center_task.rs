//! Lists the tasks of all cache instances of a project: the Rust counterpart of the samples in the
//! document of ListCenterTask.
//!
//! `examples/list_background_task.rs` says how to run it against the sandbox.

use std::process::ExitCode;

use huaweicloud_tasks::{Error, ErrorKind, dcs};

#[tokio::main]
async fn main() -> ExitCode {
    match list().await {
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

async fn list() -> Result<(), Error> {
    let client = dcs::Client::from_env()?;
    let page = client.list_center_task().send().await?;
    for task in &page.tasks {
        print!("{}", task.id.as_deref().unwrap_or("-"));
        if let Some(details) = &task.details
            && let (Some(old), Some(new)) = (&details.old_capacity, &details.new_capacity)
        {
            print!(" from {old} GB to {new} GB");
        }
        println!();
    }
    Ok(())
}
