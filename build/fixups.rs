//! Corrections to what progenitor generates, each with its reason.
//!
//! progenitor is made for services that follow their own description; these two do not quite, and
//! its client knows neither signatures nor an error with a request id. Rather than fork it, each
//! difference is one small edit of the syntax tree here. The edits that calls depend on fail where
//! they find nothing to change, so that a new version of progenitor does not drop one in silence; those
//! of the models show in the snapshots of `xtask`.

use heck::ToSnakeCase;
use quote::quote;
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Fields, ImplItem, Item, Stmt, Type, parse_quote};

use super::document::{Document, Operation, entries, text};
use super::generate::operation_constant;
use super::rules::paged_item;

type Result<T> = std::result::Result<T, String>;

/// Splits the output of progenitor into the types, which stand alone, and the client.
pub fn split(file: syn::File) -> Result<(Vec<Item>, Vec<Item>)> {
    let mut types = None;
    let mut client = Vec::new();
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                types = module.content.map(|(_, items)| items);
            }
            other => client.push(other),
        }
    }
    Ok((types.ok_or("progenitor made no module `types`")?, client))
}

/// Corrects the models. An error names the place in the description.
pub fn types(
    items: Vec<Item>,
    document: &Document,
) -> std::result::Result<syn::File, (String, String)> {
    let mut kept = Vec::new();
    for item in items {
        match item {
            // The builders of the models repeat what `Default` and public fields give, at three
            // times the code.
            Item::Mod(module) if module.ident == "builder" || module.ident == "error" => {}
            Item::Impl(block) if is_builder_constructor(&block) => {}
            Item::Struct(mut model) => {
                let name = model.ident.to_string();
                let place = format!("/components/schemas/{name}");
                let schema = document.get(&place).ok_or_else(|| {
                    (
                        "/components/schemas".to_string(),
                        format!("an object without a name became the struct {name}: give it a name in /components/schemas"),
                    )
                })?;
                model_struct(&mut model, schema, document).map_err(|reason| (place, reason))?;
                kept.push(field_names(&model, schema));
                kept.push(Item::Struct(model));
            }
            other => kept.push(other),
        }
    }
    Ok(syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: kept,
    })
}

/// The names of the fields, for whoever makes a table of them.
fn field_names(model: &syn::ItemStruct, schema: &Value) -> Item {
    let ident = &model.ident;
    let names = entries(schema.get("properties")).map(|(name, _)| name);
    parse_quote! {
        impl #ident {
            /// The names of the fields as they stand in JSON, in the order of the description.
            pub const FIELDS: &'static [&'static str] = &[#(#names),*];
        }
    }
}

fn is_builder_constructor(block: &syn::ItemImpl) -> bool {
    block.trait_.is_none()
        && matches!(block.items.as_slice(), [ImplItem::Fn(f)] if f.sig.ident == "builder")
}

fn model_struct(model: &mut syn::ItemStruct, schema: &Value, document: &Document) -> Result<()> {
    // The service adds fields without notice; so may we, without breaking anybody.
    model.attrs.push(parse_quote!(#[non_exhaustive]));
    model
        .attrs
        .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]));
    tidy_docs(&mut model.attrs);
    let Fields::Named(fields) = &mut model.fields else {
        return Err("the struct has no named fields".to_string());
    };
    let order: Vec<_> = entries(schema.get("properties"))
        .map(|(name, _)| name)
        .collect();
    let mut sorted: Vec<_> = std::mem::take(&mut fields.named).into_iter().collect();
    // progenitor sorts by name; the documents put the id and the name first, and so do people.
    sorted.sort_by_key(|field| order.iter().position(|name| **name == property_name(field)));
    for mut field in sorted {
        let name = property_name(&field);
        let property = schema
            .pointer(&format!("/properties/{name}"))
            .ok_or_else(|| format!("the field {name} is not a property"))?;
        field_docs(&mut field, property, document);
        keep_lists(&mut field);
        keep_null(&mut field, property);
        fields.named.push(field);
    }
    Ok(())
}

/// The name of a field in JSON.
pub fn property_name(field: &syn::Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string);
    for attribute in &field.attrs {
        if attribute.path().is_ident("serde") {
            let _ = attribute.parse_nested_meta(|meta| {
                if let Ok(value) = meta.value() {
                    let value: syn::LitStr = value.parse()?;
                    if meta.path.is_ident("rename") {
                        name = Some(value.value());
                    }
                }
                Ok(())
            });
        }
    }
    name.unwrap_or_default()
}

/// A property that is a mere reference gets no text from progenitor: give it that of its schema.
fn field_docs(field: &mut syn::Field, property: &Value, document: &Document) {
    if field.attrs.iter().any(|a| a.path().is_ident("doc")) {
        tidy_docs(&mut field.attrs);
        return;
    }
    let (target, _) = document.resolve(property, String::new());
    let doc = text(target, "description").trim();
    field.attrs.insert(0, parse_quote!(#[doc = #doc]));
}

/// `Vec` decodes neither null nor tells an absent array from an empty one; `List` does both.
fn keep_lists(field: &mut syn::Field) {
    let Type::Path(path) = &field.ty else { return };
    let Some(last) = path.path.segments.last().filter(|s| s.ident == "Vec") else {
        return;
    };
    let arguments = &last.arguments;
    field.ty = parse_quote!(crate::wire::List #arguments);
    serde_of(
        field,
        parse_quote!(
            default,
            skip_serializing_if = "crate::wire::List::is_absent"
        ),
    );
}

/// Where null is a value that the documents show, an absent value is written as null, not left out.
fn keep_null(field: &mut syn::Field, property: &Value) {
    if property.get("nullable") == Some(&Value::Bool(true)) {
        serde_of(field, parse_quote!(default));
    }
}

/// Replaces what serde is told of a field, but for its name.
fn serde_of(
    field: &mut syn::Field,
    options: syn::punctuated::Punctuated<syn::Meta, syn::Token![,]>,
) {
    let name = property_name(field);
    field.attrs.retain(|a| !a.path().is_ident("serde"));
    let renamed = field.ident.as_ref().is_none_or(|ident| *ident != name);
    let rename = renamed.then(|| quote!(rename = #name,));
    field.attrs.push(parse_quote!(#[serde(#rename #options)]));
}

/// YAML block texts end in a newline, which would leave an empty line behind every sentence and,
/// in progenitor's lists of arguments, tear the list apart.
fn tidy_docs(attributes: &mut [syn::Attribute]) {
    edit_docs(attributes, |doc| indent_lists(doc.trim()));
}

/// Rewrites every text of documentation; says how many there were.
fn edit_docs(attributes: &mut [syn::Attribute], edit: impl Fn(&str) -> String) -> usize {
    let mut count = 0;
    for attribute in attributes {
        if let syn::Meta::NameValue(meta) = &mut attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(doc),
                ..
            }) = &mut meta.value
        {
            *doc = syn::LitStr::new(&edit(&doc.value()), doc.span());
            count += 1;
        }
    }
    count
}

/// Keeps the lines of a list item together, and the items of a list.
fn indent_lists(doc: &str) -> String {
    let mut text = String::new();
    let mut in_item = false;
    let mut lines = doc.lines().peekable();
    while let Some(line) = lines.next() {
        let starts_item = line.starts_with("- ");
        let between_items =
            in_item && line.is_empty() && lines.peek().is_some_and(|next| next.starts_with("- "));
        if between_items {
            continue;
        }
        let starts_code = line.starts_with("```");
        if in_item && starts_code {
            text.push('\n');
        }
        in_item = starts_item || (in_item && !line.is_empty() && !starts_code);
        if in_item && !starts_item {
            text.push_str("  ");
        }
        text.push_str(line);
        text.push('\n');
    }
    text.trim_end().to_string()
}

/// Corrects the client: our transport, our error, our checks, documented setters.
pub fn client(items: Vec<Item>, document: &Document, module: &str) -> Result<syn::File> {
    let mut kept = Vec::new();
    let (mut constructors, mut builders) = (0, 0);
    for item in items {
        match item {
            // What progenitor brings in for its own error and response types, which ours replace.
            Item::Use(_) => {}
            Item::Mod(module) if module.ident == "prelude" => {}
            Item::Impl(block) if block.trait_.is_some() => {}
            // Clients are made by `Client::builder`: these know no credentials, and panic.
            Item::Impl(block) if has_function(&block, "new_with_client") => constructors += 1,
            Item::Mod(module) if module.ident == "builder" => {
                kept.push(Item::Mod(builder_module(module, document)?));
                builders += 1;
            }
            Item::Struct(mut client) => {
                tidy_docs(&mut client.attrs);
                kept.push(Item::Struct(client));
            }
            Item::Impl(mut block) => {
                for item in &mut block.items {
                    if let ImplItem::Fn(function) = item {
                        tidy_docs(&mut function.attrs);
                        example(function, document, module)?;
                    }
                }
                kept.push(Item::Impl(block));
            }
            other => kept.push(other),
        }
    }
    if (constructors, builders) != (1, 1) {
        return Err(format!(
            "expected one set of constructors and one module of builders of progenitor, and found {constructors} and {builders}"
        ));
    }
    Ok(syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: kept,
    })
}

/// progenitor shows a call that is no Rust; the examples of the description make it one that
/// compiles, and that rustdoc tests.
fn example(function: &mut syn::ImplItemFn, document: &Document, module: &str) -> Result<()> {
    let name = function.sig.ident.to_string();
    let operations = document.operations();
    let operation = operations
        .iter()
        .find(|o| o.id().to_snake_case() == name)
        .ok_or_else(|| format!("the method {name} is of no operation"))?;
    let mut call = format!("let response = client\n    .{name}()\n");
    for (parameter, _) in operation.parameters(document) {
        if text(parameter, "name") != "project_id" {
            let (setter, value) = (text(parameter, "name"), &parameter["example"]);
            call.push_str(&format!("    .{setter}({value})\n"));
        }
    }
    call.push_str("    .send()\n    .await?;");
    let texts = edit_docs(&mut function.attrs, |doc| {
        let (before, _) = doc.split_once("```ignore").unwrap_or((doc, ""));
        format!(
            "{before}```no_run\n# async fn run(client: huaweicloud_tasks::{module}::Client) -> Result<(), huaweicloud_tasks::Error> {{\n{call}\n# Ok(())\n# }}\n```"
        )
    });
    match texts {
        1 => Ok(()),
        n => Err(format!("the method {name} has {n} texts of documentation")),
    }
}

/// The one parameter that a call may leave to the client, which knows it or looks it up.
const PROJECT: &str = "project_id";

fn has_function(block: &syn::ItemImpl, name: &str) -> bool {
    block
        .items
        .iter()
        .any(|item| matches!(item, ImplItem::Fn(f) if f.sig.ident == name))
}

fn builder_module(mut module: syn::ItemMod, document: &Document) -> Result<syn::ItemMod> {
    let operations = document.operations();
    let mut seen = 0;
    let (_, items) = module.content.as_mut().ok_or("the builders have no body")?;
    items.retain(|item| !matches!(item, Item::Use(_)));
    for item in items.iter_mut() {
        match item {
            Item::Struct(builder) => {
                builder
                    .attrs
                    .push(parse_quote!(#[must_use = "nothing is sent before `send`"]));
                for field in &mut builder.fields {
                    if field.ident.as_ref().is_some_and(|name| name == PROJECT) {
                        field.ty = parse_quote!(Result<Option<String>, String>);
                    }
                }
            }
            Item::Impl(block) => {
                let Type::Path(path) = &*block.self_ty else {
                    continue;
                };
                let name = path.path.segments.last().map(|s| s.ident.to_string());
                let operation = operations
                    .iter()
                    .find(|o| Some(o.id()) == name.as_deref())
                    .ok_or_else(|| format!("the builder {name:?} is of no operation"))?;
                builder_impl(block, operation, document)
                    .map_err(|reason| format!("{}: {reason}", operation.id()))?;
                seen += 1;
            }
            _ => {}
        }
    }
    if seen != operations.len() {
        return Err(format!(
            "{} operations have {seen} builders",
            operations.len()
        ));
    }
    for operation in &operations {
        items.extend(paging(operation, document));
    }
    items.insert(
        0,
        parse_quote! {
            use super::{operations, types};
        },
    );
    items.insert(
        1,
        parse_quote! {
            use crate::{error::Error, parameters, transport::Response};
        },
    );
    // A description without ids in its paths does not need it.
    items.insert(
        2,
        parse_quote! {
            #[allow(unused_imports)]
            use progenitor_client::encode_path;
        },
    );
    module.attrs.push(parse_quote!(#[allow(unused_mut)]));
    Ok(module)
}

/// The paging of an operation that has any, and its span of time, as methods of its builder.
fn paging(operation: &Operation<'_>, document: &Document) -> Vec<Item> {
    let ident = |name: &str| syn::Ident::new(name, proc_macro2::Span::call_site());
    let null = Value::Null;
    let paging = operation.value.get("x-huaweicloud-paging").unwrap_or(&null);
    let (items, id) = (text(paging, "items"), text(paging, "id"));
    let Some((page, item)) = paged_item(document, operation, items, id) else {
        return Vec::new();
    };
    let builder = ident(operation.id());
    let (page, item, items, id) = (ident(page), ident(item), ident(items), ident(id));
    let position_name = text(paging, "position");
    let (position, size) = (ident(position_name), ident(text(paging, "size")));
    let number = |key: &str| {
        let number = paging.get(key).and_then(Value::as_i64).unwrap_or_default();
        proc_macro2::Literal::i64_unsuffixed(number)
    };
    let (first, page_size) = (number("first"), number("page-size"));
    let mut made = vec![
        parse_quote! {
            impl crate::pager::PagedCall for #builder<'_> {
                type Page = types::#page;
                type Item = types::#item;
                const FIRST: i32 = #first;
                const PAGE_SIZE: i32 = #page_size;
                const POSITION: &'static str = #position_name;

                fn position(&self) -> Option<i32> {
                    self.#position.clone().ok().flatten()
                }

                fn page_size(&self) -> Option<i32> {
                    self.#size.clone().ok().flatten()
                }

                // A value that did not convert stays, for `send` to report.
                fn at(mut self, position: i32, page_size: i32) -> Self {
                    self.#position = self.#position.map(|_| Some(position));
                    self.#size = self.#size.map(|_| Some(page_size));
                    self
                }

                async fn page(self) -> Result<Response<types::#page>, Error> {
                    self.send().await
                }

                fn items(page: &mut types::#page) -> &mut crate::wire::List<types::#item> {
                    &mut page.#items
                }

                fn id(item: &types::#item) -> Option<&str> {
                    item.#id.as_deref()
                }
            }
        },
        parse_quote! {
            impl<'a> #builder<'a> {
                /// All pages from the position of this call on, as a stream.
                pub fn pages(self) -> crate::pager::Pages<Self> {
                    crate::pager::Pages::new(self)
                }

                /// Everything on all pages from the position of this call on, one page at a time: see
                /// [`pager`](crate::pager) for what is promised.
                pub fn stream(
                    self,
                ) -> impl futures_util::Stream<Item = Result<types::#item, Error>> + Send + use<'a> {
                    self.pages().items()
                }
            }
        },
    ];
    for (parameter, _) in operation.parameters(document) {
        let later = text(parameter, "x-huaweicloud-not-after");
        if !later.is_empty() {
            let (since, until) = (ident(text(parameter, "name")), ident(later));
            let (since_name, until_name) = (text(parameter, "name"), later);
            made.push(parse_quote! {
                impl #builder<'_> {
                    /// Start of the span of time that the tasks must lie in: the parameter
                    #[doc = concat!("`", #since_name, "`.")]
                    pub fn since(self, time: chrono::DateTime<chrono::Utc>) -> Self {
                        self.#since(time)
                    }

                    /// End of the span of time that the tasks must lie in: the parameter
                    #[doc = concat!("`", #until_name, "`.")]
                    pub fn until(self, time: chrono::DateTime<chrono::Utc>) -> Self {
                        self.#until(time)
                    }
                }
            });
        }
    }
    made
}

fn builder_impl(
    block: &mut syn::ItemImpl,
    operation: &Operation<'_>,
    document: &Document,
) -> Result<()> {
    let parameters: Vec<_> = operation
        .parameters(document)
        .into_iter()
        .map(|(p, _)| p)
        .collect();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else {
            continue;
        };
        match function.sig.ident.to_string().as_str() {
            "new" => {
                function
                    .attrs
                    .push(parse_quote!(#[doc = "Starts a call; the project is that of the client until it is set."]));
                starting_values(function);
            }
            "send" => send(function, operation, &parameters)?,
            name => {
                let parameter = parameters
                    .iter()
                    .find(|p| text(p, "name") == name)
                    .ok_or_else(|| format!("the setter `{name}` is of no parameter"))?;
                setter(function, parameter)?;
            }
        }
    }
    Ok(())
}

/// The project may be left to the client; the other required parameters say how to set them.
fn starting_values(function: &mut syn::ImplItemFn) {
    struct Starting;
    impl VisitMut for Starting {
        fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
            let syn::Member::Named(name) = &field.member else {
                return;
            };
            let initial = &field.expr;
            if quote!(#initial).to_string().contains("was not initialized") {
                field.expr = if name == PROJECT {
                    parse_quote!(Ok(None))
                } else {
                    let reason = format!("is not set; call `.{name}(…)` before `.send()`");
                    parse_quote!(Err(#reason.to_string()))
                };
            }
        }
    }
    Starting.visit_block_mut(&mut function.block);
}

/// Setters get the text of their parameter, and say why a value does not convert.
fn setter(function: &mut syn::ImplItemFn, parameter: &Value) -> Result<()> {
    let doc = parameter_doc(parameter);
    function.attrs.push(parse_quote!(#[doc = #doc]));

    let clause = function.sig.generics.where_clause.as_mut();
    let bound = clause
        .and_then(|c| c.predicates.pop())
        .ok_or("the setter converts nothing")?;
    let syn::WherePredicate::Type(bound) = bound else {
        return Err("the setter has an unexpected bound".to_string());
    };
    let (value, conversion) = (&bound.bounded_ty, &bound.bounds);
    let clause = function.sig.generics.make_where_clause();
    clause
        .predicates
        .push(parse_quote!(<#value as #conversion>::Error: std::fmt::Display));
    clause.predicates.push(syn::WherePredicate::Type(bound));

    struct Reason(usize);
    impl VisitMut for Reason {
        fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
            *closure = parse_quote!(|error| error.to_string());
            self.0 += 1;
        }
    }
    let mut reason = Reason(0);
    reason.visit_block_mut(&mut function.block);
    if function.sig.ident == PROJECT {
        function.block = parse_quote!({
            self.project_id = value
                .try_into()
                .map(Some)
                .map_err(|error| error.to_string());
            self
        });
    }
    match reason.0 {
        1 => Ok(()),
        n => Err(format!("the setter has {n} conversions")),
    }
}

/// The text of a parameter and its limits.
fn parameter_doc(parameter: &Value) -> String {
    let mut doc = text(parameter, "description").trim().to_string();
    let null = Value::Null;
    let schema = parameter.get("schema").unwrap_or(&null);
    let limits = match (schema.get("minimum"), schema.get("maximum")) {
        (Some(min), Some(max)) => format!("From {min} to {max}."),
        (Some(min), None) => format!("{min} or more."),
        (None, Some(max)) => format!("{max} at most."),
        (None, None) => String::new(),
    };
    let default = schema
        .get("default")
        .map(|d| format!("The service takes {d} where it is not set."))
        .unwrap_or_default();
    let facts = [limits, default]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if !facts.is_empty() {
        doc.push_str("\n\n");
        doc.push_str(&facts);
    }
    doc
}

/// `send` builds its request as progenitor has it, checks the parameters first, and hands the
/// request to our transport, which signs it and makes one error of everything that can go wrong.
fn send(
    function: &mut syn::ImplItemFn,
    operation: &Operation<'_>,
    parameters: &[&Value],
) -> Result<()> {
    let success = success_type(&function.sig.output)?;
    function.sig.output = parse_quote!(-> Result<Response<#success>, Error>);
    let constant = operation_constant(operation.id());
    let constant: Expr = parse_quote!(&operations::#constant);

    let statements = &mut function.block.stmts;
    let tail = statements
        .iter()
        .position(|s| declares(s, "info"))
        .ok_or("`send` does not declare `info`")?;
    statements.truncate(tail);
    // The header `api-version` is an invention of progenitor that these services do not know.
    let before = statements.len();
    statements.retain(|s| !quote!(#s).to_string().contains("\"api-version\""));
    if statements.len() + 1 != before {
        return Err("`send` does not set `api-version`".to_string());
    }
    let url = statements
        .iter()
        .position(|s| declares(s, "url"))
        .ok_or("`send` does not declare `url`")?;
    // The project comes last: to look it up is a call of its own, which a wrong parameter saves.
    let (project, others): (Vec<&Value>, Vec<&Value>) =
        parameters.iter().partition(|p| text(p, "name") == PROJECT);
    let mut checked: Vec<Stmt> = others.iter().flat_map(|p| checks(p, &constant)).collect();
    for parameter in project {
        checked.push(parse_quote!(let project_id = match project_id {
            Some(id) => id,
            None => client.inner.project_id(#constant).await?,
        };));
        checked.extend(checks(parameter, &constant));
    }
    statements.splice(url..url, checked);
    statements.push(Stmt::Expr(
        parse_quote!(client.inner.send(&client.client, #constant, request).await),
        None,
    ));

    let mut errors = OurErrors {
        constant,
        parameter: String::new(),
        conversions: 0,
        builds: 0,
    };
    errors.visit_block_mut(&mut function.block);
    if (errors.conversions, errors.builds) != (parameters.len(), 1) {
        return Err(format!(
            "`send` converts {} of {} parameters and builds {} requests",
            errors.conversions,
            parameters.len(),
            errors.builds
        ));
    }
    function.attrs.push(parse_quote!(#[doc = "\n\n# Errors\n\nWhen a parameter is not valid, in which case nothing is sent, and when the call fails: see [`Error`](crate::Error)."]));
    Ok(())
}

/// `X` of `Result<ResponseValue<X>, …>`.
fn success_type(output: &syn::ReturnType) -> Result<Type> {
    fn argument(ty: &Type) -> Option<&Type> {
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last()?;
        let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|a| match a {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    }
    match output {
        syn::ReturnType::Type(_, ty) => argument(ty).and_then(argument).cloned(),
        syn::ReturnType::Default => None,
    }
    .ok_or_else(|| "`send` returns no response".to_string())
}

fn declares(statement: &Stmt, name: &str) -> bool {
    let Stmt::Local(local) = statement else {
        return false;
    };
    matches!(&local.pat, syn::Pat::Ident(pattern) if pattern.ident == name)
}

/// The limits of a parameter as code. `src/parameters.rs` has the checks themselves.
fn checks(parameter: &Value, operation: &Expr) -> Vec<Stmt> {
    let name = text(parameter, "name");
    let ident: syn::Ident = match syn::parse_str(name) {
        Ok(ident) => ident,
        Err(_) => return Vec::new(),
    };
    let schema = &parameter["schema"];
    let mut checks: Vec<Expr> = Vec::new();
    if text(parameter, "in") == "path" {
        checks.push(parse_quote!(parameters::path_segment(&#ident)));
    }
    let bound = |key: &str| match schema.get(key).and_then(Value::as_i64) {
        Some(limit) => quote!(Some(#limit)),
        None => quote!(None),
    };
    if schema.get("minimum").is_some() || schema.get("maximum").is_some() {
        let (min, max) = (bound("minimum"), bound("maximum"));
        checks.push(parse_quote!(parameters::range(#ident, #min, #max)));
    }
    if let Some(later) = parameter
        .get("x-huaweicloud-not-after")
        .and_then(Value::as_str)
        && let Ok(later_ident) = syn::parse_str::<syn::Ident>(later)
    {
        checks.push(
            parse_quote!(parameters::not_after(#ident.as_ref(), #later, #later_ident.as_ref())),
        );
    }
    checks
        .into_iter()
        .map(|check| {
            parse_quote!(#check.map_err(|reason| Error::invalid_parameter(#operation, #name, reason))?;)
        })
        .collect()
}

/// Progenitor's errors, replaced one by one by ours, which name operation and parameter.
struct OurErrors {
    constant: Expr,
    parameter: String,
    conversions: usize,
    builds: usize,
}

impl VisitMut for OurErrors {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let syn::Pat::Ident(pattern) = &local.pat {
            self.parameter = pattern.ident.to_string();
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let constant = &self.constant;
        match expression {
            Expr::Path(path) if quote!(#path).to_string() == "Error :: InvalidRequest" => {
                let name = &self.parameter;
                *expression =
                    parse_quote!(|reason| Error::invalid_parameter(#constant, #name, reason));
                self.conversions += 1;
            }
            Expr::Try(attempt) if matches!(&*attempt.expr, Expr::MethodCall(call) if call.method == "build") =>
            {
                let build = &attempt.expr;
                *expression =
                    parse_quote!(#build.map_err(|error| Error::unsendable(#constant, error))?);
                self.builds += 1;
            }
            _ => {}
        }
    }
}
