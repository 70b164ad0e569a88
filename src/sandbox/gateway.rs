//! The API gateway before the services: it lets authentic requests pass, and gives each an id.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::answer::Refusal;
use super::fault;
use super::server::Hangup;
use super::state::State as Sandboxed;
use super::{ACCESS_KEY, AUTH_TOKEN, FORBIDDEN_ACCESS_KEY, SECRET_KEY};
use crate::auth::signer::{ALGORITHM, CanonicalRequest, DATE_FORMAT};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How far the time of signing may be from that of the service.
const TOLERANCE: TimeDelta = TimeDelta::minutes(15);

/// The bodies that signed requests have are small; a larger one is not read.
const LARGEST_BODY: usize = 64 * 1024;

/// Verifies a request and, where it is authentic, passes it on.
pub(super) async fn admit(
    State(state): State<Arc<Sandboxed>>,
    request: Request,
    next: Next,
) -> Response {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = format!("{:032x}", COUNT.fetch_add(1, Ordering::Relaxed));
    let hangup = request
        .extensions()
        .get::<Hangup>()
        .cloned()
        .unwrap_or_default();
    let operation = state.tasks().operation_of(request.uri().path());
    let admitted = verify(request, state.clock().now())
        .await
        .and_then(|(request, caller)| {
            if let Some((rate, wait)) = state.throttle() {
                return Err(Refusal::throttled(rate, wait));
            }
            match (caller, operation) {
                (Caller::WithoutActions, Some(operation)) => {
                    Err(Refusal::forbidden(operation.iam_action))
                }
                _ => Ok(request),
            }
        });
    let mut response = match admitted {
        Ok(request) => {
            // Faults are those of the services: the admin is not to be locked out.
            let fault = operation.and_then(|operation| state.faults().of_call(operation.id));
            let answer = next.run(request).await;
            match fault {
                Some(fault) => fault::spoil(fault, answer, &hangup, state.clock().clone()).await,
                None => answer,
            }
        }
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Who asks.
#[derive(Clone, Copy)]
enum Caller {
    WithActions,
    /// The key is good, and none of the actions is allowed to it.
    WithoutActions,
}

/// Lets an authentic request pass. Where there are a token and a signature, both must be good.
async fn verify(request: Request, now: DateTime<Utc>) -> Result<(Request, Caller), Refusal> {
    if let Some(token) = text(request.headers(), "x-auth-token") {
        if !same(token, AUTH_TOKEN) {
            return Err(Refusal::unauthorized("decrypt token fail"));
        }
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Ok((request, Caller::WithActions));
        }
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Refusal::invalid_parameter("the body is too large"))?;
    let headers = &parts.headers;
    let authorization = Authorization::read(headers)?;
    let date = text(headers, "x-sdk-date")
        .ok_or_else(|| Refusal::unauthorized("header X-Sdk-Date is missing"))?;
    check_date(date, now)?;
    let (secret_key, caller) = match authorization.access_key {
        ACCESS_KEY => (SECRET_KEY, Caller::WithActions),
        FORBIDDEN_ACCESS_KEY => (SECRET_KEY, Caller::WithoutActions),
        unknown => {
            return Err(Refusal::unauthorized(&format!(
                "Get secretKey failed,ak:{unknown},err:ak not exist"
            )));
        }
    };
    let signed = authorization
        .signed_headers
        .split(';')
        .map(|name| {
            text(headers, name)
                .map(|value| (name, value))
                .ok_or_else(|| Refusal::unauthorized(&format!("signed header {name} is missing")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let canonical = CanonicalRequest::new(
        parts.method.as_str(),
        parts.uri.path(),
        parts.uri.query().unwrap_or_default(),
        &signed,
        &body,
    );
    // All clients send the names in the form in which they sign them. Any other list was tampered with.
    let genuine = canonical.verify(date, secret_key, authorization.signature)
        && canonical.signed_headers() == authorization.signed_headers;
    if genuine {
        Ok((Request::from_parts(parts, body.into()), caller))
    } else {
        Err(Refusal::unauthorized("verify aksk signature fail"))
    }
}

/// The parts of `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`.
struct Authorization<'a> {
    access_key: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let malformed = || Refusal::unauthorized("header Authorization is missing or malformed");
        let parts = text(headers, header::AUTHORIZATION.as_str())
            .and_then(|value| value.strip_prefix(ALGORITHM))
            .ok_or_else(malformed)?;
        let part = |name: &str| {
            let mut found = parts
                .split(',')
                .filter_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            // A second one would leave open which of them is meant.
            match (found.next(), found.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(malformed()),
            }
        };
        Ok(Self {
            access_key: part("Access")?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }
}

fn check_date(date: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let signed = NaiveDateTime::parse_from_str(date, DATE_FORMAT)
        .map_err(|_| Refusal::unauthorized("header X-Sdk-Date is malformed"))?
        .and_utc();
    if now.signed_duration_since(signed).abs() > TOLERANCE {
        return Err(Refusal::unauthorized(&format!(
            "signature expired, signature time:{date}, server time:{}",
            now.format(DATE_FORMAT)
        )));
    }
    Ok(())
}

/// The text of a header, where it is there once, and is text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Compares secrets in a time that does not depend on where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}
