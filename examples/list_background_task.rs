//! Lists the background tasks of a cache instance: the Rust counterpart of the samples in the
//! document of ListBackgroundTask.
//!
//! Keys come from the environment, as in the documents. Without an account, start the sandbox in
//! one shell, and run this in another with what the sandbox prints:
//!
//! ```sh
//! cargo run --features cli -- sandbox
//! cargo run --example list_background_task -- 5560df16-cebf-4473-95c4-d1b573c16e79
//! ```

use std::process::ExitCode;

use huaweicloud_tasks::{Error, ErrorKind, dcs};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(instance_id) = std::env::args().nth(1) else {
        eprintln!("usage: list_background_task INSTANCE_ID");
        return ExitCode::from(2);
    };
    match list(&instance_id).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The documents' samples tell these three apart.
            match error.kind() {
                ErrorKind::Connection => eprintln!("no connection: {error}"),
                ErrorKind::Timeout => eprintln!("no answer in time: {error}"),
                _ if error.is_service() => {
                    eprintln!("status      {:?}", error.status());
                    eprintln!("request id  {:?}", error.request_id());
                    eprintln!("error code  {:?}", error.code());
                    eprintln!("message     {}", error.message());
                }
                _ => eprintln!("{error}"),
            }
            ExitCode::FAILURE
        }
    }
}

async fn list(instance_id: &str) -> Result<(), Error> {
    let client = dcs::Client::from_env()?;
    let page = client
        .instance(instance_id)
        .list()
        .limit(100)
        .send()
        .await?;
    for task in &page.tasks {
        println!(
            "{} {} {}",
            task.id.as_deref().unwrap_or("-"),
            task.name.as_ref().map_or("-", |name| name.as_str()),
            task.status.as_ref().map_or("-", |status| status.as_str()),
        );
    }
    Ok(())
}
