//! An embedded server that answers as the two services do, for trying things out and for tests.
//!
//! It serves the operations of the descriptions on a loopback port of this process, holds the tasks
//! of the documented samples, and verifies signatures as the gateway of the real services does. No
//! account is needed, and nothing leaves the machine.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), huaweicloud_tasks::Error> {
//! use huaweicloud_tasks::sandbox::{self, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! let page = sandbox.dcs()?.instance(sandbox::DCS_INSTANCE_ID).list().send().await?;
//! assert_eq!(page.tasks[0].id.as_deref(), Some(sandbox::DCS_TASK_ID));
//! # Ok(())
//! # }
//! ```
//!
//! Both services share one port: the ids of their instances tell them apart.
//!
//! While it runs, [`Sandbox::add_fault`] and [`Sandbox::add_dcs_task`] change what it plays, and from
//! elsewhere requests do, with the token: `POST /sandbox/faults` takes a [`Fault`] and `POST
//! /sandbox/dcs/{instance_id}/tasks` (or `rocketmq`) a [`ScenarioTask`] as JSON; `DELETE /sandbox/faults`
//! calls off what has not gone wrong yet.
//!
//! The samples stand still. A [`Scenario`] adds tasks that live: they appear, go through their steps,
//! and end well or not.

mod admin;
mod answer;
mod fault;
mod gateway;
mod life;
mod query;
mod scenario;
mod server;
mod state;
mod tasks;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::auth::Credentials;
use crate::client::ClientBuilder;
use crate::clock::{Clock, SystemClock};
use crate::operation::Operation;
use crate::{Error, Service, dcs, iam, rocketmq};
use answer::Refusal;
pub use fault::{Fault, FaultKind, Stage};
use query::Query;
pub use scenario::{Rate, Scenario, ScenarioInstance, ScenarioTask, Step};
use state::State;

/// The access key that the sandbox knows.
pub const ACCESS_KEY: &str = "SANDBOXACCESSKEY0001";
/// The secret key of [`ACCESS_KEY`]. It guards nothing.
pub const SECRET_KEY: &str = "sandbox-secret-key-that-guards-nothing";
/// An access key that the sandbox knows, with the same secret key, and that no action is allowed to.
pub const FORBIDDEN_ACCESS_KEY: &str = "SANDBOXACCESSKEY0002";
/// The IAM token that the sandbox knows.
pub const AUTH_TOKEN: &str = "sandbox-token-that-guards-nothing";
/// The region that the sandbox plays.
pub const REGION: &str = "cn-north-4";
/// The project that everything belongs to, that of the documents' request lines.
pub const PROJECT_ID: &str = "a4d31cb6-3d72-4fdc-8ec9-6e3a41e47f71";
/// The cache instance, that of the documents' request lines.
pub const DCS_INSTANCE_ID: &str = "5560df16-cebf-4473-95c4-d1b573c16e79";
/// The task of the cache instance, that of the documented sample.
pub const DCS_TASK_ID: &str = "8abf6e1e72c12e7c0172c15b508500aa";
/// The RocketMQ instance. The document names none; this id is made up.
pub const ROCKETMQ_INSTANCE_ID: &str = "8a2c259182ab0e6e0182ab1840800161";

/// A running sandbox. Dropping it stops it, so keep it as long as its clients are in use.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts a sandbox on a free loopback port, with the tasks of the documented samples.
    ///
    /// # Errors
    ///
    /// When no loopback port can be opened.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A sandbox on a port of your choice, or with many tasks.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// The address of both services: `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key pair that the sandbox knows.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(ACCESS_KEY, SECRET_KEY)
    }

    /// Adds a task to a cache instance, whose life begins now. An instance that is new is added.
    ///
    /// # Errors
    ///
    /// When the task makes no sense, or is there already.
    pub fn add_dcs_task(&self, instance_id: &str, task: ScenarioTask) -> Result<(), Error> {
        let added = self.state.add_task("dcs", instance_id, task);
        added.map_err(Error::configuration)
    }

    /// Adds a task to a RocketMQ instance, whose life begins now. An instance that is new is added.
    ///
    /// # Errors
    ///
    /// As those of [`add_dcs_task`](Self::add_dcs_task).
    pub fn add_rocketmq_task(&self, instance_id: &str, task: ScenarioTask) -> Result<(), Error> {
        let added = self.state.add_task("rocketmq", instance_id, task);
        added.map_err(Error::configuration)
    }

    /// Adds something that goes wrong, after what is to go wrong before.
    ///
    /// # Errors
    ///
    /// When the fault makes no sense.
    pub fn add_fault(&self, fault: Fault) -> Result<(), Error> {
        self.state.add_fault(fault).map_err(Error::configuration)
    }

    /// Stops the sandbox: takes no more requests, and lets those that are under way end. Dropping it
    /// breaks them off.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.server).await;
    }

    /// A client of DCS that calls the sandbox.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be made.
    pub fn dcs(&self) -> Result<dcs::Client, Error> {
        self.client(dcs::Client::builder())
    }

    /// A client of RocketMQ that calls the sandbox.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be made.
    pub fn rocketmq(&self) -> Result<rocketmq::Client, Error> {
        self.client(rocketmq::Client::builder())
    }

    fn client<C: Service>(&self, builder: ClientBuilder<C>) -> Result<C, Error> {
        builder
            .endpoint(self.endpoint())
            .credentials(self.credentials())
            .project_id(PROJECT_ID)
            .clock(self.state.clock().clone())
            .build()
    }
}

/// Starts a [`Sandbox`] that is not the usual one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), huaweicloud_tasks::Error> {
/// use huaweicloud_tasks::sandbox::{self, Sandbox};
///
/// let sandbox = Sandbox::builder().dcs_tasks(100_000).start().await?;
/// let list = sandbox.dcs()?.instance(sandbox::DCS_INSTANCE_ID).list().send().await?;
/// assert_eq!(list.task_count.as_ref().and_then(|count| count.get()), Some(100_000));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a sandbox is started by `start`"]
pub struct SandboxBuilder {
    host: Option<IpAddr>,
    port: u16,
    dcs_tasks: usize,
    scenario: Scenario,
    clock: Option<Arc<dyn Clock>>,
}

impl SandboxBuilder {
    /// The loopback port to serve on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to serve on, instead of the loopback one. Its keys are known to everybody: whoever
    /// reaches it may use it.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = Some(host);
        self
    }

    /// How many tasks the cache instance has, that of the sample included.
    pub fn dcs_tasks(mut self, count: usize) -> Self {
        self.dcs_tasks = count;
        self
    }

    /// What the sandbox plays besides the samples.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    /// The clock by which tasks live and signatures expire. The clients that the sandbox makes go by
    /// it, too, so that with a [`ManualClock`](crate::clock::ManualClock) a wait for the end of a task
    /// takes no time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// When the scenario makes no sense, or the port cannot be opened, because another program has it,
    /// for example.
    pub async fn start(self) -> Result<Sandbox, Error> {
        let (host, port) = (self.host.unwrap_or(Ipv4Addr::LOCALHOST.into()), self.port);
        let error = |reason: &dyn std::fmt::Display| {
            Error::configuration(format!(
                "the sandbox cannot start on port {port} of {host}: {reason}"
            ))
        };
        self.scenario.check()?;
        let clock = self
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::default()));
        let state = State::new(self.scenario, self.dcs_tasks, clock);
        let state = Arc::new(state.map_err(|e| error(&e))?);
        let listener = TcpListener::bind((host, port)).await;
        let listener = listener.map_err(|e| error(&e))?;
        let address = listener.local_addr().map_err(|e| error(&e))?;
        let (stop, stopped) = oneshot::channel();
        let router = router(state.clone());
        let server = tokio::spawn(server::serve(listener, router, state.clone(), stopped));
        Ok(Sandbox {
            address,
            state,
            stop: Some(stop),
            server,
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Every operation that the sandbox serves.
fn operations() -> [&'static Operation; 5] {
    use crate::{dcs::operations as dcs, iam::operations as iam, rocketmq::operations as rocketmq};
    [
        &dcs::LIST_BACKGROUND_TASK,
        &dcs::SHOW_BACKGROUND_TASK_PROGRESS,
        &dcs::LIST_CENTER_TASK,
        &rocketmq::LIST_BACKGROUND_TASKS,
        &iam::KEYSTONE_LIST_PROJECTS,
    ]
}

/// The routes are those of the descriptions, and so are the names of their parameters.
fn router(state: Arc<State>) -> Router {
    use crate::{dcs::operations as dcs, iam::operations as iam};
    Router::new()
        // RocketMQ's list has the same path.
        .route(dcs::LIST_BACKGROUND_TASK.path, get(list_tasks))
        .route(
            dcs::SHOW_BACKGROUND_TASK_PROGRESS.path,
            get(show_background_task_progress),
        )
        .route(dcs::LIST_CENTER_TASK.path, get(list_center_task))
        .route(
            iam::KEYSTONE_LIST_PROJECTS.path,
            get(keystone_list_projects),
        )
        .route(
            "/sandbox/{service}/{instance_id}/tasks",
            post(admin::add_task),
        )
        .route(
            "/sandbox/faults",
            post(admin::add_fault).delete(admin::clear_faults),
        )
        .fallback(|| async { Refusal::no_such_api() })
        .method_not_allowed_fallback(|| async { Refusal::no_such_method() })
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gateway::admit,
        ))
        .with_state(state)
}

type Answer = Result<Response, Refusal>;

/// The ids of a path, or why they are none: a path that is not UTF-8, for example.
type PathResult<T> = Result<Path<T>, PathRejection>;

async fn list_tasks(
    Extract(state): Extract<Arc<State>>,
    path: PathResult<(String, String)>,
    uri: Uri,
) -> Answer {
    let Path((project, instance)) = path?;
    known_project(&project)?;
    let (query, tasks) = (Query::read(&uri), state.tasks());
    if tasks.has_rocketmq(&instance) {
        let list = tasks.list_background_tasks(&instance, &query.rocketmq_page()?);
        Ok(answer::json(&list.ok_or_else(Refusal::no_such_instance)?))
    } else {
        let list = tasks.list_background_task(&instance, &query.dcs_page()?);
        Ok(answer::json(&list.ok_or_else(Refusal::no_such_instance)?))
    }
}

async fn list_center_task(
    Extract(state): Extract<Arc<State>>,
    path: PathResult<String>,
    uri: Uri,
) -> Answer {
    let Path(project) = path?;
    known_project(&project)?;
    let page = Query::read(&uri).dcs_page()?;
    Ok(answer::json(&state.tasks().list_center_task(&page)))
}

async fn show_background_task_progress(
    Extract(state): Extract<Arc<State>>,
    path: PathResult<(String, String, String)>,
) -> Answer {
    let Path((project, instance, task)) = path?;
    known_project(&project)?;
    let progress = state.tasks().progress(&instance, &task);
    match progress.ok_or_else(Refusal::no_such_instance)? {
        Some(progress) => Ok(answer::json(&progress)),
        None => Err(Refusal::no_such_task()),
    }
}

/// IAM knows one project: that of the region.
async fn keystone_list_projects(uri: Uri) -> Answer {
    let name = Query::read(&uri).get("name").map(str::to_string);
    let project = iam::types::Project {
        id: Some(PROJECT_ID.to_string()),
        name: Some(REGION.to_string()),
        enabled: Some(true),
        ..iam::types::Project::default()
    };
    let projects = [project]
        .into_iter()
        .filter(|project| name.is_none() || project.name == name)
        .collect();
    Ok(answer::json(&iam::types::KeystoneListProjectsResponse {
        projects,
        ..iam::types::KeystoneListProjectsResponse::default()
    }))
}

fn known_project(project: &str) -> Result<(), Refusal> {
    match project {
        PROJECT_ID => Ok(()),
        _ => Err(Refusal::no_such_project()),
    }
}
