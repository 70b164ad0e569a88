//! Who calls: credentials, where they come from, and the signature that is made with them.
//!
//! | provider | reads |
//! | --- | --- |
//! | [`Credentials`] themselves | what the program gives |
//! | [`EnvironmentProvider`] | environment variables of the official SDKs, of the documents, of Terraform |
//! | [`ProfileProvider`] | the profile file `~/.huaweicloud/credentials` |
//! | [`MetadataProvider`] | the metadata service of an ECS instance, with refresh |
//! | [`ProviderChain`] | several of them, one after the other |
//!
//! Anything else that knows keys can implement [`ProvideCredentials`].

mod chain;
mod credentials;
mod environment;
mod metadata;
mod profile;
pub mod signer;

use std::fmt;

use crate::clock::BoxFuture;

pub use chain::ProviderChain;
pub use credentials::Credentials;
pub(crate) use credentials::Kind;
pub use environment::EnvironmentProvider;
pub(crate) use environment::Variables;
pub use metadata::MetadataProvider;
pub(crate) use profile::Profile;
pub use profile::ProfileProvider;

/// A source of credentials.
///
/// The client asks before each attempt, so that a provider may hand out new keys while the client
/// lives. A provider that has to fetch keeps what it fetched.
///
/// ```
/// use huaweicloud_tasks::auth::{Credentials, CredentialsError, ProvideCredentials};
/// use huaweicloud_tasks::clock::BoxFuture;
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl ProvideCredentials for Vault {
///     fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
///         Box::pin(async { Err(CredentialsError::new("the vault is sealed")) })
///     }
/// }
/// ```
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// Credentials that are valid now.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>>;
}

/// Why a provider has no credentials. It never holds a secret, and yours must not either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsError {
    reason: String,
}

impl CredentialsError {
    /// An error with a reason: what was tried, and why it did not serve.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for CredentialsError {}
