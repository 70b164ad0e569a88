//! `cargo xtask interop`: clients that other generators make of the published descriptions, built, and
//! put to the test.
//!
//! Each folder of `xtask/interop` is a generator. Its program `run` generates, builds and checks, and
//! prints `ok <operation> <check>` for what holds:
//!
//! | check | what holds |
//! | --- | --- |
//! | `decode` | the documented sample decodes, and its fields have the documented values |
//! | `unknown` | a status and a field that no document knows do no harm |
//! | `call` | the client calls the sandbox, and reads the answer |
//! | `error` | a wrong token gives the documented error |
//!
//! A hole in the matrix of generators and operations is a failure.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::publish;
use crate::tools::{Tools, needs, run};

/// The columns of the matrix.
const OPERATIONS: [&str; 4] = [
    "ListBackgroundTask",
    "ShowBackgroundTaskProgress",
    "ListCenterTask",
    "ListBackgroundTasks",
];

/// A folder, and what it proves.
struct Generator {
    name: &'static str,
    /// The programs that it needs besides the tools of `xtask/tools`.
    programs: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A generated client calls the sandbox.
    Client,
    /// An official SDK signs, and calls the operations of these places of [`OPERATIONS`].
    Sdk(&'static [&'static str]),
    /// Prism plays the services, and our own client calls it.
    Server,
}

impl Kind {
    /// What must hold of an operation.
    fn required(self, operation: &str) -> &'static [&'static str] {
        match self {
            Self::Client if operation == OPERATIONS[0] => &["decode", "unknown", "call", "error"],
            Self::Client => &["decode", "call", "error"],
            Self::Sdk(operations) if operations.contains(&operation) => &["call", "error"],
            Self::Sdk(_) => &[],
            Self::Server => &["call"],
        }
    }
}

const fn client(name: &'static str, programs: &'static [&'static str]) -> Generator {
    Generator {
        name,
        programs,
        kind: Kind::Client,
    }
}

const fn sdk(name: &'static str, operations: &'static [&'static str]) -> Generator {
    Generator {
        name,
        programs: &[],
        kind: Kind::Sdk(operations),
    }
}

const GENERATORS: [Generator; 15] = [
    client("openapi-typescript", &[]),
    client("hey-api-openapi-ts", &[]),
    client("openapi-generator-typescript-fetch", &["javac"]),
    client("openapi-generator-typescript-axios", &["javac"]),
    client("openapi-python-client", &[]),
    client("datamodel-code-generator", &[]),
    client("openapi-generator-python", &["javac"]),
    client("oapi-codegen", &["go"]),
    client("ogen", &["go"]),
    client("openapi-generator-go", &["go", "javac"]),
    client("openapi-generator-java", &["javac", "mvn"]),
    client("openapi-generator-rust", &["javac"]),
    sdk("sdk-python", &OPERATIONS),
    // npm has no package of this SDK for DCS.
    sdk("sdk-nodejs", &["ListBackgroundTasks"]),
    Generator {
        name: "prism",
        programs: &[],
        kind: Kind::Server,
    },
];

/// Runs every generator, or the one that is named, and prints the matrix.
pub fn all(root: &Path, descriptions: &Path, only: Option<&str>) -> Result<()> {
    let chosen: Vec<_> = GENERATORS
        .iter()
        .filter(|generator| only.is_none_or(|name| name == generator.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = GENERATORS.iter().map(|generator| generator.name).collect();
        bail!(
            "there is no generator {:?}; there are {}",
            only.unwrap_or_default(),
            names.join(", ")
        );
    }
    for program in chosen.iter().flat_map(|generator| generator.programs) {
        needs(program)?;
    }
    let root = fs::canonicalize(root)?;
    let bench = Bench::new(&root, descriptions)?;
    let mut holes = Vec::new();
    let mut rows = Vec::new();
    for generator in chosen {
        let started = Instant::now();
        let (held, failure) = bench.run(generator)?;
        let seconds = started.elapsed().as_secs();
        if let Some(said) = failure {
            eprintln!("{}: {said}", generator.name);
            holes.push(format!("{} failed", generator.name));
        }
        for operation in OPERATIONS {
            for check in generator.kind.required(operation) {
                if !held.contains(&(operation.to_string(), check.to_string())) {
                    holes.push(format!("{}: {operation} {check}", generator.name));
                }
            }
        }
        eprintln!("{}: {seconds} s", generator.name);
        rows.push((generator.name, held));
    }
    print(&rows);
    println!(
        "decode: the sample decodes; unknown: so does what nobody knows yet; call: the sandbox answers; \
         error: and refuses a wrong token"
    );
    ensure!(
        holes.is_empty(),
        "the matrix has holes:\n{}",
        holes.join("\n")
    );
    Ok(())
}

/// What every generator works with: the published files, the tools, and a sandbox.
struct Bench {
    root: PathBuf,
    node: PathBuf,
    python: PathBuf,
    dist: PathBuf,
    program: PathBuf,
    sandbox: Sandbox,
}

impl Bench {
    fn new(root: &Path, descriptions: &Path) -> Result<Self> {
        let tools = Tools::new(root)?;
        let dist = root.join("target/interop/dist");
        publish::write_descriptions(root, descriptions, &dist)?;
        run(Command::new("cargo")
            .args([
                "build",
                "--quiet",
                "--locked",
                "--features",
                "cli",
                "--bin",
                "hwtasks",
            ])
            .current_dir(root))?;
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let program = target.join("debug/hwtasks");
        Ok(Self {
            root: root.to_path_buf(),
            node: tools.node()?,
            python: tools.python()?,
            dist,
            sandbox: Sandbox::start(&program)?,
            program,
        })
    }

    /// What holds of a generator, and what it said where it failed.
    fn run(&self, generator: &Generator) -> Result<(Held, Option<String>)> {
        let folder = self.root.join("xtask/interop").join(generator.name);
        let work = self.root.join("target/interop/work").join(generator.name);
        let cache = self.root.join("target/interop/cache").join(generator.name);
        if work.exists() {
            fs::remove_dir_all(&work)?;
        }
        fs::create_dir_all(&work)?;
        fs::create_dir_all(&cache)?;
        let output = Command::new(folder.join("run"))
            .current_dir(&folder)
            .envs([
                ("DIST", &self.dist),
                ("SAMPLES", &self.root.join("openapi/samples")),
                ("TOOLS_NODE", &self.node),
                ("TOOLS_PYTHON", &self.python),
                ("CACHE", &cache),
                ("WORK", &work),
                ("HWTASKS", &self.program),
            ])
            .envs(
                self.sandbox
                    .variables
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{}", folder.join("run").display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let held = printed
            .lines()
            .filter_map(|line| line.strip_prefix("ok ")?.split_once(' '))
            .map(|(operation, check)| (operation.to_string(), check.trim().to_string()))
            .collect();
        let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        Ok((held, (!output.status.success()).then_some(said)))
    }
}

/// Operations, and what holds of them.
type Held = BTreeSet<(String, String)>;

/// A sandbox of this checkout, until it is dropped.
struct Sandbox {
    process: Child,
    /// What the programs need to call it.
    variables: Vec<(&'static str, String)>,
}

impl Sandbox {
    fn start(program: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .arg("sandbox")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{}", program.display()))?;
        let lines = process.stdout.take().context("the output of the sandbox")?;
        // What the sandbox prints for people, and for shells.
        let wanted = [
            ("export HUAWEICLOUD_SDK_IAM_ENDPOINT=", "ENDPOINT"),
            ("export HUAWEICLOUD_SDK_AK=", "ACCESS_KEY"),
            ("export HUAWEICLOUD_SDK_SK=", "SECRET_KEY"),
            ("export HUAWEICLOUD_SDK_PROJECT_ID=", "PROJECT_ID"),
            ("# DCS instance", "DCS_INSTANCE_ID"),
            ("# DCS task", "DCS_TASK_ID"),
            ("# RocketMQ instance", "ROCKETMQ_INSTANCE_ID"),
            ("# X-Auth-Token", "AUTH_TOKEN"),
        ];
        let mut sandbox = Self {
            process,
            variables: Vec::new(),
        };
        for line in BufReader::new(lines).lines() {
            let line = line?;
            let found = wanted
                .iter()
                .find_map(|(prefix, name)| Some((*name, line.strip_prefix(prefix)?)));
            if let Some((name, value)) = found {
                sandbox.variables.push((name, value.trim().to_string()));
            }
            if sandbox.variables.len() == wanted.len() {
                return Ok(sandbox);
            }
        }
        bail!("the sandbox did not say where it is");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn print(rows: &[(&str, Held)]) {
    let checks = |operation: &str, held: &Held| {
        let checks: Vec<_> = held
            .iter()
            .filter(|(held, _)| held == operation)
            .map(|(_, check)| check.as_str())
            .collect();
        match checks.is_empty() {
            true => "-".to_string(),
            false => checks.join(" "),
        }
    };
    print!("{:<36}", "");
    for operation in OPERATIONS {
        print!("{operation:<28}");
    }
    println!();
    for (name, held) in rows {
        print!("{name:<36}");
        for operation in OPERATIONS {
            print!("{:<28}", checks(operation, held));
        }
        println!();
    }
}
