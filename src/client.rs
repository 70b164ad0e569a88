//! Making a client: one builder for both services.

use std::marker::PhantomData;
use std::time::Duration;

use crate::auth::Credentials;
use crate::endpoint::{self, Server};
use crate::error::Error;
use crate::transport::Transport;

/// A service whose client is generated: [`dcs::Client`](crate::dcs::Client) or
/// [`rocketmq::Client`](crate::rocketmq::Client).
pub trait Service: Sized {
    /// The name that error messages use: `DCS`.
    const NAME: &'static str;

    /// The servers of the description, with the regions known at each.
    fn servers() -> &'static [Server];

    #[doc(hidden)]
    fn from_parts(baseurl: String, client: reqwest::Client, inner: Transport) -> Self;
}

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take from the first byte sent to the last byte read.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Makes a client. Started by `Client::builder()` of a service.
///
/// A region or an endpoint, and credentials, are needed. The project is needed by every call, and
/// may be given to each of them instead.
#[derive(Clone, Debug)]
#[must_use = "a client is made by `build`"]
pub struct ClientBuilder<C> {
    region: Option<String>,
    endpoint: Option<String>,
    credentials: Option<Credentials>,
    project_id: Option<String>,
    http_client: Option<reqwest::Client>,
    service: PhantomData<fn() -> C>,
}

impl<C: Service> ClientBuilder<C> {
    pub(crate) fn new() -> Self {
        Self {
            region: None,
            endpoint: None,
            credentials: None,
            project_id: None,
            http_client: None,
            service: PhantomData,
        }
    }

    /// The region to call, for example `cn-north-4`. One that this version does not know works too.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The address to call, instead of that of the region. A path prefix is kept.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// What to prove one's identity with.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The project that calls are about until they name another.
    pub fn project_id(mut self, project_id: impl Into<String>) -> Self {
        self.project_id = Some(project_id.into());
        self
    }

    /// An HTTP client of your own, with its own limits, proxies and certificates.
    ///
    /// Turn redirects off in it (`redirect::Policy::none()`): a redirect would carry credentials to
    /// another host.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Takes what is not set yet from environment variables.
    ///
    /// | what | variables, the first that is set |
    /// | --- | --- |
    /// | access key | `HUAWEICLOUD_SDK_AK`, `CLOUD_SDK_AK`, `HW_ACCESS_KEY` |
    /// | secret key | `HUAWEICLOUD_SDK_SK`, `CLOUD_SDK_SK`, `HW_SECRET_KEY` |
    /// | security token | `HUAWEICLOUD_SDK_SECURITY_TOKEN`, –, `HW_SECURITY_TOKEN` |
    /// | project id | `HUAWEICLOUD_SDK_PROJECT_ID`, `HW_PROJECT_ID` |
    /// | region | `HW_REGION_NAME` |
    /// | endpoint | `HUAWEICLOUD_SDK_REGION_{SERVICE}_{REGION}`, for example `HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4` |
    ///
    /// The keys and the token are those of one family: the official SDKs', the documents' samples',
    /// or Terraform's.
    ///
    /// # Errors
    ///
    /// When there are no credentials, neither set nor in the environment.
    pub fn from_env(self) -> Result<Self, Error> {
        self.with_variables(|name| std::env::var(name).ok())
    }

    /// [`from_env`](Self::from_env) with the environment as a function, for tests.
    fn with_variables(mut self, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if self.credentials.is_none() {
            self.credentials = Some(credentials(&variable)?);
        }
        if self.project_id.is_none() {
            self.project_id =
                variable("HUAWEICLOUD_SDK_PROJECT_ID").or_else(|| variable("HW_PROJECT_ID"));
        }
        if self.region.is_none() {
            self.region = variable("HW_REGION_NAME");
        }
        if self.endpoint.is_none()
            && let Some(region) = &self.region
        {
            let name = format!("HUAWEICLOUD_SDK_REGION_{}_{region}", C::NAME)
                .to_uppercase()
                .replace('-', "_");
            // The official SDKs take several, and call the first.
            self.endpoint = variable(&name)
                .and_then(|value| value.split(',').next().map(|url| url.trim().to_string()));
        }
        Ok(self)
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// When the credentials, or both region and endpoint, are missing, or when one of them cannot
    /// be right: an empty key, a region with a slash, an endpoint that is not an address.
    pub fn build(self) -> Result<C, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::configuration(
                "the client has no credentials: call `.credentials(…)` or `.from_env()`",
            )
        })?;
        credentials.check()?;
        let endpoint = match (self.endpoint, self.region) {
            (Some(endpoint), _) => endpoint,
            (None, Some(region)) => endpoint::of_region(C::servers(), &region)?,
            (None, None) => {
                return Err(Error::configuration(
                    "the client has neither a region nor an endpoint: call `.region(…)` or `.endpoint(…)`, or set HW_REGION_NAME",
                ));
            }
        };
        let endpoint = endpoint::normalise(&endpoint)?;
        if let Some(project_id) = &self.project_id {
            crate::parameters::path_segment(project_id)
                .map_err(|reason| Error::configuration(format!("project_id {reason}")))?;
        }
        let http_client = match self.http_client {
            Some(client) => client,
            None => reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TIMEOUT)
                // A redirect would carry credentials to another host.
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!(
                    env!("CARGO_PKG_NAME"),
                    "/",
                    env!("CARGO_PKG_VERSION")
                ))
                .build()
                .map_err(|error| {
                    Error::configuration(format!("the HTTP client cannot be made: {error}"))
                })?,
        };
        Ok(C::from_parts(
            endpoint,
            http_client,
            Transport::new(credentials, self.project_id),
        ))
    }
}

/// The key pair of the first family of variables that has one.
fn credentials(variable: &impl Fn(&str) -> Option<String>) -> Result<Credentials, Error> {
    const FAMILIES: [(&str, &str, Option<&str>); 3] = [
        (
            "HUAWEICLOUD_SDK_AK",
            "HUAWEICLOUD_SDK_SK",
            Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        ),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK", None),
        ("HW_ACCESS_KEY", "HW_SECRET_KEY", Some("HW_SECURITY_TOKEN")),
    ];
    let mut tried = Vec::new();
    for (access_key, secret_key, security_token) in FAMILIES {
        match (variable(access_key), variable(secret_key)) {
            (Some(access), Some(secret)) => {
                let credentials = Credentials::new(access, secret);
                return Ok(match security_token.and_then(variable) {
                    Some(token) => credentials.security_token(token),
                    None => credentials,
                });
            }
            (None, None) => tried.push(format!("{access_key} and {secret_key} are not set")),
            (Some(_), None) => tried.push(format!("{access_key} is set without {secret_key}")),
            (None, Some(_)) => tried.push(format!("{secret_key} is set without {access_key}")),
        }
    }
    Err(Error::configuration(format!(
        "there are no credentials in the environment: {}",
        tried.join("; ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dcs;

    fn from(variables: &[(&str, &str)]) -> Result<ClientBuilder<dcs::Client>, Error> {
        dcs::Client::builder().with_variables(|name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn each_family_of_variables_serves_alone() {
        for (access_key, secret_key) in [
            ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
            ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
            ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
        ] {
            let builder = from(&[(access_key, "key"), (secret_key, "secret")]).unwrap();
            assert!(format!("{builder:?}").contains("\"key\""), "{access_key}");
        }
    }

    #[test]
    fn keys_of_two_families_are_not_mixed() {
        let error =
            from(&[("HUAWEICLOUD_SDK_AK", "key"), ("HW_SECRET_KEY", "sesame")]).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("HUAWEICLOUD_SDK_AK is set without HUAWEICLOUD_SDK_SK"));
        assert!(message.contains("HW_SECRET_KEY is set without HW_ACCESS_KEY"));
        assert!(!message.contains("sesame"));
    }

    #[test]
    fn the_endpoint_of_a_region_can_be_replaced() {
        let builder = from(&[
            ("CLOUD_SDK_AK", "key"),
            ("CLOUD_SDK_SK", "secret"),
            ("HW_REGION_NAME", "cn-north-4"),
            (
                "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4",
                "http://127.0.0.1:1/a, http://127.0.0.1:2",
            ),
        ])
        .unwrap();
        assert_eq!(builder.endpoint.as_deref(), Some("http://127.0.0.1:1/a"));
    }

    #[test]
    fn what_was_set_by_hand_stays() {
        let builder = dcs::Client::builder()
            .region("eu-west-101")
            .project_id("mine")
            .with_variables(|name| Some(format!("value of {name}")))
            .unwrap();
        assert_eq!(builder.region.as_deref(), Some("eu-west-101"));
        assert_eq!(builder.project_id.as_deref(), Some("mine"));
    }
}
