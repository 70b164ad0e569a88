//! Several providers, asked one after the other.

use std::sync::{Arc, OnceLock};

use super::{
    Credentials, CredentialsError, EnvironmentProvider, MetadataProvider, ProfileProvider,
    ProvideCredentials,
};
use crate::clock::BoxFuture;

/// Asks providers in order, and stays with the first that has credentials.
///
/// ```
/// use huaweicloud_tasks::auth::{EnvironmentProvider, ProfileProvider, ProviderChain};
///
/// let chain = ProviderChain::new()
///     .or(EnvironmentProvider::new())
///     .or(ProfileProvider::from_file("/etc/huaweicloud/credentials"));
/// ```
#[derive(Debug, Default)]
pub struct ProviderChain {
    providers: Vec<Arc<dyn ProvideCredentials>>,
    /// The provider that served first. Another one must not take over when it fails for once: that
    /// would be another identity.
    chosen: OnceLock<usize>,
}

impl ProviderChain {
    /// A chain without a link.
    pub fn new() -> Self {
        Self::default()
    }

    /// The chain that [`from_env`](crate::ClientBuilder::from_env) uses: the environment, the
    /// profile file, the metadata service.
    pub fn standard() -> Self {
        Self::new()
            .or(EnvironmentProvider::new())
            .or(ProfileProvider::new())
            .or(MetadataProvider::new())
    }

    /// Adds a provider, which is asked when those before it have nothing.
    #[must_use]
    pub fn or(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }
}

impl ProvideCredentials for ProviderChain {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async {
            if let Some(provider) = self.chosen.get().and_then(|i| self.providers.get(*i)) {
                return provider.credentials().await;
            }
            let mut tried = Vec::new();
            for (i, provider) in self.providers.iter().enumerate() {
                match provider.credentials().await {
                    Ok(credentials) => {
                        // Another call may have chosen another one at the same time; one holds for all.
                        let chosen = *self.chosen.get_or_init(|| i);
                        return match self.providers.get(chosen) {
                            Some(other) if chosen != i => other.credentials().await,
                            _ => Ok(credentials),
                        };
                    }
                    Err(error) => tried.push(error.to_string()),
                }
            }
            Err(CredentialsError::new(format!(
                "no provider has credentials: {}",
                tried.join("; ")
            )))
        })
    }
}
