//! What the sandbox answers with: JSON, and errors in the documented shapes.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::scenario::Rate;
use crate::dcs::types::ErrorResponse;

/// A success with a body.
pub(super) fn json(value: &impl Serialize) -> Response {
    encode(StatusCode::OK, value)
}

fn encode(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (
            status,
            [(header::CONTENT_TYPE, "application/json")],
            Body::from(body),
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An error with a status and a documented body.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Refusal {
    fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after: None,
        }
    }

    /// Says after how many seconds to ask again.
    pub(super) fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds;
        self
    }

    /// A refusal that a fault asks for.
    pub(super) fn of_fault(status: u16, code: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, code, "The sandbox was told to fail.")
    }

    /// The key is known, and its policies do not allow the action.
    pub(super) fn forbidden(action: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "APIGW.0302",
            format!("Policy doesn't allow {action} to be performed."),
        )
    }

    /// There were more requests than the gateway lets through.
    pub(super) fn throttled(rate: Rate, wait: u64) -> Self {
        let message = format!(
            "The throttling threshold has been reached: policy user over ratelimit,limit:{},time:{} seconds",
            rate.requests,
            rate.seconds.as_secs_f64()
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "APIGW.0308", message).retry_after(Some(wait))
    }

    /// The path is that of an operation, and the method is not.
    pub(super) fn no_such_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "APIG.0101",
            "The API does not exist or has not been published in the environment",
        )
    }

    /// The gateway does not accept the credentials.
    pub(super) fn unauthorized(reason: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "APIGW.0301",
            format!("Incorrect IAM authentication information: {reason}"),
        )
    }

    /// A parameter is malformed or out of range.
    pub(super) fn invalid_parameter(reason: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "APIG.0201",
            format!("Invalid request parameters: {reason}"),
        )
    }

    /// No operation has this method and path.
    pub(super) fn no_such_api() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "APIG.0101",
            "The API does not exist or has not been published in the environment",
        )
    }

    /// The code is that of DCS, published by Open Telekom Cloud. RocketMQ's own is not known here, and
    /// an id that is unknown tells of no service.
    pub(super) fn no_such_instance() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "111404022",
            "The instance does not exist.",
        )
    }

    /// No document says which code goes with a task that is not there; this is that of a bad id.
    pub(super) fn no_such_task() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "111400070",
            "The task ID is invalid.",
        )
    }

    /// No document says which code the services give here; this one is the sandbox's own.
    pub(super) fn no_such_project() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "SANDBOX.0404",
            "The sandbox has no such project",
        )
    }
}

impl From<PathRejection> for Refusal {
    fn from(_: PathRejection) -> Self {
        Self::no_such_api()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = ErrorResponse {
            error_code: Some(self.code.into_owned()),
            error_msg: Some(self.message),
            ..ErrorResponse::default()
        };
        let mut answer = encode(self.status, &body);
        if let Some(seconds) = self.retry_after {
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        answer
    }
}
