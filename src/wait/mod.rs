//! Waiting for the end of tasks, of one or of thousands.
//!
//! A wait polls. Each round asks for the list of each instance once, however many of its tasks are
//! waited for, and reads no further than to the last of them; a wait for one DCS task asks for its
//! progress besides. The status in the list decides, by [`TaskState`]:
//!
//! | the list says | the wait |
//! | --- | --- |
//! | `SUCCESS` | ends well |
//! | `FAILED`, `CANCELLED`, `CANCELED`, `DELETED` | ends: [`TaskFailed`](WaitErrorKind::TaskFailed) |
//! | any other status, or none | goes on |
//! | no such task yet, but its progress is known | goes on |
//! | no such task | goes on for the grace; then ends: [`TaskVanished`](WaitErrorKind::TaskVanished) |
//! | nothing: the call failed, after its retries | ends: [`PollFailed`](WaitErrorKind::PollFailed) |
//!
//! Whatever goes on ends with the time limit: [`TimedOut`](WaitErrorKind::TimedOut). A progress that
//! cannot be had ends nothing.
//!
//! A wait is a future or a stream that runs where it is polled: dropped, it leaves nothing behind. Time
//! is that of the client's [`Clock`], so that tests need not wait.

mod error;
mod policy;
mod rounds;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::IntoFuture;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};

use crate::client::Service;
use crate::clock::{BoxFuture, Clock};
use crate::error::Error;
use crate::pager::PagedCall;
use crate::wire::TaskState;
pub use error::{WaitError, WaitErrorKind};
pub use policy::WaitPolicy;
use rounds::Rounds;

/// A service whose tasks can be waited for: the clients of DCS and RocketMQ.
pub trait TaskService: Service + Sync + 'static {
    /// A task as the list has it.
    type Task: Clone + fmt::Debug + Send + Sync + 'static;
    /// How far a task has come, where the service can tell.
    type Progress: Clone + fmt::Debug + Send + Sync + 'static;

    #[doc(hidden)]
    type List<'a>: PagedCall<Item = Self::Task>;

    #[doc(hidden)]
    fn clock(&self) -> Arc<dyn Clock>;
    #[doc(hidden)]
    fn list(&self, instance_id: &str) -> Self::List<'_>;
    #[doc(hidden)]
    fn status(task: &Self::Task) -> Option<&str>;
    /// Asks how far a task has come; nothing where the service has no such operation.
    #[doc(hidden)]
    fn progress(
        &self,
        instance_id: &str,
        task_id: &str,
    ) -> Option<BoxFuture<'_, Result<Self::Progress, Error>>>;
    /// Whether it says anything: an answer may be an empty object.
    #[doc(hidden)]
    fn is_known(progress: &Self::Progress) -> bool;
    /// How long the task will go on, by its own word.
    #[doc(hidden)]
    fn remaining(progress: &Self::Progress) -> Option<Duration>;
    /// The step that failed.
    #[doc(hidden)]
    fn failed_step(progress: &Self::Progress) -> Option<String>;
}

/// What is known of a task that is waited for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Update<S: TaskService> {
    /// The instance of the task.
    pub instance_id: String,
    /// The id of the task.
    pub task_id: String,
    /// The task as it was listed last; nothing where it never was.
    pub task: Option<S::Task>,
    /// How far it had come when it was asked last; nothing where the service does not tell.
    pub progress: Option<S::Progress>,
    /// How long the wait has taken.
    pub elapsed: Duration,
    /// How often the list of the instance was asked for.
    pub polls: u32,
}

impl<S: TaskService> Update<S> {
    /// Whether the task goes on, and how it ended. One that was never listed is pending.
    pub fn state(&self) -> TaskState {
        self.status().map_or(TaskState::Pending, TaskState::of)
    }

    /// The status of the task as the service writes it: `EXECUTING`.
    pub fn status(&self) -> Option<&str> {
        self.task.as_ref().and_then(S::status)
    }
}

/// A wait for one task, started by `wait` of a task. Awaited, it gives the task that ended well.
///
/// ```no_run
/// use std::time::Duration;
/// # async fn run(client: huaweicloud_tasks::dcs::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let task = client
///     .instance("5560df16-cebf-4473-95c4-d1b573c16e79")
///     .task("8abf6e1e72c12e7c0172c15b508500aa")
///     .wait()
///     .timeout(Duration::from_secs(60 * 60))
///     .await?;
/// println!("done at {:?}", task.updated_at);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before the wait is awaited"]
pub struct Wait<'a, S>(WaitMany<'a, S>);

impl<'a, S: TaskService> Wait<'a, S> {
    pub(crate) fn new(client: &'a S, instance_id: String, task_id: String) -> Self {
        Self(WaitMany::new(client, [(instance_id, task_id)]).with_progress(true))
    }

    /// The time limit: [`WaitPolicy::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// How often to poll, and for how long.
    pub fn policy(self, policy: WaitPolicy) -> Self {
        Self(self.0.policy(policy))
    }

    /// What each poll tells. The last item is the task that ended well, or the error.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// # async fn run(client: huaweicloud_tasks::dcs::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let task = client
    ///     .instance("5560df16-cebf-4473-95c4-d1b573c16e79")
    ///     .task("8abf6e1e72c12e7c0172c15b508500aa");
    /// let mut updates = std::pin::pin!(task.wait().stream());
    /// while let Some(update) = updates.try_next().await? {
    ///     let percent = update.progress.as_ref().and_then(|progress| progress.progress);
    ///     println!("{:?} {percent:?} %", update.status());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As those of awaiting: see [the module](self).
    pub fn stream(self) -> impl Stream<Item = Result<Update<S>, WaitError<S>>> + Send + use<'a, S> {
        self.0.updates()
    }
}

impl<'a, S: TaskService> IntoFuture for Wait<'a, S> {
    type Output = Result<S::Task, WaitError<S>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let ids = self.0.tasks.first().cloned().unwrap_or_default();
            match pin!(self.0.stream()).next().await {
                Some(Ok(Update {
                    task: Some(task), ..
                })) => Ok(task),
                Some(Err(error)) => Err(error),
                // A stream of one task has one end, and what ended well was listed.
                Some(Ok(_)) | None => Err(WaitError::new(
                    WaitErrorKind::TimedOut,
                    ids.0,
                    ids.1.into_iter().next().unwrap_or_default(),
                )),
            }
        })
    }
}

/// A wait for many tasks, started by `wait_many` of a client.
///
/// The lists of the instances are asked for a few at a time, and each once a round: what a round costs
/// grows with the instances, not with the tasks.
///
/// ```no_run
/// use futures_util::StreamExt;
/// # async fn run(client: huaweicloud_tasks::dcs::Client) {
/// let tasks = [
///     ("5560df16-cebf-4473-95c4-d1b573c16e79", "8abf6e1e72c12e7c0172c15b508500aa"),
///     ("5560df16-cebf-4473-95c4-d1b573c16e79", "ff80808188bfde180188c36bb9ca4a30"),
/// ];
/// let mut ended = std::pin::pin!(client.wait_many(tasks).stream());
/// while let Some(result) = ended.next().await {
///     match result {
///         Ok(update) => println!("{} ended well", update.task_id),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before the stream is polled"]
pub struct WaitMany<'a, S> {
    client: &'a S,
    /// The ids of instances, and of their tasks, in the order in which they were given.
    tasks: Vec<(String, Vec<String>)>,
    policy: WaitPolicy,
    concurrency: usize,
    progress: bool,
}

impl<'a, S: TaskService> WaitMany<'a, S> {
    pub(crate) fn new(
        client: &'a S,
        ids: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        let mut tasks: Vec<(String, Vec<String>)> = Vec::new();
        let mut places = HashMap::new();
        let mut known = HashSet::new();
        for (instance_id, task_id) in ids {
            let (instance_id, task_id) = (instance_id.into(), task_id.into());
            if !known.insert((instance_id.clone(), task_id.clone())) {
                continue;
            }
            let place = *places.entry(instance_id.clone()).or_insert_with(|| {
                tasks.push((instance_id, Vec::new()));
                tasks.len().saturating_sub(1)
            });
            if let Some((_, ids)) = tasks.get_mut(place) {
                ids.push(task_id);
            }
        }
        Self {
            client,
            tasks,
            policy: WaitPolicy::default(),
            concurrency: 8,
            progress: false,
        }
    }

    /// The time limit of the whole: [`WaitPolicy::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy = self.policy.timeout(timeout);
        self
    }

    /// How often to poll, and for how long.
    pub fn policy(mut self, policy: WaitPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many instances are polled at the same time; 8 by default, and 0 counts as 1.
    pub fn concurrency(mut self, instances: usize) -> Self {
        self.concurrency = instances.max(1);
        self
    }

    /// Whether to ask for the progress of each task, which costs a call for each in each round. It is not asked for by default.
    pub fn with_progress(mut self, progress: bool) -> Self {
        self.progress = progress;
        self
    }

    /// The tasks as they end: an update for one that ended well, an error for any other.
    ///
    /// # Errors
    ///
    /// An error is about its own task, and the stream goes on with the others until each has ended:
    /// see [the module](self).
    pub fn stream(self) -> impl Stream<Item = Result<Update<S>, WaitError<S>>> + Send + use<'a, S> {
        self.updates().filter(|told| {
            let pending = matches!(told, Ok(update) if update.state() == TaskState::Pending);
            std::future::ready(!pending)
        })
    }

    /// What each poll tells of each task, the ends included.
    ///
    /// # Errors
    ///
    /// As those of [`stream`](Self::stream).
    pub fn updates(
        self,
    ) -> impl Stream<Item = Result<Update<S>, WaitError<S>>> + Send + use<'a, S> {
        // A task without an id can be found nowhere; it is no reason not to wait for the others.
        let nameless: Vec<_> = self
            .tasks
            .iter()
            .filter(|(_, tasks)| tasks.iter().any(String::is_empty))
            .map(|(instance_id, _)| Err(WaitError::nameless(instance_id)))
            .collect();
        let rounds = stream::unfold(Rounds::new(self), |mut rounds| async {
            let told = rounds.next().await?;
            Some((told, rounds))
        });
        stream::iter(nameless).chain(rounds).fuse()
    }
}
