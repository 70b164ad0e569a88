//! The tasks of this project's maintainers: `cargo xtask <task>`.

mod browse;
#[path = "../../build/mod.rs"]
mod codegen;
mod diff;
mod interop;
mod lint;
mod publish;
mod tools;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The tasks of this project's maintainers"
)]
struct Args {
    /// The project to work on
    #[arg(long, global = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."), hide_default_value = true)]
    root: PathBuf,
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check the descriptions, their samples and the ledger, and compare the report with the
    /// snapshot
    Validate {
        /// Take the report as it is for the new snapshot
        #[arg(long)]
        accept: bool,
    },
    /// Open the published page in a headless Chromium, and see whether everything is there
    Browse {
        /// File to write a picture of the page to
        #[arg(long, value_name = "FILE")]
        screenshot: Option<PathBuf>,
    },
    /// Run the well-known linters on the descriptions
    Lint,
    /// Compare the descriptions with those of another revision: what changed, whom it breaks, and
    /// which part of the version must rise
    Diff {
        /// Revision of git to compare with
        #[arg(long, default_value = "HEAD")]
        base: String,
        /// Folder whose `openapi` is compared, in place of the project's
        #[arg(long, value_name = "FOLDER")]
        descriptions: Option<PathBuf>,
    },
    /// Generate clients in other languages from what is published, and put them to the test
    Interop {
        /// Run one generator alone, by the name of its folder in xtask/interop
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        /// Folder whose `openapi` is generated from, in place of the project's
        #[arg(long, value_name = "FOLDER")]
        descriptions: Option<PathBuf>,
    },
    /// Write the descriptions for other languages, and their documentation
    Publish {
        /// Folder to write to
        #[arg(long, default_value = "dist")]
        out: PathBuf,
        /// Write nothing; fail where a version would hold something else than is recorded
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let root = &args.root;
    let done = match args.task {
        Task::Validate { accept } => return validate::run(root, accept),
        Task::Browse { screenshot } => browse::page(root, screenshot),
        Task::Lint => lint::all(root),
        Task::Diff { base, descriptions } => {
            diff::compare(root, descriptions.as_deref().unwrap_or(root), &base)
        }
        Task::Interop { only, descriptions } => interop::all(
            root,
            descriptions.as_deref().unwrap_or(root),
            only.as_deref(),
        ),
        Task::Publish { out, check } => publish::run(root, &out, check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
