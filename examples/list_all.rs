//! Lists every background task of a cache instance, page after page.
//!
//! `examples/list_background_task.rs` says how to run it against the sandbox; the argument is
//! `5560df16-cebf-4473-95c4-d1b573c16e79` there.

use std::pin::pin;
use std::process::ExitCode;

use futures_util::TryStreamExt;
use huaweicloud_tasks::{Error, dcs};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(instance_id) = std::env::args().nth(1) else {
        eprintln!("usage: list_all INSTANCE_ID");
        return ExitCode::from(2);
    };
    match list_all(&instance_id).await {
        Ok(count) => {
            println!("{count} tasks");
            ExitCode::SUCCESS
        }
        Err(error) => {
            // After an error in the middle, the list can be read on from where it broke.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn list_all(instance_id: &str) -> Result<usize, Error> {
    let client = dcs::Client::from_env()?;
    let mut tasks = pin!(client.instance(instance_id).list().stream());
    let mut count = 0;
    while let Some(task) = tasks.try_next().await? {
        println!("{}", task.id.as_deref().unwrap_or("-"));
        count += 1;
    }
    Ok(count)
}
