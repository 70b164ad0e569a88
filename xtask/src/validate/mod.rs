//! `cargo xtask validate`: is what we publish true, complete and generated as reviewed?
//!
//! In order: the rules of a description, its samples and request lines, the ledger of
//! discrepancies, the Rust that it generates, the comparison of all this with the reviewed
//! snapshot, and last the samples through the generated types. Every problem has a file, a place
//! and a reason, and the first kind that finds any ends the run with exit code 1.

pub mod ledger;
mod report;
pub mod samples;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::codegen::document::{Document, Problem};
use crate::codegen::generate::{Generated, generate};
use crate::codegen::{SERVICES, Service, rules};

/// A service whose description keeps the rules, and the Rust that it generates.
struct Valid {
    service: &'static Service,
    document: Document,
    generated: Generated,
}

/// Runs the whole check; with `accept`, the report becomes the new snapshot.
pub fn run(root: &Path, accept: bool) -> ExitCode {
    if accept {
        return accepting();
    }
    let services = match check(root) {
        Ok(services) => services,
        Err(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            eprintln!("{} problem(s)", problems.len());
            return ExitCode::FAILURE;
        }
    };
    if !snapshots(root, &services) {
        return ExitCode::FAILURE;
    }
    round_trips(root, &services)
}

/// Runs the check once more in a process whose environment tells insta to write its snapshots: a
/// process cannot safely change its own.
fn accepting() -> ExitCode {
    let arguments = std::env::args_os()
        .skip(1)
        .filter(|argument| argument != "--accept");
    let check = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(arguments)
            .env("INSTA_UPDATE", "always")
            .env("INSTA_OUTPUT", "none")
            .env("INSTA_FORCE_PASS", "1")
            .status()
    });
    match check {
        Ok(status) if status.success() => {
            println!(
                "accepted: xtask/snapshots holds the report; commit it, raise `info.version`, and say in CHANGELOG.md what changed"
            );
            ExitCode::SUCCESS
        }
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: the snapshots cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that needs no compiled library.
fn check(root: &Path) -> Result<Vec<Valid>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut documents = Vec::new();
    for service in &SERVICES {
        match Document::read(root, service.module) {
            Ok(document) => {
                let broken = rules::check(&document, root);
                if broken.is_empty() {
                    documents.push((service, document));
                }
                problems.extend(broken);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for (service, document) in &documents {
        problems.extend(samples::check(root, service, document));
    }
    problems.extend(samples::unused(root, &documents));
    problems.extend(ledger::check(root, &documents));
    let mut valid = Vec::new();
    for (service, document) in documents {
        match generate(service, &document) {
            Ok(generated) => valid.push(Valid {
                service,
                document,
                generated,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(valid)
    } else {
        Err(problems)
    }
}

/// Compares the report of each service with its snapshot.
fn snapshots(root: &Path, services: &[Valid]) -> bool {
    let Ok(root) = root.canonicalize() else {
        eprintln!("error: {}: there is no such folder", root.display());
        return false;
    };
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root.join("xtask/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut same = true;
    for valid in services {
        let report = report::of(valid, &root);
        // insta prints the difference and panics; the difference is all we want.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let result = catch_unwind(AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!(valid.service.module, report));
        }));
        std::panic::set_hook(hook);
        same &= result.is_ok();
    }
    if !same {
        eprintln!(
            "error: the report differs from xtask/snapshots; if the difference above is what you want, run `cargo xtask validate --accept`"
        );
    }
    same
}

/// Builds the library, which the description is now known to generate, and sends the samples through it.
fn round_trips(root: &Path, services: &[Valid]) -> ExitCode {
    let mut count = 0;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["run", "--quiet", "--package", "xtask"])
        .args(["--features", "roundtrip", "--bin", "roundtrip"])
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--")
        .arg(root.join("openapi"));
    for valid in services {
        for sample in samples::of(&valid.document) {
            if let Some(model) = &sample.model {
                command.args([valid.service.module, model, &sample.file]);
                count += 1;
            }
        }
    }
    match command.status() {
        Ok(status) if status.success() => {
            let operations: usize = services.iter().map(|v| v.document.operations().len()).sum();
            println!(
                "valid: {} descriptions, {operations} operations, {count} samples",
                services.len()
            );
            ExitCode::SUCCESS
        }
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cargo cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn dcs() -> Document {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Document::read(&root, "dcs").unwrap()
    }

    fn types(document: &Document) -> Result<String, Problem> {
        generate(&SERVICES[0], document).map(|g| prettyplease::unparse(&g.types))
    }

    /// One edit of the description is all that a new field takes.
    #[test]
    fn a_new_property_is_a_documented_field() {
        let mut document = dcs();
        let properties = document
            .value
            .pointer_mut("/components/schemas/DetailsBody/properties")
            .and_then(Value::as_object_mut)
            .unwrap();
        properties.insert(
            "shard_count".into(),
            json!({ "type": "integer", "description": "Number of shards." }),
        );
        properties.insert(
            "zones".into(),
            json!({ "type": "array", "description": "The zones.", "items": { "type": "string" } }),
        );
        let types = types(&document).unwrap();
        let types = types.split_whitespace().collect::<Vec<_>>().join(" ");
        let field = types.split("///Number of shards. ").nth(1).unwrap();
        assert!(
            field.starts_with("#[serde(skip_serializing_if = \"::std::option::Option::is_none\")] pub shard_count: ::std::option::Option<i64>,"),
            "{field}"
        );
        assert!(types.contains("pub zones: crate::wire::List<::std::string::String>"));
        assert!(types.contains("\"shard_count\", \"zones\""), "FIELDS");
    }

    #[test]
    fn a_name_that_rust_cannot_have_is_kept_in_json() {
        let mut document = dcs();
        let details = &mut document.value["components"]["schemas"]["DetailsBody"]["properties"];
        details["zoneList"] =
            json!({ "type": "array", "description": "Zones.", "items": { "type": "string" } });
        details["type"] = json!({ "type": "string", "description": "Type.", "nullable": true });
        let types = types(&document).unwrap();
        let types = types.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            types.contains("#[serde(rename = \"type\", default)] pub type_: "),
            "{types}"
        );
        assert!(types.contains("rename = \"zoneList\", default, skip_serializing_if"));
    }

    #[test]
    fn an_object_without_a_name_is_refused() {
        let mut document = dcs();
        document.value["components"]["schemas"]["DetailsBody"]["properties"]["shard"] = json!({
            "type": "object",
            "description": "A shard.",
            "properties": { "id": { "type": "string", "description": "ID." } },
        });
        let problem = types(&document).unwrap_err();
        assert!(
            problem
                .reason
                .contains("give it a name in /components/schemas"),
            "{problem}"
        );
    }

    /// progenitor panics on two bodies for one kind of outcome; we must not.
    #[test]
    fn what_progenitor_cannot_do_is_a_problem() {
        let mut document = dcs();
        document.value["components"]["responses"]["NotFound"]["content"]["application/json"]["schema"]
            ["$ref"] = json!("#/components/schemas/DetailsBody");
        let problem = types(&document).unwrap_err();
        assert!(
            problem
                .reason
                .contains("progenitor cannot generate from it"),
            "{problem}"
        );
    }

    #[test]
    fn a_document_of_the_wrong_shape_names_the_place() {
        let mut document = dcs();
        document.value["info"]["title"] = json!(["a", "b"]);
        let problem = document.typed().unwrap_err();
        assert_eq!(problem.place, "/info/title");
    }
}
