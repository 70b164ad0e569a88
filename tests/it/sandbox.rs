//! The sandbox: what a client sees of each fault, what the gateway refuses, and that no request harms it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeZone, Utc};
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::clock::{Clock, ManualClock};
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::sandbox::{self, Fault, FaultKind, Sandbox, Scenario, ScenarioTask, Stage};
use huaweicloud_tasks::{Error, ErrorKind, dcs, reqwest};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::server::Server;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(
        Utc.with_ymd_and_hms(2020, 6, 17, 8, 18, 0).unwrap(),
    ))
}

/// A client that tries once, and takes answers of a mebibyte.
fn client(sandbox: &Sandbox, clock: &Arc<ManualClock>) -> dcs::Client {
    dcs::Client::builder()
        .endpoint(sandbox.endpoint())
        .credentials(sandbox.credentials())
        .project_id(sandbox::PROJECT_ID)
        .clock(clock.clone())
        .retry(RetryPolicy::none())
        .response_limit(1024 * 1024)
        .build()
        .unwrap()
}

async fn list(client: &dcs::Client) -> Result<usize, Error> {
    let instance = client.instance(sandbox::DCS_INSTANCE_ID);
    Ok(instance.list().send().await?.tasks.len())
}

/// What a user sees of each fault; the table of the documentation.
#[tokio::test]
async fn each_fault_is_seen_for_what_it_is() {
    use FaultKind::*;
    let reset = |stage| Reset { stage };
    let status = |status: u16, retry_after| Status {
        status,
        code: "DCS.5000".to_string(),
        retry_after,
    };
    let table = [
        (
            reset(Stage::Connect),
            ErrorKind::Connection,
            true,
            "127.0.0.1",
        ),
        (
            reset(Stage::Request),
            ErrorKind::Connection,
            true,
            "broke before it answered",
        ),
        (
            reset(Stage::Headers),
            ErrorKind::Connection,
            true,
            "the answer broke off",
        ),
        (
            reset(Stage::Body),
            ErrorKind::Connection,
            true,
            "the answer broke off",
        ),
        (
            TruncatedBody,
            ErrorKind::Connection,
            true,
            "the answer broke off",
        ),
        (BadGateway, ErrorKind::Service, true, "502 Bad Gateway"),
        (
            status(429, Some(7)),
            ErrorKind::Throttled,
            true,
            "429 Too Many Requests, DCS.5000",
        ),
        (
            status(503, None),
            ErrorKind::Service,
            true,
            "503 Service Unavailable",
        ),
        (
            status(400, None),
            ErrorKind::Service,
            false,
            "400 Bad Request, DCS.5000",
        ),
        (
            Redirect {
                location: "http://127.0.0.1:9/elsewhere".to_string(),
            },
            ErrorKind::Service,
            false,
            "redirects are not followed",
        ),
        (
            GzipBomb { mebibytes: 64 },
            ErrorKind::TooLarge,
            false,
            "larger than 1048576 bytes",
        ),
        (
            EndlessBody,
            ErrorKind::TooLarge,
            false,
            "larger than 1048576 bytes",
        ),
        (MalformedJson, ErrorKind::Decode, false, "expected value"),
        (InvalidUtf8, ErrorKind::Decode, false, "task_count"),
        (
            DeepNesting { depth: 100_000 },
            ErrorKind::Decode,
            false,
            "the answer",
        ),
        (
            DuplicateKeys,
            ErrorKind::Decode,
            false,
            "duplicate field `task_count`",
        ),
    ];
    let clock = clock();
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    for (fault, kind, retryable, message) in table {
        // A connection that is kept would not be a new one.
        let client = client(&sandbox, &clock);
        sandbox.add_fault(Fault::new(fault.clone())).unwrap();
        let error = list(&client).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}: {error}");
        assert_eq!(error.is_retryable(), retryable, "{fault:?}: {error}");
        assert!(error.to_string().contains(message), "{fault:?}: {error}");
        assert_eq!(list(&client).await.unwrap(), 1, "{fault:?} is over");
    }
    // These are no failures: the answer comes in the end, and it is JSON.
    let slow = Duration::from_secs(5);
    for fault in [
        Latency { seconds: slow },
        SlowDrip { seconds: slow },
        WrongContentType,
    ] {
        let client = client(&sandbox, &clock);
        let started = clock.monotonic();
        sandbox.add_fault(Fault::new(fault.clone())).unwrap();
        assert_eq!(list(&client).await.unwrap(), 1, "{fault:?}");
        let waits = fault != WrongContentType;
        assert_eq!(clock.monotonic() - started >= slow, waits, "{fault:?}");
    }
}

#[tokio::test]
async fn faults_come_in_order_and_to_their_operation() {
    let clock = clock();
    let scenario = Scenario::default()
        .fault(Fault::new(FaultKind::MalformedJson).operation("ListCenterTask"))
        .fault(Fault::new(FaultKind::BadGateway).times(2))
        .fault(Fault::new(FaultKind::Reset {
            stage: Stage::Request,
        }));
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .scenario(scenario)
        .start()
        .await
        .unwrap();
    let once = client(&sandbox, &clock);
    let error = once.list_center_task().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    // The usual client gets over all three that are left: twice a proxy, once a reset.
    assert_eq!(list(&sandbox.dcs().unwrap()).await.unwrap(), 1);
    assert_eq!(list(&once).await.unwrap(), 1);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let clock = clock();
    let scenario = Scenario::default().rate(3, Duration::from_secs(60));
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .scenario(scenario)
        .start()
        .await
        .unwrap();
    let once = client(&sandbox, &clock);
    for _ in 0..3 {
        list(&once).await.unwrap();
        clock.advance(Duration::from_secs(10));
    }
    let error = list(&once).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Throttled, Some("APIGW.0308"))
    );
    // The usual client waits as long as it is told: the first request leaves the minute in 30 seconds.
    let before = clock.sleeps().len();
    list(&sandbox.dcs().unwrap()).await.unwrap();
    let waits: Duration = clock.sleeps()[before..].iter().sum();
    assert!(
        waits >= Duration::from_secs(30) && waits < Duration::from_secs(31),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_key_without_the_action_is_forbidden() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = dcs::Client::builder()
        .endpoint(sandbox.endpoint())
        .credentials(Credentials::new(
            sandbox::FORBIDDEN_ACCESS_KEY,
            sandbox::SECRET_KEY,
        ))
        .project_id(sandbox::PROJECT_ID)
        .build()
        .unwrap();
    let error = list(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(
        error.message().contains("dcs:instance:getBackgroundTask"),
        "{error}"
    );
    let error = client.list_center_task().send().await.unwrap_err();
    assert!(error.message().contains("dcs:task:list"), "{error}");
}

/// What is changed while the sandbox runs, from another process.
#[tokio::test]
async fn a_running_sandbox_takes_tasks_and_faults() {
    let clock = clock();
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |method: &str, path: &str, body: &str| {
        let method = method.parse().unwrap();
        let request = http
            .request(method, format!("{}{path}", sandbox.endpoint()))
            .header("X-Auth-Token", sandbox::AUTH_TOKEN)
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    clock.advance(Duration::from_secs(100));
    let task = r#"{"id": "t", "name": "EXTEND", "steps": [{"name": "s", "seconds": 60}]}"#;
    let (status, text) = send("POST", "/sandbox/dcs/new-instance/tasks", task).await;
    assert_eq!((status, text.as_str()), (201, ""));
    let client = client(&sandbox, &clock);
    let listed = client.instance("new-instance").list().send().await.unwrap();
    assert_eq!(
        listed.tasks[0].status.as_ref().unwrap().as_str(),
        "EXECUTING"
    );
    assert!(
        client
            .instance("new-instance")
            .task("t")
            .wait()
            .await
            .is_ok()
    );

    let fault = r#"{"fault": "status", "status": 503, "times": 3}"#;
    assert_eq!(send("POST", "/sandbox/faults", fault).await.0, 201);
    assert_eq!(
        list(&client).await.unwrap_err().status().unwrap().as_u16(),
        503
    );
    assert_eq!(send("DELETE", "/sandbox/faults", "").await.0, 204);
    assert_eq!(list(&client).await.unwrap(), 1);

    for (path, body, reason) in [
        ("/sandbox/dcs/new-instance/tasks", task, "is there already"),
        ("/sandbox/dcs/i/tasks", "{", "EOF"),
        ("/sandbox/dcs/i/tasks", r#"{"id": ""}"#, "it has no id"),
        ("/sandbox/ecs/i/tasks", task, "there is no service ecs"),
        (
            "/sandbox/faults",
            r#"{"fault": "earthquake"}"#,
            "earthquake",
        ),
        (
            "/sandbox/faults",
            r#"{"fault": "status", "status": 200}"#,
            "is not from 400 to 599",
        ),
        (
            "/sandbox/faults",
            r#"{"fault": "bad_gateway", "operation": "ListTasks"}"#,
            "unknown operation, ListTasks",
        ),
    ] {
        let (status, text) = send("POST", path, body).await;
        assert_eq!(status, 400, "{body}: {text}");
        assert!(text.contains(reason), "{body}: {text}");
    }
    let anybody = http.post(format!("{}/sandbox/faults", sandbox.endpoint()));
    assert_eq!(anybody.send().await.unwrap().status().as_u16(), 401);
}

#[tokio::test]
async fn a_seed_gives_the_same_tasks_again() {
    let tasks = async |seed: u64| {
        let sandbox = Sandbox::builder()
            .dcs_tasks(300)
            .scenario(Scenario::default().seed(seed))
            .start()
            .await
            .unwrap();
        let client = sandbox.dcs().unwrap();
        let list = client.instance(sandbox::DCS_INSTANCE_ID).list().limit(1000);
        list.send().await.unwrap().into_inner().tasks
    };
    let (one, again, other) = (tasks(1).await, tasks(1).await, tasks(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
    let statuses: std::collections::BTreeSet<_> = one
        .iter()
        .map(|task| task.status.as_ref().unwrap().to_string())
        .collect();
    assert!(statuses.len() > 2, "{statuses:?}");
}

/// A request that our own client signed, to be changed.
struct Signed {
    path: String,
    headers: HeaderMap,
}

async fn signed(clock: &Arc<ManualClock>) -> Signed {
    let page = r#"{"task_count": 0, "tasks": []}"#;
    let server = Server::answering(200, &[], page).await;
    let client = dcs::Client::builder()
        .endpoint(&server.endpoint)
        .credentials(Credentials::new(sandbox::ACCESS_KEY, sandbox::SECRET_KEY))
        .project_id(sandbox::PROJECT_ID)
        .clock(clock.clone())
        .build()
        .unwrap();
    list(&client).await.unwrap();
    let asked = server.asked().remove(0);
    Signed {
        path: asked.uri,
        headers: asked.headers,
    }
}

/// The verifier, against what a forger or a broken proxy would send.
#[tokio::test]
async fn only_what_was_signed_passes() {
    let clock = clock();
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let genuine = signed(&clock).await;
    type Change = fn(&mut Signed);
    fn authorization(signed: &mut Signed, change: impl Fn(&str) -> String) {
        let value = change(signed.headers["authorization"].to_str().unwrap());
        signed
            .headers
            .insert("authorization", value.parse().unwrap());
    }
    fn again(signed: &mut Signed, name: &'static str) {
        let value = signed.headers[name].clone();
        signed.headers.append(name, value);
    }
    let table: [(&str, u16, Change); 22] = [
        ("as it was signed", 200, |_| {}),
        ("with a header that is not signed", 200, |s| {
            s.headers.insert("x-other", HeaderValue::from_static("1"));
        }),
        ("with the headers in another order", 200, |s| {
            let headers: Vec<_> = s
                .headers
                .drain()
                .filter_map(|(n, v)| Some((n?, v)))
                .collect();
            s.headers.extend(headers.into_iter().rev());
        }),
        ("without a signature", 401, |s| {
            s.headers.remove("authorization");
        }),
        ("with a signature that is cut off", 401, |s| {
            authorization(s, |a| a[..a.len() - 1].to_string());
        }),
        ("with no signature in its place", 401, |s| {
            authorization(s, |a| {
                format!("{}Signature=", a.split("Signature=").next().unwrap())
            });
        }),
        ("with a longer signature", 401, |s| {
            authorization(s, |a| format!("{a}0"))
        }),
        ("with another signature", 401, |s| {
            authorization(s, |a| {
                let (start, last) = a.split_at(a.len() - 1);
                format!("{start}{}", if last == "0" { "1" } else { "0" })
            });
        }),
        ("with an algorithm of its own", 401, |s| {
            authorization(s, |a| a.replace("SDK-HMAC-SHA256", "SDK-HMAC-MD5"));
        }),
        ("with the access key of another", 401, |s| {
            authorization(s, |a| {
                a.replace(sandbox::ACCESS_KEY, "SANDBOXACCESSKEY0009")
            });
        }),
        ("with two signatures", 401, |s| again(s, "authorization")),
        ("with a signature twice in one header", 401, |s| {
            authorization(s, |a| format!("{a}, Signature=00"));
        }),
        ("with two dates", 401, |s| again(s, "x-sdk-date")),
        ("with a signed header twice", 401, |s| {
            again(s, "x-project-id")
        }),
        ("with a signed header that was changed", 401, |s| {
            s.headers
                .insert("x-project-id", HeaderValue::from_static("other"));
        }),
        ("without a signed header", 401, |s| {
            s.headers.remove("x-project-id");
        }),
        ("with a header that is no longer signed", 401, |s| {
            authorization(s, |a| a.replace("x-project-id;", ""));
        }),
        ("with the signed headers in another order", 401, |s| {
            authorization(s, |a| a.replace("host;x-project-id", "x-project-id;host"));
        }),
        ("with another date", 401, |s| {
            let date = HeaderName::from_static("x-sdk-date");
            s.headers
                .insert(date, HeaderValue::from_static("20200617T081801Z"));
        }),
        ("with a date that is none", 401, |s| {
            s.headers
                .insert("x-sdk-date", HeaderValue::from_static("yesterday"));
        }),
        ("for another path", 401, |s| {
            s.path = s.path.replace("/tasks", "/tasks/t/progress")
        }),
        ("for another query", 401, |s| s.path.push_str("?limit=5")),
    ];
    let send = async |signed: &Signed, method: &str, body: &'static str| {
        let request = http
            .request(
                method.parse().unwrap(),
                format!("{}{}", sandbox.endpoint(), signed.path),
            )
            .headers(signed.headers.clone())
            .body(body);
        let answer = request.send().await.unwrap();
        assert!(answer.headers().contains_key("x-request-id"));
        answer.status().as_u16()
    };
    for (what, expected, change) in table {
        let mut changed = Signed {
            path: genuine.path.clone(),
            headers: genuine.headers.clone(),
        };
        change(&mut changed);
        assert_eq!(send(&changed, "GET", "").await, expected, "{what}");
    }
    assert_eq!(send(&genuine, "GET", "body").await, 401, "with a body");
    assert_eq!(send(&genuine, "POST", "").await, 401, "with another method");
    // The scheme knows no nonce: a request may be sent again as long as its date is good.
    clock.advance(Duration::from_secs(14 * 60));
    assert_eq!(send(&genuine, "GET", "").await, 200, "again, in time");
    clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(send(&genuine, "GET", "").await, 401, "again, too late");
}

#[tokio::test]
async fn a_sandbox_that_is_shut_down_lets_go_of_its_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    list(&client).await.unwrap();
    let port: u16 = sandbox
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    sandbox.shutdown().await;
    let again = Sandbox::builder().port(port).start().await.unwrap();
    list(&again.dcs().unwrap()).await.unwrap();
}

#[tokio::test]
async fn tasks_can_be_added_in_rust() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.add_dcs_task("i", ScenarioTask::new("t")).unwrap();
    sandbox
        .add_rocketmq_task("j", ScenarioTask::new("t"))
        .unwrap();
    let error = sandbox
        .add_rocketmq_task("i", ScenarioTask::new("u"))
        .unwrap_err();
    assert!(
        error.to_string().contains("belongs to the other service"),
        "{error}"
    );
    assert!(
        sandbox
            .dcs()
            .unwrap()
            .instance("i")
            .task("t")
            .wait()
            .await
            .is_ok()
    );
    assert!(
        sandbox
            .rocketmq()
            .unwrap()
            .instance("j")
            .task("t")
            .wait()
            .await
            .is_ok()
    );
}

/// Whatever comes over the wire, the next one is served.
#[test]
fn no_bytes_harm_the_sandbox() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start()).unwrap();
    let address = sandbox.endpoint().replace("http://", "");
    let token = format!("X-Auth-Token: {}\r\n", sandbox::AUTH_TOKEN);
    let piece = prop_oneof![
        Just("GET /v2/".to_string()),
        Just(format!("GET /v2/{}/tasks?limit=", sandbox::PROJECT_ID)),
        Just("POST /sandbox/faults HTTP/1.1\r\n".to_string()),
        Just(" HTTP/1.1\r\nHost: h\r\n".to_string()),
        Just(token),
        Just("Content-Length: 99999999999999999999\r\n".to_string()),
        Just("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_string()),
        Just("Authorization: SDK-HMAC-SHA256 Access=,SignedHeaders=,Signature=\r\n".to_string()),
        Just("\r\n\r\n".to_string()),
        "\\PC{0,20}",
        "[\\x00-\\xff]{0,20}",
    ];
    let bytes = proptest::collection::vec(piece, 0..8);
    let config = ProptestConfig::with_cases(200);
    proptest!(config, |(pieces in bytes)| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let _ = stream.write_all(pieces.concat().as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let first = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        prop_assert!(!first.contains(" 500 "), "{}", first);
    });
    let client = sandbox.dcs().unwrap();
    assert_eq!(runtime.block_on(list(&client)).unwrap(), 1);
}
