//! The one way from a built request to a typed answer: authenticate, send, read, decode, and try
//! again where that helps.
//!
//! `build.rs` ends every generated `send` in [`Transport::send`]. It replaces what progenitor would
//! put there, because progenitor's errors cannot hold a request id, an operation or a resource, and
//! lose the status where a body is not what the description says.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
};
use reqwest::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tracing::{Instrument, debug, field, info_span, warn};

use crate::auth::signer::{CanonicalRequest, DATE_FORMAT};
use crate::auth::{Credentials, CredentialsError, Kind, ProvideCredentials};
use crate::body::{BodyError, read_body};
use crate::clock::Clock;
use crate::error::{Call, Error, request_id};
use crate::operation::Operation;
use crate::project::Project;
use crate::retry::RetryPolicy;

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
const X_SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
const X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");

/// How far the clocks must be apart to be the cause of a refusal that says nothing of time. The service
/// allows 15 minutes; the answer took some of them.
const CLOCK_IS_OFF: TimeDelta = TimeDelta::minutes(14);

/// How far they must be apart where the refusal does speak of time.
const CLOCK_MAY_BE_OFF: TimeDelta = TimeDelta::minutes(1);

/// What a client knows besides its endpoint: credentials, project, and how to deal with failures.
///
/// It is part of every client, and of no use apart from one.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

/// What a transport is made of.
pub(crate) struct Inner {
    pub(crate) credentials: Arc<dyn ProvideCredentials>,
    pub(crate) project: Project,
    pub(crate) retry: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    pub(crate) response_limit: usize,
    pub(crate) clock: Arc<dyn Clock>,
    /// By how many milliseconds the service is ahead of the clock, as far as its answers showed.
    pub(crate) skew: Arc<AtomicI64>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("credentials", &self.0.credentials)
            .field("project", &self.0.project)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}

impl Transport {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    /// The project of a call that names none.
    pub(crate) async fn project_id(&self, operation: &'static Operation) -> Result<String, Error> {
        let identity = async {
            let limit = self.0.retry.remaining(Duration::ZERO);
            Ok(self.credentials(limit).await?.identity())
        };
        self.0.project.id(operation, identity, &*self.0.clock).await
    }

    /// Asks for credentials, for so long at most: a provider may never answer.
    async fn credentials(&self, limit: Duration) -> Result<Credentials, Error> {
        let credentials = tokio::time::timeout(limit, self.0.credentials.credentials())
            .await
            .unwrap_or_else(|_| {
                Err(CredentialsError::new(
                    "the provider of credentials did not answer in time",
                ))
            });
        let checked = credentials.and_then(|c| c.check().map(|()| c));
        checked.map_err(Error::credentials)
    }

    /// Sends a request, again where that helps, and decodes its answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        operation: &'static Operation,
        request: Request,
    ) -> Result<Response<T>, Error> {
        let call = Call::new(operation, request.url().path());
        let span = info_span!(
            "call",
            service = operation.service,
            operation = operation.id,
            resource = call.resource(),
        );
        self.attempts(client, &call, &request)
            .instrument(span)
            .await
    }

    async fn attempts<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        call: &Call,
        request: &Request,
    ) -> Result<Response<T>, Error> {
        let Inner { retry, clock, .. } = &*self.0;
        let started = clock.monotonic();
        // The attempt that corrects the clock is none of the policy's.
        let mut corrections = 0;
        let mut attempt = 1_u32;
        loop {
            let remaining = retry.remaining(clock.monotonic().saturating_sub(started));
            let span = info_span!(
                "attempt",
                attempt,
                status = field::Empty,
                request_id = field::Empty,
                duration_ms = field::Empty,
            );
            let outcome = self
                .attempt(client, call, request, remaining)
                .instrument(span)
                .await;
            let error = match outcome {
                Ok(response) => return Ok(response),
                Err(error) => error.after(attempt),
            };
            let elapsed = clock.monotonic().saturating_sub(started);
            if corrections == 0
                && retry.corrects_clock()
                && !retry.remaining(elapsed).is_zero()
                && self.correct_clock(&error)
            {
                corrections = 1;
                attempt = attempt.saturating_add(1);
                continue;
            }
            let tried = attempt.saturating_sub(corrections);
            let Some(delay) = retry.delay(&error, tried, elapsed, fastrand::f64()) else {
                debug!(%error, attempts = attempt, "the call failed");
                return Err(error);
            };
            debug!(%error, ?delay, "the attempt failed, and is made again");
            clock.sleep(delay).await;
            attempt = attempt.saturating_add(1);
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        call: &Call,
        request: &Request,
        remaining: Duration,
    ) -> Result<Response<T>, Error> {
        let started = self.0.clock.monotonic();
        let credentials = self.credentials(remaining).await?;
        let time = self.service_time();
        let mut request = request
            .try_clone()
            .ok_or_else(|| call.error_before_sending("the body cannot be sent twice".into()))?;
        authenticate(&mut request, &credentials, call.project_id(), time)
            .map_err(|reason| call.error_before_sending(reason))?;
        *request.timeout_mut() = Some(self.0.attempt_timeout.min(remaining));

        let response = client
            .execute(request)
            .await
            .map_err(|error| call.not_answered(error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response, self.0.response_limit).await;

        let span = tracing::Span::current();
        span.record("status", status.as_u16());
        span.record("request_id", request_id(&headers));
        let duration = self.0.clock.monotonic().saturating_sub(started);
        span.record(
            "duration_ms",
            u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        );
        debug!("answered");

        if !status.is_success() {
            // What the status says holds whether or not the body could be read.
            let error = call.refused(status, &headers, &body.unwrap_or_default());
            return Err(match credentials.kind() {
                Kind::Key { .. } => error.signed_at(time),
                Kind::AuthToken(_) => error,
            });
        }
        let body = body.map_err(|error| match error {
            BodyError::Broken(error) => call.broken_off(status, &headers, error),
            BodyError::TooLarge => call.too_large(status, &headers, self.0.response_limit),
        })?;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Response {
                value,
                status,
                headers,
            }),
            Err(error) => {
                // Only now is it worth knowing where: the search costs a second reading.
                let deserializer = &mut serde_json::Deserializer::from_slice(&body);
                let place = serde_path_to_error::deserialize::<_, T>(deserializer)
                    .err()
                    .map(|e| e.path().to_string())
                    .filter(|path| path != ".");
                Err(call.undecodable(status, &headers, &body, place, error))
            }
        }
    }

    /// The time of the service: that of the clock, corrected by what its answers showed.
    fn service_time(&self) -> DateTime<Utc> {
        let skew = TimeDelta::try_milliseconds(self.0.skew.load(Ordering::Relaxed));
        let now = self.0.clock.now();
        skew.and_then(|skew| now.checked_add_signed(skew))
            .unwrap_or(now)
    }

    /// Where a refusal of a signature shows that the clock is off, remembers by how much, and says so.
    fn correct_clock(&self, error: &Error) -> bool {
        let (Some(StatusCode::UNAUTHORIZED), Some(signed)) = (error.status(), error.signing_time())
        else {
            return false;
        };
        let speaks_of_time = error.message().to_ascii_lowercase().contains("expired");
        let tolerance = if speaks_of_time {
            CLOCK_MAY_BE_OFF
        } else {
            CLOCK_IS_OFF
        };
        let Some(theirs) = time_in_message(error.message()).or_else(|| error.date()) else {
            return false;
        };
        // Against the time of this signature: another call may have corrected the clock meanwhile.
        if theirs.signed_duration_since(signed).abs() < tolerance {
            return false;
        }
        let skew = theirs.signed_duration_since(self.0.clock.now());
        self.0
            .skew
            .store(skew.num_milliseconds(), Ordering::Relaxed);
        warn!(
            skew_seconds = skew.num_seconds(),
            "the clock of this machine is off; signing with the time of the service"
        );
        true
    }
}

/// The time in `signature expired, signature time:…, server time:…`.
fn time_in_message(message: &str) -> Option<DateTime<Utc>> {
    let text = message.split("server time:").nth(1)?.trim();
    let text = text.split([',', ' ', '"']).next()?;
    NaiveDateTime::parse_from_str(text, DATE_FORMAT)
        .map(|time| time.and_utc())
        .or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()))
        .ok()
}

/// Puts credentials on a request. Called for each attempt, so that the time is that of the attempt.
fn authenticate(
    request: &mut Request,
    credentials: &Credentials,
    project_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let host = host(request.url());
    let headers = request.headers_mut();
    // The gateway wants it on every request, as all official SDKs send it, bodies or not.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(project_id) = project_id {
        headers.insert(X_PROJECT_ID, plain(project_id)?);
    }
    match credentials.kind() {
        Kind::AuthToken(token) => {
            headers.insert(X_AUTH_TOKEN, secret(token)?);
        }
        Kind::Key {
            access_key,
            secret_key,
            security_token,
        } => {
            let date = now.format(DATE_FORMAT).to_string();
            headers.insert(X_SDK_DATE, plain(&date)?);
            headers.insert(HOST, plain(&host)?);
            if let Some(token) = security_token {
                headers.insert(X_SECURITY_TOKEN, secret(token)?);
            }
            // What a proxy may rewrite is not signed: `Accept`, `User-Agent`.
            let signed = [
                CONTENT_TYPE,
                HOST,
                X_PROJECT_ID,
                X_SDK_DATE,
                X_SECURITY_TOKEN,
            ];
            let headers = request.headers();
            let signed: Vec<(&str, &str)> = signed
                .iter()
                .filter_map(|name| Some((name.as_str(), headers.get(name)?.to_str().ok()?)))
                .collect();
            let body = request.body().and_then(|b| b.as_bytes()).unwrap_or(b"");
            let authorization = CanonicalRequest::new(
                request.method().as_str(),
                request.url().path(),
                request.url().query().unwrap_or_default(),
                &signed,
                body,
            )
            .authorization(&date, access_key, secret_key.expose_secret());
            let authorization = secret(&authorization.into())?;
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
    }
    Ok(())
}

/// The value of `Host`: the port only where it is not that of the scheme.
fn host(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    }
}

fn plain(value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value).map_err(|e: InvalidHeaderValue| format!("{value:?}: {e}"))
}

/// A header that no log shows, not even that of the HTTP library.
fn secret(value: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(value.expose_secret())
        .map_err(|_| "the credentials cannot be sent as a header".to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer: the decoded body, and what came with it.
///
/// It is used like the body; [`into_inner`](Self::into_inner) gives the body alone.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> Response<T> {
    /// An answer with a status of success and no headers, for tests.
    #[cfg(test)]
    pub(crate) fn new(value: T) -> Self {
        Self {
            value,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
        }
    }

    /// The decoded body.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id that the service gave the request; its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
