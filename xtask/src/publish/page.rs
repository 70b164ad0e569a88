//! The documentation as one page that needs nothing else: no server, no other file, no other host.

use std::fs;

use anyhow::{Context, Result};
use serde_json::json;

use super::Edition;
use crate::tools::Tools;

/// The page for all services, with the renderer inside.
pub fn render(tools: &Tools, editions: &[Edition]) -> Result<String> {
    let renderer = tools
        .node()?
        .join("node_modules/@scalar/api-reference/dist/browser/standalone.js");
    let renderer =
        fs::read_to_string(&renderer).with_context(|| format!("{}", renderer.display()))?;
    let sources: Vec<_> = editions
        .iter()
        .map(|edition| {
            json!({
                "title": edition.title(),
                "slug": edition.service.module,
                "content": edition.document.value,
            })
        })
        .collect();
    // `</script` would end the element in the middle of a text.
    let sources = serde_json::to_string(&sources)?.replace('<', "\\u003c");
    let renderer = renderer.replace("</script", "<\\/script");
    Ok(include_str!("page.html")
        .replace("{{sources}}", &sources)
        .replace("{{renderer}}", &renderer))
}
