//! Generates the types and the clients from `openapi/` before the crate is compiled.
//!
//! A description that is wrong stops the build with the file, the place in it and the reason.

#[path = "build/mod.rs"]
mod codegen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use codegen::document::{Document, Problem};
use codegen::{SERVICES, Service, generate, rules};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=openapi");
    let variable = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .unwrap_or_default()
    };
    let (root, out) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR"));
    let problems: Vec<Problem> = SERVICES
        .iter()
        .filter_map(|service| write(service, &root, &out).err())
        .flatten()
        .collect();
    for problem in &problems {
        println!("cargo::error={}", problem.to_string().replace('\n', " "));
    }
    if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        println!("cargo::error=`cargo xtask validate` says the same, and checks the samples too");
        ExitCode::FAILURE
    }
}

fn write(service: &Service, root: &Path, out: &Path) -> Result<(), Vec<Problem>> {
    let one = |problem| vec![problem];
    let document = Document::read(root, service.module).map_err(one)?;
    let problems = rules::check(&document, root);
    if !problems.is_empty() {
        return Err(problems);
    }
    let generated = generate::generate(service, &document).map_err(one)?;
    for (part, file) in [("types", generated.types), ("client", generated.client)] {
        let path = out.join(format!("{}_{part}.rs", service.module));
        std::fs::write(&path, prettyplease::unparse(&file))
            .map_err(|e| one(Problem::new(path.display().to_string(), "", e)))?;
    }
    Ok(())
}
