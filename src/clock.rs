//! Time, as the client sees it: a clock that tests can move.
//!
//! Signatures, waiting between attempts and the expiry of credentials all go by a [`Clock`]. In a
//! test a [`ManualClock`] takes its place, so that no test has to wait.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// A future in a box, which a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time of day.
    fn now(&self) -> DateTime<Utc>;

    /// The time since some fixed point in the past. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The clock of the machine.
#[derive(Clone, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock for tests: it stands still until it is moved, and waiting moves it.
///
/// ```
/// use std::time::Duration;
/// use chrono::{TimeZone, Utc};
/// use huaweicloud_tasks::clock::{Clock, ManualClock};
///
/// let noon = Utc.with_ymd_and_hms(2020, 6, 9, 12, 0, 0).unwrap();
/// let clock = ManualClock::new(noon);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - noon, chrono::TimeDelta::minutes(1));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<Manual>,
}

#[derive(Debug)]
struct Manual {
    start: DateTime<Utc>,
    elapsed: Duration,
    sleeps: Vec<Duration>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            state: Mutex::new(Manual {
                start: now,
                elapsed: Duration::ZERO,
                sleeps: Vec::new(),
            }),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.elapsed = state.elapsed.saturating_add(duration);
    }

    /// How long each wait was, in order. None of them took any time.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().sleeps.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Manual> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        let state = self.lock();
        TimeDelta::from_std(state.elapsed)
            .ok()
            .and_then(|elapsed| state.start.checked_add_signed(elapsed))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn monotonic(&self) -> Duration {
        self.lock().elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let mut state = self.lock();
        state.sleeps.push(duration);
        state.elapsed = state.elapsed.saturating_add(duration);
        drop(state);
        // Other work goes first, as it would while a real clock runs.
        Box::pin(tokio::task::yield_now())
    }
}
