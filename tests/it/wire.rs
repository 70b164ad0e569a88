//! The value types keep what came, and understand what can be understood.

use chrono::{DateTime, TimeZone, Utc};
use huaweicloud_tasks::dcs::types::{SingleBackgroundTask, TaskStatus};
use huaweicloud_tasks::wire::{Count, Decimal, List, QueryTime, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Decodes and encodes.
fn recode<T: Serialize + for<'de> Deserialize<'de>>(json: &str) -> String {
    let value: T = serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"));
    serde_json::to_string(&value).unwrap()
}

#[test]
fn numbers_keep_every_digit_and_their_quotes() {
    for json in [
        "0.125",
        "\"0.125\"",
        "0.250",
        "\"0.250\"",
        "64",
        "-1",
        "1e3",
        "1E+3",
        "0.1000000000000000055511151231257827",
        "123456789012345678901234567890",
        "\"\"",
        "\"12 GB\"",
        "\"\\u4e2d\\n\"",
    ] {
        let value: Value = serde_json::from_str(json).unwrap();
        let canonical = if value.is_string() {
            value.to_string()
        } else {
            json.to_string()
        };
        assert_eq!(recode::<Decimal>(json), canonical);
        assert_eq!(recode::<Count>(json), canonical);
    }
}

#[test]
fn numbers_read_from_every_source_of_json() {
    let json = "[0.250,\"0.250\"]";
    let from_str: Vec<Decimal> = serde_json::from_str(json).unwrap();
    let from_slice: Vec<Decimal> = serde_json::from_slice(json.as_bytes()).unwrap();
    let from_reader: Vec<Decimal> = serde_json::from_reader(json.as_bytes()).unwrap();
    assert_eq!(from_str, from_slice);
    assert_eq!(from_str, from_reader);
    let value: Value = serde_json::from_str(json).unwrap();
    let from_value: Vec<Decimal> = serde_json::from_value(value).unwrap();
    assert_eq!(from_value[0].to_f64(), Some(0.25));
    assert_eq!(from_value[1], from_str[1]);
}

#[test]
fn what_is_no_number_is_an_error_that_says_so() {
    for (json, what) in [
        ("true", "boolean"),
        ("[]", "sequence"),
        ("{}", "map"),
        ("null", "null"),
    ] {
        let error = serde_json::from_str::<Decimal>(json)
            .unwrap_err()
            .to_string();
        assert!(error.contains(what), "{json}: {error}");
        assert!(error.contains("a number, or a number as a text"), "{error}");
    }
}

/// A program may embed our types in its own, and serde then buffers them.
#[test]
fn types_work_inside_flattened_structs() {
    #[derive(Debug, Deserialize, Serialize)]
    struct Row {
        tenant: String,
        #[serde(flatten)]
        task: SingleBackgroundTask,
    }
    let json = r#"{"tenant":"a","id":"1","details":{"old_capacity":0.125,"new_capacity":"0.250"},"created_at":1592381886597}"#;
    let row: Row = serde_json::from_str(json).unwrap();
    let details = row.task.details.as_ref().unwrap();
    assert_eq!(details.old_capacity.as_ref().unwrap().as_str(), "0.125");
    assert_eq!(serde_json::to_string(&row).unwrap(), json);
}

#[test]
fn types_work_in_yaml() {
    let task: SingleBackgroundTask = serde_json::from_str(include_str!(
        "../../openapi/samples/dcs/ListBackgroundTask.json"
    ))
    .map(|page: huaweicloud_tasks::dcs::types::ListBackgroundTaskResponse| page.tasks[0].clone())
    .unwrap();
    let yaml = serde_saphyr::to_string(&task).unwrap();
    let again: SingleBackgroundTask = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(again, task);
    let number: Decimal = serde_saphyr::from_str("0.125").unwrap();
    assert_eq!((number.as_str(), number.is_text()), ("0.125", false));
}

#[test]
fn counts_give_a_number_where_there_is_one() {
    for (json, number) in [
        ("1", Some(1)),
        ("\"12\"", Some(12)),
        ("-1", None),
        ("1.0", None),
        ("\"many\"", None),
        ("\"\"", None),
    ] {
        let count: Count = serde_json::from_str(json).unwrap();
        assert_eq!(count.get(), number, "{json}");
    }
    assert_eq!(serde_json::to_string(&Count::number(3)).unwrap(), "3");
    assert_eq!(serde_json::to_string(&Count::text(3)).unwrap(), "\"3\"");
}

#[test]
fn decimals_are_made_from_text() {
    let capacity: Decimal = "0.250".parse().unwrap();
    assert_eq!(serde_json::to_string(&capacity).unwrap(), "\"0.250\"");
    assert!("0,25".parse::<Decimal>().is_err());
    assert!("inf".parse::<Decimal>().is_err());
}

#[test]
fn times_in_every_form_that_was_seen() {
    let utc = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    for (json, time) in [
        (
            "\"2020-06-17T08:18:06.597Z\"",
            Some(utc("2020-06-17T08:18:06.597Z")),
        ),
        (
            "\"2020-06-17T08:18:06+08:00\"",
            Some(utc("2020-06-17T00:18:06Z")),
        ),
        ("\"2022-09-01 11:52:24\"", Some(utc("2022-09-01T11:52:24Z"))),
        (
            "\"2022-09-01 11:52:24.5\"",
            Some(utc("2022-09-01T11:52:24.5Z")),
        ),
        ("1765307538503", Some(utc("2025-12-09T19:12:18.503Z"))),
        ("\"1684191545379\"", Some(utc("2023-05-15T22:59:05.379Z"))),
        ("\"\"", None),
        ("\"20200609160000\"", None),
        ("\"20200609\"", None),
        ("1592381886", None),
        ("\"2020-02-30T00:00:00Z\"", None),
        ("\"tomorrow\"", None),
        ("-5", None),
        ("1.5", None),
        ("true", None),
        ("{\"seconds\":5}", None),
        ("[2020,6,17]", None),
    ] {
        let timestamp: Timestamp = serde_json::from_str(json).unwrap();
        assert_eq!(timestamp.to_utc(), time, "{json}");
        assert_eq!(serde_json::to_string(&timestamp).unwrap(), json);
    }
}

#[test]
fn times_are_made_in_the_form_of_the_lists() {
    let time = Utc.with_ymd_and_hms(2020, 6, 17, 8, 18, 6).unwrap();
    assert_eq!(Timestamp::from(time).as_str(), "2020-06-17T08:18:06.000Z");
}

#[test]
fn query_times_are_utc_to_the_second() {
    let east = DateTime::parse_from_rfc3339("2020-06-10T00:00:00.999+08:00").unwrap();
    assert_eq!(
        QueryTime::try_from(east).unwrap().to_string(),
        "20200609160000"
    );
    for wrong in [
        "",
        "2020",
        "20200609",
        "2020060916000",
        "202006091600000",
        "20201309160000",
        "20200609250000",
        "20200609235960",
        "+2020060916000",
        " 20200609160000",
        "２０２００６０９１６００００",
    ] {
        let error = wrong.parse::<QueryTime>().unwrap_err().to_string();
        assert!(error.contains("yyyyMMddHHmmss"), "{error}");
    }
    assert!(QueryTime::try_from(DateTime::<Utc>::MAX_UTC).is_err());
    assert!(QueryTime::try_from(DateTime::<Utc>::MIN_UTC).is_err());
    let time: QueryTime = serde_json::from_str("\"20200609160000\"").unwrap();
    assert_eq!(serde_json::to_string(&time).unwrap(), "\"20200609160000\"");
}

#[test]
fn lists_remember_how_they_were_empty() {
    #[derive(Default, Deserialize, Serialize)]
    struct Holder {
        #[serde(default, skip_serializing_if = "List::is_absent")]
        items: List<i32>,
    }
    for json in [
        "{}",
        r#"{"items":null}"#,
        r#"{"items":[]}"#,
        r#"{"items":[1,2]}"#,
    ] {
        assert_eq!(recode::<Holder>(json), json);
    }
    let mut list = List::new();
    list.push(1);
    assert!(!list.is_absent());
    assert_eq!(list, List::from(vec![1]));
    assert_eq!(List::<i32>::new(), List::from(vec![]));
}

#[test]
fn open_enums_compare_by_text() {
    assert_eq!(TaskStatus::from("SUCCESS"), TaskStatus::Success);
    assert_eq!(TaskStatus::Other("SUCCESS".into()), TaskStatus::Success);
    assert_eq!(TaskStatus::Success, "SUCCESS");
    assert_ne!(TaskStatus::from("success"), TaskStatus::Success);
    assert_eq!(TaskStatus::from("").to_string(), "");
    for known in TaskStatus::KNOWN {
        let status = TaskStatus::from(*known);
        assert!(!matches!(status, TaskStatus::Other(_)), "{known}");
        assert_eq!(status.as_str(), *known);
    }
    let error = serde_json::from_str::<TaskStatus>("3")
        .unwrap_err()
        .to_string();
    assert!(error.contains("expected a text"), "{error}");
}
