//! Whether a call that failed is tried again, and after how long.

use std::time::Duration;

use crate::error::Error;

/// When and how often a call is tried again.
///
/// Only calls that may be repeated without harm are, and only after failures that may pass:
/// connections that fail or break, time that ran out, and the statuses 429, 500, 502, 503 and 504.
/// Between attempts the client waits: a random time up to a limit that doubles from attempt to
/// attempt (exponential backoff with full jitter), and what `Retry-After` asks for besides.
///
/// A refusal of the credentials (401, 403) is never tried again, since a few failures lock an access
/// key. One exception does not count as a retry: an answer that shows that the clock of the machine is
/// off is tried once more with the time of the service.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_tasks::{auth::Credentials, dcs, retry::RetryPolicy};
///
/// let client = dcs::Client::builder()
///     .region(dcs::regions::CN_NORTH_4)
///     .credentials(Credentials::new("AK", "SK"))
///     .retry(RetryPolicy::default().max_attempts(5).total_time(Duration::from_secs(20)))
///     .build()?;
/// # Ok::<(), huaweicloud_tasks::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    total_time: Duration,
    correct_clock: bool,
}

impl Default for RetryPolicy {
    /// Four attempts within two minutes; waits of up to 0.5, 1 and 2 seconds.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            total_time: Duration::from_secs(120),
            correct_clock: true,
        }
    }
}

impl RetryPolicy {
    /// Every call is tried once, but for a clock that is corrected.
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a call is tried at most, the first time included; 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The limit of the first wait, from which the others double.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The limit that waits do not grow beyond. `Retry-After` may ask for more.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How long a call may take with all its attempts and waits.
    #[must_use]
    pub fn total_time(mut self, time: Duration) -> Self {
        self.total_time = time;
        self
    }

    /// Whether a clock that an answer shows to be off is corrected, and the call tried once more; it is
    /// by default.
    #[must_use]
    pub fn correct_clock(mut self, correct: bool) -> Self {
        self.correct_clock = correct;
        self
    }

    pub(crate) fn corrects_clock(&self) -> bool {
        self.correct_clock
    }

    /// What is left of the total time.
    pub(crate) fn remaining(&self, elapsed: Duration) -> Duration {
        self.total_time.saturating_sub(elapsed)
    }

    /// How long to wait before the next attempt, or nothing where there is none.
    ///
    /// `random` is from 0 to 1.
    pub(crate) fn delay(
        &self,
        error: &Error,
        attempts: u32,
        elapsed: Duration,
        random: f64,
    ) -> Option<Duration> {
        if attempts >= self.max_attempts || !error.is_retryable() {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let limit = self.base_delay.saturating_mul(doubled).min(self.max_delay);
        // The jitter stays on top of what the service asks for: it asks everybody for the same.
        let delay = limit
            .mul_f64(random.clamp(0.0, 1.0))
            .saturating_add(error.retry_after());
        (delay < self.remaining(elapsed)).then_some(delay)
    }
}
