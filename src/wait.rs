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
//! | no such task, but its progress is known | goes on |
//! | no such task | goes on for the grace, since the task may be new; then ends: [`TaskVanished`](WaitErrorKind::TaskVanished) |
//! | nothing: the call failed, after its retries | ends: [`PollFailed`](WaitErrorKind::PollFailed) |
//!
//! Whatever goes on ends with the time limit: [`TimedOut`](WaitErrorKind::TimedOut). A progress that
//! cannot be had ends nothing.
//!
//! A wait is a future or a stream that runs where it is polled: dropped, it leaves nothing behind. Time
//! is that of the client's [`Clock`], so that tests need not wait.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tracing::debug;

use crate::client::Service;
use crate::clock::{BoxFuture, Clock};
use crate::error::{Error, ErrorKind};
use crate::pager::{PagedCall, Pages};
use crate::wire::TaskState;

/// What a poll may take where the time limit leaves it less, so that the last one can be answered.
const LAST_POLL: Duration = Duration::from_secs(5);

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
    /// How long the task will go on, by its own word.
    #[doc(hidden)]
    fn remaining(progress: &Self::Progress) -> Option<Duration>;
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
    /// The time limit, from the first poll of the future or stream on. The last poll is made when it
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

    /// The least time between two polls, from which it doubles; 10 ms at least.
    ///
    /// Each pause is a random one between half of what it has doubled to and all of it, so that waits
    /// that began together do not poll together. Where the service tells how long a task will go on,
    /// that takes the place of the doubled time.
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

    /// How long a task may be absent from the list, at first or after it was seen, before it counts as
    /// vanished. A task that was just created is not listed at once.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The pause after so many rounds, never beyond the time limit.
    fn pause(
        &self,
        rounds: u32,
        hint: Option<Duration>,
        remaining: Duration,
        random: f64,
    ) -> Duration {
        if rounds == 0 {
            return self.initial_delay.min(remaining);
        }
        let most = self.max_interval.max(self.min_interval);
        let doubled = 2_u32.saturating_pow(rounds.saturating_sub(1));
        let interval = hint
            .unwrap_or_else(|| self.min_interval.saturating_mul(doubled))
            .clamp(self.min_interval, most);
        let least = (interval / 2).max(self.min_interval);
        let spread = interval.saturating_sub(least);
        least
            .saturating_add(spread.mul_f64(random.clamp(0.0, 1.0)))
            .min(remaining)
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
    /// Whether the task was ever there: listed, or with a progress.
    seen: bool,
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
            kind, last, seen, ..
        } = &*self.0;
        let status = last.status().unwrap_or("unknown");
        write!(
            f,
            "{} task {} of instance {} ",
            S::NAME,
            last.task_id,
            last.instance_id
        )?;
        match kind {
            WaitErrorKind::TaskFailed => write!(f, "ended with status {status}")?,
            WaitErrorKind::TaskVanished if *seen => {
                write!(f, "is no longer listed; its last status is {status}")?;
            }
            WaitErrorKind::TaskVanished => {
                write!(f, "is not listed; are the ids right?")?;
            }
            WaitErrorKind::TimedOut if *seen => {
                write!(f, "did not end in time; its last status is {status}")?;
            }
            WaitErrorKind::TimedOut => write!(f, "was not listed in time")?,
            WaitErrorKind::PollFailed => write!(f, "could not be asked for")?,
        }
        write!(
            f,
            " [waited {}.{} s, {} polls]",
            last.elapsed.as_secs(),
            last.elapsed.subsec_millis() / 100,
            last.polls
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
            let mut ended = pin!(self.0.stream());
            loop {
                // The stream ends with the one task, which was listed: its status says that it ended.
                if let Some(Update {
                    task: Some(task), ..
                }) = ended.try_next().await?
                {
                    return Ok(task);
                }
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
    tasks: BTreeMap<String, HashSet<String>>,
    policy: WaitPolicy,
    concurrency: usize,
    progress: bool,
}

impl<'a, S: TaskService> WaitMany<'a, S> {
    pub(crate) fn new(client: &'a S, ids: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut tasks: BTreeMap<_, HashSet<_>> = BTreeMap::new();
        for (instance_id, task_id) in ids {
            tasks.entry(instance_id).or_default().insert(task_id);
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
        let rounds = Rounds {
            clock: self.client.clock(),
            waiting: self,
            started: None,
            rounds: 0,
            hint: None,
            idle: Vec::new(),
            polling: stream::empty().boxed(),
            told: VecDeque::new(),
        };
        stream::unfold(rounds, |mut rounds| async {
            let told = rounds.next().await?;
            Some((told, rounds))
        })
    }
}

/// A wait under way.
struct Rounds<'a, S: TaskService> {
    waiting: WaitMany<'a, S>,
    clock: Arc<dyn Clock>,
    started: Option<Duration>,
    rounds: u32,
    /// The shortest time that a task of this round will go on, by its own word.
    hint: Option<Duration>,
    /// The instances that were polled in this round, and have tasks that go on.
    idle: Vec<Instance<S>>,
    polling: Polling<'a, S>,
    told: VecDeque<Told<S>>,
}

impl<'a, S: TaskService> Rounds<'a, S> {
    async fn next(&mut self) -> Option<Told<S>> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Some(told);
            }
            if let Some((instance, told)) = self.polling.next().await {
                self.told.extend(told);
                if !instance.tasks.is_empty() {
                    self.hint = self.hint.into_iter().chain(instance.hint()).min();
                    self.idle.push(instance);
                }
                continue;
            }
            let started = match self.started {
                Some(_) if self.idle.is_empty() => return None,
                Some(started) => started,
                None => self.start(),
            };
            let policy = &self.waiting.policy;
            let remaining = policy
                .timeout
                .saturating_sub(self.clock.monotonic().saturating_sub(started));
            let pause = policy.pause(self.rounds, self.hint, remaining, fastrand::f64());
            if !pause.is_zero() {
                self.clock.sleep(pause).await;
            }
            self.rounds = self.rounds.saturating_add(1);
            self.hint = None;
            let poll = Poll {
                client: self.waiting.client,
                clock: self.clock.clone(),
                started,
                timeout: policy.timeout,
                grace: policy.grace,
                progress: self.waiting.progress,
            };
            self.polling = stream::iter(std::mem::take(&mut self.idle))
                .map(move |instance| poll.clone().instance(instance))
                .buffer_unordered(self.waiting.concurrency)
                .boxed();
        }
    }

    fn start(&mut self) -> Duration {
        let started = self.clock.monotonic();
        self.started = Some(started);
        let instances = std::mem::take(&mut self.waiting.tasks).into_iter();
        self.idle = instances
            .map(|(id, tasks)| Instance {
                id,
                polls: 0,
                tasks: tasks
                    .into_iter()
                    .map(|id| (id, Known::at(started)))
                    .collect(),
            })
            .collect();
        started
    }
}

/// An instance, and those of its tasks that are still waited for.
struct Instance<S: TaskService> {
    id: String,
    polls: u32,
    tasks: HashMap<String, Known<S>>,
}

impl<S: TaskService> Instance<S> {
    fn hint(&self) -> Option<Duration> {
        let progress = self
            .tasks
            .values()
            .filter_map(|known| known.progress.as_ref());
        progress.filter_map(S::remaining).min()
    }
}

/// What is known of a task.
struct Known<S: TaskService> {
    task: Option<S::Task>,
    progress: Option<S::Progress>,
    /// When the task was there last; at first, when the wait began.
    there: Duration,
    /// The service said that this task has no progress to show.
    without_progress: bool,
}

impl<S: TaskService> Known<S> {
    fn at(time: Duration) -> Self {
        Self {
            task: None,
            progress: None,
            there: time,
            without_progress: false,
        }
    }
}

/// What one poll of an instance brought.
struct Found<S: TaskService> {
    tasks: HashMap<String, S::Task>,
    progress: HashMap<String, Result<S::Progress, Error>>,
}

/// What every poll of a round needs.
struct Poll<'a, S> {
    client: &'a S,
    clock: Arc<dyn Clock>,
    started: Duration,
    timeout: Duration,
    grace: Duration,
    progress: bool,
}

// Not derived: the client is behind a reference.
impl<S> Clone for Poll<'_, S> {
    fn clone(&self) -> Self {
        Self {
            clock: self.clock.clone(),
            ..*self
        }
    }
}

impl<S: TaskService> Poll<'_, S> {
    /// Polls an instance; gives it back with the tasks that go on.
    async fn instance(self, mut instance: Instance<S>) -> (Instance<S>, Vec<Told<S>>) {
        instance.polls = instance.polls.saturating_add(1);
        let remaining = self.timeout.saturating_sub(self.elapsed());
        // This limit runs by the machine's time: nothing moves a clock on while a server is silent.
        let found = tokio::time::timeout(remaining.max(LAST_POLL), self.find(&instance)).await;
        let mut told = Vec::with_capacity(instance.tasks.len());
        match found {
            Ok(Ok(mut found)) => {
                for (task_id, mut known) in std::mem::take(&mut instance.tasks) {
                    let there = self.learn(&mut known, &task_id, &mut found);
                    let end = self.end(&known, there);
                    told.push(self.tell(&instance, &task_id, &known, end, None));
                    if end.is_none() {
                        instance.tasks.insert(task_id, known);
                    }
                }
            }
            Ok(Err(error)) => {
                for (task_id, known) in instance.tasks.drain().collect::<Vec<_>>() {
                    let end = Some(Err(WaitErrorKind::PollFailed));
                    told.push(self.tell(&instance, &task_id, &known, end, Some(error.clone())));
                }
            }
            Err(_) => {
                for (task_id, known) in instance.tasks.drain().collect::<Vec<_>>() {
                    let end = Some(Err(WaitErrorKind::TimedOut));
                    told.push(self.tell(&instance, &task_id, &known, end, None));
                }
            }
        }
        (instance, told)
    }

    /// Asks for the list, until all tasks that are waited for are found, and for their progress: of one
    /// that has ended, too, since its steps say where it failed.
    async fn find(&self, instance: &Instance<S>) -> Result<Found<S>, Error> {
        let mut tasks = HashMap::new();
        let mut missing: HashSet<&str> = instance.tasks.keys().map(String::as_str).collect();
        if missing.contains("") {
            return Err(Error::empty_task_id());
        }
        let mut listed = pin!(Pages::new(self.client.list(&instance.id)).items());
        while !missing.is_empty()
            && let Some(task) = listed.try_next().await?
        {
            if let Some(id) = S::List::id(&task)
                && missing.remove(id)
            {
                tasks.insert(id.to_string(), task);
            }
        }
        let mut progress = HashMap::new();
        for (task_id, known) in &instance.tasks {
            if !self.progress || known.without_progress {
                continue;
            }
            if let Some(call) = self.client.progress(&instance.id, task_id) {
                progress.insert(task_id.clone(), call.await);
            }
        }
        Ok(Found { tasks, progress })
    }

    /// Takes over what was found of a task; says whether it is there at all.
    fn learn(&self, known: &mut Known<S>, task_id: &str, found: &mut Found<S>) -> bool {
        let mut there = false;
        if let Some(task) = found.tasks.remove(task_id) {
            known.task = Some(task);
            there = true;
        }
        match found.progress.remove(task_id) {
            Some(Ok(progress)) => {
                known.progress = Some(progress);
                there = true;
            }
            Some(Err(error)) => {
                debug!(%error, "the progress of the task cannot be had");
                known.without_progress = error.kind() == ErrorKind::NotSupported;
            }
            None => {}
        }
        if there {
            known.there = self.clock.monotonic();
        }
        there
    }

    /// Whether the wait for a task is over, and how it ended.
    fn end(&self, known: &Known<S>, there: bool) -> Option<Result<(), WaitErrorKind>> {
        let status = known.task.as_ref().and_then(S::status);
        match status.map_or(TaskState::Pending, TaskState::of) {
            TaskState::Succeeded => return Some(Ok(())),
            TaskState::Failed => return Some(Err(WaitErrorKind::TaskFailed)),
            TaskState::Pending => {}
        }
        let absent = self.clock.monotonic().saturating_sub(known.there);
        if !there && absent >= self.grace {
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
                seen: known.task.is_some() || known.progress.is_some(),
                last,
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

        fn remaining(_: &String) -> Option<Duration> {
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
        }
    }

    #[tokio::test]
    async fn a_call_under_way_is_dropped_with_the_wait() {
        let client = Silent(Arc::default());
        let wait = WaitMany::new(&client, (0..20).map(|i| (i.to_string(), "t".to_string())));
        let mut ended = Box::pin(wait.concurrency(3).stream());
        assert!(ended.next().now_or_never().is_none());
        assert_eq!(client.0.load(Ordering::SeqCst), 3);
        drop(ended);
        assert_eq!(client.0.load(Ordering::SeqCst), 0);
    }
}
