//! `cargo xtask lint`: what the well-known linters say of the descriptions, as they are written and as
//! they are published.
//!
//! Each runs with its recommended rules, and nothing is let pass: no warning, no hint. The settings are
//! in `xtask/tools`; a rule that is off has its reason beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::codegen::SERVICES;
use crate::publish;
use crate::tools::{Tools, run};

/// Lints everything; the first linter that finds something ends it.
pub fn all(root: &Path) -> Result<()> {
    let tools = Tools::new(root)?;
    let settings = root.join("xtask/tools");
    let published = root.join("target/lint");
    publish::write_descriptions(root, root, &published)?;
    let mut files: Vec<PathBuf> = SERVICES
        .iter()
        .map(|service| root.join(format!("openapi/{}.yaml", service.module)))
        .collect();
    for service in publish::services() {
        for version in ["3.0", "3.1"] {
            files.push(published.join(format!("{}-openapi-{version}.yaml", service.module)));
        }
    }
    for file in &files {
        ensure!(file.exists(), "{} is missing", file.display());
    }

    step(
        "redocly",
        &files,
        tools
            .node_program("redocly")?
            .args(["lint", "--max-problems=100", "--format=stylish"])
            .arg("--config")
            .arg(settings.join("redocly.yaml"))
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
    )?;
    step(
        "spectral",
        &files,
        tools
            .node_program("spectral")?
            .args(["lint", "--quiet", "--fail-severity=hint", "--ruleset"])
            .arg(settings.join("spectral.yaml")),
    )?;
    step(
        "openapi-spec-validator",
        &files,
        &mut Command::new(tools.python()?.join("openapi-spec-validator")),
    )
}

fn step(name: &str, files: &[PathBuf], linter: &mut Command) -> Result<()> {
    run(linter.args(files))?;
    println!("{name}: {} files, no errors, no warnings", files.len());
    Ok(())
}
