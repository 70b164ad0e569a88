//! What a sandbox plays besides the documented samples: instances, and tasks that live.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fault::Fault;
use super::{DCS_INSTANCE_ID, ROCKETMQ_INSTANCE_ID};
use crate::error::Error;

/// What a sandbox plays besides the documented samples: built in Rust, or read from JSON.
///
/// ```json
/// {
///   "speed": 10,
///   "dcs": [{
///     "id": "my-cache",
///     "tasks": [{
///       "id": "resize",
///       "name": "EXTEND",
///       "steps": [
///         { "name": "前置检查", "seconds": 5 },
///         { "name": "数据迁移", "seconds": 60, "parts": [{ "name": "申请资源", "seconds": 20 }] }
///       ],
///       "ends": "FAILED",
///       "ends_after": 30
///     }]
///   }]
/// }
/// ```
///
/// | of | field | meaning |
/// | --- | --- | --- |
/// | the scenario | `speed` | how fast it plays: 10 is ten times as fast as life; 1 by default |
/// | | `dcs`, `rocketmq` | the instances |
/// | | `seed` | what the tasks that are made in numbers are drawn from |
/// | | `faults` | what goes wrong, in order: each a [`Fault`], such as `{ "fault": "bad_gateway", "times": 2 }` |
/// | | `rate` | a limit, such as `{ "requests": 200, "seconds": 300 }`, beyond which the gateway answers 429 |
/// | an instance | `id`, `tasks` | |
/// | a task | `id`, `name` | |
/// | | `appears_after` | when it is listed first, in seconds since the start |
/// | | `waits` | for how many seconds it is `CREATED` before its first step begins |
/// | | `steps` | what it does then, one after the other, being `EXECUTING` |
/// | | `ends` | the status that it ends with; `SUCCESS` by default. Any text will do. With one that is no end, such as `HELD`, it stays there |
/// | | `ends_after` | how many seconds its steps run before it ends; all by default, and then a failure is that of the last |
/// | | `vanishes_after` | when it is no longer listed, in seconds since it appeared |
/// | a step | `name`, `seconds` | |
/// | | `parts` | its sub-steps, which have the same fields and begin with it; they may not take longer |
/// | a part | `detail` | what the service tells besides |
///
/// The same in Rust, where times are durations:
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_tasks::sandbox::{DCS_INSTANCE_ID, Scenario, ScenarioTask, Step};
///
/// let scenario = Scenario::default().dcs_task(
///     DCS_INSTANCE_ID,
///     ScenarioTask::new("resize")
///         .name("EXTEND")
///         .step(Step::new("数据迁移", Duration::from_secs(60)))
///         .ends("FAILED"),
/// );
/// let json = serde_json::to_string_pretty(&scenario).unwrap();
/// assert_eq!(Scenario::from_json(&json).unwrap(), scenario);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Scenario {
    /// How many seconds of the sandbox pass in one of the clock; 1 by default.
    pub speed: f64,
    /// What the tasks that are made in numbers are drawn from.
    pub seed: u64,
    /// The cache instances. One that the sandbox has anyway gets the tasks on top of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dcs: Vec<ScenarioInstance>,
    /// The RocketMQ instances, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rocketmq: Vec<ScenarioInstance>,
    /// What goes wrong, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// How many requests are let through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// A limit of requests in a time, beyond which the gateway answers with status 429.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many requests,
    pub requests: u32,
    /// in any such time of the clock.
    #[serde(with = "seconds")]
    pub seconds: Duration,
}

/// An instance of a [`Scenario`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScenarioInstance {
    /// The id of the instance.
    pub id: String,
    /// The tasks that live on it.
    #[serde(default)]
    pub tasks: Vec<ScenarioTask>,
}

/// A task of a [`Scenario`]: it appears, goes through its steps, ends, and may vanish.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScenarioTask {
    /// The id of the task.
    pub id: String,
    /// What the task does: `EXTEND`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it is listed first, since the start of the sandbox.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub appears_after: Duration,
    /// For how long it is `CREATED` before its first step begins.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub waits: Duration,
    /// Its steps, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The status that it ends with; `SUCCESS` by default. With one that is no end, it stays there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// How long its steps run before it ends, should that be before the last is done.
    #[serde(
        default,
        with = "seconds_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub ends_after: Option<Duration>,
    /// When it is no longer listed, since it appeared.
    #[serde(
        default,
        with = "seconds_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub vanishes_after: Option<Duration>,
}

/// A step of a task, or a part of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Step {
    /// What the step does; the services tell it in Chinese.
    pub name: String,
    /// How long it takes. Its parts may take less, and not more.
    #[serde(with = "seconds")]
    pub seconds: Duration,
    /// What the service tells besides. Parts of steps have it, steps do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The parts of the step; those have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Step>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            speed: 1.0,
            seed: 0,
            faults: Vec::new(),
            rate: None,
            dcs: Vec::new(),
            rocketmq: Vec::new(),
        }
    }
}

impl Scenario {
    /// A resize that runs for some seconds on the cache instance of the sandbox, and a change of public
    /// access on its RocketMQ instance.
    ///
    /// The file `src/sandbox/live.json` of this crate; take it for a pattern.
    pub fn live() -> Self {
        // A test reads the file.
        Self::from_json(include_str!("live.json")).unwrap_or_default()
    }

    /// Reads a scenario from JSON.
    ///
    /// # Errors
    ///
    /// When the text is no scenario: the error names the place.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let error = |reason: String| Error::configuration(format!("the scenario: {reason}"));
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let scenario: Self = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
            let path = e.path().to_string();
            error(match path.as_str() {
                "." | "?" => e.into_inner().to_string(),
                _ => format!("{path}: {}", e.into_inner()),
            })
        })?;
        deserializer.end().map_err(|e| error(e.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Sets how many seconds of the sandbox pass in one of the clock.
    #[must_use]
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Sets what the tasks that are made in numbers are drawn from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds something that goes wrong, after what was added before.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Limits the requests in a time.
    #[must_use]
    pub fn rate(mut self, requests: u32, time: Duration) -> Self {
        self.rate = Some(Rate {
            requests,
            seconds: time,
        });
        self
    }

    /// Adds a task to a cache instance, and the instance where it is new.
    #[must_use]
    pub fn dcs_task(mut self, instance_id: &str, task: ScenarioTask) -> Self {
        add(&mut self.dcs, instance_id, task);
        self
    }

    /// Adds a task to a RocketMQ instance, and the instance where it is new.
    #[must_use]
    pub fn rocketmq_task(mut self, instance_id: &str, task: ScenarioTask) -> Self {
        add(&mut self.rocketmq, instance_id, task);
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.mistake().map_or(Ok(()), |mistake| {
            Err(Error::configuration(format!("the scenario: {mistake}")))
        })
    }

    /// What makes no sense, if anything.
    fn mistake(&self) -> Option<String> {
        if !(1e-6..=1e6).contains(&self.speed) {
            return Some(format!(
                "speed {} is not from 0.000001 to 1000000",
                self.speed
            ));
        }
        // The sandbox has one instance of each service anyway.
        let mut instances = HashSet::new();
        for (own, other) in [
            (&self.dcs, ROCKETMQ_INSTANCE_ID),
            (&self.rocketmq, DCS_INSTANCE_ID),
        ] {
            for instance in own {
                let id = &instance.id;
                if id == other {
                    return Some(format!("instance {id} belongs to the other service"));
                }
                if id.is_empty() {
                    return Some("an instance has no id".to_string());
                }
                if !instances.insert(id) {
                    return Some(format!("instance {id} is there twice"));
                }
                let mut tasks = HashSet::new();
                for task in &instance.tasks {
                    if !tasks.insert(&task.id) {
                        return Some(format!("task {} of instance {id} is there twice", task.id));
                    }
                    if let Some(mistake) = task.mistake() {
                        return Some(format!("task {:?} of instance {id}: {mistake}", task.id));
                    }
                }
            }
        }
        if self.rate.is_some_and(|rate| rate.seconds.is_zero()) {
            return Some("the rate has no time".to_string());
        }
        self.faults.iter().find_map(Fault::mistake)
    }
}

fn add(instances: &mut Vec<ScenarioInstance>, id: &str, task: ScenarioTask) {
    match instances.iter_mut().find(|instance| instance.id == id) {
        Some(instance) => instance.tasks.push(task),
        None => instances.push(ScenarioInstance {
            id: id.to_string(),
            tasks: vec![task],
        }),
    }
}

impl ScenarioTask {
    /// What makes no sense, if anything.
    pub(super) fn mistake(&self) -> Option<String> {
        if self.id.is_empty() {
            return Some("it has no id".to_string());
        }
        self.steps.iter().find_map(Step::mistake)
    }

    /// A task that is listed at once and, having no steps, has ended well.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    /// Sets what the task does.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets when the task is listed first, since the start of the sandbox.
    #[must_use]
    pub fn appears_after(mut self, time: Duration) -> Self {
        self.appears_after = time;
        self
    }

    /// Sets for how long the task is `CREATED` before its first step begins.
    #[must_use]
    pub fn waits(mut self, time: Duration) -> Self {
        self.waits = time;
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sets the status that the task ends with.
    #[must_use]
    pub fn ends(mut self, status: impl Into<String>) -> Self {
        self.ends = Some(status.into());
        self
    }

    /// Sets how long the steps run before the task ends.
    #[must_use]
    pub fn ends_after(mut self, time: Duration) -> Self {
        self.ends_after = Some(time);
        self
    }

    /// Sets when the task is no longer listed, since it appeared.
    #[must_use]
    pub fn vanishes_after(mut self, time: Duration) -> Self {
        self.vanishes_after = Some(time);
        self
    }
}

impl Step {
    fn mistake(&self) -> Option<String> {
        if self.parts.iter().any(|part| !part.parts.is_empty()) {
            return Some(format!("a part of step {} has parts", self.name));
        }
        let parts = self.parts.iter().map(|part| part.seconds.as_secs_f64());
        // Seconds such as 0.1 are not exact.
        (parts.sum::<f64>() > self.seconds.as_secs_f64() + 1e-6)
            .then(|| format!("the parts of step {} take longer than it", self.name))
    }

    /// A step without parts.
    pub fn new(name: impl Into<String>, takes: Duration) -> Self {
        Self {
            name: name.into(),
            seconds: takes,
            ..Self::default()
        }
    }

    /// Sets what the service tells of a part besides.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, part: Step) -> Self {
        self.parts.push(part);
        self
    }
}

pub(super) mod seconds {
    use super::*;

    pub fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| serde::de::Error::custom(format!("{seconds} is no number of seconds")))
    }
}

mod seconds_if_any {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        #[derive(Deserialize)]
        struct Seconds(#[serde(with = "super::seconds")] Duration);
        let seconds = Option::<Seconds>::deserialize(from)?;
        Ok(seconds.map(|Seconds(time)| time))
    }
}
