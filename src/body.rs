//! Reading an answer from the network: no more than is wanted, and what went wrong in a few words.

use std::error::Error;

/// Why a body was not read to its end.
pub(crate) enum BodyError {
    /// The connection broke, or the time ran out.
    Broken(reqwest::Error),
    /// It is larger than the limit.
    TooLarge,
}

/// Reads a body of limited size, decompressed; what is beyond the limit is never held.
pub(crate) async fn read_body(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An address without what may be secret in it: a user, a password, a query.
pub(crate) fn redacted(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    match address.rsplit_once('@') {
        Some((_, host)) => format!("[REDACTED]@{host}"),
        None => address.to_string(),
    }
}

/// The last of a chain of sources, which is the one that says what happened.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
