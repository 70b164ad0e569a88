//! What each command does: make a client, call, hand the answer to the output.

use std::io::Write;

use clap::CommandFactory;
use huaweicloud_tasks::sandbox::{self, Sandbox};
use huaweicloud_tasks::{ClientBuilder, Service, dcs, rocketmq};

use crate::Failure;
use crate::args::{Args, Command, Dcs, Global, Listing, Rocketmq};
use crate::output::{self, Region};

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let global = &args.global;
    match args.command {
        Command::Dcs(command) => {
            let target = Target::new(global).await?;
            let client = target.client(dcs::Client::builder())?;
            dcs(&target, &client, command).await
        }
        Command::Rocketmq(command) => {
            let target = Target::new(global).await?;
            let client = target.client(rocketmq::Client::builder())?;
            rocketmq(&target, &client, command).await
        }
        Command::Sandbox { port } => serve(port, global.sandbox_tasks).await,
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

/// Whom to call: the sandbox of this process, or the real service.
struct Target<'a> {
    global: &'a Global,
    sandbox: Option<Sandbox>,
}

impl<'a> Target<'a> {
    async fn new(global: &'a Global) -> Result<Self, Failure> {
        if global.sandbox && (global.region.is_some() || global.endpoint.is_some()) {
            // clap does not see a conflict between options before and after the command.
            return Err(Failure::Usage(
                "--sandbox has its own endpoint; leave out --region and --endpoint".to_string(),
            ));
        }
        let sandbox = match global.sandbox {
            true => Some(
                Sandbox::builder()
                    .dcs_tasks(global.sandbox_tasks)
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
async fn serve(port: u16, dcs_tasks: usize) -> Result<(), Failure> {
    let sandbox = Sandbox::builder()
        .port(port)
        .dcs_tasks(dcs_tasks)
        .start()
        .await?;
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
    out.flush()?;
    drop(out);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
