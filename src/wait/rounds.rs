//! A wait under way: round after round, a list an instance, and what each tells of its tasks.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::error::Ended;
use super::policy::FOREVER;
use super::{TaskService, Update, WaitError, WaitErrorKind, WaitMany, WaitPolicy};
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

/// What a poll tells of a task.
type Told<S> = Result<Update<S>, WaitError<S>>;

/// Instances that are being polled: each comes with what was told of its tasks.
type Polling<'a, S> = Pin<Box<dyn Stream<Item = (Instance<S>, Vec<Told<S>>)> + Send + 'a>>;

/// A wait under way.
pub(super) struct Rounds<'a, S: TaskService> {
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

impl<'a, S: TaskService> Rounds<'a, S> {
    pub(super) fn new(wait: WaitMany<'a, S>) -> Self {
        Self {
            client: wait.client,
            clock: wait.client.clock(),
            policy: wait.policy,
            concurrency: wait.concurrency,
            progress: wait.progress,
            started: None,
            doublings: 0,
            hint: None,
            hint_before: None,
            grace: None,
            idle: wait.tasks.into_iter().filter_map(Instance::new).collect(),
            polling: stream::empty().boxed(),
            told: VecDeque::new(),
        }
    }

    /// What is told next; nothing where every task has ended.
    pub(super) async fn next(&mut self) -> Option<Told<S>> {
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
    use crate::client::Service;
    use crate::clock::SystemClock;
    use crate::endpoint::Server;
    use crate::transport::{Response, Transport};
    use crate::wait::Wait;
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
