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

#[cfg(feature = "client")]
pub use client::{Client, Instance, builder, regions};

#[cfg(feature = "client")]
mod client {
    //! The generated client, and the handle that keeps the id of an instance.

    use super::types;

    include!(concat!(env!("OUT_DIR"), "/rocketmq_client.rs"));

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
    }
}
