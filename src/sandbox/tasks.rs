//! The tasks that the sandbox holds: those that live, before those of the documented samples and, behind
//! them, as many more as are asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::life::Moment;
use super::query::Page;
use super::scenario::{Scenario, ScenarioTask};
use super::{DCS_INSTANCE_ID, DCS_TASK_ID, ROCKETMQ_INSTANCE_ID};
use crate::clock::Clock;
use crate::operation::Operation;
use crate::wire::{Count, List, Timestamp};
use crate::{dcs, rocketmq};

macro_rules! sample {
    ($file:literal) => {
        serde_json::from_str(include_str!(concat!("../../openapi/samples/", $file)))
    };
}

/// Everything that can be asked for.
#[derive(Debug)]
pub(super) struct Tasks {
    dcs: BTreeMap<String, DcsInstance>,
    rocketmq: BTreeMap<String, RocketmqInstance>,
    center: Vec<dcs::types::ListCenterTasksResp>,
    times: Times,
}

/// The time of the sandbox, by which tasks live.
#[derive(Debug)]
struct Times {
    clock: Arc<dyn Clock>,
    /// What the tasks that are made in numbers are drawn from.
    seed: u64,
    started: DateTime<Utc>,
    started_monotonic: Duration,
    speed: f64,
}

#[derive(Debug, Default)]
struct DcsInstance {
    living: Vec<ScenarioTask>,
    samples: Vec<dcs::types::SingleBackgroundTask>,
    /// How many tasks stand behind those that live. Those behind the samples are made when they are
    /// asked for, so that a hundred thousand take no room.
    count: usize,
    progress: BTreeMap<String, dcs::types::ShowBackgroundTaskProgressResponse>,
}

#[derive(Debug, Default)]
struct RocketmqInstance {
    living: Vec<ScenarioTask>,
    samples: Vec<rocketmq::types::BackgroundTask>,
}

impl Times {
    fn elapsed(&self) -> Duration {
        let elapsed = self
            .clock
            .monotonic()
            .saturating_sub(self.started_monotonic);
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }

    /// The tasks that are listed now, the newest first.
    fn listed<'a>(&self, living: impl IntoIterator<Item = &'a ScenarioTask>) -> Vec<Moment<'a>> {
        let elapsed = self.elapsed();
        let mut moments: Vec<_> = living
            .into_iter()
            .filter_map(|task| Moment::of(task, elapsed, self.started, self.speed))
            .collect();
        moments.sort_by_key(|moment| std::cmp::Reverse(moment.appeared()));
        moments
    }
}

impl Tasks {
    /// The tasks of the samples, those of a scenario, and as many more as make the list of the cache
    /// instance so long.
    pub(super) fn new(
        scenario: Scenario,
        dcs_count: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, serde_json::Error> {
        let list: dcs::types::ListBackgroundTaskResponse = sample!("dcs/ListBackgroundTask.json")?;
        let center: dcs::types::ListCenterTaskResponse = sample!("dcs/ListCenterTask.json")?;
        let progress = sample!("dcs/ShowBackgroundTaskProgress.json")?;
        let rocketmq_list: rocketmq::types::ListBackgroundTasksResponse =
            sample!("rocketmq/ListBackgroundTasks.json")?;
        let documented = DcsInstance {
            living: Vec::new(),
            count: dcs_count.max(list.tasks.len()),
            samples: list.tasks.into_vec(),
            progress: BTreeMap::from([(DCS_TASK_ID.to_string(), progress)]),
        };
        let mut dcs = BTreeMap::from([(DCS_INSTANCE_ID.to_string(), documented)]);
        for instance in scenario.dcs {
            dcs.entry(instance.id).or_default().living = instance.tasks;
        }
        let documented = RocketmqInstance {
            living: Vec::new(),
            samples: rocketmq_list.tasks.into_vec(),
        };
        let mut rocketmq = BTreeMap::from([(ROCKETMQ_INSTANCE_ID.to_string(), documented)]);
        for instance in scenario.rocketmq {
            rocketmq.entry(instance.id).or_default().living = instance.tasks;
        }
        Ok(Self {
            dcs,
            rocketmq,
            center: center.tasks.into_vec(),
            times: Times {
                started: clock.now(),
                started_monotonic: clock.monotonic(),
                clock,
                seed: scenario.seed,
                speed: scenario.speed,
            },
        })
    }

    /// Adds a task, whose life begins now.
    pub(super) fn add(
        &mut self,
        service: &str,
        instance_id: &str,
        mut task: ScenarioTask,
        most: usize,
    ) -> Result<(), String> {
        let others = match service {
            "dcs" => self.rocketmq.contains_key(instance_id),
            _ => self.dcs.contains_key(instance_id),
        };
        if others {
            return Err(format!(
                "instance {instance_id} belongs to the other service"
            ));
        }
        let living = match service {
            "dcs" => &mut self.dcs.entry(instance_id.to_string()).or_default().living,
            "rocketmq" => {
                &mut self
                    .rocketmq
                    .entry(instance_id.to_string())
                    .or_default()
                    .living
            }
            _ => {
                return Err(format!(
                    "there is no service {service}; there are dcs and rocketmq"
                ));
            }
        };
        if living.iter().any(|other| other.id == task.id) {
            return Err(format!(
                "task {} of instance {instance_id} is there already",
                task.id
            ));
        }
        if living.len() >= most {
            return Err(format!("instance {instance_id} has {most} tasks already"));
        }
        task.appears_after = task.appears_after.saturating_add(self.times.elapsed());
        living.push(task);
        Ok(())
    }

    /// The operation of a path. DCS and RocketMQ share one; the instance tells them apart.
    pub(super) fn operation_of(&self, path: &str) -> Option<&'static Operation> {
        use crate::{dcs::operations as dcs, iam::operations as iam};
        let mut segments = path.split('/').skip(1);
        let mut next = || segments.next();
        match [next(), next(), next(), next(), next(), next(), next()] {
            [Some("v2"), Some(_), Some("tasks"), None, ..] => Some(&dcs::LIST_CENTER_TASK),
            [
                Some("v2"),
                Some(_),
                Some("instances"),
                Some(id),
                Some("tasks"),
                None,
                _,
            ] => Some(match self.has_rocketmq(id) {
                true => &crate::rocketmq::operations::LIST_BACKGROUND_TASKS,
                false => &dcs::LIST_BACKGROUND_TASK,
            }),
            [
                _,
                _,
                Some("instances"),
                _,
                Some("tasks"),
                Some(_),
                Some("progress"),
            ] => Some(&dcs::SHOW_BACKGROUND_TASK_PROGRESS),
            [Some("v3"), Some("projects"), None, ..] => Some(&iam::KEYSTONE_LIST_PROJECTS),
            _ => None,
        }
    }

    pub(super) fn has_rocketmq(&self, instance_id: &str) -> bool {
        self.rocketmq.contains_key(instance_id)
    }

    /// The list of a cache instance; nothing where there is no such instance.
    pub(super) fn list_background_task(
        &self,
        instance_id: &str,
        page: &Page,
    ) -> Option<dcs::types::ListBackgroundTaskResponse> {
        let instance = self.dcs.get(instance_id)?;
        let living = self.times.listed(&instance.living);
        let task = |place: usize| match living.get(place) {
            Some(moment) => Some(moment.dcs()),
            None => Some(instance.task(place.saturating_sub(living.len()), self.times.seed)),
        };
        let length = living.len().saturating_add(instance.count);
        let (count, tasks) = select(length, task, page, |task| task.created_at.as_ref());
        Some(dcs::types::ListBackgroundTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        })
    }

    pub(super) fn list_center_task(&self, page: &Page) -> dcs::types::ListCenterTaskResponse {
        let living = self
            .times
            .listed(self.dcs.values().flat_map(|instance| &instance.living));
        let task = |place: usize| match living.get(place) {
            Some(moment) => Some(moment.center()),
            None => self.center.get(place.saturating_sub(living.len())).cloned(),
        };
        let length = living.len().saturating_add(self.center.len());
        let (count, tasks) = select(length, task, page, |task| task.created_at.as_ref());
        dcs::types::ListCenterTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        }
    }

    /// The list of a RocketMQ instance; nothing where there is no such instance.
    pub(super) fn list_background_tasks(
        &self,
        instance_id: &str,
        page: &Page,
    ) -> Option<rocketmq::types::ListBackgroundTasksResponse> {
        let instance = self.rocketmq.get(instance_id)?;
        let living = self.times.listed(&instance.living);
        let task = |place: usize| match living.get(place) {
            Some(moment) => Some(moment.rocketmq()),
            None => instance
                .samples
                .get(place.saturating_sub(living.len()))
                .cloned(),
        };
        let length = living.len().saturating_add(instance.samples.len());
        let (count, tasks) = select(length, task, page, |task| task.created_at.as_ref());
        Some(rocketmq::types::ListBackgroundTasksResponse {
            // RocketMQ sends its count as a text, DCS as a number.
            task_count: Some(Count::text(count)),
            tasks,
        })
    }

    /// How far a task has come; nothing inside where the instance has no such task, and nothing at all
    /// where there is no such instance.
    pub(super) fn progress(
        &self,
        instance_id: &str,
        task_id: &str,
    ) -> Option<Option<dcs::types::ShowBackgroundTaskProgressResponse>> {
        let instance = self.dcs.get(instance_id)?;
        let living = self.times.listed(&instance.living);
        let moment = living.iter().find(|moment| moment.id() == task_id);
        Some(match moment {
            Some(moment) => Some(moment.progress()),
            None => instance.progress.get(task_id).cloned(),
        })
    }
}

impl DcsInstance {
    /// A task by its place behind those that live: a sample or, behind those, one drawn from the seed, a
    /// minute older than the one before it.
    fn task(&self, place: usize, seed: u64) -> dcs::types::SingleBackgroundTask {
        if let Some(task) = self.samples.get(place) {
            return task.clone();
        }
        let mut task = self.samples.first().cloned().unwrap_or_default();
        // The same place gives the same task, whoever asks when.
        let mut draw = fastrand::Rng::with_seed(seed.wrapping_add(place as u64));
        task.id = Some(format!("{place:032x}"));
        if seed != 0 {
            task.name = draw
                .choice(dcs::types::TaskName::KNOWN)
                .map(|name| (*name).into());
            let ends = ["SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "CANCELLED"];
            task.status = draw.choice(ends).map(Into::into);
        }
        let minutes = TimeDelta::minutes(i64::try_from(place).unwrap_or(i64::MAX / 60_000));
        for time in [&mut task.created_at, &mut task.updated_at] {
            *time = time
                .take()
                .and_then(|time| time.to_utc()?.checked_sub_signed(minutes))
                .map(Timestamp::from);
        }
        task
    }
}

/// One page of the tasks that match, and how many match in all. The tasks are looked at one by one
/// only where a span of time is asked for.
fn select<T>(
    length: usize,
    task: impl Fn(usize) -> Option<T>,
    page: &Page,
    created_at: impl Fn(&T) -> Option<&Timestamp>,
) -> (u64, List<T>) {
    let last = page.skip.saturating_add(page.limit);
    if !page.has_span() {
        let places = page.skip.min(length)..last.min(length);
        return (length as u64, places.filter_map(task).collect());
    }
    let mut count = 0_usize;
    let mut selected = List::from(Vec::new());
    for task in (0..length).filter_map(task) {
        if page.covers(created_at(&task).and_then(Timestamp::to_utc)) {
            if (page.skip..last).contains(&count) {
                selected.push(task);
            }
            count = count.saturating_add(1);
        }
    }
    (count as u64, selected)
}
