//! The one way from a built request to a typed answer: authenticate, send, read, decode.
//!
//! `build.rs` ends every generated `send` in [`Transport::send`]. It replaces what progenitor would
//! put there, because progenitor's errors cannot hold a request id, an operation or a resource, and
//! lose the status where a body is not what the description says.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
};
use reqwest::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::auth::signer::{CanonicalRequest, DATE_FORMAT};
use crate::auth::{Credentials, Kind};
use crate::error::{Call, Error};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
const X_SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
const X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");

/// An operation of a description, as far as errors and the transport speak of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `DCS`.
    pub(crate) service: &'static str,
    /// `ListBackgroundTask`.
    pub(crate) id: &'static str,
    /// `/v2/{project_id}/instances/{instance_id}/tasks`.
    pub(crate) path: &'static str,
    /// `dcs:instance:getBackgroundTask`.
    pub(crate) iam_action: &'static str,
}

/// What a client knows besides its endpoint: credentials and project.
///
/// It is part of every client, and of no use apart from one.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    credentials: Credentials,
    project_id: Option<String>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("credentials", &self.0.credentials)
            .field("project_id", &self.0.project_id)
            .finish()
    }
}

impl Transport {
    pub(crate) fn new(credentials: Credentials, project_id: Option<String>) -> Self {
        Self(Arc::new(Inner {
            credentials,
            project_id,
        }))
    }

    /// The project that calls are about until they name another, or why there is none.
    pub(crate) fn project_id(&self) -> Result<String, String> {
        self.0.project_id.clone().ok_or_else(|| {
            "is not set; give the client a project, or call `.project_id(…)` before `.send()`"
                .to_string()
        })
    }

    /// Sends a request and decodes its answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        operation: &'static Operation,
        mut request: Request,
    ) -> Result<Response<T>, Error> {
        let call = Call::new(operation, request.url().path());
        authenticate(
            &mut request,
            &self.0.credentials,
            call.project_id(),
            Utc::now(),
        )
        .map_err(|reason| call.error_before_sending(reason))?;
        let response = client
            .execute(request)
            .await
            .map_err(|error| call.not_answered(error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response
            .bytes()
            .await
            .map_err(|error| call.broken_off(status, &headers, error))?;
        if !status.is_success() {
            return Err(call.refused(status, &headers, &body));
        }
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

/// The request id among the headers: that of the services, or that of IAM.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "x-iam-trace-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}
