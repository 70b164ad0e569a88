//! Arrays that may be null or missing.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An array of an answer. Null and a missing array read as an empty one, and items that are null are
/// left out.
///
/// It is used like a slice, and like a `Vec` when it is consumed. It remembers how an empty array
/// was written (`[]`, `null` or not at all) and writes it back in the same way. Two lists are equal
/// when their items are.
///
/// ```
/// use huaweicloud_tasks::dcs::types::ListBackgroundTaskResponse;
///
/// let page: ListBackgroundTaskResponse = serde_json::from_str(r#"{"tasks": null}"#)?;
/// assert!(page.tasks.is_empty());
/// for task in &page.tasks {
///     println!("{:?}", task.id);
/// }
/// assert_eq!(serde_json::to_string(&page)?, r#"{"tasks":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct List<T> {
    items: Vec<T>,
    /// How an empty list is written.
    empty: Empty,
}

#[derive(Clone, Copy, PartialEq)]
enum Empty {
    Absent,
    Null,
    Array,
}

impl<T> List<T> {
    /// A list that is not there.
    pub const fn new() -> Self {
        Self {
            items: Vec::new(),
            empty: Empty::Absent,
        }
    }

    /// Whether the list was not there at all; serde leaves such a list out.
    pub fn is_absent(&self) -> bool {
        self.items.is_empty() && self.empty == Empty::Absent
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// The items.
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            empty: Empty::Array,
        }
    }
}

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.items
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.items.is_empty() && self.empty == Empty::Null {
            serializer.serialize_none()
        } else {
            self.items.serialize(serializer)
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Vec<Option<T>>>::deserialize(deserializer)? {
            Some(items) => items.into_iter().flatten().collect(),
            None => Self {
                items: Vec::new(),
                empty: Empty::Null,
            },
        })
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Option<Vec<Option<T>>>>()
    }
}
