//! `hwtasks`: background tasks of DCS and RocketMQ on the command line.
//!
//! Results go to standard output, errors to standard error in a line or two. Exit codes: 0 done,
//! 1 failed, 2 wrong usage; of `watch`, 3 timed out and 4 vanished besides.

// As in the library: nothing that a service or a caller says may end the program.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod args;
mod commands;
mod output;
mod rows;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use huaweicloud_tasks::{Error, ErrorKind};

use args::Args;
use output::complain;

/// Why the program ends without a result.
#[derive(Debug)]
enum Failure {
    /// The call or the client failed.
    Call(Error),
    /// The command line asks for something that cannot be.
    Usage(String),
    /// All has been said; what is left is the code.
    Exit(u8),
    /// The sandbox cannot be started, or the output cannot be written.
    Io(std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match commands::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        // `hwtasks … | head` has seen enough; that is no failure.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Io(error)) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
        Err(Failure::Exit(code)) => ExitCode::from(code),
        Err(Failure::Usage(message)) => {
            complain(&message);
            ExitCode::from(2)
        }
        Err(Failure::Call(error)) => {
            let mut message = error.to_string();
            if error.kind() == ErrorKind::Credentials {
                message.push_str("\n--sandbox needs no credentials");
            }
            complain(&message);
            match error.kind() {
                ErrorKind::InvalidParameter | ErrorKind::Configuration => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
