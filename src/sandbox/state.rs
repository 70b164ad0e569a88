//! What a running sandbox knows: its tasks, the faults to come, and who asked how often.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::fault::{Fault, Faults};
use super::scenario::{Rate, Scenario, ScenarioTask};
use super::tasks::Tasks;
use crate::clock::Clock;

/// How many faults may be to come, and how many tasks may be added: whoever adds more has made a mistake.
const MOST: usize = 100_000;

#[derive(Debug)]
pub(super) struct State {
    tasks: RwLock<Tasks>,
    faults: Mutex<Faults>,
    clock: Arc<dyn Clock>,
    rate: Option<Rate>,
    /// When the requests of the last while came.
    requests: Mutex<VecDeque<Duration>>,
}

impl State {
    pub(super) fn new(
        scenario: Scenario,
        dcs_count: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, serde_json::Error> {
        let mut faults = Faults::default();
        for fault in scenario.faults.iter().cloned() {
            faults.add(fault);
        }
        Ok(Self {
            faults: Mutex::new(faults),
            rate: scenario.rate,
            tasks: RwLock::new(Tasks::new(scenario, dcs_count, clock.clone())?),
            clock,
            requests: Mutex::default(),
        })
    }

    /// The clock that the sandbox goes by.
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) fn tasks(&self) -> RwLockReadGuard<'_, Tasks> {
        self.tasks.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault to those to come.
    pub(super) fn add_fault(&self, fault: Fault) -> Result<(), String> {
        if let Some(mistake) = fault.mistake() {
            return Err(mistake);
        }
        let mut faults = self.faults();
        if faults.len() >= MOST {
            return Err(format!("there are {MOST} faults already"));
        }
        faults.add(fault);
        Ok(())
    }

    /// Adds a task, whose life begins now.
    pub(super) fn add_task(
        &self,
        service: &str,
        instance_id: &str,
        task: ScenarioTask,
    ) -> Result<(), String> {
        if let Some(mistake) = task.mistake() {
            return Err(mistake);
        }
        let mut tasks: RwLockWriteGuard<'_, Tasks> =
            self.tasks.write().unwrap_or_else(PoisonError::into_inner);
        tasks.add(service, instance_id, task, MOST)
    }

    /// Counts a request; gives the seconds after which to ask again, where there were too many.
    pub(super) fn throttle(&self) -> Option<(Rate, u64)> {
        let rate = self.rate?;
        let now = self.clock.monotonic();
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.checked_sub(rate.seconds);
        while since.is_some_and(|since| requests.front().is_some_and(|first| *first <= since)) {
            requests.pop_front();
        }
        if requests.len() < usize::try_from(rate.requests).unwrap_or(usize::MAX) {
            requests.push_back(now);
            return None;
        }
        let first = requests.front().copied().unwrap_or(now);
        let wait = first.saturating_add(rate.seconds).saturating_sub(now);
        Some((rate, wait.as_secs_f64().ceil() as u64))
    }
}
