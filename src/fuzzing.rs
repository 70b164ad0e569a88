//! What the targets in `fuzz/` need of the inside. It is there only while one of them is built, and is
//! no part of the API.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;

use crate::auth::{Kind, Profile};
use crate::error::{Call, Error};

/// The error that an answer becomes which is none of success.
pub fn refused(status: StatusCode, headers: &[(&str, &[u8])], body: &[u8]) -> Error {
    let headers: HeaderMap = headers
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(*name).ok()?;
            Some((name, HeaderValue::from_bytes(value).ok()?))
        })
        .collect();
    let path = "/v2/project/instances/instance/tasks";
    Call::new(&crate::dcs::operations::LIST_BACKGROUND_TASK, path).refused(status, &headers, body)
}

/// What a profile file holds.
pub struct ProfileParts {
    pub access_key: String,
    pub secret_key: String,
    pub security_token: Option<String>,
    pub project_id: Option<String>,
    pub iam_endpoint: Option<String>,
    /// What `Debug` shows of it all.
    pub debug: String,
}

/// Reads a profile file.
pub fn profile(text: &str) -> Result<ProfileParts, String> {
    let profile = Profile::parse(text)?;
    let debug = format!("{profile:?}");
    let Kind::Key {
        access_key,
        secret_key,
        security_token,
    } = profile.credentials.kind()
    else {
        return Err("a profile holds keys".to_string());
    };
    Ok(ProfileParts {
        access_key: access_key.clone(),
        secret_key: secret_key.expose_secret().to_string(),
        security_token: security_token
            .as_ref()
            .map(|t| t.expose_secret().to_string()),
        project_id: profile.project_id,
        iam_endpoint: profile.iam_endpoint,
        debug,
    })
}

/// The endpoint that a `regions.yaml` gives.
pub fn regions_file(text: &str, service: &str, region: &str) -> Result<Option<String>, String> {
    crate::endpoint::of_regions_file(text, service, region)
}

/// An endpoint in the form that paths are appended to.
pub fn endpoint(text: &str) -> Result<String, Error> {
    crate::endpoint::normalise(text, false)
}
