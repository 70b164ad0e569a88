//! Corrections to the models: null anywhere, lists that remember, names, order and documentation.

use quote::quote;
use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{Fields, ImplItem, Item, Token, Type, parse_quote};

use super::Result;
use super::docs::tidy_docs;
use crate::codegen::document::{Document, entries, items, text};

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
                model_struct(&mut model, schema, document)
                    .map_err(|reason| (place.clone(), reason))?;
                kept.push(field_names(&model, schema));
                kept.push(objects_only(&mut model).map_err(|reason| (place, reason))?);
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

/// What serde derives reads an array as well, and takes its items for the fields. It stays inside, and
/// the model hands it objects alone.
fn objects_only(model: &mut syn::ItemStruct) -> Result<Item> {
    let mut found = 0;
    for attribute in &mut model.attrs {
        if attribute.path().is_ident("derive") {
            let derives = attribute
                .parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)
                .map_err(|error| error.to_string())?;
            let (reads, others): (Vec<_>, Vec<_>) = derives.into_iter().partition(|path| {
                path.segments
                    .last()
                    .is_some_and(|s| s.ident == "Deserialize")
            });
            found += reads.len();
            *attribute = parse_quote!(#[derive(#(#others),*)]);
        }
    }
    if found != 1 {
        return Err(format!("the struct derives Deserialize {found} times"));
    }
    let ident = &model.ident;
    let name = ident.to_string();
    let fields = model.fields.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        let options = field.attrs.iter().filter(|a| a.path().is_ident("serde"));
        quote!(#(#options)* #ident: #ty)
    });
    Ok(parse_quote! {
        const _: () = {
            #[derive(::serde::Deserialize)]
            #[serde(remote = #name)]
            #[allow(dead_code)]
            struct Fields {
                #(#fields,)*
            }

            impl<'de> ::serde::Deserialize<'de> for #ident {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Fields::deserialize(crate::wire::ObjectOnly(deserializer))
                }
            }
        };
    })
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
        if has_nulls(schema, property, &name) {
            keep_null(&mut field);
        }
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

/// Whether null is a value of the property that the documents show.
fn has_nulls(schema: &Value, property: &Value, name: &str) -> bool {
    let named = items(schema.get("x-huaweicloud-nulls")).any(|listed| listed == name);
    named || property.get("nullable") == Some(&Value::Bool(true))
}

/// Where null is a value that the documents show, an absent value is written as null, not left out.
fn keep_null(field: &mut syn::Field) {
    serde_of(field, parse_quote!(default));
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
