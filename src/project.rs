//! The project of a call that names none: given to the client, or looked up from IAM once.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{BoxFuture, Clock};
use crate::error::Error;
use crate::operation::Operation;

/// How a client comes to the project of a call that names none.
pub(crate) enum Project {
    /// It was given one.
    Given(String),
    /// It asks IAM for the project of its region.
    Lookup(Lookup),
    /// It has neither a project nor a region.
    Unknown,
}

/// Who knows the project of a region: the client of IAM, which is made with a transport itself.
pub(crate) trait FindProject: Send + Sync {
    fn project_of_region<'a>(&'a self, region: &'a str) -> BoxFuture<'a, Result<String, Error>>;
}

/// The lookup of the project of a region, and what it found.
pub(crate) struct Lookup {
    iam: Box<dyn FindProject>,
    region: String,
    /// The last answer, and whose it is.
    known: Mutex<Option<(String, String)>>,
    /// Held by the call that asks; the last failure, whose it is, and when it was.
    asking: tokio::sync::Mutex<Option<(String, Duration, Error)>>,
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(id) => f.write_str(id),
            Self::Lookup(lookup) => write!(f, "that of {}", lookup.region),
            Self::Unknown => f.write_str("none"),
        }
    }
}

impl Project {
    /// The id of the project. `identity` tells whose it is where it must be looked up.
    pub(crate) async fn id(
        &self,
        operation: &'static Operation,
        identity: impl Future<Output = Result<String, Error>>,
        clock: &dyn Clock,
    ) -> Result<String, Error> {
        match self {
            Self::Given(id) => Ok(id.clone()),
            Self::Lookup(lookup) => lookup.id(identity.await?, clock).await,
            Self::Unknown => Err(Error::invalid_parameter(
                operation,
                "project_id",
                "is not set; give the client a project or a region, or call `.project_id(…)` before `.send()`"
                    .to_string(),
            )),
        }
    }
}

impl Lookup {
    pub(crate) fn new(iam: impl FindProject + 'static, region: String) -> Self {
        Self {
            iam: Box::new(iam),
            region,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    async fn id(&self, identity: String, clock: &dyn Clock) -> Result<String, Error> {
        let started = clock.monotonic();
        if let Some(id) = self.known(&identity) {
            return Ok(id);
        }
        // One call asks, the others wait for its answer, be it a failure.
        let mut failure = self.asking.lock().await;
        if let Some(id) = self.known(&identity) {
            return Ok(id);
        }
        if let Some((whose, when, error)) = &*failure
            && *whose == identity
            && *when > started
        {
            return Err(error.clone());
        }
        match self.iam.project_of_region(&self.region).await {
            Ok(id) => {
                *self.lock() = Some((identity, id.clone()));
                Ok(id)
            }
            Err(error) => {
                *failure = Some((identity, clock.monotonic(), error.clone()));
                Err(error)
            }
        }
    }

    fn known(&self, identity: &str) -> Option<String> {
        let known = self.lock();
        let (whose, id) = known.as_ref()?;
        (whose == identity).then(|| id.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(String, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
