//! The second half of `cargo xtask validate`: each sample, decoded into its generated type and
//! encoded again, must come out as it went in.
//!
//! It is a program of its own because it needs the library, which does not compile while the
//! description is broken; the first half must run even then.
//!
//! Arguments: the folder of the samples, then a service, a model and a sample for each.

use std::path::Path;
use std::process::ExitCode;

use huaweicloud_tasks::{dcs, iam, rocketmq};
use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, samples)) = arguments.split_first() else {
        eprintln!("usage: roundtrip FOLDER [SERVICE MODEL SAMPLE]…");
        return ExitCode::from(2);
    };
    let mut failed = false;
    for sample in samples.chunks_exact(3) {
        if let Err(reason) = round_trip(Path::new(folder), &sample[0], &sample[1], &sample[2]) {
            eprintln!("openapi/{}: {reason}", sample[2]);
            failed = true;
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn round_trip(folder: &Path, service: &str, model: &str, sample: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join(sample)).map_err(|e| e.to_string())?;
    let recode = |text: &str| {
        match service {
            "dcs" => dcs::types::recode(model, text),
            "iam" => iam::types::recode(model, text),
            "rocketmq" => rocketmq::types::recode(model, text),
            _ => None,
        }
        .ok_or_else(|| format!("{service} generates no model {model}"))?
        .map_err(|error| format!("does not decode into {model}: {error}"))
    };
    let once = recode(&text)?;
    let twice = recode(&once)?;
    if once != twice {
        return Err(format!(
            "{model} is not the same after two rounds:\n  {once}\n  {twice}"
        ));
    }
    let value = |text: &str| serde_json::from_str::<Value>(text).map_err(|e| e.to_string());
    match difference(&value(&text)?, &value(&once)?, "") {
        None => Ok(()),
        Some(difference) => Err(format!(
            "changes when {model} decodes and encodes it: {difference}"
        )),
    }
}

/// Where two values differ. A null that the sample leaves out is no difference.
fn difference(before: &Value, after: &Value, place: &str) -> Option<String> {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .find_map(|(key, value)| {
                let place = format!("{place}/{key}");
                match b.get(key) {
                    Some(other) => difference(value, other, &place),
                    None => Some(format!("{place} is lost")),
                }
            })
            .or_else(|| {
                b.iter()
                    .find(|(key, value)| !a.contains_key(*key) && !value.is_null())
                    .map(|(key, _)| format!("{place}/{key} is added"))
            }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(i, (a, b))| difference(a, b, &format!("{place}/{i}"))),
        _ if before == after => None,
        _ => Some(format!("{place} was {before} and is {after}")),
    }
}
