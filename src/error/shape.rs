//! What an error body says: all shapes that were seen, in one place; a body of no known shape is kept
//! as text.

use reqwest::header::HeaderMap;
use serde_json::Value;

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
        let value: Value = serde_json::from_slice(body).ok()?;
        let inner = value
            .get("error")
            .filter(|e| e.is_object())
            .unwrap_or(&value);
        let first = |keys: &[&str]| {
            keys.iter().find_map(|key| match inner.get(key)? {
                Value::String(text) if !text.is_empty() => Some(one_line(text)),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let code = first(&["error_code", "errorCode", "code"]);
        let message = first(&["error_msg", "errorMsg", "message", "title"]);
        // Unused today, says the document; whoever uses it one day has something to say.
        let extended = first(&["error_ext_msg"]).map(|text| format!(" ({text})"));
        // A refusal by IAM policy explains itself only in here, encoded for the administrator.
        let explained = inner
            .get("encoded_authorization_message")
            .and_then(Value::as_str)
            .map(|text| format!(" (encoded authorization message: {text})"));
        if code.is_none() && message.is_none() && explained.is_none() {
            return None;
        }
        let parts = [message, extended, explained].into_iter().flatten();
        let message: String = parts.collect();
        Some(Self {
            code,
            message: (!message.is_empty()).then(|| message.trim_start().to_string()),
            request_id: value
                .get("request_id")
                .and_then(Value::as_str)
                .map(one_line),
        })
    }
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
    let mut end = text.len().min(KEPT_BODY);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let mut line = text[..end].replace(char::is_control, " ");
    if end < text.len() {
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
