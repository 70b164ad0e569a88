//! The tasks that the sandbox holds: those of the documented samples and, behind them, as many more as
//! are asked for.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::DCS_TASK_ID;
use super::query::Page;
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
    dcs: Vec<dcs::types::SingleBackgroundTask>,
    /// How many tasks the list of DCS has. Those behind the samples are made when they are asked for,
    /// so that a hundred thousand take no room.
    dcs_count: usize,
    center: Vec<dcs::types::ListCenterTasksResp>,
    progress: BTreeMap<String, dcs::types::ShowBackgroundTaskProgressResponse>,
    rocketmq: Vec<rocketmq::types::BackgroundTask>,
}

impl Tasks {
    /// The tasks of the samples, and as many more as make the list of DCS so long.
    pub(super) fn documented(dcs_count: usize) -> Result<Self, serde_json::Error> {
        let list: dcs::types::ListBackgroundTaskResponse = sample!("dcs/ListBackgroundTask.json")?;
        let center: dcs::types::ListCenterTaskResponse = sample!("dcs/ListCenterTask.json")?;
        let progress = sample!("dcs/ShowBackgroundTaskProgress.json")?;
        let rocketmq: rocketmq::types::ListBackgroundTasksResponse =
            sample!("rocketmq/ListBackgroundTasks.json")?;
        Ok(Self {
            dcs_count: dcs_count.max(list.tasks.len()),
            dcs: list.tasks.into_vec(),
            center: center.tasks.into_vec(),
            progress: BTreeMap::from([(DCS_TASK_ID.to_string(), progress)]),
            rocketmq: rocketmq.tasks.into_vec(),
        })
    }

    pub(super) fn list_background_task(
        &self,
        page: &Page,
    ) -> dcs::types::ListBackgroundTaskResponse {
        let task = |place| self.dcs_task(place);
        let (count, tasks) = select(self.dcs_count, task, page, |task| task.created_at.as_ref());
        dcs::types::ListBackgroundTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        }
    }

    pub(super) fn list_center_task(&self, page: &Page) -> dcs::types::ListCenterTaskResponse {
        let task = |place: usize| self.center[place].clone();
        let (count, tasks) = select(self.center.len(), task, page, |task| {
            task.created_at.as_ref()
        });
        dcs::types::ListCenterTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        }
    }

    pub(super) fn list_background_tasks(
        &self,
        page: &Page,
    ) -> rocketmq::types::ListBackgroundTasksResponse {
        let task = |place: usize| self.rocketmq[place].clone();
        let (count, tasks) = select(self.rocketmq.len(), task, page, |task| {
            task.created_at.as_ref()
        });
        rocketmq::types::ListBackgroundTasksResponse {
            // RocketMQ sends its count as a text, DCS as a number.
            task_count: Some(Count::text(count)),
            tasks,
        }
    }

    /// A task by its place in the list: a sample or, behind those, one like the first, a minute older
    /// than the one before it.
    fn dcs_task(&self, place: usize) -> dcs::types::SingleBackgroundTask {
        if let Some(task) = self.dcs.get(place) {
            return task.clone();
        }
        let mut task = self.dcs.first().cloned().unwrap_or_default();
        task.id = Some(format!("{place:032x}"));
        let minutes = TimeDelta::minutes(i64::try_from(place).unwrap_or(i64::MAX / 60_000));
        for time in [&mut task.created_at, &mut task.updated_at] {
            *time = time
                .take()
                .and_then(|time| time.to_utc()?.checked_sub_signed(minutes))
                .map(Timestamp::from);
        }
        task
    }

    pub(super) fn progress(
        &self,
        task: &str,
    ) -> Option<&dcs::types::ShowBackgroundTaskProgressResponse> {
        self.progress.get(task)
    }
}

/// One page of the tasks that match, and how many match in all. The tasks are looked at one by one
/// only where a span of time is asked for.
fn select<T>(
    length: usize,
    task: impl Fn(usize) -> T,
    page: &Page,
    created_at: impl Fn(&T) -> Option<&Timestamp>,
) -> (u64, List<T>) {
    let last = page.skip.saturating_add(page.limit);
    if !page.has_span() {
        let places = page.skip.min(length)..last.min(length);
        return (length as u64, places.map(task).collect());
    }
    let mut count = 0;
    let mut selected = List::from(Vec::new());
    for task in (0..length).map(task) {
        if page.covers(created_at(&task).and_then(Timestamp::to_utc)) {
            if (page.skip..last).contains(&count) {
                selected.push(task);
            }
            count += 1;
        }
    }
    (count as u64, selected)
}
