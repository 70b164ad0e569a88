//! What an error body says: all shapes that were seen, in one place; a body of no known shape is kept
//! as text.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::value::RawValue;

/// How much of an answer an error keeps.
const KEPT_BODY: usize = 16 * 1024;
/// How much of an answer a message shows.
const SHOWN_BODY: usize = 300;

/// What an error body says, whichever of the known shapes it has.
///
/// | shape | who writes it |
/// | --- | --- |
/// | `{"error_code", "error_msg", "error_ext_msg"}` | the services, as documented |
/// | the same with `request_id` | the API gateway |
/// | `{"error": {"code": 401, "message", "title"}}` | IAM |
/// | `{"errorCode", "errorMsg"}`, `{"code", "message"}` | older parts |
#[derive(Default)]
pub(super) struct Body {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

impl Body {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let outer: Members<'_> = serde_json::from_slice(body).ok()?;
        let error = outer.get("error");
        let error = error.and_then(|error| serde_json::from_str(error.get()).ok());
        let inner: &Members<'_> = error.as_ref().unwrap_or(&outer);
        let first = |keys: &[&str]| keys.iter().find_map(|key| text_of(inner.get(*key)?));
        let code = first(&["error_code", "errorCode", "code"]);
        let message = first(&["error_msg", "errorMsg", "message", "title"]);
        // Unused today, says the document; whoever uses it one day has something to say.
        let extended = first(&["error_ext_msg"]).map(|text| format!(" ({text})"));
        // A refusal by IAM policy explains itself only in here, encoded for the administrator.
        let explained = first(&["encoded_authorization_message"])
            .map(|text| format!(" (encoded authorization message: {text})"));
        if code.is_none() && message.is_none() && explained.is_none() {
            return None;
        }
        let parts = [message, extended, explained].into_iter().flatten();
        let message: String = parts.collect();
        Some(Self {
            code,
            message: (!message.is_empty()).then(|| message.trim().to_string()),
            request_id: outer.get("request_id").and_then(|id| text_of(id)),
        })
    }
}

/// The members of an object, unread: one that serde_json has no value for, such as a number out of
/// range, does not hide the others.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A text, or a number as one; nothing where it says nothing.
fn text_of(value: &RawValue) -> Option<String> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).ok(),
        Some(b'-' | b'0'..=b'9') => Some(json.to_string()),
        _ => None,
    }
    .filter(|text| !text.trim().is_empty())
    .map(|text| one_line(&text))
}

/// A body of no known shape, for a message: what it is, and how it begins.
pub(super) fn describe(headers: &HeaderMap, body: &str) -> String {
    let kind = headers
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .filter(|kind| !kind.is_empty())
        .unwrap_or("of no declared type");
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{kind}, not the documented JSON: {}",
        shorten(&line, SHOWN_BODY)
    )
}

/// A text of others as a part of a line: what would move a cursor becomes a space, and the end of what no
/// one reads is cut off.
pub(super) fn one_line(text: &str) -> String {
    // A character has four bytes at most, so that one of these is its beginning.
    let cut = (0..4).find_map(|back| text.split_at_checked(KEPT_BODY.saturating_sub(back)));
    let (start, rest) = cut.unwrap_or((text, ""));
    let mut line = start.replace(char::is_control, " ");
    if !rest.is_empty() {
        line.push('…');
    }
    line
}

fn shorten(text: &str, length: usize) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(length).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

pub(super) fn lossy(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..KEPT_BODY).unwrap_or(body)).into_owned()
}
