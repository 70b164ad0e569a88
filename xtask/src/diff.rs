//! `cargo xtask diff`: what changed in the descriptions since a revision, whom it breaks, and whether
//! `info.version` says so.
//!
//! oasdiff compares. Where it sees the harm otherwise, `xtask/tools/oasdiff-severity.txt` says so: a field
//! or a status that goes breaks typed code; a null that becomes described does not, since any field may be
//! null, as every description tells its readers. What oasdiff does not compare at all is [`Facts`]: a
//! value that goes from an `x-extensible-enum` breaks, a new one does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use semver::Version;
use serde::Deserialize;
use serde_json::Value;

use crate::codegen::document::{entries, items, text};
use crate::codegen::{SERVICES, Service};
use crate::publish::Edition;
use crate::tools::{Tools, output};

/// Which part of a version a change raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Nothing,
    Patch,
    Minor,
    Major,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Patch => "the patch version",
            Self::Minor => "the minor version",
            Self::Major => "the major version",
        })
    }
}

/// A change as oasdiff tells it.
#[derive(Debug, Deserialize)]
struct Change {
    id: String,
    text: String,
    /// 1 for a remark, 2 for what may break, 3 for what breaks.
    level: u8,
    operation: Option<String>,
    #[serde(rename = "operationId")]
    operation_id: Option<String>,
    path: Option<String>,
}

/// Compares every description with that of a revision, and prints what changed.
pub fn compare(root: &Path, descriptions: &Path, base: &str) -> Result<()> {
    let tools = Tools::new(root)?;
    let older = root.join("target/diff/base");
    extract(root, base, &older)?;
    let mut late = Vec::new();
    for gone in gone(&older)? {
        println!("{gone}: removed");
        late.push(format!(
            "openapi/{gone}.yaml: it is gone; nobody can be told so by its version"
        ));
    }
    for service in &SERVICES {
        let name = service.module;
        let now = Edition::plain(descriptions, service)
            .with_context(|| format!("in {}", descriptions.display()))?;
        if !older.join(format!("openapi/{name}.yaml")).exists() {
            println!("{name}: new, version {}", now.version());
            continue;
        }
        let before = Edition::plain(&older, service).with_context(|| format!("at {base}"))?;
        let changes = changes(root, &tools, service, &before, &now)?;
        let needed = print(name, &before, &now, &changes);
        let risen = risen(before.version(), now.version())
            .with_context(|| format!("info.version of openapi/{name}.yaml"))?;
        if risen < needed {
            late.push(format!(
                "openapi/{name}.yaml: {needed} must rise; info.version is {} at {base} and {} now",
                before.version(),
                now.version()
            ));
        }
    }
    ensure!(late.is_empty(), "{}", late.join("\n"));
    Ok(())
}

/// The services that a revision describes, and that are no longer there.
fn gone(older: &Path) -> Result<Vec<String>> {
    let folder = older.join("openapi");
    let mut gone = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".yaml") else {
            continue;
        };
        if name != "discrepancies" && SERVICES.iter().all(|service| service.module != name) {
            gone.push(name.to_string());
        }
    }
    Ok(gone)
}

/// Writes the descriptions of a revision to a folder.
fn extract(root: &Path, revision: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(arguments);
        git
    };
    // A word that begins with a dash would be an option.
    let commit = format!("{revision}^{{commit}}");
    let commit = output(&mut git(&[
        "rev-parse",
        "--verify",
        "--end-of-options",
        &commit,
    ]))
    .with_context(|| format!("{revision:?} is no revision of this repository"))?;
    let mut archive = git(&["archive", "--format=tar", commit.trim(), "openapi"])
        .stdout(Stdio::piped())
        .spawn()
        .context("git archive")?;
    let tar = archive.stdout.take().context("git archive")?;
    let unpacked = Command::new("tar")
        .arg("-x")
        .arg("-C")
        .arg(folder)
        .stdin(tar)
        .status();
    ensure!(
        archive.wait()?.success(),
        "{revision} has no folder openapi"
    );
    ensure!(
        unpacked.context("tar")?.success(),
        "tar cannot unpack the folder openapi of {revision}"
    );
    Ok(())
}

/// What is told of a change, by whom it is about, with the part of the version that it raises.
type Changes = BTreeMap<String, BTreeSet<(std::cmp::Reverse<Part>, String)>>;

fn changes(
    root: &Path,
    tools: &Tools,
    service: &Service,
    before: &Edition,
    now: &Edition,
) -> Result<Changes> {
    let folder = root.join("target/diff");
    let mut files = Vec::new();
    for (name, edition) in [("before", before), ("now", now)] {
        let file = folder.join(format!("{}-{name}.json", service.module));
        fs::write(&file, serde_json::to_vec(&edition.document.value)?)?;
        files.push(file);
    }
    let told = output(
        Command::new(tools.oasdiff()?)
            .args([
                "changelog",
                "--flatten-allof",
                "--format=json",
                "--severity-levels",
            ])
            .arg(root.join("xtask/tools/oasdiff-severity.txt"))
            .args(&files),
    )?;
    let told: Vec<Change> = serde_json::from_str(&told).context("the output of oasdiff")?;
    let mut changes = Changes::new();
    for change in told {
        // What follows from the version is told below.
        if change.id.starts_with("api-version-") {
            continue;
        }
        let part = if change.level > 1 {
            Part::Major
        } else {
            Part::Minor
        };
        let about = change
            .operation_id
            .or_else(|| Some(format!("{} {}", change.operation?, change.path?)))
            .unwrap_or_else(|| "the description".to_string());
        changes
            .entry(about)
            .or_default()
            .insert((std::cmp::Reverse(part), change.text));
    }
    let (earlier, later) = (Facts::of(before), Facts::of(now));
    for gone in earlier.0.difference(&later.0) {
        // What is gone altogether takes all that was said of it along.
        let about = later.0.iter().any(|fact| fact.0 == gone.0);
        if !about && !gone.1.starts_with("the schema") && gone.1 != "the server" {
            continue;
        }
        let text = format!("removed {}", gone.1);
        changes
            .entry(gone.0.clone())
            .or_default()
            .insert((std::cmp::Reverse(Part::Major), text));
    }
    for new in later.0.difference(&earlier.0) {
        // What is said of a thing that is new is told with it; what is said anew of an old one changes it.
        let part = if new.2 { Part::Major } else { Part::Minor };
        let there = earlier.0.iter().any(|old| old.0 == new.0);
        if there {
            let text = format!("added {}", new.1);
            changes
                .entry(new.0.clone())
                .or_default()
                .insert((std::cmp::Reverse(part), text));
        }
    }
    if changes.is_empty() && before.without_version() != now.without_version() {
        let text = "texts, samples or extensions".to_string();
        changes
            .entry("the description".to_string())
            .or_default()
            .insert((std::cmp::Reverse(Part::Patch), text));
    }
    Ok(changes)
}

/// What oasdiff does not compare: ranges of statuses, regions, formats of integers, and the known values
/// of open sets. Each is what it is about, what is said, and whether saying it anew breaks.
struct Facts(BTreeSet<(String, String, bool)>);

impl Facts {
    fn of(edition: &Edition) -> Self {
        let document = &edition.document;
        let mut facts = BTreeSet::new();
        for operation in edition.operations() {
            for (status, ..) in operation.responses(document) {
                if status.ends_with("XX") {
                    let said = format!("the answers with status `{status}`");
                    facts.insert((operation.id().to_string(), said, false));
                }
            }
        }
        for server in items(document.get("/servers")) {
            let url = text(server, "url");
            let about = format!("server {url}");
            facts.insert((about.clone(), "the server".to_string(), false));
            for (name, variable) in entries(server.get("variables")) {
                for value in items(variable.get("enum")).filter_map(Value::as_str) {
                    facts.insert((about.clone(), format!("the {name} `{value}`"), false));
                }
            }
        }
        for (name, schema) in entries(document.get("/components/schemas")) {
            let about = format!("schema {name}");
            facts.insert((about.clone(), "the schema".to_string(), false));
            for value in items(schema.get("x-extensible-enum")).filter_map(Value::as_str) {
                facts.insert((about.clone(), format!("the known value `{value}`"), false));
            }
            let own = std::iter::once(("itself", schema));
            let fields =
                entries(schema.get("properties")).map(|(name, field)| (name.as_str(), field));
            for (field, schema) in own.chain(fields) {
                let format = text(schema, "format");
                if !format.is_empty() {
                    facts.insert((
                        about.clone(),
                        format!("the format {format} of {field}"),
                        true,
                    ));
                }
            }
        }
        Self(facts)
    }
}

/// Prints the changes of a description; says which part of its version must rise.
fn print(name: &str, before: &Edition, now: &Edition, changes: &Changes) -> Part {
    let parts = changes.values().flatten().map(|(part, _)| part.0);
    let needed = parts.max().unwrap_or(Part::Nothing);
    println!(
        "{name}: {needed} must rise; info.version {} → {}",
        before.version(),
        now.version()
    );
    for (about, texts) in changes {
        println!("  {about}");
        for (part, text) in texts {
            let word = match part.0 {
                Part::Major => "breaks ",
                Part::Minor => "adds   ",
                Part::Patch | Part::Nothing => "changes",
            };
            println!("    {word} {text}");
        }
    }
    needed
}

fn risen(before: &str, now: &str) -> Result<Part> {
    let (before, now) = (Version::parse(before)?, Version::parse(now)?);
    ensure!(now >= before, "{now} is lower than {before}");
    Ok(if now.major > before.major {
        Part::Major
    } else if now.minor > before.minor {
        Part::Minor
    } else if now > before {
        Part::Patch
    } else {
        Part::Nothing
    })
}
