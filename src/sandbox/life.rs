//! What a task that lives looks like at a moment.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::scenario::{ScenarioTask, Step};
use crate::dcs::types as dcs;
use crate::rocketmq::types as rocketmq;
use crate::wire::Timestamp;

/// A task at a moment at which it is listed.
pub(super) struct Moment<'a> {
    task: &'a ScenarioTask,
    /// When the task appeared.
    appeared: DateTime<Utc>,
    /// How many seconds of the sandbox pass in one of the clock.
    speed: f64,
    /// How long it goes on to wait for its first step.
    left: Duration,
    /// How long its steps have been running.
    ran: Duration,
    status: &'a str,
}

impl<'a> Moment<'a> {
    /// The task at a time since the sandbox started; nothing where it is not listed then.
    pub(super) fn of(
        task: &'a ScenarioTask,
        since_start: Duration,
        started: DateTime<Utc>,
        speed: f64,
    ) -> Option<Self> {
        let age = since_start.checked_sub(task.appears_after)?;
        if task.vanishes_after.is_some_and(|time| age >= time) {
            return None;
        }
        let whole = total(&task.steps);
        let end = task.ends_after.unwrap_or(whole).min(whole);
        let (ran, status) = match age.checked_sub(task.waits) {
            None => (Duration::ZERO, "CREATED"),
            Some(ran) if ran < end => (ran, "EXECUTING"),
            Some(_) => (end, task.ends.as_deref().unwrap_or("SUCCESS")),
        };
        Some(Self {
            task,
            left: task.waits.saturating_sub(age),
            appeared: later(started, task.appears_after, speed),
            speed,
            ran,
            status,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.task.id
    }

    pub(super) fn appeared(&self) -> DateTime<Utc> {
        self.appeared
    }

    fn running(&self) -> bool {
        matches!(self.status, "CREATED" | "EXECUTING")
    }

    fn failed(&self) -> bool {
        !self.running() && self.status != "SUCCESS"
    }

    /// When a task ended; for one that runs, when it appeared.
    fn updated(&self) -> Timestamp {
        let age = match self.running() {
            true => Duration::ZERO,
            false => self.task.waits.saturating_add(self.ran),
        };
        Timestamp::from(later(self.appeared, age, self.speed))
    }

    pub(super) fn dcs(&self) -> dcs::SingleBackgroundTask {
        dcs::SingleBackgroundTask {
            id: Some(self.task.id.clone()),
            name: self.task.name.as_deref().map(Into::into),
            user_name: Some("sandbox".to_string()),
            user_id: Some("d53977d1adfb49c5b025ba7d33a13fd7".to_string()),
            enable_show: Some(!self.task.steps.is_empty()),
            status: Some(self.status.into()),
            created_at: Some(self.appeared.into()),
            updated_at: Some(self.updated()),
            ..dcs::SingleBackgroundTask::default()
        }
    }

    pub(super) fn center(&self) -> dcs::ListCenterTasksResp {
        let task = self.dcs();
        dcs::ListCenterTasksResp {
            job_id: task.id.clone(),
            id: task.id,
            name: task.name,
            user_name: task.user_name,
            user_id: task.user_id,
            enable_show: task.enable_show,
            status: task.status,
            created_at: task.created_at,
            updated_at: task.updated_at,
            ..dcs::ListCenterTasksResp::default()
        }
    }

    pub(super) fn rocketmq(&self) -> rocketmq::BackgroundTask {
        rocketmq::BackgroundTask {
            id: Some(self.task.id.clone()),
            name: self.task.name.as_deref().map(Into::into),
            user_name: Some("sandbox".to_string()),
            user_id: Some("d53977d1adfb49c5b025ba7d33a13fd7".to_string()),
            status: Some(self.status.into()),
            created_at: Some(self.appeared.into()),
            updated_at: Some(self.updated()),
            ..rocketmq::BackgroundTask::default()
        }
    }

    pub(super) fn progress(&self) -> dcs::ShowBackgroundTaskProgressResponse {
        let whole = total(&self.task.steps);
        let share = match (whole.is_zero(), self.running()) {
            (true, running) => f64::from(u8::from(!running)),
            (false, _) => self.ran.as_secs_f64() / whole.as_secs_f64(),
        };
        let remaining = match self.running() {
            true => self.left.saturating_add(whole.saturating_sub(self.ran)),
            false => Duration::ZERO,
        };
        let remaining = remaining.as_secs_f64() / self.speed;
        let most = if self.failed() { 99 } else { 100 };
        dcs::ShowBackgroundTaskProgressResponse {
            // `as` stops at the limits of an integer.
            progress: Some(((share * 100.0) as i64).min(most)),
            remain_time: Some(remaining.ceil() as i64),
            step_details: self.steps(),
        }
    }

    fn steps(&self) -> crate::wire::List<dcs::StepDetail> {
        let began = self.task.waits;
        self.spans(&self.task.steps, began)
            .map(|(number, step, span)| dcs::StepDetail {
                step_id: Some(format!("{}-{number}", self.task.id)),
                step_name: Some(step.name.clone()),
                step_status: Some(span.status.into()),
                begin_time: span.begin,
                end_time: span.end,
                sub_step_details: self
                    .spans(&step.parts, span.from)
                    .map(|(part_number, part, span)| dcs::SubStepDetail {
                        sub_step_id: Some(format!("{}-{number}-{part_number}", self.task.id)),
                        sub_step_name: Some(part.name.clone()),
                        sub_step_status: Some(span.status.into()),
                        begin_time: span.begin,
                        end_time: span.end,
                        detail: Some(part.detail.clone().unwrap_or_default()),
                        ..dcs::SubStepDetail::default()
                    })
                    .collect(),
                ..dcs::StepDetail::default()
            })
            .collect()
    }

    /// Steps with their numbers, and where each stands. The first begins at an age of the task.
    fn spans<'s>(
        &'s self,
        steps: &'s [Step],
        began: Duration,
    ) -> impl Iterator<Item = (usize, &'s Step, Span)> + 's {
        let now = self.task.waits.saturating_add(self.ran);
        let mut from = began;
        steps.iter().enumerate().map(move |(number, step)| {
            let begin = from;
            from = begin.saturating_add(step.seconds);
            let time = |age| Some(Timestamp::from(later(self.appeared, age, self.speed)));
            let done = now >= from;
            // What fails after all is the last step.
            let last = number.saturating_add(1) == steps.len() && now == from;
            let (status, begin_time, end_time) = if self.status == "CREATED" || now < begin {
                ("WAITING", None, None)
            } else if self.failed() && (!done || last) {
                ("FAILED", time(begin), time(now))
            } else if done || !self.running() {
                ("FINISH", time(begin), time(from.min(now)))
            } else {
                ("EXECUTING", time(begin), None)
            };
            let span = Span {
                from: begin,
                status,
                begin: begin_time,
                end: end_time,
            };
            (number, step, span)
        })
    }
}

/// Where a step stands.
struct Span {
    /// At which age of the task it begins.
    from: Duration,
    status: &'static str,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
}

fn total(steps: &[Step]) -> Duration {
    steps.iter().fold(Duration::ZERO, |total, step| {
        total.saturating_add(step.seconds)
    })
}

/// A time by the clock, after so many seconds of the sandbox.
fn later(time: DateTime<Utc>, seconds: Duration, speed: f64) -> DateTime<Utc> {
    Duration::try_from_secs_f64(seconds.as_secs_f64() / speed)
        .ok()
        .and_then(|real| time.checked_add_signed(chrono::TimeDelta::from_std(real).ok()?))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
