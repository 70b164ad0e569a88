//! The query parameters of the lists, checked as the documents say.

use axum::http::Uri;
use chrono::{DateTime, Utc};

use super::answer::Refusal;
use crate::wire::QueryTime;

/// Which tasks a request wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// How many matching tasks to pass over.
    pub(super) skip: usize,
    /// How many to return at most.
    pub(super) limit: usize,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Page {
    /// Whether a span of time is asked for at all.
    pub(super) fn has_span(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether a task lies in the span of time that is asked for. The documents do not say which of
    /// its times counts; the sandbox takes the start. A task without one matches no span.
    pub(super) fn covers(&self, created_at: Option<DateTime<Utc>>) -> bool {
        match (self.from, self.to, created_at) {
            (None, None, _) => true,
            (from, to, Some(time)) => {
                from.is_none_or(|from| from <= time) && to.is_none_or(|to| time <= to)
            }
            (_, _, None) => false,
        }
    }
}

/// The parameters of a request, decoded.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// DCS counts from 0. Its example says `begin_time` where its table says `start_time`; the
    /// sandbox takes both.
    pub(super) fn dcs_page(&self) -> Result<Page, Refusal> {
        Ok(Page {
            skip: self.number("offset", 0, i32::MAX)?.unwrap_or(0),
            limit: self.number("limit", 1, 1000)?.unwrap_or(10),
            from: match self.time("start_time")? {
                None => self.time("begin_time")?,
                from => from,
            },
            to: self.time("end_time")?,
        })
    }

    /// RocketMQ counts from 1, and takes 0 for 1.
    pub(super) fn rocketmq_page(&self) -> Result<Page, Refusal> {
        let start = self.number("start", 0, i32::MAX)?.unwrap_or(1);
        Ok(Page {
            skip: start.saturating_sub(1),
            limit: self.number("limit", 1, i32::MAX)?.unwrap_or(10),
            from: self.time("begin_time")?,
            to: self.time("end_time")?,
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, min: i32, max: i32) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        text.parse::<i32>()
            .ok()
            .filter(|number| (min..=max).contains(number))
            .and_then(|number| usize::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| {
                Refusal::invalid_parameter(format!("{name} must be from {min} to {max}"))
            })
    }

    fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let time: QueryTime = text
            .parse()
            .map_err(|error| Refusal::invalid_parameter(format!("{name}: {error}")))?;
        Ok(Some(time.to_utc()))
    }
}
