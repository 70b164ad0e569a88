//! What can go wrong between a client and a service, on demand.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};

use super::scenario::seconds;
use super::server::Hangup;
use crate::clock::Clock;

/// Something that goes wrong, of a [`Scenario`](super::Scenario) or given to a running sandbox.
///
/// ```
/// use huaweicloud_tasks::sandbox::{Fault, FaultKind};
///
/// let twice = Fault::new(FaultKind::BadGateway).times(2).operation("ListBackgroundTask");
/// let json = r#"{"fault": "bad_gateway", "times": 2, "operation": "ListBackgroundTask"}"#;
/// assert_eq!(serde_json::from_str::<Fault>(json).unwrap(), twice);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How often it does; once by default.
    #[serde(default = "once")]
    pub times: u32,
    /// The operation whose calls it happens to; those of any, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that happens once, to a call of any operation.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            times: 1,
            operation: None,
        }
    }

    /// Sets how often it happens.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the operation whose calls it happens to, by its id: `ListBackgroundTask`.
    #[must_use]
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = Some(id.into());
        self
    }
}

/// Where a connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// As soon as it is there; the operation does not matter.
    Connect,
    /// After the request was read, before anything is answered.
    Request,
    /// After the headers of the answer.
    Headers,
    /// In the middle of the body.
    Body,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The answer takes longer.
    Latency {
        /// By so much.
        #[serde(with = "seconds")]
        seconds: Duration,
    },
    /// The connection is reset.
    Reset {
        /// At this point.
        stage: Stage,
    },
    /// The body ends half-way, and the connection with it.
    TruncatedBody,
    /// The body comes byte by byte.
    SlowDrip {
        /// With a pause before each.
        #[serde(with = "seconds")]
        seconds: Duration,
    },
    /// The answer says that it is plain text.
    WrongContentType,
    /// A proxy answers with status 502 and a page of HTML.
    BadGateway,
    /// The service answers with a status and an error of its own.
    Status {
        /// The status, 400 to 599.
        status: u16,
        /// The code of the error.
        #[serde(default = "unknown_code")]
        code: String,
        /// What `Retry-After` says, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// The service sends the client elsewhere.
    Redirect {
        /// Where to.
        location: String,
    },
    /// A small body that unpacks to a large one.
    GzipBomb {
        /// How many mebibytes it unpacks to; 4096 at most.
        mebibytes: u32,
    },
    /// A body without an end.
    EndlessBody,
    /// The body is no JSON.
    MalformedJson,
    /// The body is no UTF-8.
    InvalidUtf8,
    /// The body is an array in an array, and so on.
    DeepNesting {
        /// How deep; a million at most.
        depth: u32,
    },
    /// The object of the answer has a member twice.
    DuplicateKeys,
}

fn unknown_code() -> String {
    "DCS.5000".to_string()
}

impl Fault {
    /// What makes no sense, if anything.
    pub(super) fn mistake(&self) -> Option<String> {
        if let Some(operation) = &self.operation
            && !super::operations()
                .iter()
                .any(|known| known.id == operation)
        {
            return Some(format!("a fault is of an unknown operation, {operation}"));
        }
        match &self.kind {
            FaultKind::Status { status, .. } if !(400..=599).contains(status) => Some(format!(
                "the status {status} of a fault is not from 400 to 599"
            )),
            FaultKind::Status { code, .. } if code.len() > 256 => {
                Some("the code of a fault is longer than 256 bytes".to_string())
            }
            FaultKind::Redirect { location } if HeaderValue::from_str(location).is_err() => {
                Some("the location of a redirect cannot stand in a header".to_string())
            }
            FaultKind::GzipBomb { mebibytes } if *mebibytes > 4096 => {
                Some("a gzip bomb of more than 4096 mebibytes".to_string())
            }
            FaultKind::DeepNesting { depth } if *depth > 1_000_000 => {
                Some("a nesting deeper than a million".to_string())
            }
            _ => None,
        }
    }
}

/// The faults that are still to happen, in order.
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first fault that happens to a call of an operation.
    pub(super) fn of_call(&mut self, operation: &str) -> Option<FaultKind> {
        self.take(|fault| {
            fault.kind
                != FaultKind::Reset {
                    stage: Stage::Connect,
                }
                && fault.operation.as_deref().is_none_or(|id| id == operation)
        })
    }

    /// Whether a new connection is reset at once.
    pub(super) fn of_connection(&mut self) -> bool {
        let reset = FaultKind::Reset {
            stage: Stage::Connect,
        };
        self.take(|fault| fault.kind == reset).is_some()
    }

    fn take(&mut self, wanted: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        let place = self
            .0
            .iter()
            .position(|fault| fault.times > 0 && wanted(fault))?;
        let fault = self.0.get_mut(place)?;
        fault.times = fault.times.saturating_sub(1);
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.0.remove(place);
        }
        Some(kind)
    }
}

/// What becomes of an answer.
pub(super) async fn spoil(
    fault: FaultKind,
    answer: Response,
    hangup: &Hangup,
    clock: Arc<dyn Clock>,
) -> Response {
    match fault {
        FaultKind::Latency { seconds } => {
            clock.sleep(seconds).await;
            answer
        }
        FaultKind::Reset { stage } => {
            hangup.reset();
            match stage {
                Stage::Connect | Stage::Request => hangup.before_answering(answer),
                Stage::Headers => broken_off(answer, 0).await,
                Stage::Body => broken_off(answer, 2).await,
            }
        }
        FaultKind::TruncatedBody => broken_off(answer, 2).await,
        FaultKind::SlowDrip { seconds } => {
            let (parts, body) = answer.into_parts();
            let drips = stream::iter(bytes(body).await).then(move |byte| {
                let clock = clock.clone();
                async move {
                    clock.sleep(seconds).await;
                    Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
                }
            });
            Response::from_parts(parts, Body::from_stream(drips))
        }
        FaultKind::WrongContentType => {
            let mut answer = answer;
            let plain = HeaderValue::from_static("text/plain");
            answer.headers_mut().insert(header::CONTENT_TYPE, plain);
            answer
        }
        FaultKind::BadGateway => (
            StatusCode::BAD_GATEWAY,
            [(header::CONTENT_TYPE, "text/html")],
            "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
        )
            .into_response(),
        FaultKind::Status {
            status,
            code,
            retry_after,
        } => {
            let refusal = super::answer::Refusal::of_fault(status, code);
            refusal
                .retry_after(retry_after.map(u64::from))
                .into_response()
        }
        FaultKind::Redirect { location } => {
            let mut answer = StatusCode::FOUND.into_response();
            if let Ok(location) = HeaderValue::from_str(&location) {
                answer.headers_mut().insert(header::LOCATION, location);
            }
            answer
        }
        FaultKind::GzipBomb { mebibytes } => {
            let packed = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_ENCODING, "gzip"),
            ];
            (packed, bomb(mebibytes)).into_response()
        }
        FaultKind::EndlessBody => {
            let piece = Bytes::from_static(&[b' '; 16 * 1024]);
            let pieces = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
            json_body(Body::from_stream(pieces))
        }
        FaultKind::MalformedJson => json_body(Body::from(r#"{"task_count": 1, "tasks": [}"#)),
        FaultKind::InvalidUtf8 => json_body(Body::from(
            &b"{\"task_count\": \"\xff\xfe\", \"tasks\": []}"[..],
        )),
        FaultKind::DeepNesting { depth } => {
            let depth = usize::try_from(depth).unwrap_or(usize::MAX);
            let nest = format!("{{\"tasks\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
            json_body(Body::from(nest))
        }
        FaultKind::DuplicateKeys => json_body(Body::from(
            r#"{"task_count": 1, "tasks": [], "task_count": 2, "tasks": [], "progress": 1, "progress": 2}"#,
        )),
    }
}

fn json_body(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// All of a body of our own, which is never large.
async fn bytes(body: Body) -> Bytes {
    axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default()
}

/// An answer that promises its whole body, and breaks off after a part: nothing of it, or half.
async fn broken_off(answer: Response, divisor: usize) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = bytes(body).await;
    let length = whole.len().checked_div(divisor).unwrap_or(0);
    parts
        .headers
        .insert(header::CONTENT_LENGTH, whole.len().into());
    let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let pieces = [Ok(whole.slice(..length)), end];
    // The part must be on its way before the connection ends, or it never is.
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Spaces, packed. Memory holds the packed form alone.
fn bomb(mebibytes: u32) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let spaces = vec![b' '; 1024 * 1024];
    for _ in 0..mebibytes {
        // A vector takes everything.
        let _ = packer.write_all(&spaces);
    }
    packer.finish().unwrap_or_default()
}
