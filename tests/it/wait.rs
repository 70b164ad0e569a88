//! Waiting for the end of tasks. The clock is moved by hand: each pause of a wait moves it on, and takes
//! no time.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{TimeZone, Utc};
use futures_util::{StreamExt, TryStreamExt};
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::clock::{Clock, ManualClock};
use huaweicloud_tasks::dcs::types::TaskStatus;
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::sandbox::{
    DCS_INSTANCE_ID, ROCKETMQ_INSTANCE_ID, Sandbox, Scenario, ScenarioTask, Step,
};
use huaweicloud_tasks::wait::{Update, WaitError, WaitErrorKind, WaitPolicy};
use huaweicloud_tasks::wire::TaskState;
use huaweicloud_tasks::{ErrorKind, dcs, rocketmq};
use serde_json::json;
use tokio::net::TcpListener;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(
        Utc.with_ymd_and_hms(2020, 6, 17, 8, 18, 0).unwrap(),
    ))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A service with one task, `t`, that answers poll after poll as a script says; the last line repeats.
///
/// A line is what the list says, and what the operation of the progress says: `EXECUTING 30/100` is 30
/// percent, and 100 seconds that remain.
struct Service {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    async fn playing(script: &[&str]) -> Self {
        let script: Vec<String> = script.iter().map(|line| line.to_string()).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let router = Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_string();
            let progress = path.ends_with("/progress");
            let mut log = log.lock().unwrap();
            log.push(path);
            // A poll begins with the list.
            let polls = log.iter().filter(|path| !path.ends_with("/progress"));
            let line = &script[(polls.count() - 1).min(script.len() - 1)];
            let (list, percent) = line.split_once(' ').unwrap_or((line, "-"));
            let response = answer(if progress { percent } else { list }, progress);
            async move { response }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, asked }
    }

    fn dcs(&self, clock: &Arc<ManualClock>) -> dcs::Client {
        dcs::Client::builder()
            .endpoint(&self.endpoint)
            .credentials(Credentials::new("AK", "SK"))
            .project_id("project")
            // The times of the server are none of the clock's.
            .retry(RetryPolicy::none().correct_clock(false))
            .clock(clock.clone())
            .build()
            .unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn answer(word: &str, progress: bool) -> Response {
    let error = |status: u16, code: &str| {
        let body = json!({"error_code": code, "error_msg": "no"}).to_string();
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    };
    match word {
        "500" => error(500, "DCS.5000"),
        "401" => error(401, "APIGW.0301"),
        "403" => error(403, "APIGW.0302"),
        "404" => error(404, "111404022"),
        "unsupported" => error(400, "DCS.4094"),
        "junk" => "<html>".into_response(),
        "empty" => "{}".into_response(),
        "-" if progress => error(400, "DCS.4070"),
        "-" => json!({"task_count": 1, "tasks": [{"id": "other", "status": "SUCCESS"}]})
            .to_string()
            .into_response(),
        percent if progress => {
            let (percent, remain) = percent.split_once('/').unwrap_or((percent, "0"));
            let number = |text: &str| text.parse::<i64>().unwrap();
            json!({"progress": number(percent), "remain_time": number(remain), "step_details": []})
                .to_string()
                .into_response()
        }
        status => {
            let status = (status != "null").then_some(status);
            json!({"task_count": 1, "tasks": [{"id": "t", "status": status}]})
                .to_string()
                .into_response()
        }
    }
}

/// How a wait ended, in a word or two.
fn outcome(result: &Result<dcs::types::SingleBackgroundTask, WaitError<dcs::Client>>) -> &str {
    match result {
        Ok(task) => task.status.as_ref().unwrap().as_str(),
        Err(error) => match error.kind() {
            WaitErrorKind::TaskFailed => "failed",
            WaitErrorKind::TaskVanished => "vanished",
            WaitErrorKind::TimedOut => "timed out",
            WaitErrorKind::PollFailed => "not answered",
            other => panic!("{other:?}"),
        },
    }
}

/// The whole table: status × progress × absent × error × timeout. `polls` is 0 where it is as many as
/// fit into the time.
#[tokio::test]
async fn the_end_of_a_wait_follows_the_table() {
    let script = |lines: &'static [&'static str]| lines;
    #[rustfmt::skip]
    let table = [
        // what the service says, poll by poll       the end         polls  seconds
        // The status decides.
        (script(&["SUCCESS 100"]),                    "SUCCESS",      1, 0..1),
        (script(&["FAILED 40"]),                      "failed",       1, 0..1),
        (script(&["CANCELLED 40"]),                   "failed",       1, 0..1),
        (script(&["CANCELED 40"]),                    "failed",       1, 0..1),
        (script(&["DELETED 40"]),                     "failed",       1, 0..1),
        (script(&["CREATED 0", "SUCCESS 100"]),       "SUCCESS",      2, 2..5),
        (script(&["EXECUTING 5", "SUCCESS 100"]),     "SUCCESS",      2, 2..5),
        (script(&["EXECUTING 5", "FAILED 5"]),        "failed",       2, 2..5),
        (script(&["PAUSED 5", "SUCCESS 100"]),        "SUCCESS",      2, 2..5),
        (script(&["null 5", "SUCCESS 100"]),          "SUCCESS",      2, 2..5),
        // The progress does not.
        (script(&["SUCCESS 30"]),                     "SUCCESS",      1, 0..1),
        (script(&["SUCCESS 500"]),                    "SUCCESS",      1, 0..1),
        (script(&["EXECUTING 100", "SUCCESS 100"]),   "SUCCESS",      2, 2..5),
        (script(&["EXECUTING 500", "SUCCESS 500"]),   "SUCCESS",      2, 2..5),
        (script(&["EXECUTING unsupported", "FAILED"]), "failed",      2, 2..5),
        (script(&["EXECUTING -", "SUCCESS -"]),       "SUCCESS",      2, 2..5),
        (script(&["EXECUTING junk", "SUCCESS -"]),    "SUCCESS",      2, 2..5),
        // A task that is absent has its grace.
        (script(&["- -", "SUCCESS 100"]),             "SUCCESS",      2, 2..5),
        (script(&["- 10", "EXECUTING 20", "FAILED"]), "failed",       3, 6..13),
        (script(&["EXECUTING 5", "- -", "SUCCESS"]),  "SUCCESS",      3, 6..13),
        (script(&["- -"]),                            "vanished",     0, 30..31),
        (script(&["- 500"]),                          "vanished",     0, 30..31),
        (script(&["- empty"]),                        "vanished",     0, 30..31),
        (script(&["EXECUTING 5", "- -"]),             "vanished",     0, 32..35),
        // Once it was listed, a progress is no proof that it is there.
        (script(&["EXECUTING 5", "- 10"]),            "vanished",     0, 32..35),
        (script(&["null 5", "- unsupported"]),        "vanished",     0, 32..35),
        // One whose progress is known is there.
        (script(&["- 10"]),                           "timed out",    0, 1800..1801),
        // Whatever goes on is bounded.
        (script(&["CREATED 0"]),                      "timed out",    0, 1800..1801),
        (script(&["EXECUTING 99"]),                   "timed out",    0, 1800..1801),
        (script(&["EXECUTING 99/100000"]),            "timed out",    0, 1800..1801),
        (script(&["EXECUTING 99/-5"]),                "timed out",    0, 1800..1801),
        (script(&["PAUSED unsupported"]),             "timed out",    0, 1800..1801),
        (script(&["null -"]),                         "timed out",    0, 1800..1801),
        // A list that cannot be had ends it.
        (script(&["500"]),                            "not answered", 1, 0..1),
        (script(&["403 50"]),                         "not answered", 1, 0..1),
        (script(&["404"]),                            "not answered", 1, 0..1),
        (script(&["junk"]),                           "not answered", 1, 0..1),
        (script(&["EXECUTING 5", "500"]),             "not answered", 2, 2..5),
        (script(&["- -", "500"]),                     "not answered", 2, 2..5),
    ];
    for (script, end, polls, time) in table {
        let clock = clock();
        let service = Service::playing(script).await;
        let client = service.dcs(&clock);
        let started = clock.monotonic();
        let result = client.instance("i").task("t").wait().await;
        let elapsed = (clock.monotonic() - started).as_secs();
        assert_eq!(outcome(&result), end, "{script:?}: {result:?}");
        assert!(time.contains(&elapsed), "{script:?}: {elapsed} seconds");
        let asked = service.asked.lock().unwrap().clone();
        let lists = asked.iter().filter(|path| path.ends_with("/tasks")).count();
        if polls > 0 {
            assert_eq!(lists, polls, "{script:?}");
        }
        if let Err(error) = result {
            let last = error.last();
            assert_eq!(last.polls as usize, lists, "{script:?}");
            assert_eq!(last.elapsed, clock.monotonic() - started, "{script:?}");
            assert_eq!((&*last.instance_id, &*last.task_id), ("i", "t"));
            assert_eq!(error.poll_error().is_some(), end == "not answered");
        }
    }
}

#[tokio::test]
async fn errors_say_what_was_seen_last() {
    let message = async |script: &[&str]| {
        let clock = clock();
        let service = Service::playing(script).await;
        let error = service.dcs(&clock).instance("i").task("t").wait().await;
        let error = error.unwrap_err();
        let message = error.to_string();
        let (message, _) = message.split_once(" [").unwrap();
        (message.to_string(), error)
    };
    let (text, error) = message(&["EXECUTING 40", "FAILED 40"]).await;
    assert_eq!(text, "DCS task t of instance i ended with status FAILED");
    assert_eq!(error.last().status(), Some("FAILED"));
    assert_eq!(error.last().state(), TaskState::Failed);
    assert_eq!(error.last().progress.as_ref().unwrap().progress, Some(40));
    assert!(error.to_string().ends_with(" s, 2 polls]"), "{error}");

    let (text, error) = message(&["EXECUTING 40", "-"]).await;
    assert_eq!(
        text,
        "DCS task t of instance i is no longer listed; its last status is EXECUTING"
    );
    assert_eq!(error.last().status(), Some("EXECUTING"));
    let (text, error) = message(&["-"]).await;
    assert_eq!(
        text,
        "DCS task t of instance i is not listed; are the ids right?"
    );
    assert!(error.last().task.is_none());
    let (text, _) = message(&["PAUSED 40"]).await;
    assert_eq!(
        text,
        "DCS task t of instance i did not end in time; its last status is PAUSED"
    );
    let (text, error) = message(&["EXECUTING 7", "500"]).await;
    assert_eq!(text, "DCS task t of instance i could not be asked for");
    assert_eq!(error.poll_error().unwrap().code(), Some("DCS.5000"));
    assert_eq!(error.last().progress.as_ref().unwrap().progress, Some(7));
    assert!(error.to_string().contains("DCS.5000"), "{error}");
}

/// The transport tries again before the wait hears of an error.
#[tokio::test]
async fn a_poll_that_fails_is_tried_again_by_the_transport() {
    let clock = clock();
    let service = Service::playing(&["500", "500", "EXECUTING 10", "500", "SUCCESS 100"]).await;
    let client = dcs::Client::builder()
        .endpoint(&service.endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("project")
        .clock(clock)
        .build()
        .unwrap();
    let mut updates = pin!(client.instance("i").task("t").wait().stream());
    assert_eq!(
        updates.try_next().await.unwrap().unwrap().status(),
        Some("EXECUTING")
    );
    let last = updates.try_next().await.unwrap().unwrap();
    assert_eq!((last.state(), last.polls), (TaskState::Succeeded, 2));
    assert!(updates.next().await.is_none());
}

#[tokio::test]
async fn polls_slow_down_between_their_limits() {
    let sleeps = async |script: &[&str], policy: WaitPolicy| {
        let clock = clock();
        let service = Service::playing(script).await;
        let client = service.dcs(&clock);
        let error = client.instance("i").task("t").wait().policy(policy).await;
        assert_eq!(error.unwrap_err().kind(), WaitErrorKind::TimedOut);
        clock.sleeps()
    };
    let policy = WaitPolicy::default()
        .timeout(seconds(3600))
        .min_interval(seconds(4))
        .max_interval(seconds(60))
        .initial_delay(seconds(7));
    let pauses = sleeps(&["EXECUTING -"], policy.clone()).await;
    let (last, pauses) = pauses.split_last().unwrap();
    assert_eq!(pauses[0], seconds(7));
    let limits = [8, 16, 32].into_iter().chain([60].repeat(999));
    for (pause, limit) in pauses[1..].iter().zip(limits) {
        let spread = seconds(limit / 2)..=seconds(limit);
        assert!(spread.contains(pause), "{pauses:?}");
    }
    assert!(
        pauses.windows(2).any(|two| two[0] > two[1]),
        "no jitter: {pauses:?}"
    );
    // The last one ends with the time, to the millisecond.
    let total: Duration = pauses.iter().sum::<Duration>() + *last;
    assert_eq!(total, seconds(3600));

    // A time that remains, and shrinks, is the interval.
    let shrinking = [
        "EXECUTING 1/50",
        "EXECUTING 2/40",
        "EXECUTING 3/30",
        "EXECUTING 4/4",
    ];
    let pauses = sleeps(&shrinking, policy.clone()).await;
    for (pause, limit) in pauses[1..].iter().zip([50, 40, 30, 4]) {
        let spread = seconds((limit / 2).max(4))..=seconds(limit);
        assert!(spread.contains(pause), "{pauses:?}");
    }
    // One that does not shrink is not believed for long.
    let pauses = sleeps(&["EXECUTING 50/1"], policy.clone()).await;
    let (_, pauses) = pauses.split_last().unwrap();
    assert_eq!(pauses[1], seconds(4));
    assert!(
        pauses[6..].iter().all(|pause| *pause >= seconds(30)),
        "{pauses:?}"
    );
    // Neither is it one that was told in another round.
    let pauses = sleeps(&["EXECUTING 50/1000", "EXECUTING -"], policy).await;
    assert!(pauses[2] <= seconds(8), "{pauses:?}");
}

/// A refusal is not asked for again and again: a few of them lock an access key.
#[tokio::test]
async fn a_progress_that_is_refused_is_asked_for_once() {
    for refusal in ["403", "401", "unsupported"] {
        let clock = clock();
        let service = Service::playing(&[&format!("EXECUTING {refusal}")]).await;
        let error = service.dcs(&clock).instance("i").task("t").wait().await;
        assert_eq!(error.unwrap_err().kind(), WaitErrorKind::TimedOut);
        let asked = service.asked.lock().unwrap().clone();
        let progress = asked.iter().filter(|path| path.ends_with("/progress"));
        assert_eq!(progress.count(), 1, "{refusal}");
    }
}

/// The end of a stream is an end, however often it is asked.
#[tokio::test]
async fn streams_that_have_ended_stay_ended() {
    let service = Service::playing(&["SUCCESS 100"]).await;
    let client = service.dcs(&clock());
    let mut updates = pin!(client.instance("i").task("t").wait().stream());
    assert!(updates.next().await.is_some());
    let mut tasks = pin!(client.instance("i").list().stream());
    assert!(tasks.next().await.is_some());
    for _ in 0..3 {
        assert!(updates.next().await.is_none());
        assert!(tasks.next().await.is_none());
    }
}

/// The list has said that the task ended; that its progress never comes changes nothing.
#[tokio::test]
async fn a_progress_that_hangs_holds_up_nothing() {
    let router = Router::new().fallback(async |request: Request| {
        if request.uri().path().ends_with("/progress") {
            std::future::pending::<()>().await;
        }
        json!({"tasks": [{"id": "t", "status": "SUCCESS"}]}).to_string()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = dcs::Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("project")
        .attempt_timeout(Duration::from_millis(50))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let task = client.instance("i").task("t").wait().await.unwrap();
    assert_eq!(task.status, Some(TaskStatus::Success));
}

#[tokio::test]
async fn odd_policies_neither_spin_nor_hang() {
    let clock = clock();
    let service = Service::playing(&["EXECUTING -"]).await;
    let client = service.dcs(&clock);
    let wait = |policy| client.instance("i").task("t").wait().policy(policy);
    let kind = async |policy| wait(policy).await.unwrap_err().kind();
    let zero = WaitPolicy::default()
        .min_interval(Duration::ZERO)
        .max_interval(Duration::ZERO);
    assert_eq!(
        kind(zero.clone().timeout(seconds(1))).await,
        WaitErrorKind::TimedOut
    );
    assert!(service.asked() < 250, "at most a poll each 10 ms");
    // No time at all: the state of now.
    let asked = service.asked();
    let error = wait(zero.timeout(Duration::ZERO)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.last().polls),
        (WaitErrorKind::TimedOut, 1)
    );
    assert_eq!(error.last().status(), Some("EXECUTING"));
    assert_eq!(service.asked() - asked, 2);
    // All the time there is.
    let endless = WaitPolicy::default()
        .timeout(Duration::MAX)
        .initial_delay(seconds(1));
    let mut updates = pin!(wait(endless).stream());
    for _ in 0..50 {
        assert!(updates.next().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_wait_that_is_dropped_asks_no_more() {
    let clock = clock();
    let service = Service::playing(&["EXECUTING 10"]).await;
    let client = service.dcs(&clock);
    {
        let mut updates = pin!(client.instance("i").task("t").wait().stream());
        updates.next().await.unwrap().unwrap();
        updates.next().await.unwrap().unwrap();
    }
    let asked = service.asked();
    assert_eq!(asked, 4);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((service.asked(), clock.sleeps().len()), (asked, 1));
}

#[tokio::test]
async fn bad_ids_are_errors() {
    let clock = clock();
    let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    let error = async |instance: &str, task: &str| {
        let error = client
            .instance(instance)
            .task(task)
            .wait()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), WaitErrorKind::PollFailed);
        error.poll_error().unwrap().clone()
    };
    assert_eq!(
        error(DCS_INSTANCE_ID, "").await.kind(),
        ErrorKind::InvalidParameter
    );
    assert_eq!(error("", "t").await.kind(), ErrorKind::InvalidParameter);
    assert_eq!(error("unknown", "t").await.kind(), ErrorKind::NotFound);
}

/// 40 tasks on each of 50 instances, which end in different rounds.
#[tokio::test]
async fn two_thousand_waits_cost_a_list_an_instance_a_round() {
    const INSTANCES: usize = 50;
    const TASKS: usize = 40;
    #[derive(Default)]
    struct Load {
        /// By the time of the clock, which stands still while a round goes on.
        lists: BTreeMap<Duration, usize>,
        under_way: usize,
        most_under_way: usize,
    }
    let clock = clock();
    let load = Arc::new(Mutex::new(Load::default()));
    let (log, time) = (load.clone(), clock.clone());
    let router = Router::new().fallback(move |request: Request| {
        let path = request.uri().path().to_string();
        let now = time.monotonic();
        let log = log.clone();
        {
            let mut load = log.lock().unwrap();
            assert!(path.ends_with("/tasks"), "{path}");
            *load.lists.entry(now).or_default() += 1;
            load.under_way += 1;
            load.most_under_way = load.most_under_way.max(load.under_way);
        }
        let instance: usize = path.split('/').nth(4).unwrap().parse().unwrap();
        // Task n ends after 10 n seconds; every fourth fails.
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let status = match (now >= seconds(10 * n as u64), n % 4) {
                    (false, _) => "EXECUTING",
                    (true, 0) => "FAILED",
                    (true, _) => "SUCCESS",
                };
                json!({"id": format!("{instance}-{n}"), "status": status})
            })
            .collect();
        async move {
            tokio::task::yield_now().await;
            log.lock().unwrap().under_way -= 1;
            json!({"task_count": TASKS, "tasks": tasks}).to_string()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = dcs::Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("project")
        .clock(clock)
        .build()
        .unwrap();

    let ids = (0..INSTANCES).flat_map(|instance| {
        (0..TASKS).map(move |n| (instance.to_string(), format!("{instance}-{n}")))
    });
    // Given twice, waited for once.
    let ids = ids.clone().chain(ids);
    let ended: Vec<_> = client
        .wait_many(ids)
        .concurrency(5)
        .stream()
        .collect()
        .await;
    assert_eq!(ended.len(), INSTANCES * TASKS);
    let failed = ended.iter().filter(|told| told.is_err()).count();
    assert_eq!(failed, INSTANCES * TASKS / 4);
    let load = load.lock().unwrap();
    assert!(load.lists.len() > 10, "several rounds: {:?}", load.lists);
    assert!(
        load.lists.values().all(|lists| *lists <= INSTANCES),
        "{:?}",
        load.lists
    );
    assert!(
        (2..=5).contains(&load.most_under_way),
        "{}",
        load.most_under_way
    );
}

/// What ended well, or how not, of each task of a set.
fn ends<S: huaweicloud_tasks::wait::TaskService>(
    told: Vec<Result<Update<S>, WaitError<S>>>,
) -> BTreeMap<String, Option<WaitErrorKind>> {
    let ends = told.into_iter().map(|told| match told {
        Ok(update) => (update.task_id, None),
        Err(error) => (error.last().task_id.clone(), Some(error.kind())),
    });
    ends.collect()
}

#[tokio::test]
async fn tasks_of_the_sandbox_live() {
    let clock = clock();
    let step = |name: &str, time| Step::new(name, seconds(time));
    let scenario = Scenario::default()
        .dcs_task(
            DCS_INSTANCE_ID,
            ScenarioTask::new("good")
                .name("EXTEND")
                .appears_after(seconds(5))
                .waits(seconds(10))
                .step(step("前置检查", 20).part(step("a", 5)).part(step("b", 15)))
                .step(step("数据迁移", 60).part(step("c", 60).detail("{k:v}"))),
        )
        .dcs_task(
            DCS_INSTANCE_ID,
            ScenarioTask::new("bad")
                .step(step("only", 100))
                .ends("FAILED")
                .ends_after(seconds(50)),
        )
        .dcs_task("another", ScenarioTask::new("odd").ends("HELD"))
        .dcs_task(
            "another",
            ScenarioTask::new("gone")
                .step(step("long", 10_000))
                .vanishes_after(seconds(60)),
        )
        .rocketmq_task(
            ROCKETMQ_INSTANCE_ID,
            ScenarioTask::new("public").waits(seconds(30)),
        );
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .scenario(scenario)
        .start()
        .await
        .unwrap();
    let client = sandbox.dcs().unwrap();
    let instance = client.instance(DCS_INSTANCE_ID);

    // Not listed at first; then it stands before the sample.
    let list = async || instance.list().send().await.unwrap().into_inner().tasks;
    assert_eq!(list().await[0].id.as_deref(), Some("bad"));
    clock.advance(seconds(5));
    let tasks = list().await;
    let seen: Vec<_> = tasks
        .iter()
        .map(|task| task.id.as_deref().unwrap())
        .collect();
    assert_eq!(seen[..2], ["good", "bad"]);
    assert_eq!(tasks[0].status, Some(TaskStatus::Created));

    clock.advance(seconds(20));
    let progress = instance.task("good").progress().send().await.unwrap();
    assert_eq!(
        (progress.progress, progress.remain_time),
        (Some(12), Some(70))
    );
    let statuses = |progress: &dcs::types::ShowBackgroundTaskProgressResponse| {
        let mut words = Vec::new();
        for step in &progress.step_details {
            words.push(step.step_status.as_ref().unwrap().to_string());
            for part in &step.sub_step_details {
                words.push(part.sub_step_status.as_ref().unwrap().to_string());
            }
        }
        words.join(" ")
    };
    assert_eq!(
        statuses(&progress),
        "EXECUTING FINISH EXECUTING WAITING WAITING"
    );
    let began = progress.step_details[0].begin_time.as_ref().unwrap();
    assert_eq!(
        began.to_utc(),
        Some(Utc.with_ymd_and_hms(2020, 6, 17, 8, 18, 15).unwrap())
    );

    let task = instance.task("good").wait().await.unwrap();
    assert_eq!(task.status, Some(TaskStatus::Success));
    let progress = instance.task("good").progress().send().await.unwrap();
    assert_eq!(
        (progress.progress, progress.remain_time),
        (Some(100), Some(0))
    );
    assert_eq!(
        progress.step_details[1].sub_step_details[0].detail_pairs(),
        [("k", "v")]
    );
    let error = instance.task("bad").wait().await.unwrap_err();
    assert_eq!(error.kind(), WaitErrorKind::TaskFailed);
    let progress = instance.task("bad").progress().send().await.unwrap();
    assert_eq!(
        (progress.progress, progress.remain_time),
        (Some(50), Some(0))
    );
    assert_eq!(statuses(&progress), "FAILED");

    let rest = client.wait_many([
        ("another", "odd"),
        ("another", "gone"),
        (DCS_INSTANCE_ID, "good"),
    ]);
    let ended = ends(rest.timeout(seconds(600)).stream().collect().await);
    let expected = [
        ("good", None),
        ("odd", Some(WaitErrorKind::TimedOut)),
        ("gone", Some(WaitErrorKind::TaskVanished)),
    ];
    assert_eq!(
        ended,
        expected.map(|(id, end)| (id.to_string(), end)).into()
    );
    let center = client.list_center_task().send().await.unwrap();
    assert!(
        center
            .tasks
            .iter()
            .any(|task| task.id.as_deref() == Some("odd"))
    );

    // RocketMQ, which has no progress.
    let client: rocketmq::Client = sandbox.rocketmq().unwrap();
    let task = client
        .instance(ROCKETMQ_INSTANCE_ID)
        .task("public")
        .wait()
        .await;
    assert_eq!(task.unwrap().id.as_deref(), Some("public"));
}

/// One instance that cannot be asked for takes nothing from the others.
#[tokio::test]
async fn an_error_of_a_set_is_about_its_own_tasks() {
    let clock = clock();
    let life = |id: &str| ScenarioTask::new(id).step(Step::new("s", seconds(90)));
    let scenario = Scenario::default()
        .dcs_task(DCS_INSTANCE_ID, life("here"))
        .dcs_task("there", life("there"));
    let sandbox = Sandbox::builder()
        .clock(clock)
        .scenario(scenario)
        .start()
        .await
        .unwrap();
    let client = sandbox.dcs().unwrap();
    let ids = [
        (DCS_INSTANCE_ID, "here"),
        ("nowhere", "lost"),
        ("there", "there"),
    ];
    let told: Vec<_> = client.wait_many(ids).stream().collect().await;
    assert!(told[0].is_err(), "as soon as it is known");
    let expected = [
        ("here", None),
        ("lost", Some(WaitErrorKind::PollFailed)),
        ("there", None),
    ];
    assert_eq!(
        ends(told),
        expected.map(|(id, end)| (id.to_string(), end)).into()
    );
    assert_eq!(client.wait_many([("", ""); 0]).stream().count().await, 0);

    // Nor does one without an id.
    let told: Vec<_> = client
        .wait_many([(DCS_INSTANCE_ID, "here"), (DCS_INSTANCE_ID, "")])
        .stream()
        .collect()
        .await;
    let expected = [("", Some(WaitErrorKind::PollFailed)), ("here", None)];
    assert_eq!(
        ends(told),
        expected.map(|(id, end)| (id.to_string(), end)).into()
    );
}

#[test]
fn scenarios_that_make_no_sense_are_errors() {
    for (json, reason) in [
        ("{", "the scenario: EOF"),
        (r#"{"speed": 1} more"#, "trailing characters"),
        (r#"{"speed": 0}"#, "speed 0 is not from"),
        (r#"{"speed": -1}"#, "speed -1 is not from"),
        (r#"{"spede": 1}"#, "unknown field `spede`"),
        (r#"{"dcs": [{"id": ""}]}"#, "an instance has no id"),
        (
            r#"{"dcs": [{"id": "a"}], "rocketmq": [{"id": "a"}]}"#,
            "instance a is there twice",
        ),
        (
            r#"{"dcs": [{"id": "8a2c259182ab0e6e0182ab1840800161"}]}"#,
            "belongs to the other service",
        ),
        (
            r#"{"dcs": [{"id": "a", "tasks": [{"id": "t"}, {"id": "t"}]}]}"#,
            "task t of instance a is there twice",
        ),
        (
            r#"{"dcs": [{"id": "a", "tasks": [{"id": "t", "waits": -1}]}]}"#,
            "dcs[0].tasks[0].waits: -1 is no number of seconds",
        ),
        (
            r#"{"dcs": [{"id": "a", "tasks": [{"id": "t", "steps": [{"name": "s"}]}]}]}"#,
            "missing field `seconds`",
        ),
        (
            r#"{"dcs": [{"id": "a", "tasks": [{"id": "t", "steps": [
                {"name": "s", "seconds": 1, "parts": [{"name": "p", "seconds": 2}]}]}]}]}"#,
            "the parts of step s take longer than it",
        ),
    ] {
        let error = Scenario::from_json(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
    assert_ne!(
        Scenario::live(),
        Scenario::default(),
        "the file of the crate is read"
    );
}
