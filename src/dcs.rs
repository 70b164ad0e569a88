//! Distributed Cache Service (DCS, managed Redis).
//!
//! [`types`] and, with the feature `client`, [`Client`] and [`builder`] are generated from
//! `openapi/dcs.yaml`; what is written here makes calls shorter.

/// The models of `openapi/dcs.yaml`.
///
/// Every field may be absent or null, and unknown fields are ignored. A value that is written back
/// is what was read: no digit and no unknown text is lost.
///
/// ```
/// use huaweicloud_tasks::dcs::types::{ListBackgroundTaskResponse, TaskStatus};
///
/// let page: ListBackgroundTaskResponse = serde_json::from_str(
///     r#"{"task_count": 1, "tasks": [{"id": "8abf", "status": "SUCCESS"}]}"#,
/// )?;
/// assert_eq!(page.tasks[0].status, Some(TaskStatus::Success));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[allow(clippy::all)]
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/dcs_types.rs"));

    impl TaskStatus {
        /// Whether the task goes on, and how it ended.
        pub fn state(&self) -> crate::wire::TaskState {
            crate::wire::TaskState::of(self.as_str())
        }
    }

    impl SubStepDetail {
        /// The pairs of [`detail`](Self::detail), which look like JSON and are none.
        ///
        /// What is no pair belongs to the value before it; a text without pairs has none. The text
        /// itself stays.
        ///
        /// ```
        /// use huaweicloud_tasks::dcs::types::SubStepDetail;
        ///
        /// let mut part = SubStepDetail::default();
        /// part.detail = Some("{node_id:9996,slot_range:[0 5460],full_migration:迁移中}".to_string());
        /// assert_eq!(
        ///     part.detail_pairs(),
        ///     [("node_id", "9996"), ("slot_range", "[0 5460]"), ("full_migration", "迁移中")]
        /// );
        /// ```
        pub fn detail_pairs(&self) -> Vec<(&str, &str)> {
            let text = self.detail.as_deref().unwrap_or_default().trim();
            let text = text.strip_prefix('{').unwrap_or(text);
            let text = text.strip_suffix('}').unwrap_or(text);
            // Where each pair begins: behind a comma that stands in no brackets, before a key.
            let mut starts = Vec::new();
            let (mut depth, mut piece) = (0_usize, 0);
            let ends = text.char_indices().map(|(at, c)| (at, Some(c)));
            for (at, c) in ends.chain([(text.len(), None)]) {
                match c {
                    Some('[' | '{' | '(') => depth = depth.saturating_add(1),
                    Some(']' | '}' | ')') => depth = depth.saturating_sub(1),
                    Some(',') if depth > 0 => {}
                    Some(',') | None => {
                        if text.get(piece..at).is_some_and(|piece| piece.contains(':')) {
                            starts.push(piece);
                        }
                        piece = at.saturating_add(1);
                    }
                    Some(_) => {}
                }
            }
            let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1));
            let ends = ends.chain([text.len()]);
            starts
                .iter()
                .zip(ends)
                .filter_map(|(start, end)| text.get(*start..end)?.split_once(':'))
                .map(|(key, value)| (key.trim(), value.trim()))
                .collect()
        }
    }
}

#[cfg(feature = "sandbox")]
pub(crate) use client::operations;
#[cfg(feature = "client")]
pub use client::{Client, Instance, Task, builder, regions};

#[cfg(feature = "client")]
mod client {
    //! The generated client, and the handles that keep the ids of a call.

    use std::sync::Arc;
    use std::time::Duration;

    use super::types;
    use crate::Error;
    use crate::clock::{BoxFuture, Clock};
    use crate::wait::{TaskService, Wait, WaitMany};

    include!(concat!(env!("OUT_DIR"), "/dcs_client.rs"));

    impl TaskService for Client {
        type Task = types::SingleBackgroundTask;
        type Progress = types::ShowBackgroundTaskProgressResponse;
        type List<'a> = builder::ListBackgroundTask<'a>;

        fn clock(&self) -> Arc<dyn Clock> {
            self.inner.clock()
        }

        fn list(&self, instance_id: &str) -> Self::List<'_> {
            self.instance(instance_id).list()
        }

        fn status(task: &Self::Task) -> Option<&str> {
            task.status.as_ref().map(types::TaskStatus::as_str)
        }

        fn progress(
            &self,
            instance_id: &str,
            task_id: &str,
        ) -> Option<BoxFuture<'_, Result<Self::Progress, Error>>> {
            let call = self.instance(instance_id).task(task_id).progress();
            Some(Box::pin(async { Ok(call.send().await?.into_inner()) }))
        }

        fn is_known(progress: &Self::Progress) -> bool {
            progress.progress.is_some() || !progress.step_details.is_empty()
        }

        fn remaining(progress: &Self::Progress) -> Option<Duration> {
            let seconds = u64::try_from(progress.remain_time?).ok()?;
            (seconds > 0).then(|| Duration::from_secs(seconds))
        }

        fn failed_step(progress: &Self::Progress) -> Option<String> {
            let mut steps = progress.step_details.iter();
            let step = steps.find(|step| step.step_status == Some(types::StepStatus::Failed))?;
            let mut parts = step.sub_step_details.iter();
            let part = parts.find(|p| p.sub_step_status == Some(types::SubStepStatus::Failed));
            let names = [
                step.step_name.as_deref(),
                part.and_then(|part| part.sub_step_name.as_deref()),
            ];
            let names: Vec<_> = names.into_iter().flatten().collect();
            (!names.is_empty()).then(|| names.join(": "))
        }
    }

    impl Client {
        /// The calls about one cache instance.
        ///
        /// ```no_run
        /// # async fn run(client: huaweicloud_tasks::dcs::Client) -> Result<(), huaweicloud_tasks::Error> {
        /// let page = client
        ///     .instance("5560df16-cebf-4473-95c4-d1b573c16e79")
        ///     .list()
        ///     .limit(100)
        ///     .send()
        ///     .await?;
        /// for task in &page.tasks {
        ///     println!("{:?} {:?}", task.id, task.status);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn instance(&self, instance_id: impl Into<String>) -> Instance<'_> {
            Instance {
                client: self,
                instance_id: instance_id.into(),
            }
        }

        /// Waits for many tasks, each given by the ids of its instance and of itself.
        pub fn wait_many<I, T>(&self, tasks: impl IntoIterator<Item = (I, T)>) -> WaitMany<'_, Self>
        where
            I: Into<String>,
            T: Into<String>,
        {
            WaitMany::new(self, tasks)
        }
    }

    /// A cache instance, made by [`Client::instance`].
    #[derive(Clone, Debug)]
    pub struct Instance<'a> {
        client: &'a Client,
        instance_id: String,
    }

    impl<'a> Instance<'a> {
        /// Lists the tasks of the instance: [`Client::list_background_task`].
        pub fn list(&self) -> builder::ListBackgroundTask<'a> {
            self.client
                .list_background_task()
                .instance_id(&self.instance_id)
        }

        /// The calls about one task of the instance.
        pub fn task(&self, task_id: impl Into<String>) -> Task<'a> {
            Task {
                instance: self.clone(),
                task_id: task_id.into(),
            }
        }
    }

    /// A task of a cache instance, made by [`Instance::task`].
    #[derive(Clone, Debug)]
    pub struct Task<'a> {
        instance: Instance<'a>,
        task_id: String,
    }

    impl<'a> Task<'a> {
        /// Shows how far the task has come: [`Client::show_background_task_progress`].
        pub fn progress(&self) -> builder::ShowBackgroundTaskProgress<'a> {
            self.instance
                .client
                .show_background_task_progress()
                .instance_id(&self.instance.instance_id)
                .task_id(&self.task_id)
        }

        /// Waits for the end of the task: see [`wait`](crate::wait).
        pub fn wait(&self) -> Wait<'a, Client> {
            Wait::new(
                self.instance.client,
                self.instance.instance_id.clone(),
                self.task_id.clone(),
            )
        }
    }
}
