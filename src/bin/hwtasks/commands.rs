//! What each command does: make a client, call, hand the answer to the output.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use clap::CommandFactory;
use futures_util::TryStreamExt;
use huaweicloud_tasks::sandbox::{self, Sandbox, SandboxBuilder, Scenario};
use huaweicloud_tasks::wait::WaitPolicy;
use huaweicloud_tasks::wire::TaskState;
use huaweicloud_tasks::{ClientBuilder, Service, dcs, rocketmq};

use crate::Failure;
use crate::args::{Args, Command, Dcs, Global, Listing, Rocketmq};
use crate::output::{self, Region, printable};
use crate::watch;

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let global = &args.global;
    match args.command {
        Command::Dcs(command) => {
            let live = matches!(command, Dcs::Watch(_));
            let target = Target::new(global, live).await?;
            let client = target.client(dcs::Client::builder())?;
            dcs(&target, &client, command).await
        }
        Command::Rocketmq(command) => {
            let live = matches!(command, Rocketmq::Watch(_));
            let target = Target::new(global, live).await?;
            let client = target.client(rocketmq::Client::builder())?;
            rocketmq(&target, &client, command).await
        }
        Command::Sandbox { port, host } => serve(port, host, global).await,
        Command::Regions => {
            let mut regions = regions_of::<dcs::Client>();
            regions.extend(regions_of::<rocketmq::Client>());
            output::regions(&regions, global.output)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "hwtasks", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(())
        }
    }
}

async fn dcs(target: &Target<'_>, client: &dcs::Client, command: Dcs) -> Result<(), Failure> {
    let output = target.global.output;
    match command {
        Dcs::List { instance, page } => {
            let instance = target.id("--instance", instance, sandbox::DCS_INSTANCE_ID)?;
            let mut call = client.instance(instance).list();
            set!(call, page: offset, limit, start_time, end_time);
            list!(call, page.listing, output)
        }
        Dcs::Center { page } => {
            let mut call = client.list_center_task();
            set!(call, page: offset, limit, start_time, end_time);
            list!(call, page.listing, output)
        }
        Dcs::Progress { instance, task } => {
            let instance = target.id("--instance", instance, sandbox::DCS_INSTANCE_ID)?;
            let task = target.id("--task", task, sandbox::DCS_TASK_ID)?;
            let call = client.instance(instance).task(task).progress();
            output::progress(&*call.send().await?, output)
        }
        Dcs::Watch(watch) => follow!(target, client, watch, sandbox::DCS_INSTANCE_ID),
    }
}

async fn rocketmq(
    target: &Target<'_>,
    client: &rocketmq::Client,
    command: Rocketmq,
) -> Result<(), Failure> {
    match command {
        Rocketmq::List { instance, page } => {
            let instance = target.id("--instance", instance, sandbox::ROCKETMQ_INSTANCE_ID)?;
            let mut call = client.instance(instance).list();
            set!(call, page: start, limit, begin_time, end_time);
            list!(call, page.listing, target.global.output)
        }
        Rocketmq::Watch(watch) => follow!(target, client, watch, sandbox::ROCKETMQ_INSTANCE_ID),
    }
}

/// Sets those parameters of a call that the command line gives.
macro_rules! set {
    ($call:ident, $given:ident: $($parameter:ident),*) => {
        $(if let Some(value) = $given.$parameter {
            $call = $call.$parameter(value);
        })*
    };
}
use set;

/// Narrows a list, and prints one page of it, or all.
macro_rules! list {
    ($call:ident, $listing:expr, $output:expr) => {{
        let listing: Listing = $listing;
        set!($call, listing: since, until);
        if listing.all {
            output::all($call.stream(), $output).await
        } else {
            let page = $call.send().await?;
            let count = page.task_count.as_ref().and_then(|count| count.get());
            output::page(&*page, &page.tasks, count, $output)
        }
    }};
}
use list;

/// Follows one task of an instance, or all that are running.
macro_rules! follow {
    ($target:ident, $client:ident, $watch:ident, $documented:expr) => {{
        let instance = $target.id("--instance", $watch.instance, $documented)?;
        let output = $target.global.output;
        let started = std::time::Instant::now();
        let single = $watch.task.is_some();
        let tasks = match $watch.task {
            Some(task) if task.is_empty() => {
                return Err(Failure::Usage("--task must not be empty".to_string()));
            }
            Some(task) => vec![task],
            None => {
                let listed = $client.instance(&instance).list().stream();
                let running = listed.try_filter_map(async |task| {
                    let state = task.status.as_ref().map(|status| status.state());
                    let pending = state.is_none_or(|state| state == TaskState::Pending);
                    Ok(task.id.filter(|id| pending && !id.is_empty()))
                });
                // The limit holds for a list without an end as well. One that is short has its time.
                let limit = $watch.timeout.max(Duration::from_secs(5));
                match tokio::time::timeout(limit, running.try_collect::<Vec<_>>()).await {
                    Ok(running) => running?,
                    Err(_) => {
                        let instance = printable(&instance);
                        output::complain(&format!("the list of instance {instance} did not end in time"));
                        return Err(Failure::Exit(watch::TIMED_OUT));
                    }
                }
            }
        };
        if tasks.is_empty() {
            eprintln!("no task of instance {} is running", printable(&instance));
        }
        let tasks = tasks.into_iter().map(|task| (instance.clone(), task));
        let left = $watch.timeout.saturating_sub(started.elapsed());
        let wait = $client
            .wait_many(tasks)
            .policy($target.wait_policy().timeout(left))
            .with_progress(true);
        watch::watch(wait.updates(), output, single).await
    }};
}
use follow;

/// Whom to call: the sandbox of this process, or the real service.
struct Target<'a> {
    global: &'a Global,
    sandbox: Option<Sandbox>,
}

impl<'a> Target<'a> {
    /// `live` is whether the sandbox plays something to watch where no scenario is given.
    async fn new(global: &'a Global, live: bool) -> Result<Self, Failure> {
        if global.sandbox && (global.region.is_some() || global.endpoint.is_some()) {
            // clap does not see a conflict between options before and after the command.
            return Err(Failure::Usage(
                "--sandbox has its own endpoint; leave out --region and --endpoint".to_string(),
            ));
        }
        if !global.sandbox && (global.sandbox_scenario.is_some() || global.sandbox_speed.is_some())
        {
            return Err(Failure::Usage(
                "--sandbox-scenario and --sandbox-speed are of no use without --sandbox"
                    .to_string(),
            ));
        }
        let sandbox = match global.sandbox {
            true => Some(
                sandbox_of(global, scenario_of(global, live)?)
                    .start()
                    .await?,
            ),
            false => None,
        };
        Ok(Self { global, sandbox })
    }

    fn client<C: Service>(&self, mut builder: ClientBuilder<C>) -> Result<C, Failure> {
        if let Some(project_id) = &self.global.project_id {
            builder = builder.project_id(project_id);
        }
        if let Some(sandbox) = &self.sandbox {
            if self.global.project_id.is_none() {
                builder = builder.project_id(sandbox::PROJECT_ID);
            }
            return Ok(builder
                .endpoint(sandbox.endpoint())
                .credentials(sandbox.credentials())
                .build()?);
        }
        let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        if self.global.region.is_none()
            && self.global.endpoint.is_none()
            && !named("HW_REGION_NAME")
        {
            return Err(Failure::Usage(
                "give --region or --endpoint, or set HW_REGION_NAME; --sandbox needs neither"
                    .to_string(),
            ));
        }
        if let Some(region) = &self.global.region {
            builder = builder.region(region);
        }
        if let Some(endpoint) = &self.global.endpoint {
            builder = builder.endpoint(endpoint);
        }
        Ok(builder.from_env()?.build()?)
    }

    /// How often to poll: a sandbox may be asked as often as one likes. Its own tasks are listed at
    /// once; those of a scenario may not be.
    fn wait_policy(&self) -> WaitPolicy {
        let policy = WaitPolicy::default();
        match (&self.sandbox, &self.global.sandbox_scenario) {
            (None, _) => policy,
            (Some(_), scenario) => policy
                .min_interval(Duration::from_millis(100))
                .max_interval(Duration::from_millis(400))
                .grace(Duration::from_millis(if scenario.is_some() {
                    30_000
                } else {
                    500
                })),
        }
    }

    /// An id of the command line, or the documented one in the sandbox.
    fn id(&self, option: &str, given: Option<String>, documented: &str) -> Result<String, Failure> {
        match (given, &self.sandbox) {
            (Some(id), _) => Ok(id),
            (None, Some(_)) => Ok(documented.to_string()),
            (None, None) => Err(Failure::Usage(format!(
                "{option} is missing; only --sandbox has a default for it"
            ))),
        }
    }
}

/// The sandbox that the options ask for.
fn sandbox_of(global: &Global, scenario: Scenario) -> SandboxBuilder {
    Sandbox::builder()
        .dcs_tasks(global.sandbox_tasks)
        .scenario(scenario)
}

/// What the sandbox is to play.
fn scenario_of(global: &Global, live: bool) -> Result<Scenario, Failure> {
    let scenario = match &global.sandbox_scenario {
        Some(file) => {
            let usage = |error: &dyn std::fmt::Display| {
                Failure::Usage(format!("{}: {error}", file.display()))
            };
            let json = std::fs::read_to_string(file).map_err(|e| usage(&e))?;
            Scenario::from_json(&json).map_err(|e| usage(&e))?
        }
        None if live => Scenario::live(),
        None => Scenario::default(),
    };
    Ok(match global.sandbox_speed {
        Some(speed) => scenario.speed(speed),
        None => scenario,
    })
}

fn regions_of<C: Service>() -> Vec<Region> {
    let servers = C::servers().iter();
    servers
        .flat_map(|server| {
            server.regions.iter().map(|region| Region {
                service: C::NAME,
                region,
                endpoint: server.endpoint(region),
            })
        })
        .collect()
}

/// Serves until Ctrl-C, having printed what a shell needs to point any SDK here.
async fn serve(port: u16, host: Option<IpAddr>, global: &Global) -> Result<(), Failure> {
    let scenario = scenario_of(global, false)?;
    let mut sandbox = sandbox_of(global, scenario.clone()).port(port);
    if let Some(host) = host {
        sandbox = sandbox.host(host);
    }
    let sandbox = sandbox.start().await?;
    let region = sandbox::REGION.to_uppercase().replace('-', "_");
    let endpoint = sandbox.endpoint();
    let mut out = std::io::stdout().lock();
    writeln!(out, "# The sandbox listens on {endpoint} until Ctrl-C.")?;
    for (name, value) in [
        ("HUAWEICLOUD_SDK_AK", sandbox::ACCESS_KEY),
        ("HUAWEICLOUD_SDK_SK", sandbox::SECRET_KEY),
        ("HUAWEICLOUD_SDK_PROJECT_ID", sandbox::PROJECT_ID),
        ("HW_REGION_NAME", sandbox::REGION),
        (&format!("HUAWEICLOUD_SDK_REGION_DCS_{region}"), &endpoint),
        (
            &format!("HUAWEICLOUD_SDK_REGION_ROCKETMQ_{region}"),
            &endpoint,
        ),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", &endpoint),
    ] {
        writeln!(out, "export {name}={value}")?;
    }
    writeln!(out, "# DCS instance       {}", sandbox::DCS_INSTANCE_ID)?;
    writeln!(out, "# DCS task           {}", sandbox::DCS_TASK_ID)?;
    writeln!(
        out,
        "# RocketMQ instance  {}",
        sandbox::ROCKETMQ_INSTANCE_ID
    )?;
    writeln!(out, "# X-Auth-Token       {}", sandbox::AUTH_TOKEN)?;
    for (service, instances) in [("dcs", &scenario.dcs), ("rocketmq", &scenario.rocketmq)] {
        for instance in instances {
            for task in &instance.tasks {
                writeln!(
                    out,
                    "# plays {service}: --instance {} --task {}",
                    instance.id, task.id
                )?;
            }
        }
    }
    out.flush()?;
    drop(out);
    tokio::signal::ctrl_c().await?;
    sandbox.shutdown().await;
    Ok(())
}
