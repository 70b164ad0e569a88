//! Corrections to a call: documented setters, parameters checked by their limits, and `send`, which
//! ends in our transport and has our error.

use quote::quote;
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItem, Stmt, Type, parse_quote};

use super::Result;
use crate::codegen::document::{Document, Operation, text};
use crate::codegen::generate::operation_constant;

/// The one parameter that a call may leave to the client, which knows it or looks it up.
pub const PROJECT: &str = "project_id";

pub fn builder_impl(
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
