//! Corrections to what progenitor generates, each with its reason.
//!
//! progenitor is made for services that follow their own description; these two do not quite, and
//! its client knows neither signatures nor an error with a request id. Rather than fork it, each
//! difference is one small edit of the syntax tree here. The edits that calls depend on fail where
//! they find nothing to change, so that a new version of progenitor does not drop one in silence; those
//! of the models show in the snapshots of `xtask`.

mod calls;
mod client;
mod docs;
pub mod models;

use syn::Item;

pub use client::client;
pub use models::types;

/// What is wrong with the output of progenitor, in words.
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
