//! What is logged: every call and attempt, and no secret.
//!
//! A program of its own, since a log is of a process: in `tests/it` others would write to it.

// A test that cannot go on panics; that is its way to fail.
#![allow(clippy::unwrap_used)]

#[path = "../it/server.rs"]
mod server;

use std::io::Write;
use std::sync::{Arc, Mutex};

use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::dcs;
use huaweicloud_tasks::retry::RetryPolicy;
use tracing_subscriber::fmt::MakeWriter;

use server::Server;

const SECRETS: [&str; 3] = ["the-secret-key", "the-security-token", "the-auth-token"];

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Everything that the crate and the HTTP library log, at the finest level.
#[tokio::test]
async fn logs_tell_of_calls_and_attempts_and_show_no_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = Server::answering(503, &[("x-request-id", "r-1")], "").await;
    for credentials in [
        Credentials::new("AK", SECRETS[0]).security_token(SECRETS[1]),
        Credentials::auth_token(SECRETS[2]),
    ] {
        let client = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .credentials(credentials)
            .project_id("p")
            .retry(
                RetryPolicy::default()
                    .max_attempts(2)
                    .base_delay(std::time::Duration::ZERO),
            )
            .build()
            .unwrap();
        client.instance("i-1").list().send().await.unwrap_err();
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in SECRETS {
        assert!(!log.contains(secret), "the log shows {secret}: {log}");
    }
    for part in [
        "call{service=\"DCS\" operation=\"ListBackgroundTask\" resource=\"instance i-1\"}",
        "attempt{attempt=1 status=503 request_id=\"r-1\" duration_ms=",
        "attempt{attempt=2 ",
        "the attempt failed, and is made again",
        "the call failed",
    ] {
        assert!(log.contains(part), "no {part} in\n{log}");
    }
}
