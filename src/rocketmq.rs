//! Distributed Message Service for RocketMQ.
//!
//! [`types`] and, with the feature `client`, [`Client`] and [`builder`] are generated from
//! `openapi/rocketmq.yaml`; what is written here makes calls shorter.

/// The models of `openapi/rocketmq.yaml`.
///
/// Every field may be absent or null, and unknown fields are ignored. A value that is written back
/// is what was read: no digit and no unknown text is lost.
#[allow(clippy::all)]
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/rocketmq_types.rs"));

    impl TaskStatus {
        /// Whether the task goes on, and how it ended.
        pub fn state(&self) -> crate::wire::TaskState {
            crate::wire::TaskState::of(self.as_str())
        }
    }

    impl BackgroundTask {
        /// The parameters of the task, which are a JSON object written as text.
        ///
        /// Nothing where the task has no parameters, or an empty text.
        ///
        /// ```
        /// use huaweicloud_tasks::rocketmq::types::BackgroundTask;
        ///
        /// let mut task = BackgroundTask::default();
        /// task.params = Some(r#"{"enable_public_ip":true}"#.to_string());
        /// let params = task.params_json().transpose()?.unwrap();
        /// assert_eq!(params["enable_public_ip"], true);
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        ///
        /// # Errors
        ///
        /// When the text is not JSON. The text itself stays in [`params`](Self::params).
        pub fn params_json(&self) -> Option<Result<serde_json::Value, serde_json::Error>> {
            let text = self.params.as_deref()?;
            (!text.trim().is_empty()).then(|| serde_json::from_str(text))
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

    use std::convert::Infallible;
    use std::sync::Arc;
    use std::time::Duration;

    use super::types;
    use crate::Error;
    use crate::clock::{BoxFuture, Clock};
    use crate::wait::{TaskService, Wait, WaitMany};

    include!(concat!(env!("OUT_DIR"), "/rocketmq_client.rs"));

    impl TaskService for Client {
        type Task = types::BackgroundTask;
        /// RocketMQ has no operation that tells how far a task has come.
        type Progress = Infallible;
        type List<'a> = builder::ListBackgroundTasks<'a>;

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
            _: &str,
            _: &str,
        ) -> Option<BoxFuture<'_, Result<Self::Progress, Error>>> {
            None
        }

        fn is_known(progress: &Self::Progress) -> bool {
            match *progress {}
        }

        fn failed_step(progress: &Self::Progress) -> Option<String> {
            match *progress {}
        }

        fn remaining(progress: &Self::Progress) -> Option<Duration> {
            match *progress {}
        }
    }

    impl Client {
        /// The calls about one RocketMQ instance.
        ///
        /// ```no_run
        /// # async fn run(client: huaweicloud_tasks::rocketmq::Client) -> Result<(), huaweicloud_tasks::Error> {
        /// let page = client.instance("8a2c259182ab0e6e0182ab1840800161").list().send().await?;
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

    /// A RocketMQ instance, made by [`Client::instance`].
    #[derive(Clone, Debug)]
    pub struct Instance<'a> {
        client: &'a Client,
        instance_id: String,
    }

    impl<'a> Instance<'a> {
        /// Lists the tasks of the instance: [`Client::list_background_tasks`].
        pub fn list(&self) -> builder::ListBackgroundTasks<'a> {
            self.client
                .list_background_tasks()
                .instance_id(&self.instance_id)
        }

        /// One task of the instance.
        pub fn task(&self, task_id: impl Into<String>) -> Task<'a> {
            Task {
                instance: self.clone(),
                task_id: task_id.into(),
            }
        }
    }

    /// A task of a RocketMQ instance, made by [`Instance::task`].
    #[derive(Clone, Debug)]
    pub struct Task<'a> {
        instance: Instance<'a>,
        task_id: String,
    }

    impl<'a> Task<'a> {
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
