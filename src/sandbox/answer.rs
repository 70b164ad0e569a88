//! What the sandbox answers with: JSON, and errors in the documented shapes.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
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
            error_code: Some(self.code.to_string()),
            error_msg: Some(self.message),
            ..ErrorResponse::default()
        };
        encode(self.status, &body)
    }
}
