//! Credentials: an access key pair, with or without a security token, or an IAM token.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{CredentialsError, ProvideCredentials};
use crate::clock::BoxFuture;

/// What a client proves its identity with.
///
/// The secrets in it are wiped from memory when it is dropped, and shown by no `Debug`, message or log.
///
/// ```
/// use huaweicloud_tasks::auth::Credentials;
///
/// let key = Credentials::new("QTWAOYTTINDUT2QVKYUC", "the secret");
/// assert!(!format!("{key:?}").contains("the secret"));
///
/// let temporary = Credentials::new("QTWAOYTTINDUT2QVKYUC", "the secret").security_token("a token");
/// let token = Credentials::auth_token("an IAM token");
/// ```
#[derive(Clone)]
pub struct Credentials {
    kind: Kind,
    expiry: Option<DateTime<Utc>>,
}

#[derive(Clone)]
pub(crate) enum Kind {
    /// Requests are signed.
    Key {
        access_key: String,
        secret_key: SecretString,
        security_token: Option<SecretString>,
    },
    /// Requests carry the token as `X-Auth-Token`.
    AuthToken(SecretString),
}

impl Credentials {
    /// An access key (AK) and its secret key (SK).
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            kind: Kind::Key {
                access_key: access_key.into(),
                secret_key: secret_key.into().into(),
                security_token: None,
            },
            expiry: None,
        }
    }

    /// Adds the security token of a temporary access key. Credentials that are an IAM token stay
    /// as they are.
    #[must_use]
    pub fn security_token(mut self, token: impl Into<String>) -> Self {
        if let Kind::Key { security_token, .. } = &mut self.kind {
            *security_token = Some(token.into().into());
        }
        self
    }

    /// A token issued by IAM, sent as `X-Auth-Token`. It is valid for 24 hours.
    pub fn auth_token(token: impl Into<String>) -> Self {
        Self {
            kind: Kind::AuthToken(token.into().into()),
            expiry: None,
        }
    }

    /// Says when the credentials end, for providers that fetch new ones in time.
    #[must_use]
    pub fn expires_at(mut self, expiry: DateTime<Utc>) -> Self {
        self.expiry = Some(expiry);
        self
    }

    /// When the credentials end, if that is known.
    pub fn expiry(&self) -> Option<DateTime<Utc>> {
        self.expiry
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What tells one caller from another, without being a secret.
    pub(crate) fn identity(&self) -> String {
        match &self.kind {
            Kind::Key { access_key, .. } => access_key.clone(),
            Kind::AuthToken(token) => hex::encode(Sha256::digest(token.expose_secret())),
        }
    }

    /// Refuses what could never be sent, without repeating it.
    pub(crate) fn check(&self) -> Result<(), CredentialsError> {
        let parts: &[(&str, &str)] = match &self.kind {
            Kind::Key {
                access_key,
                secret_key,
                security_token,
            } => &[
                ("access key", access_key),
                ("secret key", secret_key.expose_secret()),
                (
                    "security token",
                    security_token
                        .as_ref()
                        .map_or("none", |t| t.expose_secret()),
                ),
            ],
            Kind::AuthToken(token) => &[("token", token.expose_secret())],
        };
        for (name, value) in parts {
            if value.is_empty() {
                return Err(CredentialsError::new(format!("the {name} is empty")));
            }
            if !value.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(CredentialsError::new(format!(
                    "the {name} holds a space, a line break or another character that no key has; was it copied whole?"
                )));
            }
        }
        Ok(())
    }
}

/// Credentials that the program gives serve as they are.
impl ProvideCredentials for Credentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Key {
                access_key,
                security_token,
                ..
            } => f
                .debug_struct("Credentials")
                .field("access_key", access_key)
                .field("secret_key", &"[REDACTED]")
                .field(
                    "security_token",
                    &security_token.as_ref().map(|_| "[REDACTED]"),
                )
                .finish(),
            Kind::AuthToken(_) => f
                .debug_struct("Credentials")
                .field("auth_token", &"[REDACTED]")
                .finish(),
        }
    }
}
