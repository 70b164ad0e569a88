//! Reading a description: YAML to JSON to the typed OpenAPI model, every failure with its place.

use std::fmt;
use std::path::Path;

use openapiv3::OpenAPI;
use serde_json::Value;

/// Something wrong with a description: which file, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the file, relative to the root of the project.
    pub file: String,
    /// JSON pointer into the file (`/paths/…`), or `line 3, column 7` where there is no JSON yet.
    pub place: String,
    /// What is wrong, and what to do about it.
    pub reason: String,
}

impl Problem {
    /// A problem at a JSON pointer of a file.
    pub fn new(
        file: impl Into<String>,
        place: impl Into<String>,
        reason: impl fmt::Display,
    ) -> Self {
        Self {
            file: file.into(),
            place: place.into(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "{}: {}", self.file, self.reason),
            place if place.starts_with('/') => write!(f, "{}#{place}: {}", self.file, self.reason),
            place => write!(f, "{}: {place}: {}", self.file, self.reason),
        }
    }
}

/// One description as JSON, in the order in which it was written.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path of the file, relative to the root of the project: `openapi/dcs.yaml`.
    pub file: String,
    /// The whole document.
    pub value: Value,
}

impl Document {
    /// Reads `openapi/<module>.yaml` below `root`.
    pub fn read(root: &Path, module: &str) -> Result<Self, Problem> {
        let file = format!("openapi/{module}.yaml");
        let value = read_yaml(root, &file)?;
        Ok(Self { file, value })
    }

    /// The typed model that progenitor works on.
    ///
    /// [`rules::check`](super::rules::check) comes first: it says more about a mistake than a type
    /// that does not fit can say.
    pub fn typed(&self) -> Result<OpenAPI, Problem> {
        serde_path_to_error::deserialize(&self.value)
            .map_err(|error| Problem::new(&self.file, json_pointer(error.path()), error.inner()))
    }

    /// The value at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// Follows `$ref` until there is none, and gives the place where it ended.
    ///
    /// A reference that leads nowhere or in a circle is given as it stands; the rules report it.
    pub fn resolve<'a>(&'a self, mut value: &'a Value, mut pointer: String) -> (&'a Value, String) {
        for _ in 0..16 {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                break;
            };
            match target.strip_prefix('#').and_then(|p| self.get(p)) {
                Some(next) => {
                    value = next;
                    pointer = target.trim_start_matches('#').to_string();
                }
                None => break,
            }
        }
        (value, pointer)
    }

    /// Every operation of the document, in order.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut found = Vec::new();
        for (path, item) in entries(self.get("/paths")) {
            for (method, value) in entries(Some(item)) {
                if METHODS.contains(&method.as_str()) {
                    found.push(Operation {
                        path,
                        method,
                        value,
                        pointer: format!("/paths/{}/{method}", escape(path)),
                    });
                }
            }
        }
        found
    }
}

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// An operation as it stands in the document.
pub struct Operation<'a> {
    /// The path template, `/v2/{project_id}/tasks`.
    pub path: &'a str,
    /// The HTTP method in lower case.
    pub method: &'a str,
    /// The operation object.
    pub value: &'a Value,
    /// Where it stands.
    pub pointer: String,
}

impl<'a> Operation<'a> {
    /// The `operationId`, or nothing where it is missing.
    pub fn id(&self) -> &'a str {
        text(self.value, "operationId")
    }

    /// The parameters with their references followed, each with its place.
    pub fn parameters(&self, document: &'a Document) -> Vec<(&'a Value, String)> {
        items(self.value.get("parameters"))
            .enumerate()
            .map(|(i, p)| document.resolve(p, format!("{}/parameters/{i}", self.pointer)))
            .collect()
    }

    /// The responses with their references followed: status, response, place.
    pub fn responses(&self, document: &'a Document) -> Vec<(&'a str, &'a Value, String)> {
        entries(self.value.get("responses"))
            .map(|(status, response)| {
                let place = format!("{}/responses/{status}", self.pointer);
                let (response, place) = document.resolve(response, place);
                (status.as_str(), response, place)
            })
            .collect()
    }
}

/// Reads a YAML file below `root` as JSON.
pub fn read_yaml(root: &Path, file: &str) -> Result<Value, Problem> {
    let text = read_text(root, file)?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| {
            format!("line {}, column {}", at.line(), at.column())
        });
        Problem::new(
            file,
            place,
            format!(
                "this is not valid YAML: {}",
                first_line(&error.without_snippet().to_string())
            ),
        )
    })
}

/// Reads a text file below `root`.
pub fn read_text(root: &Path, file: &str) -> Result<String, Problem> {
    std::fs::read_to_string(root.join(file))
        .map_err(|error| Problem::new(file, "", format!("the file cannot be read: {error}")))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

/// The members of an object, none where it is not one.
pub fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The items of an array, none where it is not one.
pub fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A text member of an object, empty where there is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Escapes a key for use in a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn json_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}
