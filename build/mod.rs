//! From `openapi/*.yaml` to Rust, in three steps that `build.rs` and `cargo xtask validate` share:
//! read a description ([`document`]), hold it against the rules of this project ([`rules`]), and
//! generate Rust from it ([`generate`], whose corrections to progenitor's output are [`fixups`]).
//!
//! It lives in a folder of its own, and not in a crate, because a build script may only use what
//! is inside its package, and because `xtask` must be able to say what is wrong with a broken
//! description: it cannot depend on a library that the broken description keeps from building.

pub mod document;
pub mod fixups;
pub mod generate;
pub mod rules;

/// A service that has a description: the name of its file, of its Rust module and of its samples.
pub struct Service {
    /// `dcs` for `openapi/dcs.yaml`, `src/dcs.rs` and `openapi/samples/dcs/`.
    pub module: &'static str,
    /// The name that error messages use.
    pub name: &'static str,
}

/// Every described service. A new one is a line here, a YAML file and a module.
pub const SERVICES: [Service; 3] = [
    Service {
        module: "dcs",
        name: "DCS",
    },
    Service {
        module: "iam",
        name: "IAM",
    },
    Service {
        module: "rocketmq",
        name: "RocketMQ",
    },
];
