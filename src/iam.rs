//! Identity and Access Management (IAM), as far as the task clients need it: the id of a project.
//!
//! Paths hold the id of a project; people know the name of a region. A client that is given no
//! project asks here once, and keeps the answer: see
//! [`ClientBuilder::project_id`](crate::ClientBuilder::project_id).

/// The models of `openapi/iam.yaml`.
#[allow(clippy::all)]
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/iam_types.rs"));
}

#[cfg(feature = "sandbox")]
pub(crate) use client::operations;
#[cfg(feature = "client")]
pub use client::{Client, builder, regions};

#[cfg(feature = "client")]
mod client {
    //! The generated client, and the lookup that the other clients share.

    use super::types;
    use crate::clock::BoxFuture;
    use crate::error::Error;
    use crate::project::FindProject;

    include!(concat!(env!("OUT_DIR"), "/iam_client.rs"));

    impl FindProject for Client {
        fn project_of_region<'a>(
            &'a self,
            region: &'a str,
        ) -> BoxFuture<'a, Result<String, Error>> {
            Box::pin(Client::project_of_region(self, region))
        }
    }

    impl Client {
        /// The id of the project of a region: exactly one project must have the region's name.
        ///
        /// # Errors
        ///
        /// When the call fails, and when no project or several have that name.
        pub async fn project_of_region(&self, region: &str) -> Result<String, Error> {
            let response = self.keystone_list_projects().name(region).send().await?;
            let ids: Vec<&String> = response
                .projects
                .iter()
                .filter_map(|project| project.id.as_ref())
                .collect();
            match ids.as_slice() {
                [id] => Ok((*id).clone()),
                [] => Err(Error::project(format!(
                    "IAM knows no project of the region {region} that these credentials may see; give the client a project id"
                ))),
                several => Err(Error::project(format!(
                    "IAM knows {} projects of the region {region}; give the client the id of one of them",
                    several.len()
                ))),
            }
        }
    }
}
