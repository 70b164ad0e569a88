//! The one error type, and how each failure of a call becomes it.
//!
//! An error is for the person who reads it at night: what was tried, on what, what came back, and
//! what to do about it. All shapes of error bodies that were seen are read here, in one place; a
//! body of no known shape is kept as text.

mod call;
mod shape;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;

use crate::auth::CredentialsError;
use crate::operation::Operation;

pub(crate) use call::{Call, request_id};

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

    /// The same error where there is no list to read on.
    pub(crate) fn not_resuming(mut self) -> Self {
        self.0.resume = None;
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
        self.0.attempts = if sent {
            attempts
        } else {
            attempts.saturating_sub(1)
        };
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

    /// A task that is waited for, and has no id to find it by.
    pub(crate) fn empty_task_id() -> Self {
        Inner::new(ErrorKind::InvalidParameter, "task_id must not be empty").into()
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
