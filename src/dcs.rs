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
}

#[cfg(feature = "sandbox")]
pub(crate) use client::operations;
#[cfg(feature = "client")]
pub use client::{Client, Instance, Task, builder, regions};

#[cfg(feature = "client")]
mod client {
    //! The generated client, and the handles that keep the ids of a call.

    use super::types;

    include!(concat!(env!("OUT_DIR"), "/dcs_client.rs"));

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
    }
}
