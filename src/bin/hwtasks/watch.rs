//! Following tasks to their end: a bar for each on a terminal, lines in a pipe, events for programs.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use huaweicloud_tasks::dcs::{self, types::ShowBackgroundTaskProgressResponse};
use huaweicloud_tasks::rocketmq;
use huaweicloud_tasks::wait::{TaskService, Update, WaitError, WaitErrorKind};
use huaweicloud_tasks::wire::TaskState;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::Failure;
use crate::args::Output;
use crate::output::{complain, csv_records, json, ndjson, print, printable};

/// What `watch` shows of the tasks of a service.
pub(crate) trait Watched: TaskService<Task: Serialize> {
    fn name(task: &Self::Task) -> Option<&str>;
    /// How far a task has come, as DCS tells it.
    fn shown(progress: &Self::Progress) -> &ShowBackgroundTaskProgressResponse;
}

impl Watched for dcs::Client {
    fn name(task: &Self::Task) -> Option<&str> {
        task.name.as_ref().map(AsRef::as_ref)
    }

    fn shown(progress: &Self::Progress) -> &ShowBackgroundTaskProgressResponse {
        progress
    }
}

impl Watched for rocketmq::Client {
    fn name(task: &Self::Task) -> Option<&str> {
        task.name.as_ref().map(AsRef::as_ref)
    }

    fn shown(progress: &Self::Progress) -> &ShowBackgroundTaskProgressResponse {
        match *progress {}
    }
}

/// What is known of a task at a moment; an event of the NDJSON output.
#[derive(Debug, Serialize)]
struct Event {
    event: &'static str,
    instance_id: String,
    task_id: String,
    name: Option<String>,
    status: Option<String>,
    /// In percent.
    progress: Option<i64>,
    /// In seconds.
    remain_time: Option<i64>,
    /// The step that is running, or that failed.
    step: Option<String>,
    /// The parts of that step, with the status of each.
    sub_steps: Vec<String>,
    elapsed_seconds: f64,
    polls: u32,
    error: Option<String>,
}

impl Event {
    const FIELDS: &'static [&'static str] = &[
        "event",
        "instance_id",
        "task_id",
        "name",
        "status",
        "progress",
        "remain_time",
        "step",
        "sub_steps",
        "elapsed_seconds",
        "polls",
        "error",
    ];

    fn new<S: Watched>(told: &Result<Update<S>, WaitError<S>>) -> Self {
        let (event, update, error) = match told {
            Ok(update) if update.state() == TaskState::Succeeded => ("succeeded", update, None),
            Ok(update) => ("progress", update, None),
            Err(error) => {
                let event = match error.kind() {
                    WaitErrorKind::TaskFailed => "failed",
                    WaitErrorKind::TaskVanished => "vanished",
                    WaitErrorKind::TimedOut => "timed_out",
                    _ => "unreachable",
                };
                (event, error.last(), Some(error.to_string()))
            }
        };
        let progress = update.progress.as_ref().map(S::shown);
        let succeeded = event == "succeeded";
        let step = progress.and_then(|progress| {
            progress.step_details.iter().find(|step| {
                let status = step.step_status.as_ref().map(AsRef::as_ref);
                matches!(status, Some("EXECUTING" | "FAILED"))
            })
        });
        let step = step.filter(|_| !succeeded);
        Self {
            event,
            instance_id: update.instance_id.clone(),
            task_id: update.task_id.clone(),
            name: update.task.as_ref().and_then(S::name).map(str::to_string),
            status: update.status().map(str::to_string),
            progress: match succeeded {
                true => Some(100),
                false => progress.and_then(|progress| progress.progress),
            },
            remain_time: match succeeded {
                true => Some(0),
                false => progress.and_then(|progress| progress.remain_time),
            },
            step: step.and_then(|step| step.step_name.clone()),
            sub_steps: step.map_or_else(Vec::new, |step| {
                step.sub_step_details
                    .iter()
                    .map(|part| {
                        let name = part.sub_step_name.as_deref().unwrap_or("-");
                        match &part.sub_step_status {
                            Some(status) => format!("{name} {status}"),
                            None => name.to_string(),
                        }
                    })
                    .collect()
            }),
            elapsed_seconds: update.elapsed.as_millis() as f64 / 1000.0,
            polls: update.polls,
            error,
        }
    }

    /// What a person reads of it, but for the id and the percentage.
    fn words(&self) -> String {
        let status = self.status.as_deref();
        let mut words = match self.event {
            "timed_out" => format!("timed out, {}", status.unwrap_or("not listed")),
            "vanished" => "vanished".to_string(),
            "unreachable" => "could not be asked for".to_string(),
            _ => status.unwrap_or("not listed yet").to_string(),
        };
        if let Some(seconds) = self.remain_time.filter(|seconds| *seconds > 0)
            && self.event == "progress"
        {
            let time = humantime::format_duration(Duration::from_secs(seconds.unsigned_abs()));
            words.push_str(&format!(", {time} left"));
        }
        line(&words)
    }

    /// The whole in a line.
    fn summary(&self) -> String {
        let percent = self.progress.map_or(String::new(), |p| format!(" {p} %"));
        let steps = self.steps().map_or(String::new(), |s| format!(", {s}"));
        let name = line(self.name.as_deref().unwrap_or("-"));
        let id = line(&self.task_id);
        format!("{id} {name}{percent} {}{steps}", self.words())
    }

    fn steps(&self) -> Option<String> {
        let step = self.step.as_deref()?;
        let parts = self.sub_steps.join(", ");
        Some(line(&match parts.is_empty() {
            true => step.to_string(),
            false => format!("{step}: {parts}"),
        }))
    }

    fn ended(&self) -> bool {
        self.event != "progress"
    }
}

/// Text of a service on one line: a break in it would look like a line of ours.
fn line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// Follows tasks until each has ended, and shows them in the form that is asked for; as JSON, the last
/// that is known of each, or of the `single` one.
pub(crate) async fn watch<S: Watched>(
    updates: impl Stream<Item = Result<Update<S>, WaitError<S>>>,
    output: Output,
    single: bool,
) -> Result<(), Failure> {
    let mut updates = pin!(updates);
    let mut view = View::new(output);
    let mut ended = Vec::new();
    let mut exit = None;
    // One for the whole watch: a signal must not fall between two.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        let told = tokio::select! {
            told = updates.next() => told,
            interrupted = &mut interrupted => {
                interrupted?;
                view.clear();
                return Err(Failure::Exit(INTERRUPTED));
            }
            _ = tick.tick() => {
                view.tick();
                continue;
            }
        };
        let Some(told) = told else { break };
        let event = Event::new(&told);
        if let Err(failure) = view.show(&event) {
            view.clear();
            return Err(match failure {
                // Nobody reads on, and nobody knows how the task ends.
                Failure::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    Failure::Exit(FAILED)
                }
                failure => failure,
            });
        }
        if let Err(error) = told {
            let code = match error.kind() {
                WaitErrorKind::TimedOut => TIMED_OUT,
                WaitErrorKind::TaskVanished => VANISHED,
                _ => FAILED,
            };
            // The codes are in the order of their weight: 1, 3, 4.
            exit = Some(exit.map_or(code, |worst: u8| worst.min(code)));
            view.fail(&error.to_string());
        }
        if event.ended() {
            ended.push(event);
        }
    }
    if output == Output::Json {
        match ended.as_slice() {
            [event] if single => json(event)?,
            events => json(&events)?,
        }
    }
    exit.map_or(Ok(()), |code| Err(Failure::Exit(code)))
}

const FAILED: u8 = 1;
pub(crate) const TIMED_OUT: u8 = 3;
const VANISHED: u8 = 4;
/// What shells give a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// How events are shown.
enum View {
    Bars(Bars),
    /// A line where something has changed; by task, what the last one said.
    Lines(BTreeMap<(String, String), String>),
    Ndjson,
    Csv {
        names: bool,
    },
    /// Nothing before the end.
    Silent,
}

impl View {
    fn new(output: Output) -> Self {
        match output {
            Output::Table if std::io::stdout().is_terminal() => {
                Self::Bars(Bars::new(ProgressDrawTarget::stdout()))
            }
            Output::Table => Self::Lines(BTreeMap::new()),
            Output::Ndjson => Self::Ndjson,
            Output::Csv => Self::Csv { names: true },
            Output::Json => Self::Silent,
        }
    }

    fn show(&mut self, event: &Event) -> Result<(), Failure> {
        match self {
            Self::Bars(bars) => {
                bars.show(event);
                Ok(())
            }
            Self::Lines(last) => {
                let said = event.summary();
                let key = (event.instance_id.clone(), event.task_id.clone());
                if last.get(&key) != Some(&said) {
                    print(&format!("{:.1} s  {said}", event.elapsed_seconds))?;
                    last.insert(key, said);
                }
                Ok(())
            }
            Self::Ndjson => ndjson(std::slice::from_ref(event)),
            Self::Csv { names } => csv_records(Event::FIELDS, &[event], std::mem::take(names)),
            Self::Silent => Ok(()),
        }
    }

    /// Tells on standard error how a task ended, without breaking a bar.
    fn fail(&self, message: &str) {
        match self {
            Self::Bars(bars) => bars.all.suspend(|| complain(message)),
            _ => complain(message),
        }
    }

    /// Shows that time goes on.
    fn tick(&self) {
        if let Self::Bars(bars) = self {
            for bar in bars.of.values() {
                bar.tick();
            }
        }
    }

    /// Takes the bars off the terminal.
    fn clear(&self) {
        if let Self::Bars(bars) = self {
            // That it cannot be written to is no news now.
            let _ = bars.all.clear();
        }
    }
}

/// A bar for each task, or a line that moves where the service does not tell how far the task is.
struct Bars {
    all: MultiProgress,
    of: BTreeMap<(String, String), ProgressBar>,
}

impl Bars {
    fn new(target: ProgressDrawTarget) -> Self {
        Self {
            all: MultiProgress::with_draw_target(target),
            of: BTreeMap::new(),
        }
    }

    fn show(&mut self, event: &Event) {
        let key = (event.instance_id.clone(), event.task_id.clone());
        let alone = self.of.keys().all(|other| *other == key);
        if event.ended() && !alone {
            // Those that run on need the room.
            if let Some(bar) = self.of.get(&key) {
                bar.finish_and_clear();
            }
            let _ = self.all.println(event.summary());
            return;
        }
        let bar = self
            .of
            .entry(key)
            .or_insert_with(|| self.all.add(ProgressBar::new(100)));
        // The templates are constants, and a test sees both drawn.
        let template = match event.progress {
            Some(_) => "{prefix} [{wide_bar}] {pos:>3} %  {elapsed}\n  {msg}",
            None => "{prefix} {spinner} {elapsed}\n  {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        let name = event.name.as_deref().unwrap_or_default();
        bar.set_prefix(line(&format!("{} {name}", event.task_id)));
        let percent = event.progress.unwrap_or(0).clamp(0, 100);
        bar.set_position(percent.unsigned_abs());
        bar.set_message(match event.steps() {
            Some(steps) => format!("{}\n  {steps}", event.words()),
            None => event.words(),
        });
        if event.ended() {
            bar.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn bars_show_what_is_known() {
        let terminal = InMemoryTerm::new(10, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut bars = Bars::new(target);
        let mut event = Event {
            event: "progress",
            instance_id: "i".to_string(),
            task_id: "8abf".to_string(),
            name: Some("EXTEND\x1b[2J".to_string()),
            status: Some("EXECUTING".to_string()),
            progress: Some(40),
            remain_time: Some(100),
            step: Some("数据迁移".to_string()),
            sub_steps: vec!["申请资源 FINISH".to_string(), "迁移 EXECUTING".to_string()],
            elapsed_seconds: 1.0,
            polls: 1,
            error: None,
        };
        bars.show(&event);
        for bar in bars.of.values() {
            bar.tick();
        }
        let screen = terminal.contents();
        for part in [
            "8abf EXTEND\\u{1b}[2J [█████████████",
            "]  40 %  0s",
            "EXECUTING, 1m 40s left",
            "  数据迁移: 申请资源 FINISH, 迁移 EXECUTING",
        ] {
            assert!(screen.contains(part), "{part}: {screen}");
        }

        // Nothing told of how far it is.
        (event.progress, event.remain_time, event.step) = (None, None, None);
        event.task_id = "ff80".to_string();
        bars.show(&event);
        for bar in bars.of.values() {
            bar.tick();
        }
        let screen = terminal.contents();
        assert!(
            screen.contains("ff80 EXTEND") && screen.contains("\n  EXECUTING"),
            "{screen}"
        );
        assert!(screen.contains(" 40 % "), "the other stays: {screen}");

        // What has ended makes room for what has not.
        event.event = "failed";
        event.status = Some("FAILED".to_string());
        bars.show(&event);
        let screen = terminal.contents();
        assert!(screen.starts_with("ff80 EXTEND"), "{screen}");
        assert!(screen.contains(" FAILED\n8abf EXTEND"), "{screen}");
        View::Bars(bars).clear();
        assert!(
            !terminal.contents().contains("8abf"),
            "{}",
            terminal.contents()
        );
    }
}
