//! Numbers that are sometimes texts: every digit and the quotes come back, and the value is that of
//! the text.
#![no_main]

use huaweicloud_tasks::wire::{Count, Decimal};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|json: &str| {
    let raw = serde_json::from_str::<&RawValue>(json).ok();
    let (count, decimal) = (
        serde_json::from_str::<Count>(json),
        serde_json::from_str::<Decimal>(json),
    );
    assert_eq!(count.is_ok(), decimal.is_ok(), "{json:?}");
    // Every number is one, and no other kind of JSON but a text.
    if let Some(raw) = raw {
        let number = raw
            .get()
            .starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let text = serde_json::from_str::<String>(raw.get()).is_ok();
        assert_eq!(count.is_ok(), number || text, "{json:?}");
    }
    if let (Ok(count), Ok(decimal)) = (count, decimal) {
        let raw = raw.expect("what was decoded is JSON").get();
        let text = match count.is_text() {
            true => serde_json::from_str::<String>(raw).expect("a text"),
            false => raw.to_string(),
        };
        assert_eq!(
            (count.as_str(), decimal.as_str()),
            (text.as_str(), text.as_str())
        );
        assert_eq!(count.is_text(), decimal.is_text());
        assert_eq!(
            (count.to_string(), decimal.to_string()),
            (text.clone(), text.clone())
        );
        for again in [
            serde_json::to_string(&count),
            serde_json::to_string(&decimal),
        ] {
            let again = again.expect("what was decoded can be encoded");
            if count.is_text() {
                assert_eq!(
                    serde_json::from_str::<String>(&again).expect("a text"),
                    text
                );
            } else {
                assert_eq!(again, raw);
            }
        }
        assert_eq!(count.get(), text.parse().ok());
        assert!(decimal.to_f64().is_none_or(f64::is_finite));
        if let (Some(count), Some(decimal)) = (count.get(), decimal.to_f64()) {
            assert_eq!(decimal, count as f64);
        }
    }

    if let Ok(decimal) = json.parse::<Decimal>() {
        assert!(decimal.is_text() && decimal.to_f64().is_some());
        assert_eq!(decimal.to_string(), json);
    }
});
