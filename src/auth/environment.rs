//! Credentials from environment variables.

use std::fmt;
use std::sync::Arc;

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::clock::BoxFuture;

/// Environment variables, or what stands in for them in a test. Empty ones count as not set.
#[derive(Clone)]
pub(crate) struct Variables(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Variables {
    pub(crate) fn of_process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let variables: std::collections::HashMap<String, String> = variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A file below the user's `.huaweicloud`, or the one that a variable names, and whether it was
    /// named.
    pub(crate) fn file(&self, variable: &str, name: &str) -> Option<(std::path::PathBuf, bool)> {
        if let Some(path) = self.get(variable) {
            return Some((path.into(), true));
        }
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
        let path = std::path::Path::new(&home).join(".huaweicloud").join(name);
        Some((path, false))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}

/// Credentials from the environment.
///
/// | access key | secret key | security token | of |
/// | --- | --- | --- | --- |
/// | `HUAWEICLOUD_SDK_AK` | `HUAWEICLOUD_SDK_SK` | `HUAWEICLOUD_SDK_SECURITY_TOKEN` | the official SDKs |
/// | `CLOUD_SDK_AK` | `CLOUD_SDK_SK` | – | the documents' samples |
/// | `HW_ACCESS_KEY` | `HW_SECRET_KEY` | `HW_SECURITY_TOKEN` | Terraform |
///
/// The first row with both keys serves; keys of two rows are not mixed. After them comes
/// `HUAWEICLOUD_SDK_AUTH_TOKEN`, an IAM token for `X-Auth-Token`; that name is ours, since the
/// official SDKs know no such credentials.
#[derive(Clone, Debug)]
pub struct EnvironmentProvider {
    variables: Variables,
}

impl EnvironmentProvider {
    /// Reads the environment of the process, each time it is asked.
    pub fn new() -> Self {
        Self::with(Variables::of_process())
    }

    pub(crate) fn with(variables: Variables) -> Self {
        Self { variables }
    }

    pub(crate) fn read(&self) -> Result<Credentials, CredentialsError> {
        const ROWS: [(&str, &str, Option<&str>); 3] = [
            (
                "HUAWEICLOUD_SDK_AK",
                "HUAWEICLOUD_SDK_SK",
                Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
            ),
            ("CLOUD_SDK_AK", "CLOUD_SDK_SK", None),
            ("HW_ACCESS_KEY", "HW_SECRET_KEY", Some("HW_SECURITY_TOKEN")),
        ];
        const AUTH_TOKEN: &str = "HUAWEICLOUD_SDK_AUTH_TOKEN";
        let mut tried = Vec::new();
        for (access_key, secret_key, security_token) in ROWS {
            match (
                self.variables.get(access_key),
                self.variables.get(secret_key),
            ) {
                (Some(access), Some(secret)) => {
                    let credentials = Credentials::new(access, secret);
                    return Ok(
                        match security_token.and_then(|name| self.variables.get(name)) {
                            Some(token) => credentials.security_token(token),
                            None => credentials,
                        },
                    );
                }
                (None, None) => tried.push(format!("{access_key} and {secret_key} are not set")),
                (Some(_), None) => tried.push(format!("{access_key} is set without {secret_key}")),
                (None, Some(_)) => tried.push(format!("{secret_key} is set without {access_key}")),
            }
        }
        if let Some(token) = self.variables.get(AUTH_TOKEN) {
            return Ok(Credentials::auth_token(token));
        }
        tried.push(format!("{AUTH_TOKEN} is not set"));
        Err(CredentialsError::new(format!(
            "environment: {}",
            tried.join(", ")
        )))
    }
}

impl Default for EnvironmentProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for EnvironmentProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { self.read() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
        EnvironmentProvider::with(Variables::of(variables)).read()
    }

    #[test]
    fn each_row_serves_alone() {
        for (access_key, secret_key) in [
            ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
            ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
            ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
        ] {
            let credentials = read(&[(access_key, "key"), (secret_key, "secret")]).unwrap();
            assert!(
                format!("{credentials:?}").contains("\"key\""),
                "{access_key}"
            );
        }
    }

    #[test]
    fn the_first_row_comes_first() {
        let credentials = read(&[
            ("CLOUD_SDK_AK", "second"),
            ("CLOUD_SDK_SK", "secret"),
            ("HUAWEICLOUD_SDK_AK", "first"),
            ("HUAWEICLOUD_SDK_SK", "secret"),
        ]);
        assert!(format!("{credentials:?}").contains("first"));
    }

    #[test]
    fn a_token_serves_where_there_is_no_key() {
        let credentials = read(&[("HUAWEICLOUD_SDK_AUTH_TOKEN", "token")]).unwrap();
        assert!(format!("{credentials:?}").contains("auth_token"));
    }

    #[test]
    fn rows_are_not_mixed_and_empty_is_not_set() {
        let error = read(&[
            ("HUAWEICLOUD_SDK_AK", "key"),
            ("HUAWEICLOUD_SDK_SK", ""),
            ("HW_SECRET_KEY", "sesame"),
        ])
        .unwrap_err()
        .to_string();
        assert!(error.contains("HUAWEICLOUD_SDK_AK is set without HUAWEICLOUD_SDK_SK"));
        assert!(error.contains("HW_SECRET_KEY is set without HW_ACCESS_KEY"));
        assert!(!error.contains("sesame"));
    }
}
