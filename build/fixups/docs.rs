//! Corrections to the documentation: texts without empty ends, lists that hold together.

use syn::Expr;

/// YAML block texts end in a newline, which would leave an empty line behind every sentence and,
/// in progenitor's lists of arguments, tear the list apart.
pub fn tidy_docs(attributes: &mut [syn::Attribute]) {
    edit_docs(attributes, |doc| indent_lists(doc.trim()));
}

/// Rewrites every text of documentation; says how many there were.
pub fn edit_docs(attributes: &mut [syn::Attribute], edit: impl Fn(&str) -> String) -> usize {
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
