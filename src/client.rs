//! Making a client: one builder for both services.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use crate::auth::{
    EnvironmentProvider, MetadataProvider, Profile, ProfileProvider, ProvideCredentials,
    ProviderChain, Variables,
};
use crate::body::redacted;
use crate::clock::{Clock, SystemClock};
use crate::endpoint::{self, Server};
use crate::error::Error;
use crate::iam;
use crate::project::{Lookup, Project};
use crate::retry::RetryPolicy;
use crate::transport::{Inner, Transport};

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
/// How long an attempt may take from the first byte sent to the last byte read.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// How large an answer may be. A page of 1000 tasks takes about one megabyte.
const RESPONSE_LIMIT: usize = 64 * 1024 * 1024;

/// Makes a client. Started by `Client::builder()` of a service.
///
/// Credentials are needed, and a region or an endpoint. Everything else has a default that suits a
/// program that runs for months.
#[derive(Clone)]
#[must_use = "a client is made by `build`"]
pub struct ClientBuilder<C> {
    region: Option<String>,
    endpoint: Option<String>,
    iam_endpoint: Option<String>,
    allow_http: bool,
    credentials: Option<Arc<dyn ProvideCredentials>>,
    project_id: Option<String>,
    http_client: Option<reqwest::Client>,
    root_certificates: Vec<reqwest::Certificate>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    response_limit: usize,
    retry: RetryPolicy,
    clock: Option<Arc<dyn Clock>>,
    service: PhantomData<fn() -> C>,
}

impl<C> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint.as_deref().map(redacted))
            .field("iam_endpoint", &self.iam_endpoint.as_deref().map(redacted))
            .field("credentials", &self.credentials)
            .field("project_id", &self.project_id)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl<C: Service> ClientBuilder<C> {
    pub(crate) fn new() -> Self {
        Self {
            region: None,
            endpoint: None,
            iam_endpoint: None,
            allow_http: false,
            credentials: None,
            project_id: None,
            http_client: None,
            root_certificates: Vec::new(),
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            response_limit: RESPONSE_LIMIT,
            retry: RetryPolicy::default(),
            clock: None,
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

    /// The address of IAM, instead of that of the region. It is asked for the project of the region
    /// when the client is given none.
    pub fn iam_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.iam_endpoint = Some(endpoint.into());
        self
    }

    /// Allows endpoints of plain http other than this machine. Whoever listens on the way reads the
    /// answers, and can use an `X-Auth-Token` as his own.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// What to prove one's identity with: [`Credentials`](crate::auth::Credentials), one of the
    /// providers of [`auth`](crate::auth), or your own.
    pub fn credentials(mut self, credentials: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// The project that calls are about until they name another.
    ///
    /// A client that is given none asks IAM for the project of its region with its first call, and
    /// keeps the answer for as long as it has the same access key or token.
    pub fn project_id(mut self, project_id: impl Into<String>) -> Self {
        self.project_id = Some(project_id.into());
        self
    }

    /// An HTTP client of your own, with its own proxies and certificates.
    ///
    /// Turn redirects off in it (`redirect::Policy::none()`): a redirect would carry credentials to
    /// another host. [`connect_timeout`](Self::connect_timeout) and
    /// [`root_certificate`](Self::root_certificate) do not apply to it.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Trusts one more certificate authority.
    pub fn root_certificate(mut self, certificate: reqwest::Certificate) -> Self {
        self.root_certificates.push(certificate);
        self
    }

    /// How long a connection may take to come about; 10 seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an attempt may take from the first byte sent to the last byte read; 30 seconds by
    /// default. [`RetryPolicy::total_time`] limits the call with all its attempts.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How many bytes an answer may have, decompressed; 64 MiB by default.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Whether and when a call that failed is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Goes by another clock, in tests. Call it before [`from_env`](Self::from_env), whose providers go by
    /// it too.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Takes what is not set yet from the environment and the files of the official SDKs.
    ///
    /// | what | from, the first that has it |
    /// | --- | --- |
    /// | credentials | [`EnvironmentProvider`], [`ProfileProvider`], [`MetadataProvider`], when the first call is made |
    /// | project id | `HUAWEICLOUD_SDK_PROJECT_ID`, `HW_PROJECT_ID`, the profile file; else IAM is asked |
    /// | region | `HW_REGION_NAME` |
    /// | endpoint | `HUAWEICLOUD_SDK_REGION_{SERVICE}_{REGION}` (for example `…_DCS_CN_NORTH_4`), `~/.huaweicloud/regions.yaml` or the file that `HUAWEICLOUD_SDK_REGIONS_FILE` names |
    /// | endpoint of IAM | `HUAWEICLOUD_SDK_IAM_ENDPOINT`, the profile file |
    ///
    /// The metadata service is asked at `HUAWEICLOUD_SDK_METADATA_ENDPOINT`, where that is set; `off`
    /// leaves it out.
    ///
    /// # Errors
    ///
    /// When a profile or a `regions.yaml` is there, or named, and cannot be read. That there are no credentials shows with the first
    /// call, as [`ErrorKind::Credentials`](crate::ErrorKind::Credentials).
    pub fn from_env(self) -> Result<Self, Error> {
        self.with_variables(&Variables::of_process())
    }

    /// [`from_env`](Self::from_env) with any variables, for tests.
    fn with_variables(mut self, variables: &Variables) -> Result<Self, Error> {
        let environment = EnvironmentProvider::with(variables.clone());
        let profile = ProfileProvider::with(variables);
        // The profile speaks for its own keys alone: another's project and IAM are not theirs. One that
        // is there and broken must not give way to another identity in silence.
        let read = match self.credentials.is_none() && environment.read().is_err() {
            true if profile.is_there() => Some(profile.read().map_err(Error::credentials)?),
            _ => None,
        };
        if self.credentials.is_none() {
            let metadata = || {
                let provider = MetadataProvider::new();
                match &self.clock {
                    Some(clock) => provider.clock(clock.clone()),
                    None => provider,
                }
            };
            let chain = ProviderChain::new().or(environment).or(profile);
            self.credentials = Some(Arc::new(
                match variables.get("HUAWEICLOUD_SDK_METADATA_ENDPOINT") {
                    Some(endpoint) if endpoint == "off" => chain,
                    Some(endpoint) => chain.or(metadata().endpoint(endpoint)),
                    None => chain.or(metadata()),
                },
            ));
        }
        let of_profile =
            |get: fn(&Profile) -> &Option<String>| read.as_ref().and_then(|p| get(p).clone());
        self.project_id = self
            .project_id
            .or_else(|| variables.get("HUAWEICLOUD_SDK_PROJECT_ID"))
            .or_else(|| variables.get("HW_PROJECT_ID"))
            .or_else(|| of_profile(|p| &p.project_id));
        self.iam_endpoint = self
            .iam_endpoint
            .or_else(|| variables.get("HUAWEICLOUD_SDK_IAM_ENDPOINT"))
            .or_else(|| of_profile(|p| &p.iam_endpoint));
        self.region = self.region.or_else(|| variables.get("HW_REGION_NAME"));
        if self.endpoint.is_none()
            && let Some(region) = &self.region
        {
            self.endpoint = endpoint_of_variables(variables, C::NAME, region)?;
        }
        Ok(self)
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// When the credentials, or both region and endpoint, are missing, or when one of them cannot
    /// be right: a region with a slash, an endpoint that is not an address or is plain http.
    pub fn build(self) -> Result<C, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::configuration(
                "the client has no credentials: call `.credentials(…)` or `.from_env()`",
            )
        })?;
        let endpoint = match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(region)) => endpoint::of_region(C::servers(), region)?,
            (None, None) => {
                return Err(Error::configuration(
                    "the client has neither a region nor an endpoint: call `.region(…)` or `.endpoint(…)`, or set HW_REGION_NAME",
                ));
            }
        };
        let endpoint = endpoint::normalise(&endpoint, self.allow_http)?;
        let (given, certificates) = (self.http_client, self.root_certificates);
        let http_client_for = |endpoint: &str| match &given {
            Some(client) => Ok(client.clone()),
            None => http_client(
                self.connect_timeout,
                &certificates,
                endpoint::is_loopback(endpoint),
            ),
        };
        let http_client = http_client_for(&endpoint)?;
        let clock = self
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::default()));
        let skew = Arc::new(AtomicI64::new(0));
        let transport = |project| {
            Transport::new(Inner {
                credentials: credentials.clone(),
                project,
                retry: self.retry.clone(),
                attempt_timeout: self.attempt_timeout,
                response_limit: self.response_limit,
                clock: clock.clone(),
                skew: skew.clone(),
            })
        };
        let project = match (self.project_id, self.region) {
            (Some(id), _) => {
                crate::parameters::path_segment(&id)
                    .map_err(|reason| Error::configuration(format!("project_id {reason}")))?;
                Project::Given(id)
            }
            (None, Some(region)) => {
                endpoint::check_name(&region)?;
                let iam = self
                    .iam_endpoint
                    .unwrap_or_else(|| endpoint::iam_of_region(iam::Client::servers(), &region));
                let iam = endpoint::normalise(&iam, self.allow_http)?;
                let client = iam::Client::from_parts(
                    iam.clone(),
                    http_client_for(&iam)?,
                    transport(Project::Unknown),
                );
                Project::Lookup(Lookup::new(client, region))
            }
            (None, None) => Project::Unknown,
        };
        Ok(C::from_parts(endpoint, http_client, transport(project)))
    }
}

fn http_client(
    connect_timeout: Duration,
    root_certificates: &[reqwest::Certificate],
    loopback: bool,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        // A redirect would carry credentials to another host.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ));
    if loopback {
        // What is on this machine is not reached by leaving it.
        builder = builder.no_proxy();
    }
    if !root_certificates.is_empty() {
        builder = builder.tls_certs_merge(root_certificates.iter().cloned());
    }
    builder.build().map_err(|error| {
        Error::configuration(format!(
            "the HTTP client cannot be made: {}",
            crate::body::innermost(&error)
        ))
    })
}

/// The endpoint that a variable or a `regions.yaml` gives instead of that of the region.
fn endpoint_of_variables(
    variables: &Variables,
    service: &str,
    region: &str,
) -> Result<Option<String>, Error> {
    let name = format!("HUAWEICLOUD_SDK_REGION_{service}_{region}")
        .to_uppercase()
        .replace('-', "_");
    if let Some(endpoints) = variables.get(&name) {
        // The official SDKs take several, and call the first.
        let first = endpoints.split(',').map(str::trim).find(|e| !e.is_empty());
        return Ok(first.map(str::to_string));
    }
    let Some((file, named)) = variables.file("HUAWEICLOUD_SDK_REGIONS_FILE", "regions.yaml") else {
        return Ok(None);
    };
    let error = |reason: String| Error::configuration(format!("{}: {reason}", file.display()));
    match std::fs::read_to_string(&file) {
        Ok(text) => endpoint::of_regions_file(&text, service, region)
            .map_err(|reason| error(format!("is not a list of regions: {reason}"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !named => Ok(None),
        Err(e) => Err(error(format!("cannot be read: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Credentials;
    use crate::dcs;

    type Builder = ClientBuilder<dcs::Client>;

    fn from(variables: &[(&str, &str)]) -> Result<Builder, Error> {
        dcs::Client::builder().with_variables(&Variables::of(variables))
    }

    #[test]
    fn the_endpoint_of_a_region_can_be_replaced() {
        let builder = from(&[
            ("HW_REGION_NAME", "cn-north-4"),
            (
                "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4",
                " http://127.0.0.1:1/a, http://127.0.0.1:2",
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
            .endpoint("http://127.0.0.1:1")
            .iam_endpoint("http://127.0.0.1:2")
            .credentials(Credentials::new("AK", "SK"))
            .with_variables(&Variables::of(&[
                ("HW_REGION_NAME", "theirs"),
                ("HW_PROJECT_ID", "theirs"),
                ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "theirs"),
                ("HUAWEICLOUD_SDK_REGION_DCS_EU_WEST_101", "theirs"),
            ]))
            .unwrap();
        assert!(!format!("{builder:?}").contains("theirs"), "{builder:?}");
    }

    #[test]
    fn a_regions_file_names_endpoints() {
        let folder = std::env::temp_dir().join(format!("hwtasks-regions-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("regions.yaml");
        let with = |text: &str, region: &str| {
            std::fs::write(&file, text).unwrap();
            from(&[
                ("HW_REGION_NAME", region),
                ("HUAWEICLOUD_SDK_REGIONS_FILE", file.to_str().unwrap()),
            ])
        };
        let yaml = "ECS:\n  - id: here\n    endpoint: https://ecs\ndcs:\n  - id: here\n    endpoint: https://dcs.here\n";
        let endpoint = |region| with(yaml, region).unwrap().endpoint;
        assert_eq!(endpoint("here").as_deref(), Some("https://dcs.here"));
        assert_eq!(endpoint("there"), None);
        let error = with("DCS: [", "here").unwrap_err().to_string();
        assert!(
            error.contains("regions.yaml: is not a list of regions"),
            "{error}"
        );
        let error = with("DCS:\n  - id: here\n", "here")
            .unwrap_err()
            .to_string();
        assert!(error.contains("endpoint"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
        let error = from(&[
            ("HW_REGION_NAME", "here"),
            ("HUAWEICLOUD_SDK_REGIONS_FILE", file.to_str().unwrap()),
        ]);
        assert!(error.unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn a_profile_speaks_for_its_own_keys_alone() {
        let folder = std::env::temp_dir().join(format!("hwtasks-mixed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("credentials");
        let with = |text: &str, more: &[(&str, &str)]| {
            std::fs::write(&file, text).unwrap();
            let named = ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap());
            from(&[&[named], more].concat())
        };
        let text = "[basic]\nak = a\nsk = s\nproject_id = p\niam_endpoint = https://iam.example\n";
        let alone = with(text, &[]).unwrap();
        assert_eq!(alone.project_id.as_deref(), Some("p"));
        assert_eq!(alone.iam_endpoint.as_deref(), Some("https://iam.example"));
        let keys = [("CLOUD_SDK_AK", "other"), ("CLOUD_SDK_SK", "s")];
        let beside = with(text, &keys).unwrap();
        assert_eq!((beside.project_id, beside.iam_endpoint), (None, None));
        // A broken one must not give way to the metadata service, which is somebody else.
        let error = with("[basic]\nak = a\n", &[]).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Credentials);
        assert!(error.to_string().contains("has no `sk`"), "{error}");
        assert!(with("[basic]\nak = a\n", &keys).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
        let gone = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap())];
        assert!(
            from(&gone)
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
        // The usual file, which nobody named, may be missing.
        assert!(from(&[("HOME", folder.to_str().unwrap())]).is_ok());
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let builder = dcs::Client::builder()
            .endpoint("https://user:sesame@host/path")
            .iam_endpoint("https://host/?token=sesame");
        let text = format!("{builder:?}");
        assert!(
            !text.contains("sesame") && text.contains("[REDACTED]@host/path"),
            "{text}"
        );
        let error = builder
            .endpoint("https://host/?token=sesame")
            .credentials(Credentials::new("AK", "SK"))
            .build()
            .unwrap_err();
        assert!(!error.to_string().contains("sesame"), "{error}");
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let build = |endpoint: &str, allow: bool| {
            dcs::Client::builder()
                .endpoint(endpoint)
                .allow_http(allow)
                .credentials(Credentials::new("AK", "SK"))
                .build()
        };
        for endpoint in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(build(endpoint, false).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "http://dcs.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
        ] {
            let error = build(endpoint, false).unwrap_err().to_string();
            assert!(
                error.contains("plain http is for this machine only"),
                "{error}"
            );
            assert!(build(endpoint, true).is_ok(), "{endpoint}");
        }
    }
}
