//! A description as it is published: in one piece, with its samples and what is known of its documents.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::codegen::document::{Document, Operation, Problem, read_text};
use crate::codegen::{SERVICES, Service};
use crate::validate::{ledger, samples};

/// The services whose descriptions are published: those of the tasks. What describes IAM is there for
/// the client alone.
pub fn services() -> impl Iterator<Item = &'static Service> {
    SERVICES.iter().filter(|service| service.module != "iam")
}

/// A description in one piece.
pub struct Edition {
    pub service: &'static Service,
    pub document: Document,
}

impl Edition {
    /// Every published service, from the files below `root`.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        services().map(|service| Self::of(root, service)).collect()
    }

    /// The description of a service, with its samples in the place of the references to them.
    pub fn of(root: &Path, service: &'static Service) -> Result<Self> {
        let Self { mut document, .. } = Self::plain(root, service)?;
        let ledger = ledger::markdown(root, service).map_err(failure)?;
        match document.value.pointer_mut("/info/description") {
            Some(Value::String(description)) => {
                *description = format!("{}\n\n{ledger}", description.trim_end());
            }
            _ => bail!("{}: info.description is missing", document.file),
        }
        Ok(Self { service, document })
    }

    /// The same without what is known of its documents.
    pub fn plain(root: &Path, service: &'static Service) -> Result<Self> {
        let mut document = Document::read(root, service.module).map_err(failure)?;
        embed(root, &mut document.value).map_err(failure)?;
        Ok(Self { service, document })
    }

    /// Everything but `info.version`.
    pub fn without_version(&self) -> Value {
        let mut value = self.document.value.clone();
        if let Some(Value::String(version)) = value.pointer_mut("/info/version") {
            version.clear();
        }
        value
    }

    /// `info.version`.
    pub fn version(&self) -> &str {
        self.document
            .get("/info/version")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub fn title(&self) -> &str {
        self.document
            .get("/info/title")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        self.document.operations()
    }
}

fn failure(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem}")
}

/// Puts every file that a description refers to in the place of the reference.
fn embed(root: &Path, value: &mut Value) -> Result<(), Problem> {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(file)) = members.get("externalValue") {
                let sample = samples::read_json(root, &format!("openapi/{file}"))?;
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, value)| match name.as_str() {
                        "externalValue" => ("value".to_string(), sample.clone()),
                        _ => (name, value),
                    })
                    .collect::<Map<_, _>>();
                return Ok(());
            }
            for (name, value) in members {
                if name == "x-huaweicloud-request-samples" {
                    request_lines(root, value)?;
                } else {
                    embed(root, value)?;
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                embed(root, item)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Files of request lines become the lines themselves.
fn request_lines(root: &Path, files: &mut Value) -> Result<(), Problem> {
    let Value::Array(files) = files else {
        return Ok(());
    };
    for file in files {
        let path = format!("openapi/{}", file.as_str().unwrap_or_default());
        *file = json!(read_text(root, &path)?.trim());
    }
    Ok(())
}
