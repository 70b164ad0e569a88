//! The signature `SDK-HMAC-SHA256`.
//!
//! A request is brought into a canonical form, the form is hashed, and the hash is keyed with the
//! secret key itself; there is no derived key. The transport signs with what is here, and the
//! sandbox verifies with it, whatever set of headers was signed.
//!
//! Source: the signers of the official SDKs, whose output `tests/it/signing.rs` holds this to.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// The name of the algorithm, with which `Authorization` starts.
pub const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The format of `X-Sdk-Date`, in UTC, for [`chrono`]'s `format`.
pub const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// Everything is encoded but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A request in canonical form.
///
/// The form holds the values of the signed headers, a security token among them; `Debug` shows the
/// names alone.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalRequest {
    text: String,
    signed_headers: String,
}

impl fmt::Debug for CanonicalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CanonicalRequest")
            .field("signed_headers", &self.signed_headers())
            .finish_non_exhaustive()
    }
}

impl CanonicalRequest {
    /// Brings a request into canonical form.
    ///
    /// `path` and `query` are those of the request line, encoded or not; `headers` are the ones to
    /// sign, `host` among them, in any order and case. Names that hold `_` are left out.
    ///
    /// ```
    /// use huaweicloud_tasks::auth::signer::CanonicalRequest;
    ///
    /// let request = CanonicalRequest::new(
    ///     "GET",
    ///     "/v2/p/tasks",
    ///     "offset=0&limit=10",
    ///     &[("X-Sdk-Date", "20191115T033655Z"), ("host", "example.com")],
    ///     b"",
    /// );
    /// assert!(request.as_str().starts_with("GET\n/v2/p/tasks/\nlimit=10&offset=0\n"));
    /// assert_eq!(request.signed_headers(), "host;x-sdk-date");
    /// ```
    pub fn new(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Self {
        let mut text = String::with_capacity(512);
        text.push_str(method);
        text.push('\n');
        push_path(&mut text, path);
        text.push('\n');
        push_query(&mut text, query);
        text.push('\n');

        let mut headers: Vec<(String, &str)> = headers
            .iter()
            .filter(|(name, _)| !name.contains('_'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        headers.sort();
        for (name, value) in &headers {
            text.push_str(name);
            text.push(':');
            text.push_str(value);
            text.push('\n');
        }
        text.push('\n');
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let signed_headers = names.join(";");
        text.push_str(&signed_headers);
        text.push('\n');
        push_hex(&mut text, &Sha256::digest(body));
        Self {
            text,
            signed_headers,
        }
    }

    /// The canonical form, the lines of which the algorithm prescribes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the signed headers: lower case, sorted, joined by `;`.
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// What is signed: the algorithm, the time and the hash of the canonical form.
    ///
    /// `date` is the value of `X-Sdk-Date`.
    pub fn string_to_sign(&self, date: &str) -> String {
        let mut text = format!("{ALGORITHM}\n{date}\n");
        push_hex(&mut text, &Sha256::digest(self.text.as_bytes()));
        text
    }

    /// The signature, in hexadecimal.
    pub fn signature(&self, date: &str, secret_key: &str) -> String {
        let mut text = String::with_capacity(64);
        push_hex(
            &mut text,
            &self.mac(date, secret_key).finalize().into_bytes(),
        );
        text
    }

    /// Whether `signature` is that of this request. The time it takes does not depend on where the
    /// two differ.
    pub fn verify(&self, date: &str, secret_key: &str, signature: &str) -> bool {
        hex::decode(signature)
            .is_ok_and(|bytes| self.mac(date, secret_key).verify_slice(&bytes).is_ok())
    }

    /// The value of `Authorization`.
    pub fn authorization(&self, date: &str, access_key: &str, secret_key: &str) -> String {
        format!(
            "{ALGORITHM} Access={access_key}, SignedHeaders={}, Signature={}",
            self.signed_headers(),
            self.signature(date, secret_key)
        )
    }

    fn mac(&self, date: &str, secret_key: &str) -> Hmac<Sha256> {
        #[expect(
            clippy::expect_used,
            reason = "HMAC takes a key of any length; the type of the constructor cannot say so"
        )]
        let mut mac = Hmac::<Sha256>::new_from_slice(secret_key.as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(self.string_to_sign(date).as_bytes());
        mac
    }
}

/// Decoded, split, and each segment encoded anew, with a slash at the end. The slash is only for
/// signing; it is not sent.
fn push_path(text: &mut String, path: &str) {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    for (i, segment) in decoded.split('/').enumerate() {
        if i > 0 {
            text.push('/');
        }
        text.extend(utf8_percent_encode(segment, RESERVED));
    }
    if !text.ends_with('/') {
        text.push('/');
    }
}

/// Sorted by the decoded key, then by the value, always with an equals sign.
fn push_query(text: &mut String, query: &str) {
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort();
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            text.push('&');
        }
        text.extend(utf8_percent_encode(key, RESERVED));
        text.push('=');
        text.extend(utf8_percent_encode(value, RESERVED));
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
}
