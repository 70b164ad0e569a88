//! The tasks of this project's maintainers: `cargo xtask <task>`.

#[path = "../../build/mod.rs"]
mod codegen;
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
