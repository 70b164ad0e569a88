//! Changing what a running sandbox plays, by requests of its own.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::answer::Refusal;
use super::state::State;
use super::{Answer, PathResult};

/// Scenarios are files; what is added in passing is small.
const LARGEST_BODY: usize = 64 * 1024;

pub(super) async fn add_task(
    Extract(state): Extract<Arc<State>>,
    path: PathResult<(String, String)>,
    body: Body,
) -> Answer {
    let Path((service, instance_id)) = path?;
    let task = read(body).await?;
    done(state.add_task(&service, &instance_id, task))
}

pub(super) async fn add_fault(Extract(state): Extract<Arc<State>>, body: Body) -> Answer {
    let fault = read(body).await?;
    done(state.add_fault(fault))
}

pub(super) async fn clear_faults(Extract(state): Extract<Arc<State>>) -> Response {
    state.faults().clear();
    StatusCode::NO_CONTENT.into_response()
}

async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Refusal::invalid_parameter("the body is too large"))?;
    let deserializer = &mut serde_json::Deserializer::from_slice(&bytes);
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| Refusal::invalid_parameter(format!("the body at {error}")))
}

fn done(added: Result<(), String>) -> Answer {
    added.map_err(Refusal::invalid_parameter)?;
    Ok(StatusCode::CREATED.into_response())
}
