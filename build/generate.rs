//! A description becomes Rust: progenitor generates, [`fixups`](super::fixups) corrects.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, InterfaceStyle};
use quote::{format_ident, quote};
use serde_json::Value;

use super::Service;
use super::document::{Document, Problem, entries, items, text};
use super::fixups;

/// Schemas that are value types of `src/wire/`: name in the description, name in Rust.
///
/// What the documents get wrong about these values is more than a schema can say, so their Rust
/// types are written by hand.
pub const WIRE_TYPES: [(&str, &str); 4] = [
    ("Capacity", "Decimal"),
    ("QueryTime", "QueryTime"),
    ("TaskCount", "Count"),
    ("Timestamp", "Timestamp"),
];

/// The Rust of one service, as two files.
pub struct Generated {
    /// The models, which need serde alone.
    pub types: syn::File,
    /// The client and its builders.
    pub client: syn::File,
}

/// Generates the Rust of a service from a document that keeps the rules.
pub fn generate(service: &Service, document: &Document) -> Result<Generated, Problem> {
    let tokens = progenitor_tokens(service, document)?;
    let problem =
        |reason: String| Problem::new(&document.file, "", format!("cannot be generated: {reason}"));
    let file: syn::File = syn::parse2(tokens)
        .map_err(|e| problem(format!("the output of progenitor is not Rust: {e}")))?;
    let (types, client) = fixups::split(file).map_err(problem)?;

    let mut types = fixups::types(types, document)
        .map_err(|(place, reason)| Problem::new(&document.file, place, reason))?;
    types.items.extend(extensible_enums(document)?);
    types.items.push(spec_version(document));
    types.items.push(recode(&types));

    let mut client = fixups::client(client, document, service.module).map_err(problem)?;
    client.items.extend(tables(service, document));
    Ok(Generated { types, client })
}

/// Runs progenitor, which panics on some documents that it does not support.
fn progenitor_tokens(service: &Service, document: &Document) -> Result<TokenStream, Problem> {
    // As it was written first: what is wrong with a limit must not vanish with it.
    document.typed()?;
    let prepared = Document {
        file: document.file.clone(),
        value: for_progenitor(&document.value),
    };
    let spec = prepared.typed()?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_derive("PartialEq");
    for (schema, rust) in WIRE_TYPES {
        settings.with_replacement(schema, format!("crate::wire::{rust}"), std::iter::empty());
    }
    for (name, _) in extensible_enum_schemas(document) {
        let path = format!("crate::{}::types::{name}", service.module);
        settings.with_replacement(name, path, std::iter::empty());
    }

    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(|| {
        progenitor::Generator::new(&settings).generate_tokens(&spec)
    }));
    set_hook(hook);
    let reason = match result {
        Ok(Ok(tokens)) => return Ok(tokens),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "it panicked".to_string()),
    };
    Err(Problem::new(
        &document.file,
        "",
        format!("progenitor cannot generate from it: {reason}"),
    ))
}

/// A description without what typify would make types of that nobody wants.
///
/// Of a limited parameter it would make a type of its own, or a `NonZero`, and would still not check a
/// maximum: `fixups::client` checks all limits in one place. Of an object that may be null it would
/// make an `Option` in a type: every field is one already, and reads null.
fn for_progenitor(value: &Value) -> Value {
    fn strip(parameter: &mut Value) {
        if let Some(Value::Object(schema)) = parameter.get_mut("schema") {
            for limit in [
                "default",
                "maximum",
                "maxLength",
                "minimum",
                "minLength",
                "pattern",
            ] {
                schema.remove(limit);
            }
        }
    }
    let mut value = value.clone();
    if let Some(Value::Object(schemas)) = value.pointer_mut("/components/schemas") {
        for schema in schemas.values_mut().filter_map(Value::as_object_mut) {
            schema.remove("nullable");
        }
    }
    if let Some(Value::Object(parameters)) = value.pointer_mut("/components/parameters") {
        parameters.values_mut().for_each(strip);
    }
    if let Some(Value::Object(paths)) = value.pointer_mut("/paths") {
        for item in paths.values_mut() {
            for operation in item
                .as_object_mut()
                .into_iter()
                .flat_map(|o| o.values_mut())
            {
                if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
                    parameters.iter_mut().for_each(strip);
                }
            }
        }
    }
    value
}

/// The schemas with `x-extensible-enum`, by name.
pub fn extensible_enum_schemas(document: &Document) -> impl Iterator<Item = (&String, &Value)> {
    entries(document.get("/components/schemas"))
        .filter(|(_, schema)| schema.get("x-extensible-enum").is_some())
}

/// The name of the Rust variant of a value: `BindEip` for `BindEip`, `Success` for `SUCCESS`.
pub fn variant(value: &str) -> String {
    value.to_upper_camel_case()
}

/// Every set of values that may grow becomes an enum that also holds any other text.
fn extensible_enums(document: &Document) -> Result<Vec<syn::Item>, Problem> {
    extensible_enum_schemas(document)
        .map(|(name, schema)| {
            let place = format!("/components/schemas/{name}/x-extensible-enum");
            let problem = |reason: String| Problem::new(&document.file, &place, reason);
            let ident: syn::Ident = syn::parse_str(name)
                .map_err(|_| problem(format!("{name} is not a name in Rust")))?;
            let doc = text(schema, "description").trim();
            let mut variants = Vec::new();
            for value in items(schema.get("x-extensible-enum")).filter_map(Value::as_str) {
                let variant = variant(value);
                if variant == "Other" {
                    return Err(problem(format!(
                        "{value} would be the variant that holds unknown texts"
                    )));
                }
                let variant: syn::Ident = syn::parse_str(&variant)
                    .map_err(|_| problem(format!("{value} makes no name in Rust")))?;
                let doc = format!(
                    "`{value}`: {}",
                    text(&schema["x-enumDescriptions"], value).trim()
                );
                variants.push(quote!(#[doc = #doc] #variant = #value));
            }
            syn::parse2(quote! {
                crate::wire::extensible_enum! {
                    #[doc = #doc]
                    pub enum #ident { #(#variants,)* }
                }
            })
            .map_err(|e| problem(e.to_string()))
        })
        .collect()
}

fn spec_version(document: &Document) -> syn::Item {
    let version = text(&document.value["info"], "version");
    syn::parse_quote! {
        /// Version of the description that these types were generated from.
        pub const SPEC_VERSION: &str = #version;
    }
}

/// Every model by its name, for checks that go through all of them.
fn recode(types: &syn::File) -> syn::Item {
    let arms = types.items.iter().filter_map(|item| match item {
        syn::Item::Struct(model) => {
            let (ident, name) = (&model.ident, model.ident.to_string());
            Some(quote!(#name => serde_json::from_str::<#ident>(json).and_then(|v| serde_json::to_string(&v))))
        }
        _ => None,
    });
    syn::parse_quote! {
        /// Decodes JSON into a model that is given by its name, and encodes it again.
        #[doc(hidden)]
        pub fn recode(model: &str, json: &str) -> Option<Result<String, serde_json::Error>> {
            Some(match model {
                #(#arms,)*
                _ => return None,
            })
        }
    }
}

/// What the client needs to know besides the types: the operations, and the servers.
fn tables(service: &Service, document: &Document) -> Vec<syn::Item> {
    let name = service.name;
    let operations = document.operations().into_iter().map(|operation| {
        let constant = operation_constant(operation.id());
        let (id, path) = (operation.id(), operation.path);
        let action = text(&operation.value["x-huaweicloud-iam"], "action");
        // A call that may be repeated without harm, by the definition of its method.
        let idempotent = ["get", "put", "delete"].contains(&operation.method);
        quote! {
            pub(crate) static #constant: crate::operation::Operation = crate::operation::Operation {
                service: #name,
                id: #id,
                path: #path,
                iam_action: #action,
                idempotent: #idempotent,
            };
        }
    });
    let mut regions: Vec<&str> = items(document.get("/servers"))
        .flat_map(|server| items(server.pointer("/variables/region/enum")))
        .filter_map(Value::as_str)
        .collect();
    regions.sort_unstable();
    regions.dedup();
    let regions = regions.into_iter().map(|region| {
        let constant = format_ident!("{}", region.to_shouty_snake_case());
        let doc = format!("`{region}`");
        quote!(#[doc = #doc] pub const #constant: &str = #region;)
    });
    let servers = items(document.get("/servers")).map(|server| {
        let url = text(server, "url");
        let regions = items(server.pointer("/variables/region/enum")).filter_map(Value::as_str);
        quote!(crate::endpoint::Server { url: #url, regions: &[#(#regions),*] })
    });
    let module = format_ident!("{}", service.module);
    let example = format!(
        "```\nuse huaweicloud_tasks::{{auth::Credentials, {module}}};\n\nlet client = {module}::Client::builder()\n    .region({module}::regions::CN_NORTH_4)\n    .credentials(Credentials::new(\"AK\", \"SK\"))\n    .build()?;\n# Ok::<(), huaweicloud_tasks::Error>(())\n```"
    );
    vec![
        syn::parse_quote! {
            impl crate::client::Service for Client {
                const NAME: &'static str = #name;

                fn servers() -> &'static [crate::endpoint::Server] {
                    SERVERS
                }

                fn from_parts(
                    baseurl: String,
                    client: reqwest::Client,
                    inner: crate::transport::Transport,
                ) -> Self {
                    Self { baseurl, client, inner }
                }
            }
        },
        syn::parse_quote! {
            impl Client {
                /// Starts a client: give it credentials, and a region or an endpoint.
                ///
                #[doc = #example]
                pub fn builder() -> crate::client::ClientBuilder<Self> {
                    crate::client::ClientBuilder::new()
                }

                /// A client with everything from the environment and the files of the official
                /// SDKs: see [`ClientBuilder::from_env`](crate::ClientBuilder::from_env).
                ///
                /// # Errors
                ///
                /// When there is neither a region nor an endpoint, or a file cannot be read.
                pub fn from_env() -> Result<Self, crate::error::Error> {
                    Self::builder().from_env()?.build()
                }
            }
        },
        syn::parse_quote! {
            /// What the transport and the errors say about each operation.
            pub(crate) mod operations { #(#operations)* }
        },
        syn::parse_quote! {
            /// The regions known today. Any other name works as well.
            pub mod regions { #(#regions)* }
        },
        syn::parse_quote! {
            /// The servers of the description, with the regions known at each.
            pub(crate) static SERVERS: &[crate::endpoint::Server] = &[#(#servers),*];
        },
    ]
}

/// The name of an operation's entry in the table of operations.
pub fn operation_constant(id: &str) -> syn::Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}
