//! Samples and request lines, held against the description.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::codegen::Service;
use crate::codegen::document::{Document, Operation, Problem, entries, items, read_text, text};
use crate::validate::ledger;

/// A body that a description names as an example.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Path below `openapi/`.
    pub file: String,
    /// Name of the schema it is an example of, where the schema is a reference.
    pub model: Option<String>,
    /// Place of the schema in the description.
    schema: String,
}

/// The samples of a description, each once for each schema.
pub fn of(document: &Document) -> BTreeSet<Sample> {
    let mut found = BTreeSet::new();
    for operation in document.operations() {
        for (_, response, place) in operation.responses(document) {
            for (media, content) in entries(response.get("content")) {
                let Some(schema) = content.get("schema") else {
                    continue;
                };
                let place = format!("{place}/content/{}/schema", media.replace('/', "~1"));
                let (_, schema) = document.resolve(schema, place);
                let model = schema
                    .strip_prefix("/components/schemas/")
                    .map(str::to_string);
                for (_, example) in entries(content.get("examples")) {
                    found.insert(Sample {
                        file: text(example, "externalValue").to_string(),
                        model: model.clone(),
                        schema: schema.clone(),
                    });
                }
            }
        }
    }
    found
}

/// Checks every sample against its schema, and every request line against the parameters.
pub fn check(root: &Path, service: &Service, document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    for sample in of(document) {
        problems.extend(check_body(root, document, &sample));
    }
    for operation in document.operations() {
        for (parameter, place) in operation.parameters(document) {
            problems.extend(check_parameter(document, parameter, &place));
        }
        for file in items(operation.value.get("x-huaweicloud-request-samples")) {
            let file = file.as_str().unwrap_or_default();
            problems.extend(check_request_line(
                root, service, document, &operation, file,
            ));
        }
    }
    problems
}

/// The example and the default of a parameter must fit its schema.
fn check_parameter(document: &Document, parameter: &Value, place: &str) -> Vec<Problem> {
    let Some(schema) = parameter.get("schema") else {
        return Vec::new();
    };
    let (schema, _) = document.resolve(schema, String::new());
    let values = [
        ("example", parameter.get("example")),
        ("schema/default", schema.get("default")),
    ];
    values
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .flat_map(|(key, value)| {
            let reasons = match errors(&json_schema(schema), value) {
                Ok(errors) => errors.into_iter().map(|(_, reason)| reason).collect(),
                Err(reason) => vec![reason],
            };
            reasons
                .into_iter()
                .map(move |reason| (format!("{place}/{key}"), reason))
        })
        .map(|(place, reason)| Problem::new(&document.file, place, reason))
        .collect()
}

fn check_body(root: &Path, document: &Document, sample: &Sample) -> Vec<Problem> {
    let file = format!("openapi/{}", sample.file);
    let body = match read_json(root, &file) {
        Ok(body) => body,
        Err(problem) => return vec![problem],
    };
    let schema = json!({
        "$ref": format!("#{}", sample.schema),
        "components": { "schemas": json_schemas(document) },
    });
    match errors(&schema, &body) {
        Ok(errors) => errors
            .into_iter()
            .map(|(place, reason)| {
                let model = sample.model.as_deref().unwrap_or(&sample.schema);
                Problem::new(
                    &file,
                    place,
                    format!("{reason} (schema {model} of {})", document.file),
                )
            })
            .collect(),
        Err(reason) => vec![Problem::new(&document.file, &sample.schema, reason)],
    }
}

/// Reads a JSON file below `root`; an error says where it stops being JSON.
pub fn read_json(root: &Path, file: &str) -> Result<Value, Problem> {
    let text = read_text(root, file)?;
    serde_json::from_str(&text)
        .map_err(|error| Problem::new(file, "", format!("this is not JSON: {error}")))
}

/// Every place where a value does not fit a schema, with the reason.
pub fn errors(schema: &Value, value: &Value) -> Result<Vec<(String, String)>, String> {
    let validator = jsonschema::draft202012::new(schema)
        .map_err(|error| format!("this is not a usable schema: {error}"))?;
    Ok(validator
        .iter_errors(value)
        .map(|error| (error.instance_path().to_string(), error.to_string()))
        .collect())
}

/// The schemas of a description as JSON Schema.
///
/// `nullable` becomes a type. Objects are closed: a field of a sample that the description lacks is
/// a field that we forgot.
fn json_schemas(document: &Document) -> Map<String, Value> {
    entries(document.get("/components/schemas"))
        .map(|(name, schema)| (name.clone(), json_schema(schema)))
        .collect()
}

fn json_schema(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let mut translated = Map::new();
    for (key, value) in members {
        let value = match key.as_str() {
            "nullable" => continue,
            "properties" => Value::Object(
                entries(Some(value))
                    .map(|(name, property)| (name.clone(), json_schema(property)))
                    .collect(),
            ),
            "items" => json_schema(value),
            "allOf" | "oneOf" => items(Some(value)).map(json_schema).collect(),
            _ => value.clone(),
        };
        translated.insert(key.clone(), value);
    }
    if members.contains_key("properties") && !members.contains_key("additionalProperties") {
        translated.insert("additionalProperties".into(), Value::Bool(false));
    }
    if members.get("nullable") == Some(&Value::Bool(true)) {
        // As a type, and not as another choice, so that an error still names the field inside. The rules
        // see to it that there is a type.
        if let Some(kind) = translated.get_mut("type") {
            *kind = json!([kind.clone(), "null"]);
        }
    }
    Value::Object(translated)
}

/// A documented request line: `GET https://{endpoint}/v2/…?…`. A text in braces stands for a value.
fn check_request_line(
    root: &Path,
    service: &Service,
    document: &Document,
    operation: &Operation<'_>,
    file: &str,
) -> Vec<Problem> {
    let name = format!("openapi/{file}");
    let problem = |reason: String| Problem::new(&name, "line 1", reason);
    let line = match read_text(root, &name) {
        Ok(text) => text.trim().to_string(),
        Err(problem) => return vec![problem],
    };
    let parts = line.split_once(" https://").and_then(|(method, rest)| {
        let (_, target) = rest.split_once('/')?;
        Some((method, format!("/{target}")))
    });
    let Some((method, target)) = parts else {
        return vec![problem(format!(
            "must look like `GET https://host/path?query`, and is {line:?}"
        ))];
    };
    let mut problems = Vec::new();
    if !method.eq_ignore_ascii_case(operation.method) {
        problems.push(problem(format!(
            "the method is {method}, and that of {} is {}",
            operation.id(),
            operation.method.to_uppercase()
        )));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let parameters = operation.parameters(document);
    let find = |name: &str, location: &str| {
        parameters
            .iter()
            .map(|(parameter, _)| *parameter)
            .find(|p| text(p, "name") == name && text(p, "in") == location)
    };
    let (given, template): (Vec<_>, Vec<_>) = (
        path.split('/').collect(),
        operation.path.split('/').collect(),
    );
    if given.len() != template.len() {
        problems.push(problem(format!(
            "the path {path} is not of the form {}",
            operation.path
        )));
        return problems;
    }
    for (value, segment) in given.iter().zip(&template) {
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) => {
                let parameter = find(name, "path");
                problems.extend(
                    parameter
                        .and_then(|p| check_value(document, p, value))
                        .map(problem),
                );
            }
            None if value == segment => {}
            None => problems.push(problem(format!(
                "{value} stands where {} has {segment}",
                operation.path
            ))),
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match find(key, "query") {
            Some(parameter) => {
                problems.extend(check_value(document, parameter, value).map(problem));
            }
            None if ledger::explains(root, service, operation.id(), file, key) => {}
            None => problems.push(problem(format!(
                "{key} is not a parameter of {}, and openapi/discrepancies.yaml does not explain it",
                operation.id()
            ))),
        }
    }
    problems
}

/// Why a value of a request line does not fit its parameter, if it does not.
fn check_value(document: &Document, parameter: &Value, value: &str) -> Option<String> {
    if value.starts_with('{') && value.ends_with('}') {
        return None;
    }
    let (schema, _) = document.resolve(parameter.get("schema")?, String::new());
    let typed = match text(schema, "type") {
        "integer" => value.parse::<i64>().map(Value::from).ok(),
        _ => None,
    };
    let typed = typed.unwrap_or_else(|| Value::from(value));
    let reason = match errors(&json_schema(schema), &typed) {
        Ok(errors) => errors.into_iter().next()?.1,
        Err(reason) => reason,
    };
    Some(format!("{}: {reason}", text(parameter, "name")))
}

/// Files among the samples that no description names.
pub fn unused(root: &Path, documents: &[(&'static Service, Document)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (service, document) in documents {
        let mut used: BTreeSet<String> = of(document).into_iter().map(|s| s.file).collect();
        for operation in document.operations() {
            for file in items(operation.value.get("x-huaweicloud-request-samples")) {
                used.extend(file.as_str().map(str::to_string));
            }
        }
        let folder = format!("samples/{}", service.module);
        let files = std::fs::read_dir(root.join("openapi").join(&folder));
        for entry in files.into_iter().flatten().flatten() {
            let file = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if !used.contains(&file) {
                problems.push(Problem::new(
                    format!("openapi/{file}"),
                    "",
                    format!("{} does not refer to this sample", document.file),
                ));
            }
        }
    }
    problems
}
