//! Value types for what the documents get wrong, or leave open.
//!
//! The services send a number where their documents say string, null where they say object, times
//! without a zone, and values that no document lists. Each type here takes all that was seen,
//! keeps it as it came, and writes it back unchanged; its methods give the meaning where there is
//! one. None of them knows anything of HTTP.
//!
//! | type | for | takes |
//! | --- | --- | --- |
//! | [`Count`] | `task_count` | a number or a text: `1`, `"1"` |
//! | [`Decimal`] | capacities | a number or a text, with every digit: `0.125`, `"0.250"` |
//! | [`Timestamp`] | times in answers | anything; understands RFC 3339, `yyyy-MM-dd HH:mm:ss` and epoch milliseconds |
//! | [`QueryTime`] | times in requests | `yyyyMMddHHmmss`, UTC |
//! | [`List`] | arrays | an array, null, or nothing |
//!
//! Sets of values that may grow are enums with a variant `Other`, made from the `x-extensible-enum`
//! of the description: [`dcs::types::TaskStatus`](crate::dcs::types::TaskStatus) is one. What a status
//! means is a [`TaskState`].

mod extensible_enum;
mod list;
mod number;
mod object;
mod state;
mod time;

pub(crate) use extensible_enum::extensible_enum;
pub use list::List;
pub use number::{Count, Decimal, ParseNumberError};
pub(crate) use object::ObjectOnly;
pub use state::TaskState;
pub use time::{QueryTime, QueryTimeError, Timestamp};
