//! The report that the snapshot keeps: what the description says, and the Rust that comes of it.
//!
//! It is written for the eye of a reviewer. Texts are left out; whatever a reader or a caller of
//! the API would notice is in.

use std::fmt::Write as _;

use quote::ToTokens;
use serde_json::Value;
use syn::{ImplItem, Item};

use super::{Valid, ledger, samples};
use crate::codegen::document::{Document, Operation, entries, items, text};
use crate::codegen::fixups::models::property_name;
use crate::codegen::generate::{extensible_enum_schemas, variant};

/// The report of one service.
pub fn of(valid: &Valid, root: &std::path::Path) -> String {
    let document = &valid.document;
    let mut out = String::new();
    let info = &document.value["info"];
    line(
        &mut out,
        0,
        &format!("{} {}", text(info, "title"), text(info, "version")),
    );
    line(&mut out, 0, "");
    for server in items(document.get("/servers")) {
        let regions: Vec<_> = items(server.pointer("/variables/region/enum"))
            .filter_map(Value::as_str)
            .collect();
        line(
            &mut out,
            0,
            &format!("server {} ({})", text(server, "url"), regions.join(" ")),
        );
    }
    for operation in document.operations() {
        describe_operation(&mut out, document, &operation);
    }
    line(&mut out, 0, "");
    line(&mut out, 0, "schemas");
    for (name, schema) in entries(document.get("/components/schemas")) {
        describe_schema(&mut out, name, schema);
    }
    for sample in samples::of(document) {
        let file = format!("openapi/{}", sample.file);
        line(&mut out, 0, "");
        line(&mut out, 0, &sample.file);
        match samples::read_json(root, &file) {
            Ok(body) => describe_values(&mut out, &body, ""),
            Err(problem) => line(&mut out, 1, &problem.to_string()),
        }
    }
    line(&mut out, 0, "");
    line(&mut out, 0, "discrepancies");
    for entry in ledger::summary(root, valid.service) {
        line(&mut out, 1, &entry);
    }
    line(&mut out, 0, "");
    line(
        &mut out,
        0,
        &format!("Rust: {}::types", valid.service.module),
    );
    describe_types(&mut out, document, &valid.generated.types);
    line(&mut out, 0, "");
    line(&mut out, 0, &format!("Rust: {}", valid.service.module));
    describe_functions(&mut out, &valid.generated.client.items, "");
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}{text}",
        "  ".repeat(if text.is_empty() { 0 } else { depth })
    );
}

fn describe_operation(out: &mut String, document: &Document, operation: &Operation<'_>) {
    line(out, 0, "");
    line(
        out,
        0,
        &format!(
            "{} {} {}",
            operation.id(),
            operation.method.to_uppercase(),
            operation.path
        ),
    );
    let iam = &operation.value["x-huaweicloud-iam"];
    line(
        out,
        1,
        &format!(
            "IAM {} ({})",
            text(iam, "action"),
            text(iam, "access-level")
        ),
    );
    for (parameter, _) in operation.parameters(document) {
        let schema = parameter.get("schema").unwrap_or(&Value::Null);
        let required = match parameter.get("required") {
            Some(Value::Bool(true)) => ", required",
            _ => "",
        };
        let order = match text(parameter, "x-huaweicloud-not-after") {
            "" => String::new(),
            later => format!(", not after {later}"),
        };
        line(
            out,
            1,
            &format!(
                "{} {}: {}{required}{order}",
                text(parameter, "in"),
                text(parameter, "name"),
                type_of(schema)
            ),
        );
    }
    if let Some(paging) = operation.value.get("x-huaweicloud-paging") {
        let (first, size) = (&paging["first"], &paging["page-size"]);
        line(
            out,
            1,
            &format!(
                "pages by {} from {first}, {size} {} by {}",
                text(paging, "position"),
                text(paging, "items"),
                text(paging, "id")
            ),
        );
    }
    for file in items(operation.value.get("x-huaweicloud-request-samples")) {
        line(
            out,
            1,
            &format!("request {}", file.as_str().unwrap_or_default()),
        );
    }
    for (status, response, _) in operation.responses(document) {
        for (media, content) in entries(response.get("content")) {
            let schema = content.get("schema").unwrap_or(&Value::Null);
            let samples: Vec<_> = entries(content.get("examples"))
                .map(|(_, example)| text(example, "externalValue"))
                .collect();
            let samples = match samples.is_empty() {
                true => String::new(),
                false => format!(", {}", samples.join(", ")),
            };
            line(
                out,
                1,
                &format!("{status} {media} {}{samples}", type_of(schema)),
            );
        }
        if response.get("content").is_none() {
            line(out, 1, &format!("{status} without a body"));
        }
    }
}

fn describe_schema(out: &mut String, name: &str, schema: &Value) {
    line(out, 1, &format!("{name}: {}", type_of(schema)));
    let required: Vec<_> = items(schema.get("required")).collect();
    for (property, schema) in entries(schema.get("properties")) {
        let mark = if required.iter().any(|r| **r == *property) {
            ", required"
        } else {
            ""
        };
        line(out, 2, &format!("{property}: {}{mark}", type_of(schema)));
    }
    for value in items(schema.get("x-extensible-enum")) {
        line(out, 2, value.as_str().unwrap_or_default());
    }
}

/// Every value of a sample with its place, so that an edit shows which fact it changes.
fn describe_values(out: &mut String, value: &Value, place: &str) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                describe_values(out, member, &format!("{place}/{key}"));
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (i, item) in list.iter().enumerate() {
                describe_values(out, item, &format!("{place}/{i}"));
            }
        }
        _ => line(out, 1, &format!("{place} = {value}")),
    }
}

/// A schema in a few words: `integer int32 minimum 1 maximum 1000`, `array of StepDetail`.
fn type_of(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.rsplit('/').next().unwrap_or(target).to_string();
    }
    let mut words = Vec::new();
    match text(schema, "type") {
        "" => {}
        "array" => words.push(format!("array of {}", type_of(&schema["items"]))),
        other => words.push(other.to_string()),
    }
    for (keyword, joint) in [("allOf", " and "), ("oneOf", " or ")] {
        let parts: Vec<_> = items(schema.get(keyword)).map(type_of).collect();
        if !parts.is_empty() {
            words.push(parts.join(joint));
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        words.push(format.to_string());
    }
    for limit in [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "pattern",
        "default",
    ] {
        if let Some(value) = schema.get(limit) {
            words.push(format!("{limit} {value}"));
        }
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        words.push("or null".to_string());
    }
    words.join(" ")
}

fn describe_types(out: &mut String, document: &Document, file: &syn::File) {
    for item in &file.items {
        if let Item::Struct(model) = item {
            line(out, 1, &format!("struct {}", model.ident));
            for field in &model.fields {
                if let Some(name) = &field.ident {
                    let json = property_name(field);
                    let json = match *name == json {
                        true => String::new(),
                        false => format!(" ({json:?} in JSON)"),
                    };
                    line(out, 2, &format!("{name}: {}{json}", rust(&field.ty)));
                }
            }
        }
    }
    for (name, schema) in extensible_enum_schemas(document) {
        line(out, 1, &format!("enum {name}"));
        for value in items(schema.get("x-extensible-enum")).filter_map(Value::as_str) {
            line(out, 2, &format!("{} = {value:?}", variant(value)));
        }
    }
}

fn describe_functions(out: &mut String, all: &[Item], module: &str) {
    for item in all {
        match item {
            Item::Impl(block) if block.trait_.is_none() => {
                let name = rust(&block.self_ty).replace("<'a>", "");
                for item in &block.items {
                    if let ImplItem::Fn(function) = item {
                        describe_function(out, &format!("{module}{name}"), &function.sig);
                    }
                }
            }
            Item::Mod(inner) => {
                if let Some((_, items)) = &inner.content {
                    describe_functions(out, items, &format!("{module}{}::", inner.ident));
                }
            }
            _ => {}
        }
    }
}

fn describe_function(out: &mut String, owner: &str, signature: &syn::Signature) {
    // A setter takes whatever converts into its type, which stands among the bounds.
    let bound = signature.generics.where_clause.iter().flat_map(|clause| {
        clause
            .predicates
            .iter()
            .filter_map(|predicate| match predicate {
                syn::WherePredicate::Type(bound) => Some(rust(&bound.bounds)),
                _ => None,
            })
    });
    let argument = bound
        .filter_map(|bound| {
            Some(
                bound
                    .strip_prefix("TryInto<")?
                    .strip_suffix('>')?
                    .to_string(),
            )
        })
        .next()
        .map(|ty| format!("impl TryInto<{ty}>"))
        .unwrap_or_default();
    let output = match &signature.output {
        syn::ReturnType::Default => String::new(),
        syn::ReturnType::Type(_, ty) => format!(" -> {}", rust(&**ty)),
    };
    let asyncness = if signature.asyncness.is_some() {
        "async "
    } else {
        ""
    };
    line(
        out,
        1,
        &format!(
            "{asyncness}{owner}::{}({argument}){output}",
            signature.ident
        ),
    );
}

/// A type as a reader would write it: without the paths that generated code needs.
fn rust(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string().replace(' ', "");
    for path in [
        "::std::option::",
        "::std::string::",
        "std::convert::",
        "std::fmt::",
        "crate::wire::",
        "crate::client::",
        "crate::error::",
        "crate::dcs::types::",
        "crate::iam::types::",
        "crate::rocketmq::types::",
        "types::",
    ] {
        text = text.replace(path, "");
    }
    text
}
