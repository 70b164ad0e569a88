//! The tools of other languages that the tasks run: pinned, installed once below `target/tools`, and
//! asked for by name.
//!
//! `xtask/tools` holds the versions. A toolchain that is missing is an error that says how to get it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The differ of OpenAPI descriptions.
const OASDIFF: &str = "github.com/oasdiff/oasdiff@v1.35.0";

/// The tools of a checkout.
#[derive(Clone, Debug)]
pub struct Tools {
    pins: PathBuf,
    folder: PathBuf,
}

impl Tools {
    pub fn new(root: &Path) -> Result<Self> {
        let root = fs::canonicalize(root).with_context(|| format!("{}", root.display()))?;
        Ok(Self {
            pins: root.join("xtask/tools"),
            folder: root.join("target/tools"),
        })
    }

    /// The folder whose `node_modules` holds the Node.js tools.
    pub fn node(&self) -> Result<PathBuf> {
        needs("npm")?;
        let folder = self.folder.join("node");
        self.once(&folder, &["package.json", "package-lock.json"], || {
            for file in ["package.json", "package-lock.json"] {
                fs::copy(self.pins.join(file), folder.join(file))?;
            }
            // No package has a say in the set-up of the others.
            run(Command::new("npm")
                .args([
                    "ci",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                ])
                .current_dir(&folder))
        })?;
        Ok(folder)
    }

    /// A Node.js tool by the name of its program.
    pub fn node_program(&self, name: &str) -> Result<Command> {
        Ok(Command::new(
            self.node()?.join("node_modules/.bin").join(name),
        ))
    }

    /// The folder of the programs of the Python tools.
    pub fn python(&self) -> Result<PathBuf> {
        needs("python3")?;
        let folder = self.folder.join("python");
        self.once(&folder, &["requirements.txt"], || {
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            run(Command::new(folder.join("bin/pip"))
                .args([
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--requirement",
                ])
                .arg(self.pins.join("requirements.txt")))
        })?;
        Ok(folder.join("bin"))
    }

    /// The differ of OpenAPI descriptions.
    pub fn oasdiff(&self) -> Result<PathBuf> {
        needs("go")?;
        let program = self
            .folder
            .join("go")
            .join(OASDIFF.replace(['/', '@'], "-"));
        if !program.join("oasdiff").exists() {
            fs::create_dir_all(&program)?;
            run(Command::new("go")
                .args(["install", OASDIFF])
                .env("GOBIN", &program))?;
        }
        Ok(program.join("oasdiff"))
    }

    /// Installs into a folder that is new, or was made from other pins.
    fn once(
        &self,
        folder: &Path,
        pins: &[&str],
        install: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        // An environment of Python knows its own place, and does not work in another.
        let mut pinned = format!("{}\n", folder.display());
        for pin in pins {
            pinned.push_str(&fs::read_to_string(self.pins.join(pin))?);
        }
        let stamp = folder.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            return Ok(());
        }
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        eprintln!("installing the tools of xtask/tools/{}", pins[0]);
        install()?;
        Ok(fs::write(stamp, pinned)?)
    }
}

/// Fails where a program does not run, and says how to get it.
pub fn needs(program: &str) -> Result<()> {
    let install = match program {
        "npm" => "Node.js 20.19 or newer, with npm (https://nodejs.org)",
        "python3" => "Python 3.11 or newer, with venv (Debian: `apt-get install python3-venv`)",
        "go" => "Go 1.26 or newer (https://go.dev/dl/)",
        "javac" => "a JDK, 17 or newer (Debian: `apt-get install default-jdk-headless`)",
        "mvn" => "Maven 3.8 or newer (Debian: `apt-get install maven`)",
        _ => "to be installed",
    };
    let version = if program == "go" {
        "version"
    } else {
        "--version"
    };
    let found = Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{program} {version} fails ({status}); needed is {install}"),
        Err(error) => bail!("{program} cannot be run ({error}); needed is {install}"),
    }
}

/// Runs a program to its end; its failure is an error with all that it said.
pub fn run(command: &mut Command) -> Result<()> {
    output(command).map(|_| ())
}

/// What a program prints; its failure is an error with all that it said.
pub fn output(command: &mut Command) -> Result<String> {
    let name = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!(
            "{name} failed ({}):\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} prints no UTF-8"))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
