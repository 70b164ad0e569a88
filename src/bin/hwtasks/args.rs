//! The command line. What a parameter means is told in the words of the descriptions.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use huaweicloud_tasks::wire::QueryTime;

/// Background tasks of Huawei Cloud DCS (Redis) and RocketMQ.
///
/// Keys come from the environment (HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or CLOUD_SDK_AK and
/// CLOUD_SDK_SK, or HW_ACCESS_KEY and HW_SECRET_KEY), from ~/.huaweicloud/credentials, or from the
/// metadata service of an ECS instance. HUAWEICLOUD_SDK_AUTH_TOKEN gives an IAM token instead.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage; of watch, 3 timed out and 4 vanished besides.
#[derive(Debug, Parser)]
#[command(name = "hwtasks", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that may stand before or after the command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Call an embedded server that holds the documented samples; no account is needed
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// How many tasks the cache instance of the sandbox has, the sample included
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 1,
        hide_default_value = true
    )]
    pub(crate) sandbox_tasks: usize,
    /// JSON file of what the sandbox plays besides the samples: instances, and tasks that live
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sandbox_scenario: Option<PathBuf>,
    /// How fast the sandbox plays: 10 is ten times as fast as life
    #[arg(long, global = true, value_name = "N")]
    pub(crate) sandbox_speed: Option<f64>,
    /// Region to call, for example cn-north-4 [env: HW_REGION_NAME]
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Address to call instead of that of the region
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Project that the instances belong to; IAM is asked for that of the region where it is not
    /// given [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) project_id: Option<String>,
    /// Form of the output
    #[arg(long, short, global = true, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// The body of the answer, decoded and encoded again
    Json,
    /// One JSON value a line
    Ndjson,
    /// One record a line, with a line of names
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Distributed Cache Service (Redis)
    #[command(subcommand)]
    Dcs(Dcs),
    /// Distributed Message Service for RocketMQ
    #[command(subcommand)]
    Rocketmq(Rocketmq),
    /// Run the embedded server, and print what to export for any SDK to call it
    Sandbox {
        /// Loopback port; 0 takes a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Address to serve on instead of the loopback one; whoever reaches it may use it
        #[arg(long, value_name = "IP")]
        host: Option<IpAddr>,
    },
    /// List the known regions and their endpoints
    Regions,
    /// Print a completion script
    Completions {
        /// Shell to complete for
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dcs {
    /// List the background tasks of an instance (ListBackgroundTask)
    List {
        /// ID of the cache instance; that of the sample with --sandbox
        #[arg(long, value_name = "ID")]
        instance: Option<String>,
        #[command(flatten)]
        page: DcsPage,
    },
    /// List the tasks of all instances of the project (ListCenterTask)
    Center {
        #[command(flatten)]
        page: DcsPage,
    },
    /// Show how far a task has come (ShowBackgroundTaskProgress)
    Progress {
        /// ID of the cache instance; that of the sample with --sandbox
        #[arg(long, value_name = "ID")]
        instance: Option<String>,
        /// ID of the task; that of the sample with --sandbox
        #[arg(long, value_name = "ID")]
        task: Option<String>,
    },
    /// Follow a task until it ends, or every task of an instance that is running
    ///
    /// A terminal shows a bar for each task, a pipe a line for each change. ndjson and csv give an
    /// event for each poll of each task, and json the last event of the task, or an array of them:
    /// event (progress, succeeded, failed, vanished, timed_out or unreachable), instance_id, task_id,
    /// name, status, progress (percent), remain_time (seconds), step, sub_steps, elapsed_seconds,
    /// polls, error.
    ///
    /// Exit codes: 0 all ended well; else 1 a task failed or could not be asked for; else 3 the time
    /// ran out; else 4 a task vanished. 130 after Ctrl-C.
    ///
    /// With --sandbox, and without a scenario, the sandbox plays one task of some seconds.
    Watch(Watch),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// ID of the instance; that of the sandbox with --sandbox
    #[arg(long, value_name = "ID")]
    pub(crate) instance: Option<String>,
    /// ID of the task; without it, every task that is running now
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// How long to wait for the end: 90s, 30m, 2h
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DcsPage {
    /// Number of tasks to skip
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) offset: Option<i32>,
    /// Number of tasks on a page, 1 to 1000; the service takes 10
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit: Option<i32>,
    /// Start of the span of time that the tasks must lie in: yyyyMMddHHmmss, UTC
    #[arg(long, value_name = "TIME", conflicts_with = "since")]
    pub(crate) start_time: Option<QueryTime>,
    /// End of the span of time that the tasks must lie in: yyyyMMddHHmmss, UTC
    #[arg(long, value_name = "TIME", conflicts_with = "until")]
    pub(crate) end_time: Option<QueryTime>,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

/// What every list can be asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Listing {
    /// List all pages, from the first position asked for on
    #[arg(long)]
    pub(crate) all: bool,
    /// Start of the span of time that the tasks must lie in: 2h ago, a day, or RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// End of the span of time that the tasks must lie in: 2h ago, a day, or RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub(crate) until: Option<DateTime<Utc>>,
}

/// A moment as people write it: `2h` (ago), `2020-06-09` (its start, in UTC), or RFC 3339.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return TimeDelta::from_std(ago)
            .ok()
            .and_then(|ago| Utc::now().checked_sub_signed(ago))
            .ok_or_else(|| "it is too long ago".to_string());
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "write 2h or 3days (ago), 2020-06-09, or 2020-06-09T16:00:00Z".to_string())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rocketmq {
    /// List the background tasks of an instance (ListBackgroundTasks)
    List {
        /// ID of the RocketMQ instance; that of the sandbox with --sandbox
        #[arg(long, value_name = "ID")]
        instance: Option<String>,
        #[command(flatten)]
        page: RocketmqPage,
    },
    /// Follow a task until it ends, or every task of an instance that is running
    ///
    /// A terminal shows a bar for each task, a pipe a line for each change. ndjson and csv give an
    /// event for each poll of each task, and json the last event of the task, or an array of them:
    /// event (progress, succeeded, failed, vanished, timed_out or unreachable), instance_id, task_id,
    /// name, status, progress (percent), remain_time (seconds), step, sub_steps, elapsed_seconds,
    /// polls, error.
    ///
    /// Exit codes: 0 all ended well; else 1 a task failed or could not be asked for; else 3 the time
    /// ran out; else 4 a task vanished. 130 after Ctrl-C.
    ///
    /// With --sandbox, and without a scenario, the sandbox plays one task of some seconds.
    Watch(Watch),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RocketmqPage {
    /// Number of the task to start the page at, counted from 1
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) start: Option<i32>,
    /// Number of tasks to list; the service takes 10
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit: Option<i32>,
    /// Start of the span of time that the tasks must lie in: yyyyMMddHHmmss, UTC
    #[arg(long, value_name = "TIME", conflicts_with = "since")]
    pub(crate) begin_time: Option<QueryTime>,
    /// End of the span of time that the tasks must lie in: yyyyMMddHHmmss, UTC
    #[arg(long, value_name = "TIME", conflicts_with = "until")]
    pub(crate) end_time: Option<QueryTime>,
    #[command(flatten)]
    pub(crate) listing: Listing,
}
