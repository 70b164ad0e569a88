//! `cargo xtask browse`: the published page in a real browser. Are all operations there, does one open
//! with its sample, and does the page ask nobody for anything?

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::publish;
use crate::tools::Tools;

/// Publishes, opens the page, and writes a picture of it.
pub fn page(root: &Path, screenshot: Option<PathBuf>) -> Result<()> {
    let tools = Tools::new(root)?;
    let dist = root.join("target/browse");
    publish::write_all(root, &dist)?;
    let dist = dist.canonicalize()?;
    let screenshot = screenshot.unwrap_or_else(|| dist.join("documentation.png"));
    let seen = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browse.mjs"))
        .arg(dist.join("index.html"))
        .arg(chromium()?)
        .arg(std::path::absolute(&screenshot)?)
        .current_dir(tools.node()?)
        .stdin(Stdio::from(File::open(dist.join("manifest.json"))?))
        .status()
        .context("node")?;
    ensure!(seen.success(), "the page is not what it should be");
    println!("{}", screenshot.display());
    Ok(())
}

/// Chromium, or a browser that is one.
fn chromium() -> Result<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_string);
    for program in named.into_iter().chain(usual) {
        let found = Command::new("sh")
            .args(["-c", "command -v \"$0\"", &program])
            .output()?;
        if found.status.success() {
            return Ok(String::from_utf8_lossy(&found.stdout).trim().to_string());
        }
    }
    bail!("Chromium is missing (Debian: `apt-get install chromium`); CHROMIUM may name it")
}
