//! Any answer that is no success becomes an error with its status, of bounded size, that a terminal
//! shows as it is. Three lines (status, `Content-Type`, `Retry-After`), then the body.
#![no_main]

use huaweicloud_tasks::ErrorKind;
use huaweicloud_tasks::fuzzing::refused;
use huaweicloud_tasks::reqwest::StatusCode;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Twice what an error keeps of a body, for the code, the id of the request and our own words.
const LONGEST: usize = 64 * 1024;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(4, |b| *b == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (status, kind, retry_after, body) = (part(), part(), part(), part());
    let status = std::str::from_utf8(status)
        .ok()
        .and_then(|s| s.parse().ok());
    let Some(status) = status.and_then(|status: u16| StatusCode::from_u16(status).ok()) else {
        return;
    };
    let headers = [
        ("content-type", kind),
        ("retry-after", retry_after),
        ("date", retry_after),
        ("x-request-id", kind),
    ];
    let error = refused(status, &headers, body);

    assert_eq!(error.status(), Some(status));
    assert_eq!(error.operation(), Some("ListBackgroundTask"));
    assert_eq!(error.resource(), Some("instance instance"));
    assert_ne!(error.kind(), ErrorKind::Decode);
    assert!(!error.message().is_empty());
    assert!(error.body().is_none_or(|body| body.len() <= 3 * 16 * 1024));
    let text = error.to_string();
    assert!(text.len() <= LONGEST, "{} bytes", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.contains(status.as_str()));
    // The documented code is found, whatever stands beside it.
    if let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(body)
        && let Some(Value::String(code)) = members.get("error_code")
        && !members.get("error").is_some_and(Value::is_object)
        && code.len() < 100
        && !code.is_empty()
        && !code.contains(char::is_control)
    {
        assert_eq!(error.code(), Some(code.as_str()));
    }
});
