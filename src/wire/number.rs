//! Numbers that are sometimes texts.
//!
//! `task_count` is documented as a string; DCS sends a number and RocketMQ a string. Capacities are
//! strings in one list and numbers in another. Both types keep which of the two it was, and every
//! digit.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The text was meant as a number, and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseNumberError {
    text: String,
}

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a number", self.text)
    }
}

impl std::error::Error for ParseNumberError {}

/// A number as it was written: its text, and whether it stood in quotes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Numeric {
    text: String,
    quoted: bool,
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted {
            self.text.fmt(f)
        } else {
            f.write_str(&self.text)
        }
    }
}

impl Serialize for Numeric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.quoted {
            return serializer.serialize_str(&self.text);
        }
        // The plain ways first: they work with every format, and most numbers survive them.
        if let Ok(number) = self.text.parse::<i64>()
            && number.to_string() == self.text
        {
            return serializer.serialize_i64(number);
        }
        if let Ok(number) = self.text.parse::<f64>()
            && serde_json::to_string(&number).is_ok_and(|text| text == self.text)
        {
            return serializer.serialize_f64(number);
        }
        RawValue::from_string(self.text.clone())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

/// serde's numbers are machine numbers, which turn `0.250` into `0.25`. The raw text is to be had
/// from serde_json by the newtype that it gives its `RawValue`. `RawValue` itself would refuse every
/// other format, and serde's own buffering (`flatten`, `untagged`); a visitor of ours takes the text
/// where it comes, and a plain number where it does not.
pub(super) const RAW: &str = "$serde_json::private::RawValue";
/// The same for a number, where the program has turned on serde_json's `arbitrary_precision`.
pub(super) const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Numeric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumericVisitor;

        fn unquoted<E>(text: impl ToString) -> Result<Numeric, E> {
            Ok(Numeric {
                text: text.to_string(),
                quoted: false,
            })
        }

        impl<'de> Visitor<'de> for NumericVisitor {
            type Value = Numeric;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a number as a text")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Numeric, D::Error> {
                deserializer.deserialize_any(self)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Numeric, A::Error> {
                let key = map.next_key::<String>()?;
                if !key.is_some_and(|key| key == RAW || key == NUMBER) {
                    return Err(A::Error::invalid_type(Unexpected::Map, &self));
                }
                // What is buffered before it comes here may hold a field of that name, and any text in it.
                let text = map.next_value::<Box<str>>()?.into();
                let text = RawValue::from_string(text).map_err(A::Error::custom)?;
                let text = String::from(Box::<str>::from(text));
                match text.as_bytes().first() {
                    Some(b'"') => serde_json::from_str(&text)
                        .map(|text| Numeric { text, quoted: true })
                        .map_err(A::Error::custom),
                    Some(b'-' | b'0'..=b'9') => unquoted(text),
                    Some(b'{') => Err(A::Error::invalid_type(Unexpected::Map, &self)),
                    Some(b'[') => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
                    Some(b'n') => Err(A::Error::invalid_type(Unexpected::Unit, &self)),
                    first => Err(A::Error::invalid_type(
                        Unexpected::Bool(first == Some(&b't')),
                        &self,
                    )),
                }
            }

            fn visit_str<E>(self, text: &str) -> Result<Numeric, E> {
                Ok(Numeric {
                    text: text.to_owned(),
                    quoted: true,
                })
            }

            fn visit_string<E>(self, text: String) -> Result<Numeric, E> {
                Ok(Numeric { text, quoted: true })
            }

            fn visit_i64<E>(self, number: i64) -> Result<Numeric, E> {
                unquoted(number)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Numeric, E> {
                unquoted(number)
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Numeric, E> {
                // JSON has no infinity; a number that is none is not a number to us either.
                if !number.is_finite() {
                    return Err(E::invalid_value(Unexpected::Float(number), &self));
                }
                serde_json::to_string(&number)
                    .map_err(E::custom)
                    .and_then(unquoted)
            }
        }

        deserializer.deserialize_newtype_struct(RAW, NumericVisitor)
    }
}

/// What both number types are, apart from their meaning.
macro_rules! numeric {
    ($name:ident, $json_type:literal) => {
        impl $name {
            /// The digits as they were written, without quotes.
            pub fn as_str(&self) -> &str {
                &self.0.text
            }

            /// Whether it was written as a text (`"1"`), and not as a number (`1`).
            pub fn is_text(&self) -> bool {
                self.0.quoted
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": ["string", $json_type] })
            }
        }
    };
}

/// A count that is sent as a number or as a text: `1` or `"1"`.
///
/// Two counts are equal when they were written in the same way; compare [`get`](Self::get) for the
/// number.
///
/// ```
/// use huaweicloud_tasks::wire::Count;
///
/// let number: Count = serde_json::from_str("1")?;
/// let text: Count = serde_json::from_str(r#""1""#)?;
/// assert_eq!(number.get(), text.get());
/// assert_eq!(serde_json::to_string(&text)?, r#""1""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(Numeric);

numeric!(Count, "integer");

impl Count {
    /// The number, where the text is one.
    pub fn get(&self) -> Option<u64> {
        self.0.text.parse().ok()
    }

    /// A count that is written as a number.
    pub fn number(count: u64) -> Self {
        Self(Numeric {
            text: count.to_string(),
            quoted: false,
        })
    }

    /// A count that is written as a text.
    pub fn text(count: u64) -> Self {
        Self(Numeric {
            text: count.to_string(),
            quoted: true,
        })
    }
}

/// A decimal number that keeps its digits, sent as a number or as a text: `0.125` or `"0.250"`.
///
/// Two of them are equal when they were written in the same way; compare [`to_f64`](Self::to_f64)
/// for the number.
///
/// Digits that a machine number does not keep, such as the last of a bare `0.250`, survive serde_json
/// alone; other formats have no place for them.
///
/// ```
/// use huaweicloud_tasks::wire::Decimal;
///
/// let capacity: Decimal = serde_json::from_str("0.250")?;
/// assert_eq!(capacity.as_str(), "0.250");
/// assert_eq!(capacity.to_f64(), Some(0.25));
/// assert_eq!(serde_json::to_string(&capacity)?, "0.250");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decimal(Numeric);

numeric!(Decimal, "number");

impl Decimal {
    /// The nearest machine number, where the text is a number.
    pub fn to_f64(&self) -> Option<f64> {
        let number: f64 = self.0.text.parse().ok()?;
        number.is_finite().then_some(number)
    }
}

/// A decimal that is written as a text, the documented form.
impl FromStr for Decimal {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let decimal = Self(Numeric {
            text: text.to_owned(),
            quoted: true,
        });
        match decimal.to_f64() {
            Some(_) => Ok(decimal),
            None => Err(ParseNumberError {
                text: text.to_owned(),
            }),
        }
    }
}
