//! Times: what the services send, and what they want to be asked with.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, SubsecRound, TimeZone, Utc};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::number::{NUMBER, RAW};

/// A point in time as the service wrote it.
///
/// The text of a string is kept, and [`to_utc`](Self::to_utc) understands the forms that were seen:
///
/// | form | example | where |
/// | --- | --- | --- |
/// | RFC 3339 | `2020-06-17T08:18:06.597Z` | lists |
/// | date and time without a zone, taken as UTC | `2022-09-01 11:52:24` | progress of DCS |
/// | milliseconds since 1970, as a number or a text | `1765307538503` | progress of RocketMQ |
///
/// Anything else is kept as well, so that one odd time does not cost a page of tasks.
///
/// ```
/// use huaweicloud_tasks::wire::Timestamp;
///
/// let time = Timestamp::from("2020-06-17T08:18:06.597Z");
/// assert_eq!(time.to_utc().unwrap().timestamp_millis(), 1_592_381_886_597);
/// assert_eq!(Timestamp::from("soon").to_utc(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// The text of a string; of anything else its JSON, to the digit.
    text: String,
    is_text: bool,
}

/// As many digits have the milliseconds of the years 2001 to 2286. Fewer are rather seconds or a date,
/// more a date and a time without separators.
const MILLISECOND_DIGITS: usize = 13;

impl Timestamp {
    /// The time as it was written, without quotes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The point in time, where the text says enough. Without a zone it is taken as UTC.
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        let text = self.text.as_str();
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && text.len() == MILLISECOND_DIGITS {
            return DateTime::from_timestamp_millis(text.parse().ok()?);
        }
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .or_else(|_| {
                NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|t| t.and_utc())
            })
            .ok()
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self {
            text,
            is_text: true,
        }
    }
}

/// RFC 3339 with milliseconds, the form of the lists.
impl<Tz: TimeZone> From<DateTime<Tz>> for Timestamp {
    fn from(time: DateTime<Tz>) -> Self {
        time.to_utc()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            .into()
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_text {
            return serializer.serialize_str(&self.text);
        }
        // The plain way first: it works with every format. A machine number may lose digits on it.
        if let Ok(value) = serde_json::from_str::<Value>(&self.text)
            && serde_json::to_string(&value).is_ok_and(|text| text == self.text)
        {
            return value.serialize(serializer);
        }
        RawValue::from_string(self.text.clone())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

/// Through the raw text of serde_json, as the numbers are read: a number out of range, or arrays in
/// arrays in arrays, would else cost the page that they stand on.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimestampVisitor;

        fn json<E>(value: impl Into<Value>) -> Result<Timestamp, E> {
            Ok(Timestamp {
                text: value.into().to_string(),
                is_text: false,
            })
        }

        fn raw(json: &RawValue) -> Timestamp {
            // A text that escapes half a character is JSON, and no text.
            match serde_json::from_str::<String>(json.get()) {
                Ok(text) => text.into(),
                Err(_) => Timestamp {
                    text: json.get().to_owned(),
                    is_text: false,
                },
            }
        }

        impl<'de> Visitor<'de> for TimestampVisitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Timestamp, D::Error> {
                deserializer.deserialize_any(self)
            }

            fn visit_str<E>(self, text: &str) -> Result<Timestamp, E> {
                Ok(text.into())
            }

            fn visit_string<E>(self, text: String) -> Result<Timestamp, E> {
                Ok(text.into())
            }

            fn visit_i64<E>(self, number: i64) -> Result<Timestamp, E> {
                json(number)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Timestamp, E> {
                json(number)
            }

            fn visit_f64<E>(self, number: f64) -> Result<Timestamp, E> {
                json(number)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Timestamp, E> {
                json(value)
            }

            fn visit_unit<E>(self) -> Result<Timestamp, E> {
                json(Value::Null)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                seq: A,
            ) -> Result<Timestamp, A::Error> {
                Value::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).and_then(json)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Timestamp, A::Error> {
                let mut members = Map::new();
                while let Some(key) = map.next_key::<String>()? {
                    if members.is_empty() && (key == RAW || key == NUMBER) {
                        let text = RawValue::from_string(map.next_value()?);
                        return text.map(|text| raw(&text)).map_err(A::Error::custom);
                    }
                    members.insert(key, map.next_value()?);
                }
                json(members)
            }
        }

        deserializer.deserialize_newtype_struct(RAW, TimestampVisitor)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"] })
    }
}

/// A point in time to ask with, to the second, in UTC; the services read it as `yyyyMMddHHmmss`.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use huaweicloud_tasks::wire::QueryTime;
///
/// let time = QueryTime::try_from(Utc.with_ymd_and_hms(2020, 6, 9, 16, 0, 0).unwrap())?;
/// assert_eq!(time.to_string(), "20200609160000");
/// assert_eq!("20200609160000".parse(), Ok(time));
/// # Ok::<(), huaweicloud_tasks::wire::QueryTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryTime(DateTime<Utc>);

/// The value is no time that a service can be asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryTimeError {
    value: String,
}

impl fmt::Display for QueryTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a time of the form yyyyMMddHHmmss in UTC, such as 20200609160000",
            self.value
        )
    }
}

impl std::error::Error for QueryTimeError {}

impl QueryTime {
    /// The point in time.
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }
}

/// Fails for years that four digits cannot write.
impl<Tz: TimeZone> TryFrom<DateTime<Tz>> for QueryTime {
    type Error = QueryTimeError;

    fn try_from(time: DateTime<Tz>) -> Result<Self, Self::Error> {
        let time = time.to_utc().trunc_subsecs(0);
        if (0..=9999).contains(&time.year()) {
            Ok(Self(time))
        } else {
            Err(QueryTimeError {
                value: time.to_string(),
            })
        }
    }
}

impl FromStr for QueryTime {
    type Err = QueryTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || QueryTimeError {
            value: text.to_owned(),
        };
        // chrono takes fewer digits, signs and spaces as well; the services do not.
        let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
        // chrono reads a second 60 too, for leap seconds.
        if !digits || text.ends_with("60") {
            return Err(error());
        }
        NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S")
            .map(|time| Self(time.and_utc()))
            .map_err(|_| error())
    }
}

impl TryFrom<&str> for QueryTime {
    type Error = QueryTimeError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for QueryTime {
    type Error = QueryTimeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for QueryTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y%m%d%H%M%S"))
    }
}

impl Serialize for QueryTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QueryTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for QueryTime {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QueryTime".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{14}$" })
    }
}
