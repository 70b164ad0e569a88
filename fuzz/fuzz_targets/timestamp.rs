//! Times: any JSON is one, and comes back as it was; a text is shown as it came, and understood without
//! a panic; what was understood is understood again from what we write.
#![no_main]

use huaweicloud_tasks::chrono::{DateTime, Datelike, SubsecRound, Utc};
use huaweicloud_tasks::wire::{QueryTime, Timestamp};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fn four_digits(time: &DateTime<Utc>) -> bool {
    (0..=9999).contains(&time.year())
}

fuzz_target!(|text: &str| {
    let timestamp = Timestamp::from(text);
    assert_eq!(timestamp.as_str(), text);
    assert_eq!(timestamp.to_string(), text);
    let json = serde_json::to_string(&timestamp).expect("a text can be encoded");
    assert_eq!(
        json,
        serde_json::to_string(text).expect("a text can be encoded")
    );
    assert_eq!(
        serde_json::from_str::<Timestamp>(&json).expect("a text is a time"),
        timestamp
    );
    if let Some(time) = timestamp.to_utc().filter(four_digits) {
        // A leap second is the one before it, once it is written to the millisecond.
        let written = Timestamp::from(time);
        let read = written.to_utc().expect("what we write, we read");
        assert_eq!(read, time.trunc_subsecs(3), "{written:?}");
    }

    // The text as JSON of any kind.
    let raw = serde_json::from_str::<&RawValue>(text).ok();
    let is_text = raw.is_some_and(|raw| raw.get().starts_with('"'));
    match serde_json::from_str::<Timestamp>(text) {
        Ok(time) => {
            let json = serde_json::to_string(&time).expect("what was decoded can be encoded");
            let raw = raw.expect("what was decoded is JSON");
            if is_text {
                let plain: String = serde_json::from_str(text).expect("a text");
                assert_eq!(time.as_str(), plain);
            } else {
                assert_eq!(json, raw.get());
            }
            assert_eq!(
                serde_json::from_str::<Timestamp>(&json).expect("decodes again"),
                time
            );
            let _ = time.to_utc();
        }
        // A text of half a character is no text.
        Err(error) => assert!(raw.is_none() || is_text, "{error}"),
    }

    if let Ok(time) = text.parse::<QueryTime>() {
        assert_eq!(time.to_string(), text);
        assert_eq!(QueryTime::try_from(time.to_utc()), Ok(time));
    }
});
