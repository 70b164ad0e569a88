//! The tasks of this project's maintainers: `cargo xtask <task>`.

#[path = "../../build/mod.rs"]
mod codegen;
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
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.task {
        Task::Validate { accept } => validate::run(&args.root, accept),
    }
}
