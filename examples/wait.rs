//! Waits for the end of a task of a cache instance, and tells how far it has come meanwhile.
//!
//! To see it work without an account, start a sandbox whose tasks live, slowly, and export what it
//! prints in another shell:
//!
//! ```sh
//! cargo build --examples
//! cargo run --features cli -- sandbox --sandbox-scenario src/sandbox/live.json --sandbox-speed 0.02
//! cargo run --example wait -- 5560df16-cebf-4473-95c4-d1b573c16e79 8abf6e1e72c12e7c0172c15b508500ab
//! ```

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::TryStreamExt;
use huaweicloud_tasks::dcs;
use huaweicloud_tasks::wait::WaitErrorKind;

#[tokio::main]
async fn main() -> ExitCode {
    let mut ids = std::env::args().skip(1);
    let (Some(instance_id), Some(task_id)) = (ids.next(), ids.next()) else {
        eprintln!("usage: wait INSTANCE_ID TASK_ID");
        return ExitCode::from(2);
    };
    let client = match dcs::Client::from_env() {
        Ok(client) => client,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let task = client.instance(instance_id).task(task_id);

    // Where the end is all that matters: `let task = task.wait().await?;`
    let wait = task.wait().timeout(Duration::from_secs(60 * 60));
    let mut updates = pin!(wait.stream());
    loop {
        match updates.try_next().await {
            Ok(Some(update)) => {
                let progress = update.progress.as_ref();
                println!(
                    "{} {} %, {} s remain",
                    update.status().unwrap_or("not listed yet"),
                    progress.and_then(|p| p.progress).unwrap_or(0),
                    progress.and_then(|p| p.remain_time).unwrap_or(0),
                );
            }
            Ok(None) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                return match error.kind() {
                    WaitErrorKind::TimedOut => ExitCode::from(3),
                    WaitErrorKind::TaskVanished => ExitCode::from(4),
                    _ => ExitCode::FAILURE,
                };
            }
        }
    }
}
