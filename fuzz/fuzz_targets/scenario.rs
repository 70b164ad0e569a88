//! Scenarios of the sandbox: one that is taken is written and read again, within what its numbers
//! keep; a refusal says what it is about.
#![no_main]

use std::time::Duration;

use huaweicloud_tasks::sandbox::{Scenario, ScenarioInstance, ScenarioTask, Step};
use libfuzzer_sys::fuzz_target;

/// Seconds are written as a machine number.
fn near(a: Duration, b: Duration) -> bool {
    a.abs_diff(b).as_secs_f64() <= 1e-9 + a.as_secs_f64() * 1e-14
}

fn same_steps(a: &[Step], b: &[Step]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.name == b.name
                && a.detail == b.detail
                && near(a.seconds, b.seconds)
                && same_steps(&a.parts, &b.parts)
        })
}

fn same_tasks(a: &[ScenarioTask], b: &[ScenarioTask]) -> bool {
    let maybe = |a: Option<Duration>, b: Option<Duration>| match (a, b) {
        (Some(a), Some(b)) => near(a, b),
        (a, b) => a == b,
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.id == b.id
                && a.name == b.name
                && a.ends == b.ends
                && near(a.appears_after, b.appears_after)
                && near(a.waits, b.waits)
                && maybe(a.ends_after, b.ends_after)
                && maybe(a.vanishes_after, b.vanishes_after)
                && same_steps(&a.steps, &b.steps)
        })
}

fn same_instances(a: &[ScenarioInstance], b: &[ScenarioInstance]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.id == b.id && same_tasks(&a.tasks, &b.tasks))
}

fuzz_target!(|text: &str| {
    match Scenario::from_json(text) {
        Ok(scenario) => {
            assert!((1e-6..=1e6).contains(&scenario.speed));
            let json = serde_json::to_string(&scenario).expect("what was read can be written");
            let again = Scenario::from_json(&json).expect("what was written can be read");
            assert!((again.speed / scenario.speed - 1.0).abs() < 1e-14, "{json}");
            assert!(same_instances(&again.dcs, &scenario.dcs), "{json}");
            assert!(
                same_instances(&again.rocketmq, &scenario.rocketmq),
                "{json}"
            );
        }
        Err(error) => assert!(error.to_string().starts_with("the scenario: "), "{error}"),
    }
});
