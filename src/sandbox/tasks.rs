//! The tasks that the sandbox holds: those of the documented samples.

use std::collections::BTreeMap;

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
    center: Vec<dcs::types::ListCenterTasksResp>,
    progress: BTreeMap<String, dcs::types::ShowBackgroundTaskProgressResponse>,
    rocketmq: Vec<rocketmq::types::BackgroundTask>,
}

impl Tasks {
    /// The tasks of the samples.
    pub(super) fn documented() -> Result<Self, serde_json::Error> {
        let list: dcs::types::ListBackgroundTaskResponse = sample!("dcs/ListBackgroundTask.json")?;
        let center: dcs::types::ListCenterTaskResponse = sample!("dcs/ListCenterTask.json")?;
        let progress = sample!("dcs/ShowBackgroundTaskProgress.json")?;
        let rocketmq: rocketmq::types::ListBackgroundTasksResponse =
            sample!("rocketmq/ListBackgroundTasks.json")?;
        Ok(Self {
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
        let (count, tasks) = select(&self.dcs, page, |task| task.created_at.as_ref());
        dcs::types::ListBackgroundTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        }
    }

    pub(super) fn list_center_task(&self, page: &Page) -> dcs::types::ListCenterTaskResponse {
        let (count, tasks) = select(&self.center, page, |task| task.created_at.as_ref());
        dcs::types::ListCenterTaskResponse {
            task_count: Some(Count::number(count)),
            tasks,
        }
    }

    pub(super) fn list_background_tasks(
        &self,
        page: &Page,
    ) -> rocketmq::types::ListBackgroundTasksResponse {
        let (count, tasks) = select(&self.rocketmq, page, |task| task.created_at.as_ref());
        rocketmq::types::ListBackgroundTasksResponse {
            // RocketMQ sends its count as a text, DCS as a number.
            task_count: Some(Count::text(count)),
            tasks,
        }
    }

    pub(super) fn progress(
        &self,
        task: &str,
    ) -> Option<&dcs::types::ShowBackgroundTaskProgressResponse> {
        self.progress.get(task)
    }
}

/// One page of the tasks that match, and how many match in all.
fn select<T: Clone>(
    tasks: &[T],
    page: &Page,
    created_at: impl Fn(&T) -> Option<&Timestamp>,
) -> (u64, List<T>) {
    let matching = || {
        tasks
            .iter()
            .filter(|task| page.covers(created_at(task).and_then(Timestamp::to_utc)))
    };
    let count = u64::try_from(matching().count()).unwrap_or(u64::MAX);
    let tasks = matching()
        .skip(page.skip)
        .take(page.limit)
        .cloned()
        .collect();
    (count, tasks)
}
