//! The ways in which a wait does not end well, each with what was seen last.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::{TaskService, Update};
use crate::error::Error;

/// A wait that did not end with a task that ended well.
///
/// `kind` tells the ways apart; `last` has what was known at the end.
#[derive(Clone)]
pub struct WaitError<S: TaskService>(pub(super) Box<Ended<S>>);

#[derive(Clone)]
pub(super) struct Ended<S: TaskService> {
    pub(super) kind: WaitErrorKind,
    pub(super) last: Update<S>,
    /// Whether a list was ever read.
    pub(super) answered: bool,
    pub(super) poll_error: Option<Error>,
}

/// The ways in which a wait does not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitErrorKind {
    /// The task ended, and not well; its status says how.
    TaskFailed,
    /// The task is not listed: no longer, or not even after the grace for a new one.
    TaskVanished,
    /// The time limit was reached, and the task had not ended.
    TimedOut,
    /// The service could not be asked; [`WaitError::poll_error`] says why.
    PollFailed,
}

impl<S: TaskService> WaitError<S> {
    /// An error before anything was asked.
    pub(super) fn new(kind: WaitErrorKind, instance_id: String, task_id: String) -> Self {
        Self(Box::new(Ended {
            kind,
            last: Update {
                instance_id,
                task_id,
                task: None,
                progress: None,
                elapsed: Duration::ZERO,
                polls: 0,
            },
            answered: false,
            poll_error: None,
        }))
    }

    pub(super) fn nameless(instance_id: &str) -> Self {
        let kind = WaitErrorKind::PollFailed;
        let mut error = Self::new(kind, instance_id.to_string(), String::new());
        error.0.poll_error = Some(Error::empty_task_id());
        error
    }

    /// In which way the wait ended.
    pub fn kind(&self) -> WaitErrorKind {
        self.0.kind
    }

    /// What was known of the task at the end, after how long, and after how many polls.
    pub fn last(&self) -> &Update<S> {
        &self.0.last
    }

    /// Why the service could not be asked.
    pub fn poll_error(&self) -> Option<&Error> {
        self.0.poll_error.as_ref()
    }
}

impl<S: TaskService> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ended {
            kind,
            last,
            answered,
            ..
        } = &*self.0;
        let seen = last.task.is_some() || last.progress.is_some();
        let status = last.status().unwrap_or("unknown");
        write!(
            f,
            "{} task {} of instance {} ",
            S::NAME,
            last.task_id,
            last.instance_id
        )?;
        match kind {
            WaitErrorKind::TaskFailed => {
                write!(f, "ended with status {status}")?;
                if let Some(step) = last.progress.as_ref().and_then(S::failed_step) {
                    write!(f, " in step {step}")?;
                }
            }
            WaitErrorKind::TaskVanished if seen => {
                write!(f, "is no longer listed; its last status is {status}")?;
            }
            WaitErrorKind::TaskVanished => {
                write!(f, "is not listed; are the ids right?")?;
            }
            WaitErrorKind::TimedOut if seen => {
                write!(f, "did not end in time; its last status is {status}")?;
            }
            WaitErrorKind::TimedOut if *answered => {
                write!(f, "was not listed in time; are the ids right?")?;
            }
            WaitErrorKind::TimedOut => {
                write!(f, "cannot be told of: the service did not answer in time")?;
            }
            WaitErrorKind::PollFailed => write!(f, "could not be asked for")?,
        }
        write!(
            f,
            " [waited {}.{} s, {} poll{}]",
            last.elapsed.as_secs(),
            last.elapsed.subsec_millis() / 100,
            last.polls,
            if last.polls == 1 { "" } else { "s" }
        )?;
        match &self.0.poll_error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

impl<S: TaskService> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitError")
            .field("kind", &self.0.kind)
            .field("instance_id", &self.0.last.instance_id)
            .field("task_id", &self.0.last.task_id)
            .field("task", &self.0.last.task)
            .field("progress", &self.0.last.progress)
            .field("elapsed", &self.0.last.elapsed)
            .field("polls", &self.0.last.polls)
            .field("poll_error", &self.0.poll_error)
            .finish()
    }
}

impl<S: TaskService> StdError for WaitError<S> {
    /// `Display` tells of the call that failed; this is what made it fail.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.poll_error.as_ref().and_then(StdError::source)
    }
}
