#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Nothing that a service, a file or a caller sends may end the program; a test may panic. What is
// generated is held to it too.
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

pub mod dcs;
pub mod iam;
pub mod rocketmq;
pub mod wire;

#[cfg(feature = "client")]
pub mod auth;
#[cfg(feature = "client")]
mod body;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
pub mod clock;
#[cfg(feature = "client")]
pub mod endpoint;
#[cfg(feature = "client")]
mod error;
// For the targets in `fuzz/` alone; cargo-fuzz sets this.
#[cfg(all(fuzzing, feature = "sandbox"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "client")]
mod operation;
#[cfg(feature = "client")]
pub mod pager;
#[cfg(feature = "client")]
mod parameters;
#[cfg(feature = "client")]
mod project;
#[cfg(feature = "client")]
pub mod retry;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "client")]
pub mod wait;

#[cfg(feature = "sandbox")]
pub mod sandbox;

/// The version of chrono whose types stand in the signatures here.
pub use chrono;
#[cfg(feature = "client")]
pub use client::{ClientBuilder, Service};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
/// The version of reqwest whose types stand in the signatures here.
#[cfg(feature = "client")]
pub use reqwest;
#[cfg(feature = "client")]
pub use transport::Response;
// Named by a hidden function of `Service` alone.
#[cfg(feature = "client")]
#[doc(hidden)]
pub use transport::Transport;
