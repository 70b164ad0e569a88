//! Where credentials come from: chains, files, and the metadata service of a machine in the cloud.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use chrono::{TimeDelta, TimeZone, Utc};
use huaweicloud_tasks::auth::{
    Credentials, CredentialsError, MetadataProvider, ProfileProvider, ProvideCredentials,
    ProviderChain,
};
use huaweicloud_tasks::clock::{BoxFuture, Clock, ManualClock};
use huaweicloud_tasks::{ErrorKind, dcs};
use tokio::net::TcpListener;

use crate::server::Server;

/// A provider that has nothing, or something, and counts how often it is asked.
#[derive(Debug)]
struct Fixed(Result<&'static str, &'static str>, Arc<AtomicUsize>);

impl ProvideCredentials for Fixed {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let result = self
            .0
            .map(|key| Credentials::new(key, "SK"))
            .map_err(CredentialsError::new);
        Box::pin(std::future::ready(result))
    }
}

#[tokio::test]
async fn a_chain_stays_with_the_first_that_serves() {
    let asked = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let chain = ProviderChain::new()
        .or(Fixed(Err("the vault is sealed"), asked[0].clone()))
        .or(Fixed(Ok("second"), asked[1].clone()))
        .or(Fixed(Ok("third"), asked[2].clone()));
    for _ in 0..3 {
        let credentials = chain.credentials().await.unwrap();
        assert!(format!("{credentials:?}").contains("second"));
    }
    assert_eq!(asked.map(|count| count.load(Ordering::SeqCst)), [1, 3, 0]);
}

#[tokio::test]
async fn an_empty_handed_chain_lists_what_was_tried() {
    let server = Server::answering(200, &[], "{}").await;
    let count = || Arc::new(AtomicUsize::new(0));
    let client = dcs::Client::builder()
        .endpoint(&server.endpoint)
        .project_id("p")
        .credentials(
            ProviderChain::new()
                .or(Fixed(Err("the vault is sealed"), count()))
                .or(ProfileProvider::from_file("/nowhere/credentials"))
                .or(Fixed(Err("the key is lost"), count())),
        )
        .build()
        .unwrap();
    let error = client.list_center_task().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    let message = error.to_string();
    for reason in [
        "the vault is sealed",
        "profile /nowhere/credentials",
        "the key is lost",
    ] {
        assert!(message.contains(reason), "{message}");
    }
    assert!(server.asked().is_empty());
}

/// A metadata service: it hands out a key with a number, good for an hour from `clock`.
struct Metadata {
    endpoint: String,
    fetches: Arc<AtomicUsize>,
    broken: Arc<std::sync::atomic::AtomicBool>,
}

impl Metadata {
    async fn start(clock: Arc<ManualClock>, knows_tokens: bool) -> Self {
        let fetches = Arc::new(AtomicUsize::new(0));
        let broken = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (count, is_broken) = (fetches.clone(), broken.clone());
        let router = Router::new()
            .route(
                "/meta-data/latest/api/token",
                put(move |headers: HeaderMap| async move {
                    let ttl = headers
                        .get("x-metadata-token-ttl-seconds")
                        .map(|v| v.to_str().unwrap().to_string());
                    match (knows_tokens, ttl.as_deref()) {
                        (false, _) => (StatusCode::NOT_FOUND, ""),
                        (true, Some("21600")) => (StatusCode::OK, "the-token"),
                        (true, _) => (StatusCode::BAD_REQUEST, ""),
                    }
                }),
            )
            .route(
                "/openstack/latest/securitykey",
                get(move |headers: HeaderMap| async move {
                    let token = headers
                        .get("x-metadata-token")
                        .map(|v| v.to_str().unwrap().to_string());
                    if knows_tokens != (token.as_deref() == Some("the-token")) {
                        return (StatusCode::UNAUTHORIZED, String::new());
                    }
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    if is_broken.load(Ordering::SeqCst) {
                        return (StatusCode::INTERNAL_SERVER_ERROR, String::new());
                    }
                    let end = clock.now() + TimeDelta::hours(1);
                    let body = serde_json::json!({ "credential": {
                        "access": format!("KEY{number}"),
                        "secret": "metadata-secret",
                        "securitytoken": format!("TOKEN{number}"),
                        "expires_at": end.to_rfc3339(),
                    }});
                    (StatusCode::OK, body.to_string())
                }),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            endpoint,
            fetches,
            broken,
        }
    }

    fn provider(&self, clock: &Arc<ManualClock>) -> MetadataProvider {
        MetadataProvider::new()
            .endpoint(&self.endpoint)
            .clock(clock.clone())
    }
}

fn noon() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(
        Utc.with_ymd_and_hms(2026, 6, 9, 12, 0, 0).unwrap(),
    ))
}

/// A program that runs for a day on keys that end every hour: no call fails, and each key was good
/// when it was used.
#[tokio::test]
async fn keys_that_end_are_replaced_in_time() {
    let clock = noon();
    let metadata = Metadata::start(clock.clone(), true).await;
    let server = Server::answering(200, &[], "{}").await;
    let client = dcs::Client::builder()
        .endpoint(&server.endpoint)
        .project_id("p")
        .credentials(metadata.provider(&clock))
        .clock(clock.clone())
        .build()
        .unwrap();
    for _ in 0..24 * 6 {
        client.list_center_task().send().await.unwrap();
        clock.advance(Duration::from_secs(600));
    }
    let fetches = metadata.fetches.load(Ordering::SeqCst);
    assert!((24..=30).contains(&fetches), "{fetches}");
    let asked = server.asked();
    let last = asked.last().unwrap();
    let token = last
        .headers
        .get("x-security-token")
        .unwrap()
        .to_str()
        .unwrap();
    assert_eq!(token, format!("TOKEN{}", fetches - 1));
}

#[tokio::test]
async fn a_crowd_fetches_once() {
    let clock = noon();
    let metadata = Metadata::start(clock.clone(), true).await;
    let provider = Arc::new(metadata.provider(&clock));
    let crowd = async || {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let provider = provider.clone();
            calls.spawn(async move { provider.credentials().await });
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap().unwrap();
        }
        metadata.fetches.load(Ordering::SeqCst)
    };
    assert_eq!(crowd().await, 1);
    // Close to the end one call fetches, and the others go on with the old key.
    clock.advance(Duration::from_secs(58 * 60));
    assert_eq!(crowd().await, 2);
}

#[tokio::test]
async fn an_old_key_serves_while_the_metadata_service_is_down() {
    let clock = noon();
    let metadata = Metadata::start(clock.clone(), true).await;
    let provider = metadata.provider(&clock);
    provider.credentials().await.unwrap();
    metadata.broken.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(58 * 60));
    let old = provider.credentials().await.unwrap();
    assert!(format!("{old:?}").contains("KEY0"));
    clock.advance(Duration::from_secs(3 * 60));
    let error = provider.credentials().await.unwrap_err().to_string();
    assert!(error.contains("500"), "{error}");
    metadata.broken.store(false, Ordering::SeqCst);
    // A failure holds for a few seconds.
    assert!(provider.credentials().await.is_err());
    clock.advance(Duration::from_secs(5));
    provider.credentials().await.unwrap();
}

#[tokio::test]
async fn a_metadata_service_without_tokens_serves_too() {
    let clock = noon();
    let metadata = Metadata::start(clock.clone(), false).await;
    let credentials = metadata.provider(&clock).credentials().await.unwrap();
    assert!(format!("{credentials:?}").contains("KEY0"));
    assert_eq!(
        credentials.expiry(),
        Some(clock.now() + TimeDelta::hours(1))
    );
}

#[tokio::test]
async fn what_the_metadata_service_answers_is_checked() {
    let clock = noon();
    for (status, body, reason) in [
        (200, "<html>", "answer is not as expected"),
        (
            200,
            r#"{"credential":{"access":"a","secret":"sesame","securitytoken":"t","expires_at":"soon"}}"#,
            "\"soon\" is not a time",
        ),
        (
            200,
            r#"{"credential":{"access":"a","secret":"sesame"}}"#,
            "not as expected",
        ),
        (404, "", "404"),
    ] {
        let server = Server::answering(status, &[], body).await;
        let provider = MetadataProvider::new()
            .endpoint(&server.endpoint)
            .clock(clock.clone());
        let error = provider.credentials().await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
}
