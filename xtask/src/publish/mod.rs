//! `cargo xtask publish`: the descriptions as files for other languages and for people.
//!
//! What is written depends on the files of the project and the pinned tools alone, so that it is the
//! same to the byte wherever it is made. `openapi/manifest.json` records what each version holds, and a
//! version never changes what it holds.

mod edition;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::tools::Tools;
pub use edition::{Edition, services};

const RECORD: &str = "openapi/manifest.json";

/// What is published, for programs.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    services: Vec<Entry>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    service: String,
    title: String,
    /// `info.version` of the description.
    version: String,
    operations: Vec<OperationEntry>,
    /// The SHA-256 of each file of the service.
    files: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationEntry {
    id: String,
    method: String,
    path: String,
    summary: String,
}

/// The files of a release by name, and what the manifest says of them.
struct Release {
    manifest: Manifest,
    files: BTreeMap<String, Vec<u8>>,
}

/// Writes the release to a folder, or with `check` only compares it with what is recorded.
pub fn run(root: &Path, out: &Path, check: bool) -> Result<()> {
    let mut release = release(root, root)?;
    let recorded = recorded(root)?;
    for entry in &release.manifest.services {
        let before = recorded
            .services
            .iter()
            .find(|old| old.service == entry.service);
        if let Some(before) = before {
            compatible(before, entry)?;
        }
    }
    if check {
        ensure!(
            recorded == release.manifest,
            "{RECORD} does not record what would be published; run `cargo xtask publish` and commit it"
        );
        println!("{RECORD} records what would be published");
        return Ok(());
    }
    complete(root, &mut release)?;
    write(out, &release.files)?;
    // Last, so that it records nothing that was not written.
    fs::write(root.join(RECORD), json(&release.manifest)?).context(RECORD)?;
    println!("{} files in {}", release.files.len(), out.display());
    Ok(())
}

/// Writes everything, whatever is recorded.
pub fn write_all(root: &Path, out: &Path) -> Result<()> {
    let mut release = release(root, root)?;
    complete(root, &mut release)?;
    write(out, &release.files)
}

/// Adds what comes with the descriptions: manifest, page and sums.
fn complete(root: &Path, release: &mut Release) -> Result<()> {
    let page = page::render(&Tools::new(root)?, &Edition::all(root)?)?;
    let files = &mut release.files;
    files.insert("manifest.json".to_string(), json(&release.manifest)?);
    files.insert("index.html".to_string(), page.into_bytes());
    let sums: String = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes)))
        .collect();
    files.insert("SHA256SUMS".to_string(), sums.into_bytes());
    Ok(())
}

/// Writes the descriptions below a folder, which may be another than `root`, without the page.
pub fn write_descriptions(root: &Path, descriptions: &Path, out: &Path) -> Result<()> {
    let mut release =
        release(root, descriptions).with_context(|| format!("in {}", descriptions.display()))?;
    let manifest = json(&release.manifest)?;
    release.files.insert("manifest.json".to_string(), manifest);
    write(out, &release.files)
}

/// The descriptions in all their forms, without the page.
fn release(root: &Path, descriptions: &Path) -> Result<Release> {
    let tools = Tools::new(root)?;
    let mut manifest = Manifest::default();
    let mut files = BTreeMap::new();
    for edition in Edition::all(descriptions)? {
        let module = edition.service.module;
        let newer = upgraded(&tools, &edition.document.value)?;
        let mut own = BTreeMap::new();
        for (version, value) in [("3.0", &edition.document.value), ("3.1", &newer)] {
            own.insert(format!("{module}-openapi-{version}.json"), json(value)?);
            own.insert(format!("{module}-openapi-{version}.yaml"), yaml(value)?);
        }
        manifest.services.push(Entry {
            service: module.to_string(),
            title: edition.title().to_string(),
            version: edition.version().to_string(),
            operations: edition
                .operations()
                .iter()
                .map(|operation| OperationEntry {
                    id: operation.id().to_string(),
                    method: operation.method.to_uppercase(),
                    path: operation.path.to_string(),
                    summary: operation.value["summary"]
                        .as_str()
                        .unwrap_or_default()
                        .to_string(),
                })
                .collect(),
            files: own
                .iter()
                .map(|(name, bytes)| (name.clone(), sha256(bytes)))
                .collect(),
        });
        files.extend(own);
    }
    let changes = fs::read(root.join("openapi/CHANGELOG.md")).context("openapi/CHANGELOG.md")?;
    files.insert("CHANGELOG.md".to_string(), changes);
    Ok(Release { manifest, files })
}

fn recorded(root: &Path) -> Result<Manifest> {
    match fs::read_to_string(root.join(RECORD)) {
        Ok(text) => serde_json::from_str(&text).with_context(|| RECORD.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(error).with_context(|| RECORD.to_string()),
    }
}

/// A version holds what it held, and a new one is higher.
fn compatible(before: &Entry, now: &Entry) -> Result<()> {
    let version = |entry: &Entry| {
        semver::Version::parse(&entry.version)
            .with_context(|| format!("info.version {:?} of {}", entry.version, entry.service))
    };
    let (old, new) = (version(before)?, version(now)?);
    let name = &now.service;
    if new < old {
        bail!("info.version of openapi/{name}.yaml is {new}, and {old} was published before");
    }
    if new == old && before.files != now.files {
        let changed: Vec<_> = now
            .files
            .iter()
            .filter(|(file, hash)| before.files.get(*file) != Some(hash))
            .map(|(file, _)| file.as_str())
            .collect();
        bail!(
            "{} would change, and info.version of openapi/{name}.yaml is still {old}: raise the patch \
             version, or the part that `cargo xtask diff` says",
            changed.join(", ")
        );
    }
    Ok(())
}

/// The 3.1 edition of a description.
fn upgraded(tools: &Tools, value: &Value) -> Result<Value> {
    let folder = tools.node()?;
    let mut node = std::process::Command::new("node")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/publish/upgrade.mjs"
        ))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("node")?;
    let input = serde_json::to_vec(value)?;
    node.stdin.take().context("node")?.write_all(&input)?;
    let output = node.wait_with_output()?;
    ensure!(output.status.success(), "the converter to 3.1 failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// YAML that reads back as what was written: a text that looks like a number must stay one.
fn yaml(value: &Value) -> Result<Vec<u8>> {
    let text = serde_saphyr::to_string(value)?;
    let back: Value = serde_saphyr::from_str(&text)?;
    ensure!(
        back == *value,
        "the YAML does not read back as what was written"
    );
    Ok(text.into_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes files to a folder that is empty, or holds what was published before. Of that, what is no longer
/// published goes.
fn write(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let place = || format!("{}", out.display());
    fs::create_dir_all(out).with_context(place)?;
    let before = fs::read_to_string(out.join("manifest.json")).ok();
    let before: Option<Manifest> = before.and_then(|text| serde_json::from_str(&text).ok());
    let empty = fs::read_dir(out).with_context(place)?.next().is_none();
    ensure!(
        empty || before.is_some(),
        "{} holds files that were not published from here; give a folder of its own to --out",
        out.display()
    );
    for old in before
        .iter()
        .flat_map(|before| &before.services)
        .flat_map(|entry| entry.files.keys())
    {
        if !files.contains_key(old) && !old.contains(['/', '\\']) {
            let _ = fs::remove_file(out.join(old));
        }
    }
    for (name, bytes) in files {
        let file = out.join(name);
        fs::write(&file, bytes).with_context(|| format!("{}", file.display()))?;
    }
    Ok(())
}
