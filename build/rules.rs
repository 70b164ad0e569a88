//! The rules that a description has to keep, beyond being OpenAPI.
//!
//! They guard what the rest of the project relies on: that everything has a name, a text and a
//! source, that every reference resolves, and that the constructs are the ones that the generator
//! and the generators of other languages handle. A broken rule gives a place and a reason.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::document::{Document, Operation, Problem, entries, escape, items, read_text, text};
use super::generate::variant;

/// The extensions that `openapi/README.md` explains. Any other `x-…` key is a typing error.
pub const EXTENSIONS: [&str; 8] = [
    "x-enumDescriptions",
    "x-extensible-enum",
    "x-huaweicloud-iam",
    "x-huaweicloud-not-after",
    "x-huaweicloud-nulls",
    "x-huaweicloud-paging",
    "x-huaweicloud-request-samples",
    "x-huaweicloud-sources",
];

/// What a schema may say. A misspelt keyword would be ignored in silence, so it is refused.
const SCHEMA_KEYWORDS: [&str; 18] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "default",
    "description",
    "example",
    "format",
    "items",
    "maximum",
    "maxLength",
    "minimum",
    "minLength",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
];

/// What a parameter may say.
const PARAMETER_KEYS: [&str; 6] = ["description", "example", "in", "name", "required", "schema"];

/// What the schema of a parameter may say: what the client checks before it sends.
const PARAMETER_KEYWORDS: [&str; 7] = [
    "$ref",
    "default",
    "format",
    "maximum",
    "minLength",
    "minimum",
    "type",
];

/// What an operation may say.
const OPERATION_KEYS: [&str; 7] = [
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "responses",
    "summary",
    "tags",
];

const QUERY_TIME: &str = "#/components/schemas/QueryTime";

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Checks a document against every rule. `root` is where the sample files are looked for.
pub fn check(document: &Document, root: &Path) -> Vec<Problem> {
    let mut rules = Rules {
        document,
        root,
        problems: Vec::new(),
    };
    rules.head();
    rules.references(&document.value, "");
    rules.extensions(&document.value, "");
    let mut ids = BTreeSet::new();
    let operations = document.operations();
    if operations.is_empty() {
        rules.report("/paths", "there is no operation");
    }
    for operation in &operations {
        rules.operation(operation, &mut ids);
    }
    for (name, schema) in entries(document.get("/components/schemas")) {
        let place = format!("/components/schemas/{}", escape(name));
        if text(schema, "description").is_empty() {
            rules.report(&place, "the schema has no description");
        }
        rules.schema(schema, &place);
    }
    rules.unused_components();
    rules.problems.sort();
    rules.problems.dedup();
    rules.problems
}

/// The schemas of the page and of the item that an operation lists: their names.
pub fn paged_item<'a>(
    document: &'a Document,
    operation: &Operation<'a>,
    items: &str,
    id: &str,
) -> Option<(&'a str, &'a str)> {
    let schema_name = |reference: &'a Value| {
        reference
            .get("$ref")?
            .as_str()?
            .strip_prefix("#/components/schemas/")
    };
    let responses = operation.responses(document);
    let (_, success, _) = responses
        .iter()
        .find(|(status, ..)| status.starts_with('2'))?;
    let page = schema_name(success.pointer("/content/application~1json/schema")?)?;
    let item = document.get(&format!(
        "/components/schemas/{page}/properties/{items}/items"
    ))?;
    let item = schema_name(item)?;
    let id = document.get(&format!("/components/schemas/{item}/properties/{id}"))?;
    (text(id, "type") == "string").then_some((page, item))
}

struct Rules<'a> {
    document: &'a Document,
    root: &'a Path,
    problems: Vec<Problem>,
}

impl Rules<'_> {
    fn report(&mut self, place: &str, reason: impl std::fmt::Display) {
        self.problems
            .push(Problem::new(&self.document.file, place, reason));
    }

    fn need_text(&mut self, value: &Value, key: &str, place: &str, what: &str) {
        if text(value, key).trim().is_empty() {
            self.report(place, format!("{what} has no `{key}`"));
        }
    }

    fn head(&mut self) {
        let document = self.document;
        let version = text(&document.value, "openapi");
        if version != "3.0.3" {
            self.report("/openapi", format!("must be 3.0.3, and is {version:?}"));
        }
        let null = Value::Null;
        let info = document.get("/info").unwrap_or(&null);
        self.need_text(info, "title", "/info", "the document");
        self.need_text(info, "description", "/info", "the document");
        let version = text(info, "version");
        let numbers: Vec<_> = version.split('.').map(str::parse::<u32>).collect();
        if numbers.len() != 3 || numbers.iter().any(Result::is_err) {
            self.report(
                "/info/version",
                format!("must be a semantic version such as 1.0.0, and is {version:?}"),
            );
        }
        for key in ["contact", "license"] {
            if info.get(key).is_none() {
                self.report("/info", format!("the document has no `{key}`"));
            }
        }
        for key in ["externalDocs", "servers", "tags", "security"] {
            if document.get(&format!("/{key}")).is_none() {
                self.report("", format!("the document has no `{key}`"));
            }
        }
        for (i, server) in items(document.get("/servers")).enumerate() {
            self.server(server, &format!("/servers/{i}"));
        }
        self.security(document.get("/security"), "/security");
    }

    /// Regions and endpoints are made from the servers, so each has a variable `region`.
    fn server(&mut self, server: &Value, place: &str) {
        self.need_text(server, "description", place, "the server");
        let url = text(server, "url");
        if !url.starts_with("https://") || !url.contains("{region}") {
            self.report(
                &format!("{place}/url"),
                format!("must be an https address with the variable {{region}}, and is {url:?}"),
            );
        }
        let Some(region) = server.pointer("/variables/region") else {
            return self.report(place, "the variable `region` is not declared");
        };
        let known: Vec<_> = items(region.get("enum")).collect();
        let default = region.get("default");
        if !default.is_some_and(|d| known.contains(&d)) {
            self.report(
                &format!("{place}/variables/region"),
                "needs an `enum` of the known regions that holds its `default`",
            );
        }
    }

    fn security(&mut self, requirements: Option<&Value>, place: &str) {
        let document = self.document;
        for requirement in items(requirements) {
            for (name, _) in entries(Some(requirement)) {
                if document
                    .get(&format!("/components/securitySchemes/{}", escape(name)))
                    .is_none()
                {
                    self.report(place, format!("there is no security scheme {name:?}"));
                }
            }
        }
    }

    fn references(&mut self, value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                if let Some(target) = members.get("$ref") {
                    self.reference(target, place);
                }
                for (key, member) in members {
                    self.references(member, &format!("{place}/{}", escape(key)));
                }
            }
            Value::Array(list) => {
                for (i, item) in list.iter().enumerate() {
                    self.references(item, &format!("{place}/{i}"));
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, target: &Value, place: &str) {
        let document = self.document;
        let found = target
            .as_str()
            .and_then(|t| t.strip_prefix('#'))
            .and_then(|pointer| document.get(pointer));
        match found {
            None => self.report(
                &format!("{place}/$ref"),
                format!("{target} leads to nothing in this file"),
            ),
            Some(found) if document.resolve(found, String::new()).0.get("$ref").is_some() => self
                .report(
                    &format!("{place}/$ref"),
                    format!("{target} does not lead to an end: the references form a circle, or one of them is wrong"),
                ),
            Some(_) => {}
        }
    }

    fn extensions(&mut self, value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let place = format!("{place}/{}", escape(key));
                    if key.starts_with("x-") && !EXTENSIONS.contains(&key.as_str()) {
                        self.report(
                            &place,
                            format!(
                                "the extension is not known; those in use are {}",
                                EXTENSIONS.join(", ")
                            ),
                        );
                    }
                    self.extensions(member, &place);
                }
            }
            Value::Array(list) => {
                for (i, item) in list.iter().enumerate() {
                    self.extensions(item, &format!("{place}/{i}"));
                }
            }
            _ => {}
        }
    }

    fn operation<'a>(&mut self, operation: &Operation<'a>, ids: &mut BTreeSet<&'a str>) {
        let document = self.document;
        let place = operation.pointer.clone();
        let id = operation.id();
        if id.is_empty() {
            self.report(&place, "the operation has no `operationId`");
        } else if !ids.insert(id) {
            self.report(
                &format!("{place}/operationId"),
                format!("{id} is the id of another operation as well"),
            );
        }
        for key in ["summary", "description"] {
            self.need_text(operation.value, key, &place, "the operation");
        }
        if operation.value.get("externalDocs").is_none() {
            self.report(&place, "the operation has no `externalDocs`");
        }
        if items(operation.value.get("x-huaweicloud-sources"))
            .next()
            .is_none()
        {
            self.report(
                &place,
                "the operation has no `x-huaweicloud-sources`: nothing is described without a source",
            );
        }
        self.only_keys(operation.value, &OPERATION_KEYS, &place);
        self.iam(operation, &place);
        let tags: Vec<_> = items(document.get("/tags"))
            .map(|t| text(t, "name"))
            .collect();
        if items(operation.value.get("tags")).next().is_none() {
            self.report(&place, "the operation has no tag");
        }
        for tag in items(operation.value.get("tags")).filter_map(Value::as_str) {
            if !tags.contains(&tag) {
                self.report(
                    &format!("{place}/tags"),
                    format!("the tag {tag:?} is not declared in /tags"),
                );
            }
        }
        self.parameters(operation);
        self.paging(operation, &place);
        self.responses(operation);
        for sample in items(operation.value.get("x-huaweicloud-request-samples")) {
            self.sample_file(
                sample.as_str().unwrap_or_default(),
                &format!("{place}/x-huaweicloud-request-samples"),
            );
        }
    }

    fn iam(&mut self, operation: &Operation<'_>, place: &str) {
        let place = format!("{place}/x-huaweicloud-iam");
        let Some(iam) = operation.value.get("x-huaweicloud-iam") else {
            return self.report(&place, "the operation names no IAM action");
        };
        for key in ["action", "access-level", "source"] {
            self.need_text(iam, key, &place, "the IAM entry");
        }
    }

    fn parameters(&mut self, operation: &Operation<'_>) {
        let parameters = operation.parameters(self.document);
        let templates: BTreeSet<_> = operation
            .path
            .split('/')
            .filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let mut declared = BTreeSet::new();
        for (parameter, place) in &parameters {
            if parameter.get("$ref").is_some() {
                // Where it leads to nothing, that has been reported, and there is nothing to check.
                continue;
            }
            let name = text(parameter, "name");
            let location = text(parameter, "in");
            if name.is_empty() {
                self.report(place, "the parameter has no `name`");
            }
            self.need_text(parameter, "description", place, "the parameter");
            match parameter.get("schema") {
                Some(schema) => {
                    let place = format!("{place}/schema");
                    self.schema(schema, &place);
                    self.only_keywords(
                        schema,
                        &PARAMETER_KEYWORDS,
                        &place,
                        "the client would not check it",
                    );
                }
                None => self.report(place, "the parameter has no `schema`"),
            }
            self.only_keys(parameter, &PARAMETER_KEYS, place);
            if parameter.get("example").is_none() {
                self.report(place, "the parameter has no `example`");
            }
            match location {
                "path" => {
                    declared.insert(name);
                    if parameter.get("required") != Some(&Value::Bool(true)) {
                        self.report(place, "a path parameter must be `required: true`");
                    }
                    if !templates.contains(name) {
                        self.report(
                            place,
                            format!("{{{name}}} is not in the path {}", operation.path),
                        );
                    }
                }
                "query" if parameter.get("required").is_some() => {
                    self.report(place, "a query parameter is optional: leave `required` out");
                }
                "query" => {}
                other => self.report(
                    &format!("{place}/in"),
                    format!("must be path or query, and is {other:?}"),
                ),
            }
            if let Some(later) = parameter.get("x-huaweicloud-not-after") {
                let is_time = |p: &Value| p.pointer("/schema/$ref") == Some(&QUERY_TIME.into());
                let known = parameters.iter().any(|(p, _)| {
                    p.get("name") == Some(later) && text(p, "in") == "query" && is_time(p)
                });
                if !known || !is_time(parameter) {
                    self.report(
                        &format!("{place}/x-huaweicloud-not-after"),
                        format!(
                            "this and {later} must be query parameters of {} with the schema QueryTime",
                            operation.id()
                        ),
                    );
                }
            }
        }
        for missing in templates.difference(&declared) {
            self.report(
                &operation.pointer,
                format!(
                    "{{{missing}}} is in the path {}, and not declared as a parameter",
                    operation.path
                ),
            );
        }
    }

    /// What `x-huaweicloud-paging` names must be there, or the generated code would not compile.
    fn paging(&mut self, operation: &Operation<'_>, place: &str) {
        let Some(paging) = operation.value.get("x-huaweicloud-paging") else {
            return;
        };
        let place = format!("{place}/x-huaweicloud-paging");
        self.only_keys(
            paging,
            &["first", "id", "items", "page-size", "position", "size"],
            &place,
        );
        for key in ["position", "size"] {
            let name = text(paging, key);
            let number = operation
                .parameters(self.document)
                .into_iter()
                .any(|(p, _)| {
                    text(p, "name") == name && p.pointer("/schema/format") == Some(&"int32".into())
                });
            if !number {
                self.report(
                    &format!("{place}/{key}"),
                    format!(
                        "{name:?} is not a parameter of {} with the format int32",
                        operation.id()
                    ),
                );
            }
        }
        for key in ["first", "page-size"] {
            if !paging.get(key).is_some_and(Value::is_u64) {
                self.report(&format!("{place}/{key}"), "must be a number");
            }
        }
        let (items, id) = (text(paging, "items"), text(paging, "id"));
        if paged_item(self.document, operation, items, id).is_none() {
            self.report(
                &place,
                format!(
                    "the success of {} has no array {items:?} of a schema with a text {id:?}",
                    operation.id()
                ),
            );
        }
    }

    fn responses(&mut self, operation: &Operation<'_>) {
        let responses = operation.responses(self.document);
        if !responses.iter().any(|(status, ..)| status.starts_with('2')) {
            self.report(&operation.pointer, "the operation documents no success");
        }
        if !responses
            .iter()
            .any(|(status, ..)| status.starts_with(['4', '5']))
        {
            self.report(&operation.pointer, "the operation documents no error");
        }
        for (status, response, place) in responses {
            let known = match status.as_bytes() {
                [b'1'..=b'5', a, b] => {
                    (a.is_ascii_digit() && b.is_ascii_digit()) || (*a, *b) == (b'X', b'X')
                }
                _ => false,
            };
            if !known {
                self.report(
                    &place,
                    format!("{status:?} is neither a status nor a range such as 4XX (`default` would count as a success too)"),
                );
            }
            self.need_text(response, "description", &place, "the response");
            self.only_keys(response, &["content", "description"], &place);
            if entries(response.get("content")).next().is_none() {
                self.report(
                    &place,
                    "the response has no `content`: the client decodes a body from every answer",
                );
            }
            for (media, content) in entries(response.get("content")) {
                let place = format!("{place}/content/{}", escape(media));
                match content.get("schema") {
                    Some(schema) => self.schema(schema, &format!("{place}/schema")),
                    None => self.report(&place, "the body has no `schema`"),
                }
                let examples: Vec<_> = entries(content.get("examples")).collect();
                if status.starts_with('2') && examples.is_empty() {
                    self.report(
                        &place,
                        "a documented success needs an example: `examples: {documented: {externalValue: samples/…}}`",
                    );
                }
                for (name, example) in examples {
                    let place = format!("{place}/examples/{}", escape(name));
                    self.need_text(example, "summary", &place, "the example");
                    self.sample_file(text(example, "externalValue"), &place);
                }
            }
        }
    }

    fn sample_file(&mut self, file: &str, place: &str) {
        if file.is_empty() {
            return self.report(
                place,
                "names no file: write `externalValue: samples/<service>/<operationId>.json`",
            );
        }
        if let Err(problem) = read_text(self.root, &format!("openapi/{file}")) {
            self.report(place, problem);
        }
    }

    fn schema(&mut self, schema: &Value, place: &str) {
        let Some(members) = schema.as_object() else {
            return self.report(place, "a schema must be an object");
        };
        if members.contains_key("$ref") {
            if members.len() > 1 {
                self.report(
                    place,
                    "what stands beside `$ref` is ignored in 3.0; write `allOf` of the one reference",
                );
            }
            return;
        }
        for (keyword, value) in members {
            match keyword.as_str() {
                "enum" => self.report(
                    &format!("{place}/enum"),
                    "a closed set of values fails on the first new one; write `x-extensible-enum`",
                ),
                "anyOf" => self.report(
                    &format!("{place}/anyOf"),
                    "generators make a merged struct of it that cannot decode; write `oneOf`",
                ),
                k if k.starts_with("x-") || SCHEMA_KEYWORDS.contains(&k) => {}
                _ => self.report(
                    &format!("{place}/{}", escape(keyword)),
                    format!(
                        "the keyword is not known; those in use are {}",
                        SCHEMA_KEYWORDS.join(", ")
                    ),
                ),
            }
            if keyword == "format" && !["int32", "int64"].iter().any(|f| value == f) {
                self.report(
                    &format!("{place}/format"),
                    format!("must be int32 or int64, and is {value}: others make types that refuse a value"),
                );
            }
            if ["minimum", "maximum", "minLength"].contains(&keyword.as_str()) && !value.is_i64() {
                self.report(
                    &format!("{place}/{keyword}"),
                    format!("must be an integer, and is {value}"),
                );
            }
            if keyword == "type" && !value.as_str().is_some_and(|t| TYPES.contains(&t)) {
                self.report(
                    &format!("{place}/type"),
                    format!("must be one of {}, and is {value}", TYPES.join(", ")),
                );
            }
        }
        if !["type", "allOf", "oneOf"]
            .iter()
            .any(|k| members.contains_key(*k))
        {
            self.report(place, "the schema has no `type`");
        }
        if text(schema, "type") == "array" && !members.contains_key("items") {
            self.report(place, "the array has no `items`");
        }
        self.extensible_enum(schema, place);
        if members.contains_key("nullable") && !members.contains_key("type") {
            let place = format!("{place}/nullable");
            self.report(
                &place,
                "stands beside no `type`, without which it means nothing",
            );
        }
        for name in items(schema.get("x-huaweicloud-nulls")) {
            let property = name
                .as_str()
                .and_then(|name| schema["properties"].get(name));
            let (target, _) = self
                .document
                .resolve(property.unwrap_or(&Value::Null), String::new());
            if target.get("nullable") != Some(&Value::Bool(true)) {
                let place = format!("{place}/x-huaweicloud-nulls");
                self.report(&place, format!("{name} is no property that may be null"));
            }
        }
        if schema.get("properties").is_some() {
            self.only_keywords(
                schema,
                &["type", "nullable", "description", "properties"],
                place,
                "any field of an answer may be absent or null, and new ones appear",
            );
        }
        for (name, property) in entries(schema.get("properties")) {
            let place = format!("{place}/properties/{}", escape(name));
            let (target, _) = self.document.resolve(property, String::new());
            let unresolved = target.get("$ref").is_some();
            let texts = [property, target].map(|value| text(value, "description"));
            if !unresolved && texts.iter().all(|text| text.is_empty()) {
                self.report(&place, "the property has no description");
            }
            self.schema(property, &place);
            self.only_keywords(
                property,
                &[
                    "$ref",
                    "allOf",
                    "description",
                    "format",
                    "items",
                    "nullable",
                    "oneOf",
                    "type",
                ],
                &place,
                "a limit would make the client refuse an answer",
            );
        }
        if let Some(item) = schema.get("items") {
            self.schema(item, &format!("{place}/items"));
        }
        for keyword in ["allOf", "oneOf"] {
            for (i, part) in items(schema.get(keyword)).enumerate() {
                self.schema(part, &format!("{place}/{keyword}/{i}"));
            }
        }
    }

    /// Refuses the keywords of a schema that have no use at a place.
    fn only_keywords(&mut self, schema: &Value, allowed: &[&str], place: &str, reason: &str) {
        for (keyword, _) in entries(Some(schema)) {
            let known = keyword.starts_with("x-") || allowed.contains(&keyword.as_str());
            // Any other keyword has been reported as unknown.
            if !known && SCHEMA_KEYWORDS.contains(&keyword.as_str()) {
                self.report(
                    &format!("{place}/{}", escape(keyword)),
                    format!("does not belong here: {reason}"),
                );
            }
        }
    }

    /// Refuses keys of an object that would be ignored, such as misspelt ones.
    fn only_keys(&mut self, value: &Value, allowed: &[&str], place: &str) {
        for (key, _) in entries(Some(value)) {
            if !key.starts_with("x-") && !allowed.contains(&key.as_str()) {
                self.report(
                    &format!("{place}/{}", escape(key)),
                    format!(
                        "the key is not known; those in use are {}",
                        allowed.join(", ")
                    ),
                );
            }
        }
    }

    fn extensible_enum(&mut self, schema: &Value, place: &str) {
        let Some(values) = schema.get("x-extensible-enum") else {
            return;
        };
        let count = items(Some(values)).count();
        let values: Vec<_> = items(Some(values)).filter_map(Value::as_str).collect();
        let variants: BTreeSet<_> = values.iter().map(|value| variant(value)).collect();
        if variants.len() != values.len() {
            self.report(
                &format!("{place}/x-extensible-enum"),
                "two values would have the same name in Rust",
            );
        }
        let unique: BTreeSet<_> = values.iter().copied().collect();
        if values.is_empty() || unique.len() != count {
            self.report(
                &format!("{place}/x-extensible-enum"),
                "must be a list of different texts",
            );
        }
        if text(schema, "type") != "string" {
            self.report(place, "a schema with `x-extensible-enum` is a string");
        }
        if place.matches('/').count() != 3 || !place.starts_with("/components/schemas/") {
            self.report(
                place,
                "an extensible enum needs a name: move it to /components/schemas",
            );
        }
        let described: BTreeSet<_> = entries(schema.get("x-enumDescriptions"))
            .filter(|(_, d)| d.as_str().is_some_and(|d| !d.trim().is_empty()))
            .map(|(value, _)| value.as_str())
            .collect();
        for value in unique.symmetric_difference(&described) {
            let reason = if described.contains(value) {
                format!("{value} is described, and not one of the values")
            } else {
                format!("{value} has no description")
            };
            self.report(&format!("{place}/x-enumDescriptions"), reason);
        }
    }

    /// A component that nothing refers to is dead, or the reference to it is misspelt elsewhere.
    fn unused_components(&mut self) {
        fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
            match value {
                Value::Object(members) => {
                    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                        found.insert(target);
                    }
                    members.values().for_each(|v| collect(v, found));
                }
                Value::Array(list) => list.iter().for_each(|v| collect(v, found)),
                _ => {}
            }
        }
        let document = self.document;
        let mut found = BTreeSet::new();
        collect(&document.value, &mut found);
        for kind in ["parameters", "responses", "schemas"] {
            for (name, _) in entries(document.get(&format!("/components/{kind}"))) {
                let place = format!("/components/{kind}/{}", escape(name));
                if !found.contains(format!("#{place}").as_str()) {
                    self.report(&place, "nothing refers to it");
                }
            }
        }
    }
}
