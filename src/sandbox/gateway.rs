//! The API gateway before the services: it lets authentic requests pass, and gives each an id.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::answer::Refusal;
use super::tasks::Tasks;
use super::{ACCESS_KEY, AUTH_TOKEN, SECRET_KEY};
use crate::auth::signer::{ALGORITHM, CanonicalRequest, DATE_FORMAT};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How far the time of signing may be from that of the service.
const TOLERANCE: TimeDelta = TimeDelta::minutes(15);

/// The bodies that signed requests have are small; a larger one is not read.
const LARGEST_BODY: usize = 64 * 1024;

/// Verifies a request and, where it is authentic, passes it on.
pub(super) async fn admit(
    State(tasks): State<Arc<Tasks>>,
    request: Request,
    next: Next,
) -> Response {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = format!("{:032x}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut response = match verify(request, tasks.clock().now()).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn verify(request: Request, now: DateTime<Utc>) -> Result<Request, Refusal> {
    if let Some(token) = text(request.headers(), "x-auth-token") {
        return if same(token, AUTH_TOKEN) {
            Ok(request)
        } else {
            Err(Refusal::unauthorized("decrypt token fail"))
        };
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
    if authorization.access_key != ACCESS_KEY {
        return Err(Refusal::unauthorized(&format!(
            "Get secretKey failed,ak:{},err:ak not exist",
            authorization.access_key
        )));
    }
    let signed = authorization
        .signed_headers
        .split(';')
        .map(|name| {
            text(headers, name)
                .map(|value| (name, value))
                .ok_or_else(|| Refusal::unauthorized(&format!("signed header {name} is missing")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let genuine = CanonicalRequest::new(
        parts.method.as_str(),
        parts.uri.path(),
        parts.uri.query().unwrap_or_default(),
        &signed,
        &body,
    )
    .verify(date, SECRET_KEY, authorization.signature);
    if genuine {
        Ok(Request::from_parts(parts, body.into()))
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
            parts
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(malformed)
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
    if (now - signed).abs() > TOLERANCE {
        return Err(Refusal::unauthorized(&format!(
            "signature expired, signature time:{date}, server time:{}",
            now.format(DATE_FORMAT)
        )));
    }
    Ok(())
}

/// The text of a header, where it has one that is text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Compares secrets in a time that does not depend on where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}
