//! Temporary credentials from the metadata service of an ECS instance.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::body::redacted;
use crate::body::{BodyError, innermost, read_body};
use crate::clock::{BoxFuture, Clock, SystemClock};

const ENDPOINT: &str = "http://169.254.169.254";

/// How long before their end credentials are fetched anew. The service hands out new ones well
/// before that.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// How long a token for the metadata service is asked for, in seconds; 6 hours is the most.
const TOKEN_TTL: &str = "21600";

/// The address is on the machine's own link: what does not answer at once is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a failure holds: the calls of a crowd, and those that follow at once, need not find it
/// out each for itself.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// The answer is a few hundred bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Temporary credentials of the agency of an ECS instance.
///
/// They are fetched when they are first needed, and again before they end: by one call at a time,
/// while the others go on with the old ones. A fetch that fails is no failure while the old ones are
/// valid.
pub struct MetadataProvider {
    endpoint: String,
    clock: Arc<dyn Clock>,
    client: Result<reqwest::Client, String>,
    current: Mutex<Option<Credentials>>,
    /// Held by the call that fetches; the last failure, and when it was.
    fetching: tokio::sync::Mutex<Option<(Duration, CredentialsError)>>,
}

impl fmt::Debug for MetadataProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataProvider")
            .field("endpoint", &redacted(&self.endpoint))
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

impl MetadataProvider {
    /// Asks the metadata service at its fixed address, 169.254.169.254.
    pub fn new() -> Self {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // The address is never reached through a proxy.
            .no_proxy()
            .build();
        Self {
            endpoint: ENDPOINT.to_string(),
            clock: Arc::new(SystemClock::default()),
            client: client.map_err(|error| error.to_string()),
            current: Mutex::new(None),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// Asks at another address, for tests and for proxies of the metadata service.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into().trim_end_matches('/').to_string();
        self
    }

    /// Goes by another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn current(&self) -> Option<Credentials> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The credentials at hand, if they are valid for at least so long.
    fn valid_for(&self, span: TimeDelta) -> Option<Credentials> {
        let now = self.clock.now();
        self.current().filter(|credentials| {
            credentials
                .expiry()
                .is_none_or(|end| end.signed_duration_since(now) > span)
        })
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = self.valid_for(AHEAD) {
            return Ok(credentials);
        }
        let mut failure = match self.valid_for(TimeDelta::zero()) {
            // Still valid: whoever comes first fetches, the others go on.
            Some(old) => match self.fetching.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(old),
            },
            None => self.fetching.lock().await,
        };
        // Somebody may have fetched while this call waited.
        if let Some(credentials) = self.valid_for(AHEAD) {
            return Ok(credentials);
        }
        let now = self.clock.monotonic();
        let old = self.valid_for(TimeDelta::zero());
        if let Some((when, error)) = &*failure
            && now.saturating_sub(*when) < FAILURE_HOLDS
        {
            return old.ok_or_else(|| error.clone());
        }
        match self.fetch().await {
            Ok(credentials) => {
                *failure = None;
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(credentials.clone());
                Ok(credentials)
            }
            Err(reason) => {
                let error = CredentialsError::new(format!(
                    "metadata service {}: {reason}",
                    redacted(&self.endpoint)
                ));
                *failure = Some((self.clock.monotonic(), error.clone()));
                old.ok_or(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Credentials, String> {
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let token = self.token(client).await?;
        let mut request = client.get(format!("{}/openstack/latest/securitykey", self.endpoint));
        if let Some(token) = token {
            let mut token = HeaderValue::from_str(&token)
                .map_err(|_| "the token cannot be sent as a header".to_string())?;
            token.set_sensitive(true);
            request = request.header("X-Metadata-Token", token);
        }
        let response = request.send().await.map_err(reason)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("answers {status}; has the instance an agency?"));
        }
        let answer: Answer = serde_json::from_slice(&read(response).await?)
            // The position alone: the text holds the keys.
            .map_err(|e| format!("the answer is not as expected, at column {}", e.column()))?;
        let Key {
            access,
            secret,
            securitytoken,
            expires_at,
        } = answer.credential;
        let expiry = DateTime::parse_from_rfc3339(&expires_at)
            .map_err(|_| format!("{expires_at:?} is not a time"))?
            .to_utc();
        // Whether they are at their end is for the service to say: the clock here may be off.
        Ok(Credentials::new(access, secret)
            .security_token(securitytoken)
            .expires_at(expiry))
    }

    /// A token for the service, or nothing where the service knows no tokens.
    async fn token(&self, client: &reqwest::Client) -> Result<Option<String>, String> {
        let response = client
            .put(format!("{}/meta-data/latest/api/token", self.endpoint))
            .header("X-Metadata-Token-Ttl-Seconds", TOKEN_TTL)
            .send()
            .await
            .map_err(reason)?;
        match response.status() {
            StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::SERVICE_UNAVAILABLE => Ok(None),
            status if status.is_success() => {
                let token = String::from_utf8(read(response).await?)
                    .map_err(|_| "the token is not text".to_string())?;
                Ok(Some(token.trim().to_string()))
            }
            status => Err(format!("answers {status} when asked for a token")),
        }
    }
}

impl Default for MetadataProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for MetadataProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.provide())
    }
}

#[derive(Deserialize)]
struct Answer {
    credential: Key,
}

#[derive(Deserialize)]
struct Key {
    access: String,
    secret: String,
    securitytoken: String,
    expires_at: String,
}

async fn read(response: reqwest::Response) -> Result<Vec<u8>, String> {
    read_body(response, LARGEST_ANSWER)
        .await
        .map_err(|error| match error {
            BodyError::Broken(error) => reason(error),
            BodyError::TooLarge => "the answer is too large".to_string(),
        })
}

fn reason(error: reqwest::Error) -> String {
    innermost(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let provider = MetadataProvider::new();
        *provider.current.lock().unwrap() =
            Some(Credentials::new("AK", "sesame").expires_at(chrono::Utc::now()));
        assert!(!format!("{provider:?}").contains("sesame"));
    }
}
