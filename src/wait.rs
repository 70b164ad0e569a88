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

use std::collections::{HashMap, HashSet, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use crate::client::Service;
use crate::clock::{BoxFuture, Clock};
use crate::error::{Error, ErrorKind};
use crate::pager::{PagedCall, Pages};
use crate::wire::TaskState;

/// What a round may take where the time limit leaves it less, so that the last one can be answered.
const LAST_ROUND: Duration = Duration::from_secs(5);

/// What the progress of the tasks of an instance may take in a round. The list does without it.
const PROGRESS_TIME: Duration = Duration::from_secs(5);

/// How many tasks of an instance are asked for their progress at the same time.
const PROGRESS_CONCURRENCY: usize = 8;

/// Long enough to count as no limit, and short enough to be added to the time of any machine: as long as
/// tokio's own far future, since a hundred years are too many for some.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

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

/// How often a wait polls, and for how long.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_tasks::wait::WaitPolicy;
///
/// let policy = WaitPolicy::default()
///     .timeout(Duration::from_secs(2 * 60 * 60))
///     .max_interval(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WaitPolicy {
    timeout: Duration,
    initial_delay: Duration,
    min_interval: Duration,
    max_interval: Duration,
    grace: Duration,
}

impl Default for WaitPolicy {
    /// Half an hour in all; polls at once, after 2 seconds, and ever more slowly up to 30 seconds
    /// apart; half a minute of grace.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30 * 60),
            initial_delay: Duration::ZERO,
            min_interval: Duration::from_secs(2),
            max_interval: Duration::from_secs(30),
            grace: Duration::from_secs(30),
        }
    }
}

impl WaitPolicy {
    /// The time limit, from the first poll of the future or stream on. The last round is made when it
    /// is reached, and has five seconds to be answered; one that is under way by then is broken off.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to wait before the first poll.
    #[must_use]
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// The least time between two polls; 10 ms at least.
    ///
    /// Each pause is a random one between half of an interval and all of it, so that waits that began
    /// together do not poll together. The interval begins with twice the least time, and doubles. Where
    /// the service tells how long a task will go on, and that time shrinks, it is the interval.
    #[must_use]
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval.max(Duration::from_millis(10));
        self
    }

    /// The most time between two polls. The least goes first, should it be more.
    #[must_use]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval;
        self
    }

    /// How long a task may be missing from the list, from the first poll that misses it on, before it
    /// counts as vanished. A task that was just created is not listed at once.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The pause before a round, whose interval has doubled so often.
    fn pause(&self, doublings: u32, hint: Option<Duration>, random: f64) -> Duration {
        let most = self.max_interval.max(self.min_interval);
        let doubled = 2_u32.saturating_pow(doublings);
        let interval = self.min_interval.saturating_mul(doubled);
        let interval = interval.max(hint.unwrap_or_default()).min(most);
        #[expect(clippy::arithmetic_side_effects, reason = "two is not zero")]
        let half = interval / 2;
        let least = half.max(self.min_interval);
        let spread = interval.saturating_sub(least).min(FOREVER);
        least.saturating_add(spread.mul_f64(random.clamp(0.0, 1.0)))
    }
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

/// A wait that did not end with a task that ended well.
///
/// `kind` tells the ways apart; `last` has what was known at the end.
#[derive(Clone)]
pub struct WaitError<S: TaskService>(Box<Ended<S>>);

#[derive(Clone)]
struct Ended<S: TaskService> {
    kind: WaitErrorKind,
    last: Update<S>,
    /// Whether a list was ever read.
    answered: bool,
    poll_error: Option<Error>,
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
    fn new(kind: WaitErrorKind, instance_id: String, task_id: String) -> Self {
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

    fn nameless(instance_id: &str) -> Self {
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

/// What a poll tells of a task.
type Told<S> = Result<Update<S>, WaitError<S>>;

/// Instances that are being polled: each comes with what was told of its tasks.
type Polling<'a, S> = Pin<Box<dyn Stream<Item = (Instance<S>, Vec<Told<S>>)> + Send + 'a>>;

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
        let (client, progress) = (self.client, self.progress);
        // A task without an id can be found nowhere; it is no reason not to wait for the others.
        let nameless: Vec<_> = self
            .tasks
            .iter()
            .filter(|(_, tasks)| tasks.iter().any(String::is_empty))
            .map(|(instance_id, _)| Err(WaitError::nameless(instance_id)))
            .collect();
        let rounds = Rounds {
            client,
            clock: client.clock(),
            policy: self.policy,
            concurrency: self.concurrency,
            progress,
            started: None,
            doublings: 0,
            hint: None,
            hint_before: None,
            grace: None,
            idle: self.tasks.into_iter().filter_map(Instance::new).collect(),
            polling: stream::empty().boxed(),
            told: VecDeque::new(),
        };
        let rounds = stream::unfold(rounds, |mut rounds| async {
            let told = rounds.next().await?;
            Some((told, rounds))
        });
        stream::iter(nameless).chain(rounds).fuse()
    }
}

/// A wait under way.
struct Rounds<'a, S: TaskService> {
    client: &'a S,
    clock: Arc<dyn Clock>,
    policy: WaitPolicy,
    concurrency: usize,
    progress: bool,
    started: Option<Duration>,
    /// How often the interval has doubled.
    doublings: u32,
    /// The shortest time that a task will go on, by its own word in this round, and in the one before.
    hint: Option<Duration>,
    hint_before: Option<Duration>,
    /// The shortest grace that is left to a task that is missing.
    grace: Option<Duration>,
    /// The instances that were polled in this round, and have tasks that go on.
    idle: Vec<Instance<S>>,
    polling: Polling<'a, S>,
    told: VecDeque<Told<S>>,
}

impl<S: TaskService> Rounds<'_, S> {
    async fn next(&mut self) -> Option<Told<S>> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Some(told);
            }
            if let Some((instance, told)) = self.polling.next().await {
                self.told.extend(told);
                if !instance.tasks.is_empty() {
                    self.hint = shorter(self.hint, instance.hint);
                    self.grace = shorter(self.grace, instance.grace);
                    self.idle.push(instance);
                }
                continue;
            }
            if self.idle.is_empty() {
                return None;
            }
            let now = self.clock.monotonic();
            let pause = match self.started {
                Some(started) => self.pause(self.remaining(started)),
                None => self.policy.initial_delay.min(self.policy.timeout),
            };
            let started = *self.started.get_or_insert(now);
            if !pause.is_zero() {
                self.clock.sleep(pause).await;
            }
            self.poll(started);
        }
    }

    fn remaining(&self, started: Duration) -> Duration {
        let elapsed = self.clock.monotonic().saturating_sub(started);
        self.policy.timeout.saturating_sub(elapsed)
    }

    /// The pause before the next round.
    fn pause(&mut self, remaining: Duration) -> Duration {
        // A task that says again and again that it is nearly done is not believed.
        let shrinks = match (self.hint, self.hint_before) {
            (Some(now), Some(before)) => now < before,
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.doublings = match shrinks {
            true => 0,
            false => self.doublings.saturating_add(1),
        };
        self.hint_before = self.hint.take();
        let policy = &self.policy;
        let pause = policy.pause(self.doublings, self.hint_before, fastrand::f64());
        let grace = self.grace.take().unwrap_or(Duration::MAX);
        pause.min(grace.max(policy.min_interval)).min(remaining)
    }

    /// Begins a round.
    fn poll(&mut self, started: Duration) {
        let limit = self.remaining(started).clamp(LAST_ROUND, FOREVER);
        // This limit runs by the machine's time: nothing moves a clock on while a server is silent.
        #[expect(
            clippy::arithmetic_side_effects,
            reason = "the limit is no longer than FOREVER, which any time has room for"
        )]
        let end = Instant::now() + limit;
        let poll = Arc::new(Poll {
            client: self.client,
            clock: self.clock.clone(),
            started,
            timeout: self.policy.timeout,
            grace: self.policy.grace,
            progress: self.progress,
            end,
        });
        self.polling = stream::iter(std::mem::take(&mut self.idle))
            .map(move |instance| poll.clone().instance(instance))
            .buffer_unordered(self.concurrency)
            .boxed();
    }
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    a.into_iter().chain(b).min()
}

/// An instance, and those of its tasks that are still waited for.
struct Instance<S: TaskService> {
    id: String,
    polls: u32,
    /// Whether its list was ever read.
    answered: bool,
    tasks: Vec<(String, Known<S>)>,
    /// The shortest time that one of them will go on, by its own word in this round.
    hint: Option<Duration>,
    /// The shortest grace that is left to one that is missing.
    grace: Option<Duration>,
}

impl<S: TaskService> Instance<S> {
    /// An instance with those tasks that can be found.
    fn new((id, tasks): (String, Vec<String>)) -> Option<Self> {
        let tasks: Vec<_> = tasks
            .into_iter()
            .filter(|id| !id.is_empty())
            .map(|id| (id, Known::default()))
            .collect();
        (!tasks.is_empty()).then_some(Self {
            id,
            polls: 0,
            answered: false,
            tasks,
            hint: None,
            grace: None,
        })
    }
}

/// What is known of a task.
struct Known<S: TaskService> {
    task: Option<S::Task>,
    progress: Option<S::Progress>,
    /// Since when polls have missed the task.
    missing_since: Option<Duration>,
    /// There is no progress to be had: the task has none, or the caller may not see it.
    without_progress: bool,
}

// Not derived: the service itself need have no default.
impl<S: TaskService> Default for Known<S> {
    fn default() -> Self {
        Self {
            task: None,
            progress: None,
            missing_since: None,
            without_progress: false,
        }
    }
}

/// What every poll of a round needs.
struct Poll<'a, S> {
    client: &'a S,
    clock: Arc<dyn Clock>,
    started: Duration,
    timeout: Duration,
    grace: Duration,
    progress: bool,
    /// When the round is broken off.
    end: Instant,
}

impl<S: TaskService> Poll<'_, S> {
    /// Polls an instance; gives it back with the tasks that go on.
    async fn instance(self: Arc<Self>, mut instance: Instance<S>) -> (Instance<S>, Vec<Told<S>>) {
        instance.polls = instance.polls.saturating_add(1);
        (instance.hint, instance.grace) = (None, None);
        let mut listed = match timeout_at(self.end, self.list(&instance)).await {
            Ok(Ok(listed)) => listed,
            Ok(Err(error)) => {
                // A list that can be read on is of no use here.
                let error = Some(error.not_resuming());
                return self.end_all(instance, WaitErrorKind::PollFailed, error);
            }
            Err(_) => return self.end_all(instance, WaitErrorKind::TimedOut, None),
        };
        instance.answered = true;
        let mut progress = self.progress(&instance).await;
        let mut told = Vec::with_capacity(instance.tasks.len());
        for (task_id, mut known) in std::mem::take(&mut instance.tasks) {
            let progress = progress.remove(&task_id);
            let hint = self.learn(&mut known, listed.remove(&task_id), progress);
            let end = self.end(&known);
            told.push(self.tell(&instance, &task_id, &known, end, None));
            if end.is_none() {
                instance.hint = shorter(instance.hint, hint);
                instance.grace = shorter(instance.grace, self.grace_left(&known));
                instance.tasks.push((task_id, known));
            }
        }
        (instance, told)
    }

    /// Ends the wait for every task of an instance.
    fn end_all(
        &self,
        mut instance: Instance<S>,
        kind: WaitErrorKind,
        poll_error: Option<Error>,
    ) -> (Instance<S>, Vec<Told<S>>) {
        let tasks = std::mem::take(&mut instance.tasks);
        let end = Some(Err(kind));
        let told = tasks
            .iter()
            .map(|(task_id, known)| self.tell(&instance, task_id, known, end, poll_error.clone()))
            .collect();
        (instance, told)
    }

    /// The tasks that are waited for, as far as they are listed. Reads no further than to the last.
    async fn list(&self, instance: &Instance<S>) -> Result<HashMap<String, S::Task>, Error> {
        let mut found = HashMap::new();
        let mut missing: HashSet<&str> = instance.tasks.iter().map(|(id, _)| id.as_str()).collect();
        let mut listed = pin!(Pages::new(self.client.list(&instance.id)).items());
        while !missing.is_empty()
            && let Some(task) = listed.try_next().await?
        {
            if let Some(id) = S::List::id(&task)
                && missing.remove(id)
            {
                found.insert(id.to_string(), task);
            }
        }
        Ok(found)
    }

    /// The progress of the tasks, of those that have ended too, since their steps say where one failed;
    /// as far as it is answered in time.
    async fn progress(
        &self,
        instance: &Instance<S>,
    ) -> HashMap<String, Result<S::Progress, Error>> {
        let mut calls: Vec<BoxFuture<'_, _>> = Vec::new();
        for (task_id, known) in &instance.tasks {
            if self.progress
                && !known.without_progress
                && let Some(call) = self.client.progress(&instance.id, task_id)
            {
                calls.push(Box::pin(async move { (task_id.clone(), call.await) }));
            }
        }
        let mut answers = stream::iter(calls).buffer_unordered(PROGRESS_CONCURRENCY);
        // A time that the machine has no room for is later than any other.
        let end = Instant::now()
            .checked_add(PROGRESS_TIME)
            .map_or(self.end, |end| end.min(self.end));
        let mut progress = HashMap::new();
        while let Ok(Some((task_id, answer))) = timeout_at(end, answers.next()).await {
            progress.insert(task_id, answer);
        }
        progress
    }

    /// Takes over what a poll found of a task; gives the time that it will go on, by its own word.
    fn learn(
        &self,
        known: &mut Known<S>,
        listed: Option<S::Task>,
        progress: Option<Result<S::Progress, Error>>,
    ) -> Option<Duration> {
        let mut hint = None;
        let mut is_known = false;
        match progress {
            Some(Ok(progress)) if S::is_known(&progress) => {
                is_known = true;
                hint = S::remaining(&progress);
                known.progress = Some(progress);
            }
            Some(Err(error)) => {
                debug!(%error, "the progress of the task cannot be had");
                // A refusal is not asked for again: a few of them lock an access key.
                known.without_progress = matches!(
                    error.kind(),
                    ErrorKind::NotSupported | ErrorKind::Unauthorized | ErrorKind::Forbidden
                );
            }
            Some(Ok(_)) | None => {}
        }
        // Once a task was listed, its progress is no proof that there still is one.
        let there = listed.is_some() || (known.task.is_none() && is_known);
        if let Some(task) = listed {
            known.task = Some(task);
        }
        known.missing_since = match there {
            true => None,
            false => Some(
                known
                    .missing_since
                    .unwrap_or_else(|| self.clock.monotonic()),
            ),
        };
        hint
    }

    /// The grace that is left to a task that is missing.
    fn grace_left(&self, known: &Known<S>) -> Option<Duration> {
        let missing = self.clock.monotonic().saturating_sub(known.missing_since?);
        Some(self.grace.saturating_sub(missing))
    }

    /// Whether the wait for a task is over, and how it ended.
    fn end(&self, known: &Known<S>) -> Option<Result<(), WaitErrorKind>> {
        let status = known.task.as_ref().and_then(S::status);
        match status.map_or(TaskState::Pending, TaskState::of) {
            TaskState::Succeeded => return Some(Ok(())),
            TaskState::Failed => return Some(Err(WaitErrorKind::TaskFailed)),
            TaskState::Pending => {}
        }
        if self.grace_left(known) == Some(Duration::ZERO) {
            Some(Err(WaitErrorKind::TaskVanished))
        } else if self.elapsed() >= self.timeout {
            Some(Err(WaitErrorKind::TimedOut))
        } else {
            None
        }
    }

    fn tell(
        &self,
        instance: &Instance<S>,
        task_id: &str,
        known: &Known<S>,
        end: Option<Result<(), WaitErrorKind>>,
        poll_error: Option<Error>,
    ) -> Told<S> {
        let last = Update {
            instance_id: instance.id.clone(),
            task_id: task_id.to_string(),
            task: known.task.clone(),
            progress: known.progress.clone(),
            elapsed: self.elapsed(),
            polls: instance.polls,
        };
        match end {
            None | Some(Ok(())) => Ok(last),
            Some(Err(kind)) => Err(WaitError(Box::new(Ended {
                kind,
                last,
                answered: instance.answered,
                poll_error,
            }))),
        }
    }

    fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.started)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;

    use super::*;
    use crate::clock::SystemClock;
    use crate::endpoint::Server;
    use crate::transport::{Response, Transport};
    use crate::wire::List;

    /// A service that never answers, and counts the calls that wait for it.
    #[derive(Clone, Debug)]
    struct Silent(Arc<AtomicUsize>);

    /// A call under way.
    struct UnderWay(Arc<AtomicUsize>);

    impl Drop for UnderWay {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Service for Silent {
        const NAME: &'static str = "Silent";

        fn servers() -> &'static [Server] {
            &[]
        }

        fn from_parts(_: String, _: reqwest::Client, _: Transport) -> Self {
            Self(Arc::default())
        }
    }

    impl PagedCall for Silent {
        type Page = List<String>;
        type Item = String;
        const FIRST: i32 = 0;
        const PAGE_SIZE: i32 = 10;
        const POSITION: &'static str = "offset";

        fn position(&self) -> Option<i32> {
            None
        }

        fn page_size(&self) -> Option<i32> {
            None
        }

        fn at(self, _: i32, _: i32) -> Self {
            self
        }

        async fn page(self) -> Result<Response<List<String>>, Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let _under_way = UnderWay(self.0.clone());
            std::future::pending().await
        }

        fn items(page: &mut List<String>) -> &mut List<String> {
            page
        }

        fn id(item: &String) -> Option<&str> {
            Some(item)
        }
    }

    impl TaskService for Silent {
        type Task = String;
        type Progress = String;
        type List<'a> = Self;

        fn clock(&self) -> Arc<dyn Clock> {
            Arc::new(SystemClock::default())
        }

        fn list(&self, _: &str) -> Self {
            self.clone()
        }

        fn status(_: &String) -> Option<&str> {
            None
        }

        fn progress(
            &self,
            _: &str,
            _: &str,
        ) -> Option<BoxFuture<'_, Result<Self::Progress, Error>>> {
            None
        }

        fn is_known(_: &String) -> bool {
            true
        }

        fn remaining(_: &String) -> Option<Duration> {
            None
        }

        fn failed_step(_: &String) -> Option<String> {
            None
        }
    }

    /// tokio's time is paused: it jumps on whenever nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn silence_ends_with_the_time() {
        for (timeout, expected) in [(60, 60), (0, 5)] {
            let client = Silent(Arc::default());
            let started = tokio::time::Instant::now();
            let error = Wait::new(&client, "i".to_string(), "t".to_string())
                .timeout(Duration::from_secs(timeout))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), WaitErrorKind::TimedOut);
            assert_eq!(error.last().polls, 1);
            assert_eq!(started.elapsed().as_secs(), expected);
            assert_eq!(client.0.load(Ordering::SeqCst), 0, "nothing is under way");
            assert!(
                error.to_string().contains("did not answer in time"),
                "{error}"
            );
        }
        // One limit for all, however few may be asked at a time.
        let client = Silent(Arc::default());
        let started = tokio::time::Instant::now();
        let wait = WaitMany::new(&client, (0..100).map(|i| (i.to_string(), "t")));
        let wait = wait.timeout(Duration::from_secs(1)).concurrency(2);
        assert_eq!(wait.stream().count().await, 100);
        assert_eq!(started.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn a_call_under_way_is_dropped_with_the_wait() {
        let client = Silent(Arc::default());
        let wait = WaitMany::new(&client, (0..20).map(|i| (i.to_string(), "t")));
        let mut ended = Box::pin(wait.concurrency(3).stream());
        assert!(ended.next().now_or_never().is_none());
        assert_eq!(client.0.load(Ordering::SeqCst), 3);
        drop(ended);
        assert_eq!(client.0.load(Ordering::SeqCst), 0);
    }
}
