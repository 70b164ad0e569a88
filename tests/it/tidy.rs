//! Rules of the project itself that no other tool checks.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// `1.88` as a number that compares.
fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}

/// What a command prints, which must go well.
fn stdout(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every file below a folder that is ours: neither what is built nor what git keeps.
fn walk(folder: &Path, check: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && name != ".git" {
                walk(&path, check);
            }
        } else {
            check(&path);
        }
    }
}

/// The stated minimum version of Rust is what the crates in the lock file need, and no lower.
#[test]
fn no_dependency_needs_a_newer_rust_than_stated() {
    // Of this platform: a machine has not fetched the crates of the others.
    let rustc = stdout("rustc", &["-vV"]);
    let host = rustc
        .lines()
        .find_map(|l| l.strip_prefix("host: "))
        .unwrap();
    let metadata = stdout(
        env!("CARGO"),
        &[
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            "--all-features",
            "--filter-platform",
            host,
        ],
    );
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let stated = packages
        .iter()
        .find(|p| p["name"] == env!("CARGO_PKG_NAME"))
        .and_then(|p| p["rust_version"].as_str())
        .map(version)
        .unwrap();
    for package in packages {
        if let Some(needed) = package["rust_version"].as_str().map(version) {
            assert!(
                needed <= stated,
                "{} needs Rust {needed:?}",
                package["name"]
            );
        }
    }
}

#[test]
fn the_types_alone_pull_in_no_http() {
    let tree = stdout(
        env!("CARGO"),
        &[
            "tree",
            "--offline",
            "--locked",
            "--package=huaweicloud-tasks",
            "--no-default-features",
            "--edges=normal",
            "--prefix=none",
        ],
    );
    assert!(
        tree.contains("serde_json") && tree.contains("chrono"),
        "{tree}"
    );
    for unwanted in ["reqwest", "tokio", "hyper", "progenitor"] {
        assert!(!tree.contains(unwanted), "{unwanted} in\n{tree}");
    }
}

#[test]
fn every_extension_is_explained() {
    let readme = read("openapi/README.md");
    for file in [
        "openapi/dcs.yaml",
        "openapi/iam.yaml",
        "openapi/rocketmq.yaml",
    ] {
        for word in read(file).split(|c: char| c.is_whitespace() || c == ':') {
            if word.starts_with("x-") {
                assert!(readme.contains(&format!("`{word}`")), "{word} of {file}");
            }
        }
    }
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let command = "cargo test --workspace --all-features";
    assert!(read("README.md").contains(command));
    assert!(read(".ci/run").contains(command));
}

#[test]
fn every_module_says_what_it_is_for() {
    for folder in [
        "src",
        "build",
        "xtask/src",
        "tests",
        "examples",
        "fuzz/fuzz_targets",
    ] {
        walk(&Path::new(ROOT).join(folder), &mut |path| {
            if path.extension().is_none_or(|e| e != "rs") {
                return;
            }
            let text = std::fs::read_to_string(path).unwrap();
            assert!(
                text.starts_with("//!") || text.starts_with("#![doc ="),
                "{} does not begin with //!",
                path.display()
            );
        });
    }
}

/// The lints of a manifest hold for all that it builds: library, programs, examples, tests, build.rs.
#[test]
fn no_code_of_ours_may_be_unsafe() {
    let forbids = |text: &str, table: &str| {
        let mut lines = text.lines().skip_while(|line| *line != table).skip(1);
        lines
            .by_ref()
            .take_while(|line| !line.starts_with('['))
            .any(|line| line == "unsafe_code = \"forbid\"")
    };
    assert!(forbids(&read("Cargo.toml"), "[workspace.lints.rust]"));
    let mut manifests = 0;
    walk(Path::new(ROOT), &mut |path| {
        if path.file_name().is_none_or(|name| name != "Cargo.toml") {
            return;
        }
        manifests += 1;
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.contains("[lints]\nworkspace = true\n") || forbids(&text, "[lints.rust]"),
            "{} does not forbid unsafe code",
            path.display()
        );
    });
    assert!(manifests >= 3, "{manifests} manifests");
}
