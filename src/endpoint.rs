//! Regions, and the endpoints that they lead to.
//!
//! The known regions come from the `servers` of the descriptions. A region that is not known
//! follows the pattern of the first server: new regions appear, and must work.

use reqwest::Url;

use crate::body::redacted;
use crate::error::Error;

/// A server of a description: a pattern, and the regions known to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Address with a place for the region: `https://dcs.{region}.myhuaweicloud.com`.
    pub url: &'static str,
    /// The regions known today.
    pub regions: &'static [&'static str],
}

impl Server {
    /// The address of a region at this server.
    ///
    /// ```
    /// use huaweicloud_tasks::{Service, dcs};
    ///
    /// let server = &dcs::Client::servers()[0];
    /// assert_eq!(server.endpoint("cn-north-4"), "https://dcs.cn-north-4.myhuaweicloud.com");
    /// ```
    pub fn endpoint(&self, region: &str) -> String {
        self.url.replace("{region}", region)
    }
}

/// The endpoint of a region, known or not.
pub(crate) fn of_region(servers: &[Server], region: &str) -> Result<String, Error> {
    let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.len() > 63 {
        return Err(Error::configuration(format!(
            "a region of {} bytes is none: regions look like cn-north-4",
            region.len()
        )));
    }
    if region.is_empty() || !region.chars().all(label) {
        return Err(Error::configuration(format!(
            "{region:?} is not a region: regions look like cn-north-4"
        )));
    }
    servers
        .iter()
        .find(|server| server.regions.contains(&region))
        .or(servers.first())
        .map(|server| server.endpoint(region))
        .ok_or_else(|| Error::configuration("the description names no server"))
}

/// The longest name of a region or of a project that is taken for one.
const LONGEST_NAME: usize = 256;

/// Checks the name of a region whose endpoint is given apart: it may be that of any project, but must be
/// a name, since IAM is asked for it.
pub(crate) fn check_name(region: &str) -> Result<(), Error> {
    let reason = if region.is_empty() {
        "is empty".to_string()
    } else if region.len() > LONGEST_NAME {
        format!("is {} bytes long", region.len())
    } else if region.contains(char::is_control) {
        format!("{region:?} holds a line break or another control character")
    } else {
        return Ok(());
    };
    Err(Error::configuration(format!("the region {reason}")))
}

/// Checks an endpoint and brings it into the form that paths are appended to: without a slash at
/// the end. A path prefix is kept.
///
/// Plain http carries tokens in the open; it is for the own machine, unless `allow_http`.
pub(crate) fn normalise(endpoint: &str, allow_http: bool) -> Result<String, Error> {
    if endpoint.contains('@') {
        // The text may hold a password, so that no message repeats it.
        return Err(Error::configuration(
            "the endpoint holds an @, as if it had a user name or a password; credentials are given apart from it",
        ));
    }
    let error = |reason: String| {
        Error::configuration(format!(
            "{:?} is not an endpoint such as https://dcs.cn-north-4.myhuaweicloud.com: {reason}",
            redacted(endpoint)
        ))
    };
    let url = Url::parse(endpoint).map_err(|e| error(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(error(format!(
            "the scheme {} is not http or https",
            url.scheme()
        )));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(error("it names no host".to_string()));
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(endpoint) {
        return Err(error(
            "plain http is for this machine only; use https, or allow it with `.allow_http(true)`"
                .to_string(),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(error("it has a query or a fragment".to_string()));
    }
    Ok(url.as_str().trim_end_matches('/').to_string())
}

/// Whether an endpoint is on this machine.
pub(crate) fn is_loopback(endpoint: &str) -> bool {
    let url = Url::parse(endpoint).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The endpoint of IAM for a region. Regions without one of their own share a global one.
pub(crate) fn iam_of_region(servers: &[Server], region: &str) -> String {
    servers
        .iter()
        .find(|server| server.regions.contains(&region))
        .map_or_else(|| IAM_DEFAULT.to_string(), |server| server.endpoint(region))
}

/// Source: the table of IAM endpoints of the official SDKs.
const IAM_DEFAULT: &str = "https://iam.myhuaweicloud.com";

/// The endpoint that a `regions.yaml` of the official SDKs gives for a service and a region: a list
/// of `{id, endpoint}` under the name of the service.
pub(crate) fn of_regions_file(
    text: &str,
    service: &str,
    region: &str,
) -> Result<Option<String>, String> {
    #[derive(serde::Deserialize)]
    struct Region {
        id: String,
        endpoint: String,
    }
    let services: std::collections::HashMap<String, Vec<Region>> =
        serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())?;
    Ok(services
        .into_iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(service))
        .flat_map(|(_, regions)| regions)
        .find(|entry| entry.id == region)
        .map(|entry| entry.endpoint))
}
