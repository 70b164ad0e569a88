//! Checks of parameters, made before anything is sent.
//!
//! `build.rs` puts calls of these into each `send`, from the limits of the description. A refusal is
//! a reason; the caller adds the operation and the name of the parameter.

use crate::wire::QueryTime;

/// Longer ids than any that exist; a limit keeps a mistake from becoming a request of megabytes.
const LONGEST_ID: usize = 256;

/// A text that becomes one segment of the path. It must not be able to leave its place there.
pub(crate) fn path_segment(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err("must not be empty".to_string());
    }
    if value.len() > LONGEST_ID {
        return Err(format!(
            "is {} bytes long, and an id has {LONGEST_ID} at most",
            value.len()
        ));
    }
    if value == "." || value == ".." {
        return Err(format!("{value:?} is not an id"));
    }
    // Unreserved characters alone: they stand in a path as they are, whoever reads it.
    let foreign = |c: char| !c.is_ascii_alphanumeric() && !"-_.~".contains(c);
    if let Some(character) = value.chars().find(|c| foreign(*c)) {
        return Err(format!("{value:?} holds {character:?}, which no id does"));
    }
    Ok(())
}

/// A number with limits.
pub(crate) fn range<N>(value: Option<N>, min: Option<i64>, max: Option<i64>) -> Result<(), String>
where
    i64: From<N>,
{
    let Some(value) = value.map(i64::from) else {
        return Ok(());
    };
    match (min, max) {
        (Some(min), Some(max)) if value < min || value > max => {
            Err(format!("must be from {min} to {max}, and is {value}"))
        }
        (Some(min), _) if value < min => Err(format!("must be {min} or more, and is {value}")),
        (_, Some(max)) if value > max => Err(format!("must be {max} at most, and is {value}")),
        _ => Ok(()),
    }
}

/// Two times of which the first must not be after the second.
pub(crate) fn not_after(
    value: Option<&QueryTime>,
    later_name: &str,
    later: Option<&QueryTime>,
) -> Result<(), String> {
    match (value, later) {
        (Some(value), Some(later)) if value > later => {
            Err(format!("{value} is after {later_name}, {later}"))
        }
        _ => Ok(()),
    }
}
