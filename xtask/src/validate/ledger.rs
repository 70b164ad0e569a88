//! The ledger of discrepancies: does each entry still apply, and does the description do what the
//! entry decided?

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::codegen::Service;
use crate::codegen::document::{Document, Problem, items, read_text, read_yaml, text};
use crate::validate::samples;

const FILE: &str = "openapi/discrepancies.yaml";

/// One contradiction. `openapi/discrepancies.yaml` explains the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    operation: String,
    place: String,
    #[serde(default)]
    agrees: bool,
    document: Claim,
    observed: Observation,
    decision: Decision,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    says: String,
    schema: Option<Value>,
    parameters: Option<Vec<String>>,
    statuses: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observation {
    says: String,
    sample: Option<String>,
    at: Option<String>,
    value: Option<Value>,
    /// Where a value was seen that no sample holds. A person must look there again.
    source: Option<String>,
    statuses: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    says: String,
    why: String,
    spec: BTreeMap<String, Value>,
}

fn read(root: &Path) -> Result<Vec<Entry>, Problem> {
    let value = read_yaml(root, FILE)?;
    serde_path_to_error::deserialize(&value)
        .map_err(|error| Problem::new(FILE, "", format!("at {}: {}", error.path(), error.inner())))
}

/// Whether an entry explains a parameter that a request line has and the document lacks.
pub fn explains(
    root: &Path,
    service: &Service,
    operation: &str,
    sample: &str,
    parameter: &str,
) -> bool {
    let sample = sample.trim_start_matches("samples/");
    read(root).is_ok_and(|entries| {
        entries.iter().any(|entry| {
            entry.operation == format!("{}/{operation}", service.module)
                && entry.observed.sample.as_deref() == Some(sample)
                && entry.observed.at.as_deref() == Some(parameter)
                && entry.document.parameters.is_some()
        })
    })
}

/// Checks every entry.
pub fn check(root: &Path, documents: &[(&'static Service, Document)]) -> Vec<Problem> {
    let entries = match read(root) {
        Ok(entries) => entries,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for entry in &entries {
        let mut report = |reason: String| {
            problems.push(Problem::new(FILE, "", format!("{}: {reason}", entry.id)))
        };
        if !seen.insert(&entry.id) {
            report("another entry has the same id".to_string());
        }
        let texts = [
            &entry.place,
            &entry.document.says,
            &entry.observed.says,
            &entry.decision.says,
            &entry.decision.why,
        ];
        if texts.iter().any(|text| text.trim().is_empty()) {
            report("a text is empty".to_string());
        }
        let document = documents.iter().find_map(|(service, document)| {
            let id = entry
                .operation
                .strip_prefix(service.module)?
                .strip_prefix('/')?;
            let known = document.operations().iter().any(|o| o.id() == id);
            known.then_some(document)
        });
        let Some(document) = document else {
            report(format!("there is no operation {}", entry.operation));
            continue;
        };
        if entry.decision.spec.is_empty() {
            report("`decision.spec` is empty: nothing would be checked".to_string());
        }
        if entry.observed.value.is_some() && entry.observed.source.is_none() {
            report("a value without a sample needs `observed.source`".to_string());
        }
        if let Err(reason) = applies(root, entry) {
            report(reason);
        }
        for (pointer, expected) in &entry.decision.spec {
            let found = document.get(pointer).unwrap_or(&Value::Null);
            if found != expected {
                report(format!(
                    "{}#{pointer} should be {expected}, as the entry decides, and is {found}",
                    document.file
                ));
            }
        }
        if let Some(statuses) = &entry.observed.statuses
            && let Some(missing) = statuses.iter().find(|s| !covers(document, entry, s))
        {
            report(format!(
                "{} does not cover the status {missing}",
                document.file
            ));
        }
    }
    problems
}

/// Whether the operation of the entry describes a status, by itself or in a range.
fn covers(document: &Document, entry: &Entry, status: &str) -> bool {
    let range: String = status.chars().take(1).chain("XX".chars()).collect();
    document
        .operations()
        .iter()
        .filter(|o| entry.operation.ends_with(&format!("/{}", o.id())))
        .flat_map(|o| o.responses(document))
        .any(|(described, ..)| described == status || described == range)
}

/// Whether the contradiction is there: what the document says must not fit what was observed.
fn applies(root: &Path, entry: &Entry) -> Result<(), String> {
    let claim = &entry.document;
    if let Some(schema) = &claim.schema {
        let value = observed_value(root, &entry.observed)?;
        let fits = samples::errors(schema, &value)?.is_empty();
        return match (fits, entry.agrees) {
            (true, false) => Err(format!(
                "no longer applies: what the document says ({}) fits what was observed, {value}",
                claim.says
            )),
            (false, true) => Err(format!(
                "says that the document agrees, and {value} does not fit what it says ({})",
                claim.says
            )),
            _ => Ok(()),
        };
    }
    if let Some(parameters) = &claim.parameters {
        let (file, name) = match (&entry.observed.sample, &entry.observed.at) {
            (Some(file), Some(name)) => (format!("openapi/samples/{file}"), name),
            _ => return Err("needs `observed.sample` and `at`, the parameter".to_string()),
        };
        let line = read_text(root, &file).map_err(|problem| problem.to_string())?;
        let used = line
            .split(['?', '&'])
            .any(|part| part.trim().split('=').next() == Some(name.as_str()));
        return if !used {
            Err(format!("no longer applies: {file} does not use {name}"))
        } else if parameters.contains(name) {
            Err(format!(
                "no longer applies: the document has the parameter {name}"
            ))
        } else {
            Ok(())
        };
    }
    if let (Some(documented), Some(observed)) = (&claim.statuses, &entry.observed.statuses)
        && !documented.is_empty()
        && !observed.is_empty()
    {
        return match observed.iter().find(|status| documented.contains(status)) {
            Some(status) => Err(format!("no longer applies: the document lists {status}")),
            None => Ok(()),
        };
    }
    Err("has neither `schema` nor `parameters` nor `statuses` to check".to_string())
}

fn observed_value(root: &Path, observed: &Observation) -> Result<Value, String> {
    match (&observed.value, &observed.sample, &observed.at) {
        (Some(value), None, None) => Ok(value.clone()),
        (None, Some(file), Some(at)) => {
            let file = format!("openapi/samples/{file}");
            let body = samples::read_json(root, &file).map_err(|problem| problem.to_string())?;
            body.pointer(at)
                .cloned()
                .ok_or_else(|| format!("no longer applies: {file} has nothing at {at}"))
        }
        _ => Err("needs either `observed.value`, or `observed.sample` with `at`".to_string()),
    }
}

/// The entries of a service for the report: where, and what was decided.
pub fn summary(root: &Path, service: &Service) -> Vec<String> {
    let value = read_yaml(root, FILE).unwrap_or_default();
    items(Some(&value))
        .filter(|entry| text(entry, "operation").starts_with(&format!("{}/", service.module)))
        .map(|entry| {
            format!(
                "{}: {}",
                text(entry, "id"),
                text(&entry["decision"], "says").trim()
            )
        })
        .collect()
}

/// The entries of a service as a section of its published description.
pub fn markdown(root: &Path, service: &Service) -> Result<String, Problem> {
    let mut section = String::from("## Where the documents disagree\n");
    for entry in read(root)? {
        let Some(operation) = entry
            .operation
            .strip_prefix(service.module)
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            continue;
        };
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        section.push_str(&format!(
            "\n- **{operation}, {}.** The document says: {}. Observed: {}. {} {}\n",
            line(&entry.place),
            line(&entry.document.says),
            line(&entry.observed.says),
            line(&entry.decision.says),
            line(&entry.decision.why),
        ));
    }
    Ok(section)
}
