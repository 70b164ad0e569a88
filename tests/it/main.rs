//! What the crate promises, as tests: documented samples in, facts out. Offline, in any order,
//! without sleeping.

#![allow(clippy::unwrap_used)]

mod calls;
mod cli;
mod errors;
mod faults;
mod hostile;
mod providers;
mod samples;
mod sandbox;
mod schemas;
mod secrets;
mod server;
mod signing;
mod tidy;
mod tls;
mod wait;
mod wire;
