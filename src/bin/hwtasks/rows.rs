//! What a person sees of a task: a choice of its fields, each in a few words.

use std::collections::BTreeMap;

use huaweicloud_tasks::dcs::types::{DetailsBody, ListCenterTasksResp, SingleBackgroundTask};
use huaweicloud_tasks::rocketmq::types::BackgroundTask;
use huaweicloud_tasks::wire::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

/// A task as a row of a table, and the names of its fields for CSV.
pub(crate) trait Row: Serialize {
    const FIELDS: &'static [&'static str];
    const HEADERS: [&'static str; 7];

    fn row(&self) -> Vec<String>;
}

/// The tasks differ in what they say of themselves, and in nothing else that a table shows.
macro_rules! row {
    ($task:ty, $header:literal, $cell:expr) => {
        impl Row for $task {
            const FIELDS: &'static [&'static str] = <$task>::FIELDS;
            const HEADERS: [&'static str; 7] = [
                "ID",
                "NAME",
                "STATUS",
                "STARTED (UTC)",
                "ENDED (UTC)",
                $header,
                "USER",
            ];

            fn row(&self) -> Vec<String> {
                let cell: fn(&$task) -> String = $cell;
                vec![
                    show(&self.id),
                    show(&self.name),
                    show(&self.status),
                    time(&self.created_at),
                    time(&self.updated_at),
                    cell(self),
                    show(&self.user_name),
                ]
            }
        }
    };
}

row!(SingleBackgroundTask, "CHANGE", |task| change(
    task.details.as_ref()
));
row!(ListCenterTasksResp, "CHANGE", |task| change(
    task.details.as_ref()
));
row!(BackgroundTask, "PARAMS", |task| show(&task.params));

pub(crate) fn show(value: &Option<impl ToString>) -> String {
    value
        .as_ref()
        .map_or_else(|| "-".to_string(), ToString::to_string)
}

/// A time to the second, which wraps well in a narrow column; as it came, where it is none.
pub(crate) fn time(value: &Option<Timestamp>) -> String {
    match value.as_ref().map(|time| (time, time.to_utc())) {
        Some((_, Some(utc))) => utc.format("%Y-%m-%d %H:%M:%S").to_string(),
        Some((time, None)) => time.to_string(),
        None => "-".to_string(),
    }
}

/// What a task changes, in a few words: the pairs of old and new that differ or, where there are
/// none, everything else.
fn change(details: Option<&DetailsBody>) -> String {
    let Some(members) = details
        .and_then(|details| serde_json::to_string(details).ok())
        .and_then(|json| serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&json).ok())
    else {
        return "-".to_string();
    };
    let plain = |raw: &RawValue| raw.get().trim_matches('"').to_string();
    let (mut pairs, mut others) = (Vec::new(), Vec::new());
    for (name, value) in &members {
        if let Some(what) = name.strip_prefix("new_") {
            let old = members.get(&format!("old_{what}"));
            let Some(old) = old else {
                others.push(format!("{} {}", what.replace('_', " "), plain(value)));
                continue;
            };
            if old.get() != value.get() {
                pairs.push(format!(
                    "{} {} → {}",
                    what.replace('_', " "),
                    plain(old),
                    plain(value)
                ));
            }
        } else if !name.starts_with("old_") && !matches!(value.get(), "[]" | "\"\"") {
            others.push(format!("{} {}", name.replace('_', " "), plain(value)));
        }
    }
    let words = if pairs.is_empty() { others } else { pairs };
    if words.is_empty() {
        "-".to_string()
    } else {
        words.join("\n")
    }
}
