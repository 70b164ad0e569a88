//! Regions, and the endpoints that they lead to.
//!
//! The known regions come from the `servers` of the descriptions. A region that is not known
//! follows the pattern of the first server: new regions appear, and must work.

use reqwest::Url;

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
    if region.is_empty() || region.len() > 63 || !region.chars().all(label) {
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

/// Checks an endpoint and brings it into the form that paths are appended to: without a slash at
/// the end. A path prefix is kept.
pub(crate) fn normalise(endpoint: &str) -> Result<String, Error> {
    let error = |reason: String| {
        Error::configuration(format!(
            "{endpoint:?} is not an endpoint such as https://dcs.cn-north-4.myhuaweicloud.com: {reason}"
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
    if !url.username().is_empty() || url.password().is_some() {
        // The text may hold a password, so this message does not repeat it.
        return Err(Error::configuration(
            "the endpoint holds a user name or a password; credentials are given apart from it",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(error("it has a query or a fragment".to_string()));
    }
    Ok(url.as_str().trim_end_matches('/').to_string())
}
