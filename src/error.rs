//! The one error type, and how each failure of a call becomes it.
//!
//! An error is for the person who reads it at night: what was tried, on what, what came back, and
//! what to do about it. All shapes of error bodies that were seen are read here, in one place; a
//! body of no known shape is kept as text.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::auth::CredentialsError;
use crate::body::innermost;
use crate::operation::Operation;

/// Why a call, or the making of a client, failed.
///
/// [`kind`](Self::kind) tells the failures apart; the other methods give what is known. None of
/// them, and neither `Display` nor `Debug`, shows a secret.
#[derive(Clone)]
pub struct Error(Box<Inner>);

/// The kinds of failures that a program may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be made: region or endpoint are missing or wrong.
    Configuration,
    /// There are no credentials, or none that can be sent. Nothing was sent.
    Credentials,
    /// A parameter is missing or not valid. Nothing was sent.
    InvalidParameter,
    /// No project, or several, belong to the region.
    Project,
    /// No connection, or it broke before the answer was read.
    Connection,
    /// The time for the call ran out.
    Timeout,
    /// The service does not accept the credentials (status 401).
    Unauthorized,
    /// The caller may not do this (status 403).
    Forbidden,
    /// The project, the instance or the task does not exist (status 404).
    NotFound,
    /// Too many requests in a short time (status 429).
    Throttled,
    /// Another job of the instance is still running (`DCS.4017`, `111400017`).
    JobRunning,
    /// The id of the task is not valid (`DCS.4070`, `111400070`).
    InvalidTaskId,
    /// The instance has no background tasks (`DCS.4094`, `111400094`).
    NotSupported,
    /// The service answered with another error; [`status`](Error::status) and
    /// [`code`](Error::code) say which.
    Service,
    /// The service answered with success, and a body that is not what it should be.
    Decode,
    /// The answer is larger than the client takes.
    TooLarge,
    /// A list changes faster than it can be read page by page.
    Restless,
}

impl ErrorKind {
    /// The kind of an answer. A code says more than a status.
    fn of_answer(status: StatusCode, code: Option<&str>) -> Self {
        match code {
            Some("DCS.4017" | "111400017") => return Self::JobRunning,
            Some("DCS.4070" | "111400070") => return Self::InvalidTaskId,
            Some("DCS.4094" | "111400094") => return Self::NotSupported,
            _ => {}
        }
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled,
            _ => Self::Service,
        }
    }
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static Operation>,
    /// The ids in the path of the call: `instance 5560df16…`.
    resource: Option<String>,
    status: Option<StatusCode>,
    code: Option<String>,
    /// What went wrong, in words: ours, or those of the service.
    message: String,
    request_id: Option<String>,
    /// The body of the answer as text.
    body: Option<String>,
    hint: Option<String>,
    /// How often the call was tried.
    attempts: u32,
    /// Whether another attempt may end well.
    retryable: bool,
    /// What `Retry-After` asks for.
    retry_after: Duration,
    /// The time of the service, by its header `Date`.
    date: Option<DateTime<Utc>>,
    /// The parameter and the position at which a list can be read on.
    resume: Option<(&'static str, i32)>,
    /// The time that the refused signature was made with.
    signed: Option<DateTime<Utc>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// How much of an answer an error keeps.
const KEPT_BODY: usize = 16 * 1024;
/// How much of an answer a message shows.
const SHOWN_BODY: usize = 300;

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The code that the service or the gateway gave the error: `DCS.4070`, `APIGW.0301`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What went wrong, in the words of the service where it had any, else in ours.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The id of the request, which the support of the service asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The operation that was called, by its id in the description: `ListBackgroundTask`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// What the operation was called on: `instance 5560df16…, task 8abf6e1e…`.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// The body of the answer as text, where it was an error or did not decode. 16 KiB of it at most.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Where a list that ended in this error can be read on: the position of the first item that was
    /// not given.
    pub fn resume_at(&self) -> Option<i32> {
        self.0.resume.map(|(_, position)| position)
    }

    /// The same error of a list that can be read on from a position.
    pub(crate) fn resuming(mut self, parameter: &'static str, position: i32) -> Self {
        self.0.resume = Some((parameter, position));
        self
    }

    /// A list that moves faster than it is read.
    pub(crate) fn restless_list(parameter: &'static str, position: i32) -> Self {
        let message = "the list changes faster than it can be read";
        Self::from(Inner::new(ErrorKind::Restless, message)).resuming(parameter, position)
    }

    /// What to do about it, where that can be said. `Display` ends with it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The service that was called: `DCS`.
    pub fn service(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.service)
    }

    /// How often the call was tried. 0 where nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the same call may end well later. The client has tried as often as its
    /// [`RetryPolicy`](crate::retry::RetryPolicy) says by the time that you see the error.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the service answered, with an error.
    pub fn is_service(&self) -> bool {
        self.0.status.is_some_and(|status| !status.is_success())
    }

    pub(crate) fn retry_after(&self) -> Duration {
        self.0.retry_after
    }

    pub(crate) fn signed_at(mut self, time: DateTime<Utc>) -> Self {
        self.0.signed = Some(time);
        self
    }

    pub(crate) fn signing_time(&self) -> Option<DateTime<Utc>> {
        self.0.signed
    }

    pub(crate) fn date(&self) -> Option<DateTime<Utc>> {
        self.0.date
    }

    /// The same error after so many attempts, where any was made.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        let sent = !matches!(
            self.0.kind,
            ErrorKind::Credentials | ErrorKind::InvalidParameter
        );
        self.0.attempts = if sent { attempts } else { attempts - 1 };
        self
    }

    pub(crate) fn credentials(error: CredentialsError) -> Self {
        Inner::new(ErrorKind::Credentials, error.to_string()).into()
    }

    pub(crate) fn project(message: String) -> Self {
        Inner::new(ErrorKind::Project, message).into()
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Inner::new(ErrorKind::Configuration, message).into()
    }

    pub(crate) fn invalid_parameter(
        operation: &'static Operation,
        parameter: &str,
        reason: String,
    ) -> Self {
        Inner {
            operation: Some(operation),
            ..Inner::new(ErrorKind::InvalidParameter, format!("{parameter} {reason}"))
        }
        .into()
    }

    /// A request that the HTTP library does not build.
    pub(crate) fn unsendable(operation: &'static Operation, error: reqwest::Error) -> Self {
        Inner {
            operation: Some(operation),
            source: Some(Arc::new(error.without_url())),
            ..Inner::new(
                ErrorKind::InvalidParameter,
                "the request cannot be built; is the endpoint right?",
            )
        }
        .into()
    }
}

impl Inner {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: None,
            resource: None,
            status: None,
            code: None,
            message: message.into(),
            request_id: None,
            body: None,
            hint: None,
            attempts: 0,
            retryable: false,
            retry_after: Duration::ZERO,
            date: None,
            resume: None,
            signed: None,
            source: None,
        }
    }
}

impl From<Inner> for Error {
    fn from(inner: Inner) -> Self {
        Self(Box::new(inner))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &*self.0;
        if let Some(operation) = error.operation {
            write!(f, "{} {}", operation.service, operation.id)?;
            if let Some(resource) = &error.resource {
                write!(f, " ({resource})")?;
            }
            f.write_str(": ")?;
        }
        if let Some(status) = error.status {
            write!(f, "{status}, ")?;
        }
        if let Some(code) = &error.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&error.message)?;
        if let Some(id) = &error.request_id {
            write!(f, " [request id {id}]")?;
        }
        if error.attempts > 1 {
            write!(f, " after {} attempts", error.attempts)?;
        }
        if let Some((parameter, position)) = error.resume {
            write!(f, ", go on with {parameter} {position}")?;
        }
        if let Some(hint) = &error.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &*self.0;
        f.debug_struct("Error")
            .field("kind", &error.kind)
            .field("service", &self.service())
            .field("operation", &self.operation())
            .field("resource", &error.resource)
            .field("status", &error.status)
            .field("code", &error.code)
            .field("message", &error.message)
            .field("request_id", &error.request_id)
            .field("attempts", &error.attempts)
            .field("hint", &error.hint)
            .field("source", &error.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

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
            ..Inner::new(kind, message)
        }
    }

    pub(crate) fn error_before_sending(&self, reason: String) -> Error {
        self.error(ErrorKind::InvalidParameter, reason).into()
    }

    /// There was no answer.
    pub(crate) fn not_answered(&self, error: reqwest::Error) -> Error {
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
            request_id: request_id(headers).map(str::to_string),
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
        .and_then(|time| (time - now).to_std().ok())
        .unwrap_or_default()
}

/// The time of the service by its header `Date`.
fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(headers.get(reqwest::header::DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(Into::into)
}

/// What an error body says, whichever of the known shapes it has.
///
/// | shape | who writes it |
/// | --- | --- |
/// | `{"error_code", "error_msg", "error_ext_msg"}` | the services, as documented |
/// | the same with `request_id` | the API gateway |
/// | `{"error": {"code": 401, "message", "title"}}` | IAM |
/// | `{"errorCode", "errorMsg"}`, `{"code", "message"}` | older parts |
#[derive(Default)]
struct Body {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

impl Body {
    fn read(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let inner = value
            .get("error")
            .filter(|e| e.is_object())
            .unwrap_or(&value);
        let first = |keys: &[&str]| {
            keys.iter().find_map(|key| match inner.get(key)? {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let code = first(&["error_code", "errorCode", "code"]);
        let message = first(&["error_msg", "errorMsg", "message", "title"]);
        // Unused today, says the document; whoever uses it one day has something to say.
        let extended = first(&["error_ext_msg"]).map(|text| format!(" ({text})"));
        // A refusal by IAM policy explains itself only in here, encoded for the administrator.
        let explained = inner
            .get("encoded_authorization_message")
            .and_then(Value::as_str)
            .map(|text| format!(" (encoded authorization message: {text})"));
        if code.is_none() && message.is_none() && explained.is_none() {
            return None;
        }
        let parts = [message, extended, explained].into_iter().flatten();
        let message: String = parts.collect();
        Some(Self {
            code,
            message: (!message.is_empty()).then(|| message.trim_start().to_string()),
            request_id: value
                .get("request_id")
                .and_then(Value::as_str)
                .map(str::to_string),
        })
    }
}

/// A body of no known shape, for a message: what it is, and how it begins.
fn describe(headers: &HeaderMap, body: &str) -> String {
    let kind = headers
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .filter(|kind| !kind.is_empty())
        .unwrap_or("of no declared type");
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{kind}, not the documented JSON: {}",
        shorten(&line, SHOWN_BODY)
    )
}

fn shorten(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

fn lossy(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(KEPT_BODY)]).into_owned()
}

/// The request id among the headers: that of the services, or that of IAM.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "x-iam-trace-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}
