//! Every model: what decodes is encoded, and decodes again to the same; nothing panics on the way.
#![no_main]

use huaweicloud_tasks::{dcs, iam, rocketmq};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn check<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(data: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(data).ok()?;
    // A model is an object: anything else that decoded would be read as what it is not.
    let first = data.iter().find(|b| !b.is_ascii_whitespace());
    assert_eq!(first, Some(&b'{'), "decoded what is no object");
    let json = serde_json::to_string(&value).expect("what was decoded can be encoded");
    let again: T = serde_json::from_str(&json).expect("what was encoded can be decoded");
    assert_eq!(again, value, "{json}");
    assert_eq!(serde_json::to_string(&again).expect("encoded"), json);
    Some(value)
}

/// Whether a text is a part of another one, by its place and not by its letters.
fn is_within(part: &str, whole: &str) -> bool {
    whole.as_bytes().as_ptr_range().start <= part.as_ptr()
        && part.as_bytes().as_ptr_range().end <= whole.as_bytes().as_ptr_range().end
}

fuzz_target!(|data: &[u8]| {
    check::<dcs::types::ListBackgroundTaskResponse>(data);
    check::<dcs::types::ListCenterTaskResponse>(data);
    if let Some(progress) = check::<dcs::types::ShowBackgroundTaskProgressResponse>(data) {
        let steps = progress.step_details.iter();
        for part in steps.flat_map(|step| step.sub_step_details.iter()) {
            let text = part.detail.as_deref().unwrap_or_default();
            for (key, value) in part.detail_pairs() {
                assert!(is_within(key, text) && is_within(value, text));
            }
        }
    }
    check::<dcs::types::ErrorResponse>(data);
    check::<iam::types::KeystoneListProjectsResponse>(data);
    check::<iam::types::ErrorResponse>(data);
    if let Some(page) = check::<rocketmq::types::ListBackgroundTasksResponse>(data) {
        for task in &page.tasks {
            let _ = task.params_json();
        }
    }
    check::<rocketmq::types::ErrorResponse>(data);
});
