//! How each failure of a call becomes an error.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::shape::{Body, describe, lossy, one_line};
use super::{Error, ErrorKind, Inner};
use crate::body::innermost;
use crate::operation::Operation;

/// A call under way: it makes the errors that the call can end in.
pub(crate) struct Call {
    operation: &'static Operation,
    path: String,
}

impl Call {
    pub(crate) fn new(operation: &'static Operation, path: &str) -> Self {
        Self {
            operation,
            path: path.to_string(),
        }
    }

    /// The ids in the path of the call, by name.
    fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        // From the end, since the endpoint may have put a prefix before the path.
        let template = self.operation.path.rsplit('/');
        let mut ids: Vec<_> = template
            .zip(self.path.rsplit('/'))
            .filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)))
            .collect();
        ids.reverse();
        ids.into_iter()
    }

    /// The project that the call is about, which may be another than the client's.
    pub(crate) fn project_id(&self) -> Option<&str> {
        self.ids()
            .find_map(|(name, value)| (name == "project_id").then_some(value))
    }

    pub(crate) fn resource(&self) -> Option<String> {
        let mut ids: Vec<_> = self.ids().collect();
        // The project is of interest where there is nothing nearer.
        if ids.len() > 1 {
            ids.retain(|(name, _)| *name != "project_id");
        }
        let ids: Vec<_> = ids
            .iter()
            .map(|(name, value)| format!("{} {value}", name.trim_end_matches("_id")))
            .collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Inner {
        Inner {
            operation: Some(self.operation),
            resource: self.resource(),
            ..Inner::new(kind, one_line(&message.into()))
        }
    }

    pub(crate) fn error_before_sending(&self, reason: String) -> Error {
        self.error(ErrorKind::InvalidParameter, reason).into()
    }

    /// There was no answer.
    pub(crate) fn not_answered(&self, error: reqwest::Error) -> Error {
        // No request could be made of it, an address that is too long for one: nothing was sent, and
        // nothing would be the next time.
        if error.is_builder() {
            let reason = format!("the request cannot be sent: {}", innermost(&error));
            return Inner {
                source: Some(Arc::new(error.without_url())),
                ..self.error(ErrorKind::InvalidParameter, reason)
            }
            .into();
        }
        let host = error
            .url()
            .and_then(|url| url.host_str())
            .unwrap_or("the endpoint")
            .to_string();
        let (kind, message) = if error.is_timeout() {
            (ErrorKind::Timeout, format!("{host} did not answer in time"))
        } else if error.is_connect() {
            (
                ErrorKind::Connection,
                format!("no connection to {host}: {}", innermost(&error)),
            )
        } else {
            (
                ErrorKind::Connection,
                format!(
                    "the connection to {host} broke before it answered: {}",
                    innermost(&error)
                ),
            )
        };
        Inner {
            retryable: self.operation.idempotent,
            source: Some(Arc::new(error.without_url())),
            ..self.error(kind, message)
        }
        .into()
    }

    /// The answer began, and did not end.
    pub(crate) fn broken_off(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        error: reqwest::Error,
    ) -> Error {
        let (kind, what) = if error.is_timeout() {
            (ErrorKind::Timeout, "the answer did not end in time")
        } else {
            (ErrorKind::Connection, "the answer broke off")
        };
        Inner {
            retryable: self.operation.idempotent,
            ..self.answer(
                status,
                headers,
                kind,
                format!("{what}: {}", innermost(&error)),
            )
        }
        .with_source(error)
    }

    /// The answer is larger than the client takes.
    pub(crate) fn too_large(&self, status: StatusCode, headers: &HeaderMap, limit: usize) -> Error {
        let message = format!("the answer is larger than {limit} bytes");
        Inner {
            hint: Some("ask for a smaller page, or raise the client's response limit".to_string()),
            ..self.answer(status, headers, ErrorKind::TooLarge, message)
        }
        .into()
    }

    /// An error that came with an answer.
    fn answer(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        kind: ErrorKind,
        message: String,
    ) -> Inner {
        Inner {
            status: Some(status),
            request_id: request_id(headers).map(one_line),
            date: date(headers),
            retry_after: retry_after(headers),
            ..self.error(kind, message)
        }
    }

    /// The service, the gateway or a proxy answered with an error.
    pub(crate) fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        let body_text = lossy(body);
        let known = Body::read(body);
        let message = match &known {
            Some(Body {
                message: Some(message),
                ..
            }) => message.clone(),
            Some(_) => "the answer holds no message".to_string(),
            None if body_text.trim().is_empty() => "the answer is empty".to_string(),
            None => format!("the answer is {}", describe(headers, &body_text)),
        };
        let known = known.unwrap_or_default();
        let kind = ErrorKind::of_answer(status, known.code.as_deref());
        let passing = matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504);
        let hint = self.hint(status, &message);
        let answer = self.answer(status, headers, kind, message);
        Inner {
            request_id: answer.request_id.or(known.request_id),
            hint,
            code: known.code,
            retryable: passing && self.operation.idempotent,
            body: (!body_text.trim().is_empty()).then_some(body_text),
            ..answer
        }
        .into()
    }

    /// The service answered with success, and a body that does not decode.
    pub(crate) fn undecodable(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        place: Option<String>,
        error: serde_json::Error,
    ) -> Error {
        let body = lossy(body);
        let message = if body.trim().is_empty() {
            "the answer is empty, where JSON should be".to_string()
        } else if error.is_eof() {
            format!("the answer was cut off: {error}")
        } else {
            match place {
                Some(place) => format!("the answer does not fit at {place}: {error}"),
                None if error.is_data() => format!("the answer does not fit: {error}"),
                None => format!("the answer is {}", describe(headers, &body)),
            }
        };
        Inner {
            // JSON that just stops was cut off on its way.
            retryable: self.operation.idempotent && !body.trim().is_empty() && error.is_eof(),
            body: Some(body),
            ..self.answer(status, headers, ErrorKind::Decode, message)
        }
        .with_source(error)
    }

    /// What to do about an answer, where that can be said.
    fn hint(&self, status: StatusCode, message: &str) -> Option<String> {
        let message = message.to_ascii_lowercase();
        Some(match status {
            StatusCode::UNAUTHORIZED if message.contains("signature expired") => {
                "the clock of this machine is probably off: keys are good for 15 minutes around the time of the service".to_string()
            }
            StatusCode::UNAUTHORIZED if message.contains("token") => {
                "the token is probably at its end, or of another cloud; IAM issues a new one".to_string()
            }
            StatusCode::UNAUTHORIZED if message.contains("aksk signature") => {
                "the secret key is probably not the one of this access key".to_string()
            }
            StatusCode::UNAUTHORIZED => {
                "check the access key, the secret key and the token; a key belongs to one cloud, and is locked for minutes after five failures".to_string()
            }
            StatusCode::FORBIDDEN => format!(
                "the caller probably lacks the permission {} in this project",
                self.operation.iam_action
            ),
            StatusCode::NOT_FOUND => "check the ids, the region and the project".to_string(),
            StatusCode::TOO_MANY_REQUESTS => "wait before the next call".to_string(),
            status if status.is_redirection() => {
                "redirects are not followed: credentials stay with the host they are meant for; is the endpoint right?".to_string()
            }
            _ => return None,
        })
    }
}

impl Inner {
    fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Error {
        self.source = Some(Arc::new(source));
        self.into()
    }
}

/// What `Retry-After` asks for, as seconds or as a date; a date is measured against `Date`.
fn retry_after(headers: &HeaderMap) -> Duration {
    let value = headers.get(reqwest::header::RETRY_AFTER);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return Duration::ZERO;
    };
    if let Ok(seconds) = value.trim().parse() {
        return Duration::from_secs(seconds);
    }
    let now = date(headers).unwrap_or_else(Utc::now);
    http_date(value)
        .and_then(|time| time.signed_duration_since(now).to_std().ok())
        .unwrap_or_default()
}

/// The time of the service by its header `Date`.
fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(headers.get(reqwest::header::DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(Into::into)
}

/// The request id among the headers: that of the services, or that of IAM.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "x-iam-trace-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}
