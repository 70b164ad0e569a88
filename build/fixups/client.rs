//! Corrections to the client around its calls: what progenitor brings that ours replaces, examples that
//! compile, and paging.

use heck::ToSnakeCase;
use serde_json::Value;
use syn::{ImplItem, Item, Type, parse_quote};

use super::Result;
use super::calls::{PROJECT, builder_impl};
use super::docs::{edit_docs, tidy_docs};
use crate::codegen::document::{Document, Operation, text};
use crate::codegen::rules::paged_item;

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
