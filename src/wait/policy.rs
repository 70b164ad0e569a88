//! How often a wait polls, and for how long: the pauses between its rounds.

use std::time::Duration;

/// Long enough to count as no limit, and short enough to be added to the time of any machine: as long as
/// tokio's own far future, since a hundred years are too many for some.
pub(super) const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

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
    pub(super) timeout: Duration,
    pub(super) initial_delay: Duration,
    pub(super) min_interval: Duration,
    pub(super) max_interval: Duration,
    pub(super) grace: Duration,
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
    pub(super) fn pause(&self, doublings: u32, hint: Option<Duration>, random: f64) -> Duration {
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
