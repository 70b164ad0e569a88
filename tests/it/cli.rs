//! The program as a person or a script meets it: what it prints where, and how it exits.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn hwtasks() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hwtasks"));
    // Only what the test sets: the keys and regions of the machine stay out.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if [
            "HUAWEICLOUD_",
            "CLOUD_SDK_",
            "HW_",
            "HTTP_PROXY",
            "http_proxy",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    // No file of the user, and no metadata service, which is not on a loopback address.
    command
        .env_remove("HOME")
        .env("HUAWEICLOUD_SDK_METADATA_ENDPOINT", "off");
    command
}

fn run(line: &str) -> Output {
    hwtasks().args(line.split_whitespace()).output().unwrap()
}

fn stdout(line: &str) -> String {
    let output = run(line);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {errors}");
    assert_eq!(errors, "", "{line}");
    String::from_utf8(output.stdout).unwrap()
}

fn failure(line: &str) -> (Option<i32>, String) {
    let output = run(line);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{line}");
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_main_job_is_a_table() {
    let table = stdout("--sandbox dcs list");
    let row = table
        .lines()
        .find(|l| l.contains("8abf6e1e72c12e7c0172c15b508500aa"))
        .unwrap();
    assert!(row.contains("EXTEND") && row.contains("SUCCESS"), "{table}");
    assert!(row.contains("0.125 → 0.25"), "{table}");
    assert!(!table.contains('\x1b'), "no colour outside a terminal");
}

/// Nothing on this machine is reached through a proxy.
#[test]
fn a_proxy_does_not_come_between() {
    let output = hwtasks()
        .args(["--sandbox", "dcs", "list"])
        .envs([
            ("HTTP_PROXY", "http://127.0.0.1:9"),
            ("http_proxy", "http://127.0.0.1:9"),
        ])
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn json_equals_the_documented_sample() {
    for (line, sample) in [
        (
            "dcs list",
            include_str!("../../openapi/samples/dcs/ListBackgroundTask.json"),
        ),
        (
            "dcs center",
            include_str!("../../openapi/samples/dcs/ListCenterTask.json"),
        ),
        (
            "dcs progress",
            include_str!("../../openapi/samples/dcs/ShowBackgroundTaskProgress.json"),
        ),
        (
            "rocketmq list",
            include_str!("../../openapi/samples/rocketmq/ListBackgroundTasks.json"),
        ),
    ] {
        let printed: Value =
            serde_json::from_str(&stdout(&format!("--sandbox {line} --output json"))).unwrap();
        let sample: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(printed, sample, "{line}");
    }
}

#[test]
fn digits_and_null_reach_the_output() {
    let json = stdout("--sandbox dcs center -o json");
    assert!(json.contains("\"old_capacity\": 0.125") && json.contains("\"details\": null"));
    let table = stdout("--sandbox dcs center");
    assert!(table.contains("capacity 0.125 → 0.25"), "{table}");
}

#[test]
fn progress_shows_steps_with_chinese_names_aligned() {
    let table = stdout("--sandbox dcs progress");
    assert!(table.starts_with("30 % done, 100 s remain\n"), "{table}");
    assert!(table.contains("前置检查") && table.contains("数据迁移"));
    let widths: Vec<usize> = table
        .lines()
        .skip(1)
        .map(unicode_width::UnicodeWidthStr::width)
        .collect();
    assert!(
        widths.windows(2).all(|w| w[0] == w[1]),
        "{widths:?}\n{table}"
    );
}

#[test]
fn ndjson_is_a_task_a_line_and_csv_a_record() {
    let lines = stdout("--sandbox dcs center -o ndjson");
    let ids: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
        .collect();
    assert_eq!(
        ids,
        [
            "8abf6e1e72c12e7c0172c15b508500aa",
            "ff80808188bfde180188c36bb9ca4a30"
        ]
    );

    let csv = stdout("--sandbox dcs center -o csv");
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("id,name,details,"));
    assert!(
        lines.next().unwrap().contains(r#"""old_capacity"":0.125"#),
        "{csv}"
    );
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("ff80808188bfde180188c36bb9ca4a30,dcsExportJob,,")
    );
}

#[test]
fn global_options_stand_before_or_after() {
    let before = stdout("--sandbox --output json dcs list");
    assert_eq!(stdout("dcs list --sandbox --output json"), before);
    assert_eq!(stdout("dcs --sandbox list -o json"), before);
}

#[test]
fn parameters_are_passed_on() {
    let page = stdout("--sandbox dcs center --offset 1 --limit 1 -o ndjson");
    assert!(page.contains("ff80808188bfde180188c36bb9ca4a30") && page.lines().count() == 1);
    let none = stdout("--sandbox dcs list --start-time 20210101000000 -o ndjson");
    assert_eq!(none, "");
    let none = stdout("--sandbox rocketmq list --start 2 -o ndjson");
    assert_eq!(none, "");
}

#[test]
fn all_pages_are_listed() {
    for output in ["ndjson", "csv", "json", "table"] {
        let all = stdout(&format!("--sandbox dcs center --all --limit 1 -o {output}"));
        for id in [
            "8abf6e1e72c12e7c0172c15b508500aa",
            "ff80808188bfde180188c36bb9ca4a30",
        ] {
            assert_eq!(all.matches(id).count(), 1, "{output}: {all}");
        }
    }
    let rest = stdout("--sandbox dcs center --all --offset 1 -o ndjson");
    assert_eq!(rest.lines().count(), 1);
    let tasks = stdout("--sandbox rocketmq list --all -o ndjson");
    assert_eq!(tasks.lines().count(), 1);
    // One page of several says so, where a person looks.
    let page = run("--sandbox dcs center --limit 1");
    assert_eq!(
        String::from_utf8_lossy(&page.stderr),
        "1 of 2 tasks; --all lists them all\n"
    );
}

#[test]
fn spans_of_time_in_the_words_of_people() {
    for (span, count) in [
        ("--since 2h", 0),
        ("--since 100years", 1),
        ("--since 2020-06-17", 1),
        ("--since 2020-06-18", 0),
        ("--until 2020-06-18 --since 2020-06-17T08:18:06Z", 1),
        ("--until 2020-06-17T10:18:05+02:00", 0),
    ] {
        let tasks = stdout(&format!("--sandbox dcs list -o ndjson {span}"));
        assert_eq!(tasks.lines().count(), count, "{span}");
    }
    let (code, errors) = failure("--sandbox dcs list --since yesterday");
    assert_eq!(code, Some(2));
    assert!(errors.contains("write 2h or 3days (ago)"), "{errors}");
}

#[test]
fn wrong_usage_exits_with_2() {
    for (line, reason) in [
        ("", "Usage"),
        ("dcs", "Usage"),
        ("dcs fly", "unrecognized subcommand"),
        ("--sandbox dcs list --limit ten", "invalid value 'ten'"),
        (
            "--sandbox dcs list --start-time 2020-06-09",
            "yyyyMMddHHmmss",
        ),
        (
            "--sandbox dcs list --limit 1001",
            "limit must be from 1 to 1000",
        ),
        (
            "--sandbox dcs list --limit -1",
            "limit must be from 1 to 1000",
        ),
        (
            "--sandbox --region cn-north-4 dcs list",
            "has its own endpoint",
        ),
        (
            "--sandbox dcs list --endpoint http://127.0.0.1:1",
            "has its own endpoint",
        ),
        ("dcs center", "give --region or --endpoint"),
        (
            "--sandbox dcs list --since 2h --start-time 20200609160000",
            "cannot be used with",
        ),
        (
            "--sandbox rocketmq list --until 2h --end-time 20200609160000",
            "cannot be used with",
        ),
        ("dcs center --region x/y", "is not a region"),
        ("--sandbox dcs list --instance a/b", "holds '/'"),
    ] {
        let (code, errors) = failure(line);
        assert_eq!(code, Some(2), "{line}: {errors}");
        assert!(errors.contains(reason), "{line}: {errors}");
    }
}

#[test]
fn failures_exit_with_1_and_say_why_in_a_line() {
    let (code, errors) = failure("--sandbox dcs list --instance unknown");
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("404") && errors.contains("instance unknown"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");

    // Nothing to print is no failure.
    assert_eq!(
        stdout("--sandbox dcs center --offset 9"),
        "nothing to show\n"
    );

    let (code, errors) = failure("--region cn-north-4 dcs center");
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set"),
        "{errors}"
    );
}

#[test]
fn without_the_sandbox_an_instance_is_needed() {
    let output = hwtasks()
        .args(["--region", "cn-north-4", "dcs", "list"])
        .envs([("CLOUD_SDK_AK", "ak"), ("CLOUD_SDK_SK", "sk")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--instance is missing"));
}

#[test]
fn regions_are_listed() {
    let csv = stdout("regions -o csv");
    assert!(csv.starts_with("service,region,endpoint\n"));
    assert!(csv.contains("DCS,cn-north-4,https://dcs.cn-north-4.myhuaweicloud.com\n"));
    assert!(csv.contains("RocketMQ,eu-west-101,https://dms.eu-west-101.myhuaweicloud.eu\n"));
    assert_eq!(csv.lines().count(), 1 + 36 + 34);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            stdout(&format!("completions {shell}")).contains("hwtasks"),
            "{shell}"
        );
    }
}

/// What `hwtasks sandbox` prints is enough for another process to call it.
#[test]
fn the_sandbox_of_one_process_serves_another() {
    let mut server = Running(
        hwtasks()
            .args(["sandbox"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let mut client = hwtasks();
    let mut exports = 0;
    for line in lines.map(|line| line.unwrap()) {
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|l| l.split_once('=')) {
            client.env(name, value);
            exports += 1;
        }
        if line.contains("X-Auth-Token") {
            break;
        }
    }
    assert_eq!(exports, 7);
    let output = client
        .args([
            "dcs",
            "list",
            "-o",
            "ndjson",
            "--instance",
            "5560df16-cebf-4473-95c4-d1b573c16e79",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("EXTEND"));

    // Keys under the names of the documents' samples, or in a profile file, do as well; the project
    // is that of the region.
    let endpoint = client
        .get_envs()
        .find(|(name, _)| *name == "HUAWEICLOUD_SDK_IAM_ENDPOINT")
        .and_then(|(_, value)| value?.to_str().map(str::to_string))
        .unwrap();
    let (access_key, secret_key) = (
        huaweicloud_tasks::sandbox::ACCESS_KEY,
        huaweicloud_tasks::sandbox::SECRET_KEY,
    );
    let folder = std::env::temp_dir().join(format!("hwtasks-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("credentials");
    std::fs::write(
        &file,
        format!("[basic]\nak = {access_key}\nsk = {secret_key}\n"),
    )
    .unwrap();
    for variables in [
        vec![("CLOUD_SDK_AK", access_key), ("CLOUD_SDK_SK", secret_key)],
        vec![("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap())],
    ] {
        let output = hwtasks()
            .args([
                "dcs",
                "list",
                "--region",
                "cn-north-4",
                "--endpoint",
                &endpoint,
            ])
            .args(["--instance", huaweicloud_tasks::sandbox::DCS_INSTANCE_ID])
            .env("HUAWEICLOUD_SDK_IAM_ENDPOINT", &endpoint)
            .envs(variables)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(String::from_utf8_lossy(&output.stdout).contains("EXTEND"));
    }
    std::fs::remove_dir_all(&folder).unwrap();

    let wrong = client.env("HUAWEICLOUD_SDK_SK", "wrong").output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        errors.contains("401") && errors.contains("APIGW.0301"),
        "{errors}"
    );
    assert!(
        errors.contains("the secret key is probably not the one"),
        "{errors}"
    );
}

fn events(text: &str) -> Vec<Value> {
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// The task of the sandbox takes four of its seconds.
#[test]
fn watch_follows_a_task_to_its_end() {
    let lines = stdout("--sandbox --sandbox-speed 20 dcs watch");
    let last = lines.lines().last().unwrap();
    assert!(
        last.contains("8abf6e1e72c12e7c0172c15b508500ab EXTEND 100 % SUCCESS"),
        "{lines}"
    );
    assert!(
        !lines.contains('\x1b'),
        "no bar outside a terminal: {lines}"
    );

    let events = events(&stdout("--sandbox --sandbox-speed 20 dcs watch -o ndjson"));
    let (last, before) = events.split_last().unwrap();
    assert!(
        before.iter().all(|event| event["event"] == "progress"),
        "{events:?}"
    );
    assert_eq!(
        (&last["event"], &last["progress"]),
        (&"succeeded".into(), &100.into())
    );
    assert_eq!(last["status"], "SUCCESS");

    let json = stdout("--sandbox --sandbox-speed 20 rocketmq watch -o json");
    let ended: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(ended[0]["task_id"], "ff80808272dcc90f0172df1e490f41b1");
    assert_eq!(
        (&ended[0]["event"], &ended[0]["status"]),
        (&"succeeded".into(), &"SUCCESS".into())
    );
    let csv = stdout("--sandbox --sandbox-speed 20 rocketmq watch -o csv");
    assert!(
        csv.starts_with("event,instance_id,task_id,") && csv.contains("\nsucceeded,"),
        "{csv}"
    );

    let all = stdout(
        "--sandbox --sandbox-speed 20 rocketmq watch -o json --task ff80808272dcc90f0172df1e490f41b1",
    );
    let event: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(event["event"], "succeeded");

    // One that has ended already.
    let line = stdout("--sandbox dcs watch --task 8abf6e1e72c12e7c0172c15b508500aa");
    assert!(
        line.contains("EXTEND 100 % SUCCESS") && line.lines().count() == 1,
        "{line}"
    );
}

#[test]
fn watch_tells_how_a_task_did_not_end_well() {
    let folder = std::env::temp_dir().join(format!("hwtasks-watch-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("scenario.json");
    std::fs::write(
        &file,
        r#"{"dcs": [{"id": "i", "tasks": [
            {"id": "bad", "ends": "FAILED"},
            {"id": "broken", "ends": "FAILED",
             "steps": [{"name": "s", "seconds": 1e-6, "parts": [{"name": "p", "seconds": 1e-6}]}]},
            {"id": "slow", "steps": [{"name": "s", "seconds": 10000}]},
            {"id": "slower", "waits": 10000}
        ]}, {"id": "idle"}]}"#,
    )
    .unwrap();
    let watch = |task: &str| {
        let line = format!(
            "--sandbox --sandbox-scenario {} dcs watch -o ndjson {task}",
            file.display()
        );
        let output = run(&line);
        let errors = String::from_utf8(output.stderr).unwrap();
        (
            output.status.code(),
            events(&String::from_utf8_lossy(&output.stdout)),
            errors,
        )
    };
    for (task, code, event, message) in [
        (
            "--instance i --task bad",
            1,
            "failed",
            "ended with status FAILED",
        ),
        (
            "--instance i --task slow --timeout 0s",
            3,
            "timed_out",
            "its last status is EXECUTING",
        ),
        (
            "--instance i --task broken",
            1,
            "failed",
            "ended with status FAILED in step s: p [waited",
        ),
        (
            "--instance j --task bad",
            1,
            "unreachable",
            "could not be asked for",
        ),
    ] {
        let (exit, events, errors) = watch(task);
        assert_eq!(exit, Some(code), "{task}: {errors}");
        assert_eq!(events.last().unwrap()["event"], event, "{task}");
        assert!(errors.contains(message), "{task}: {errors}");
    }
    // Every task that runs; the one that has ended is none of them.
    let (exit, events, errors) = watch("--instance i --timeout 0s");
    let ids: Vec<_> = events
        .iter()
        .map(|event| event["task_id"].as_str().unwrap())
        .collect();
    assert_eq!((exit, ids.len()), (Some(3), 2), "{errors}");
    assert!(ids.contains(&"slow") && ids.contains(&"slower"), "{ids:?}");
    let (exit, events, errors) = watch("--instance idle");
    assert_eq!((exit, events.len()), (Some(0), 0));
    assert_eq!(errors, "no task of instance idle is running\n");

    let nothing = hwtasks()
        .args(["--sandbox", "--sandbox-scenario", file.to_str().unwrap()])
        .args("dcs watch --instance idle -o json".split(' '))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&nothing.stdout), "[]\n");

    let vanished = run("--sandbox dcs watch --task nope -o ndjson");
    assert_eq!(vanished.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&vanished.stdout).contains(r#"{"event":"vanished""#));
    assert_eq!(failure("--sandbox dcs watch --task=").0, Some(2));

    std::fs::write(&file, r#"{"dcs": [{"id": ""}]}"#).unwrap();
    let (exit, _, errors) = watch("--instance i");
    assert_eq!(exit, Some(2));
    assert!(
        errors.contains("scenario.json") && errors.contains("has no id"),
        "{errors}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(failure("--sandbox-speed 2 dcs watch").0, Some(2));
    assert_eq!(failure("--sandbox --sandbox-speed 0 dcs watch").0, Some(2));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_watch() {
    let mut watch = Running(
        hwtasks()
            .args("--sandbox --sandbox-speed 0.001 dcs watch -o ndjson".split(' '))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["event"], "progress");
    let kill = Command::new("kill")
        .args(["-INT", &watch.0.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(watch.0.wait().unwrap().code(), Some(130));
}

/// `watch | head -1` has not seen how the task ends, and must not look as if it ended well.
#[test]
fn a_watch_that_nobody_reads_is_no_success() {
    let mut watch = Running(
        hwtasks()
            .args("--sandbox dcs watch -o ndjson".split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut first = String::new();
    BufReader::new(watch.0.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.contains("\"progress\""), "{first}");
    assert_eq!(watch.0.wait().unwrap().code(), Some(1));
}
