//! Nothing can hurt the client: whatever stands in an answer, an id or a setting, it ends in a value or
//! in an error that says where, and never in a panic, another host or a secret that is shown.

use std::collections::BTreeMap;
use std::future::Future;

use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::{ClientBuilder, Error, ErrorKind, dcs, iam, reqwest, rocketmq};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::server::Server;

const JSON: (&str, &str) = ("content-type", "application/json");

/// The answers of success that are documented.
const SAMPLES: [(Of, &str); 5] = [
    (
        Of::List,
        include_str!("../../openapi/samples/dcs/ListBackgroundTask.json"),
    ),
    (
        Of::Center,
        include_str!("../../openapi/samples/dcs/ListCenterTask.json"),
    ),
    (
        Of::Progress,
        include_str!("../../openapi/samples/dcs/ShowBackgroundTaskProgress.json"),
    ),
    (
        Of::RocketMq,
        include_str!("../../openapi/samples/rocketmq/ListBackgroundTasks.json"),
    ),
    (
        Of::Projects,
        include_str!("../../openapi/samples/iam/KeystoneListProjects.json"),
    ),
];

/// The operation whose answer a sample is.
#[derive(Clone, Copy, Debug)]
enum Of {
    List,
    Center,
    Progress,
    RocketMq,
    Projects,
}

/// A client of each service, all of which call one server.
struct Clients {
    dcs: dcs::Client,
    rocketmq: rocketmq::Client,
    iam: iam::Client,
}

/// One attempt, and one HTTP client for all: to make one takes long.
fn calling<C: huaweicloud_tasks::Service>(
    builder: ClientBuilder<C>,
    http: &reqwest::Client,
    endpoint: &str,
) -> ClientBuilder<C> {
    builder
        .endpoint(endpoint)
        .http_client(http.clone())
        .credentials(Credentials::new("AK", "SK"))
        .retry(RetryPolicy::none())
}

fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Clients {
    fn of(server: &Server) -> Self {
        let (http, endpoint) = (http(), &server.endpoint);
        let dcs = calling(dcs::Client::builder(), &http, endpoint);
        let rocketmq = calling(rocketmq::Client::builder(), &http, endpoint);
        Self {
            dcs: dcs.project_id("p").build().unwrap(),
            rocketmq: rocketmq.project_id("p").build().unwrap(),
            iam: calling(iam::Client::builder(), &http, endpoint)
                .build()
                .unwrap(),
        }
    }

    /// Calls the operation; gives its answer as JSON.
    async fn call(&self, of: Of) -> Result<String, Error> {
        fn json<T: Serialize>(value: T) -> String {
            serde_json::to_string(&value).unwrap()
        }
        let instance = self.dcs.instance("i");
        Ok(match of {
            Of::List => json(instance.list().send().await?.into_inner()),
            Of::Center => json(self.dcs.list_center_task().send().await?.into_inner()),
            Of::Progress => json(instance.task("t").progress().send().await?.into_inner()),
            Of::RocketMq => json(
                self.rocketmq
                    .instance("i")
                    .list()
                    .send()
                    .await?
                    .into_inner(),
            ),
            Of::Projects => json(self.iam.keystone_list_projects().send().await?.into_inner()),
        })
    }
}

/// Runs a property so many times, in one runtime.
fn property<S: Strategy, F: Future<Output = ()>>(
    cases: u32,
    strategy: S,
    runtime: &tokio::runtime::Runtime,
    check: impl Fn(S::Value) -> F,
) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&strategy, |value| {
            runtime.block_on(check(value));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Texts that are trouble somewhere.
fn odd_text() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "",
        ".",
        "..",
        "/",
        "../..",
        "%2F",
        "%2e%2e",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "..\\..",
        "a b",
        " ",
        "\n",
        "a\r\nX-Injected: 1",
        "\0",
        "a;b",
        "a:b",
        "@evil.example",
        "//evil.example",
        "http://evil.example/",
        "{task_id}",
        "项",
        "\u{feff}",
        "\u{202e}",
        "\u{1b}[2J",
        "'\"<>&",
        "%",
        "%zz",
        "+",
        "null",
        "5560df16-cebf-4473-95c4-d1b573c16e79",
        "a.b_c~d-e",
        "...",
        "$serde_json::private::RawValue",
        "$serde_json::private::Number",
    ];
    prop_oneof![
        prop::sample::select(KNOWN).prop_map(str::to_string),
        any::<String>(),
        "[a-z0-9./%?#-]{0,12}",
        "[!-~]{1,12}",
    ]
}

/// The names of all fields in the samples, and some others.
fn name() -> impl Strategy<Value = String> {
    fn names(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                found.push(name.clone());
                names(value, found);
            }),
            Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (_, sample) in SAMPLES {
        names(&serde_json::from_str(sample).unwrap(), &mut found);
    }
    prop_oneof![3 => prop::sample::select(found), 1 => odd_text()]
}

/// JSON of every kind, as text: most of what hurts is lost once it is a value.
fn json() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "0.250",
        "1e3",
        "1E+3",
        "1e400",
        "-1e400",
        "1e-400",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "1765307538503",
        "1765307538503.0",
        "\"\"",
        "\"1\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"SUCCESS\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "[{}]",
        "{\"$serde_json::private::RawValue\":\"1\"}",
        "{\"$serde_json::private::Number\":\"1\"}",
    ];
    let text = |text: String| serde_json::to_string(&text).unwrap();
    let leaf = prop_oneof![
        prop::sample::select(ODD).prop_map(str::to_string),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        odd_text().prop_map(text),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[ {} ]", items.join(" , "))),
            prop::collection::btree_map(name(), inner, 0..6).prop_map(move |members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| format!("{} : {value}", text(name)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
            }),
        ]
    })
}

/// Every place in a sample: as an error names it, and the sample with a hole there.
fn places(sample: &str) -> Vec<(String, String)> {
    const HOLE: &str = "the only text like this one";
    fn pointers(value: &Value, pointer: &str, place: &str, found: &mut Vec<(String, String)>) {
        found.push((pointer.to_string(), place.to_string()));
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                let dot = if place.is_empty() { "" } else { "." };
                let place = format!("{place}{dot}{name}");
                pointers(value, &format!("{pointer}/{name}"), &place, found);
            }),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| {
                let place = format!("{place}[{i}]");
                pointers(value, &format!("{pointer}/{i}"), &place, found);
            }),
            _ => {}
        }
    }
    let value: Value = serde_json::from_str(sample).unwrap();
    let mut found = Vec::new();
    pointers(&value, "", "", &mut found);
    found
        .into_iter()
        .map(|(pointer, place)| {
            let mut copy = value.clone();
            *copy.pointer_mut(&pointer).unwrap() = HOLE.into();
            (place, copy.to_string())
        })
        .map(|(place, text)| (place, text.replace(&format!("\"{HOLE}\""), "\u{0}")))
        .collect()
}

/// The JSON Schema of an answer, which knows its fields.
fn schema(of: Of) -> Value {
    match of {
        Of::List => schemars::schema_for!(dcs::types::ListBackgroundTaskResponse),
        Of::Center => schemars::schema_for!(dcs::types::ListCenterTaskResponse),
        Of::Progress => schemars::schema_for!(dcs::types::ShowBackgroundTaskProgressResponse),
        Of::RocketMq => schemars::schema_for!(rocketmq::types::ListBackgroundTasksResponse),
        Of::Projects => schemars::schema_for!(iam::types::KeystoneListProjectsResponse),
    }
    .into()
}

/// What was decoded and encoded is what came: every known field, to the digit. Fields that are not
/// known are gone, null may have become absence and the other way round, and items that are null are
/// left out.
fn assert_kept(before: &RawValue, after: &RawValue, schema: &Value, root: &Value, place: &str) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.trim_start_matches('#')).unwrap();
        return assert_kept(before, after, target, root, place);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        return assert_kept(before, after, &choices[0], root, place);
    }
    let (old, new) = (before.get(), after.get());
    if let Some(known) = schema.get("properties").and_then(Value::as_object) {
        type Members<'a> = BTreeMap<String, &'a RawValue>;
        let read = |text| -> Members<'_> {
            serde_json::from_str(text).unwrap_or_else(|_| {
                panic!("{place}: {old} was read as an object, and became {new}")
            })
        };
        let (old, new) = (read(old), read(new));
        assert!(new.keys().all(|name| known.contains_key(name)), "{place}");
        for (name, schema) in known {
            let there = |members: &Members<'_>| {
                let value = members.get(name).copied();
                value
                    .filter(|value| value.get() != "null")
                    .map(|v| v.to_owned())
            };
            let place = format!("{place}.{name}");
            match (there(&old), there(&new)) {
                (Some(old), Some(new)) => assert_kept(&old, &new, schema, root, &place),
                (None, None) => {}
                (old, new) => panic!("{place}: {old:?} became {new:?}"),
            }
        }
    } else if let Some(item) = schema.get("items")
        && old != "null"
    {
        let read = |text| serde_json::from_str::<Vec<&RawValue>>(text).unwrap();
        let mut old = read(old);
        old.retain(|item| item.get() != "null");
        let new = read(new);
        assert_eq!(old.len(), new.len(), "{place}");
        for (i, (old, new)) in old.iter().zip(new).enumerate() {
            assert_kept(old, new, item, root, &format!("{place}[{i}]"));
        }
    } else if let Ok(text) = serde_json::from_str::<String>(old) {
        assert_eq!(
            text,
            serde_json::from_str::<String>(new).unwrap(),
            "{place}"
        );
    } else {
        assert_eq!(old, new, "{place}");
    }
}

/// What became of an answer: it was kept, or the error names a place at or below `place`.
fn assert_kept_or_named(of: Of, body: &str, place: &str, outcome: Result<String, Error>) {
    match outcome {
        Ok(after) => {
            let schema = schema(of);
            let before: &RawValue = serde_json::from_str(body).unwrap();
            let after: &RawValue = serde_json::from_str(&after).unwrap();
            assert_kept(before, after, &schema, &schema, "");
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
            assert_eq!(error.status().unwrap(), 200);
            let message = error.message();
            let named = message.strip_prefix("the answer does not fit at ");
            let named = named.and_then(|rest| rest.split_once(": ")).map(|(p, _)| p);
            match named {
                Some(named) => assert!(named.starts_with(place), "{named} for {place}: {body}"),
                // The whole has no place.
                None => assert_eq!(place, "", "{message}: {body}"),
            }
        }
    }
}

#[test]
fn any_json_anywhere_is_kept_or_refused_by_its_place() {
    let all: Vec<(Of, String, String)> = SAMPLES
        .iter()
        .flat_map(|(of, sample)| places(sample).into_iter().map(|(p, s)| (*of, p, s)))
        .collect();
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], ""));
    let clients = Clients::of(&server);
    let strategy = (prop::sample::select(all), json());
    property(
        1000,
        strategy,
        &runtime,
        async |((of, place, sample), json)| {
            let body = sample.replace('\u{0}', &json);
            server.answer(200, &[JSON], body.as_str());
            assert_kept_or_named(of, &body, &place, clients.call(of).await);
        },
    );
}

/// Every place once with each kind of JSON, which chance might miss.
#[test]
fn each_kind_of_json_at_each_place() {
    let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    let kinds = [
        "true",
        "-1",
        "1e400",
        "0.250",
        "\"text\"",
        "[]",
        "{}",
        "[[\"text\"]]",
        &deep,
    ];
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], ""));
    let clients = Clients::of(&server);
    for (of, sample) in SAMPLES {
        for (place, sample) in places(sample) {
            for kind in kinds {
                let body = sample.replace('\u{0}', kind);
                server.answer(200, &[JSON], body.as_str());
                let outcome = runtime.block_on(clients.call(of));
                assert_kept_or_named(of, &body, &place, outcome);
            }
        }
    }
}

/// Bytes that are nearly an answer, or nothing of the kind.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let sample = prop::sample::select(SAMPLES.as_slice()).prop_map(|(_, sample)| sample);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        json().prop_map(String::into_bytes),
        // Cut off, or with one byte changed.
        (sample.clone(), any::<prop::sample::Index>())
            .prop_map(|(sample, at)| sample.as_bytes()[..at.index(sample.len())].to_vec()),
        (sample, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(sample, at, byte)| {
            let mut bytes = sample.as_bytes().to_vec();
            bytes[at.index(sample.len())] = byte;
            bytes
        }),
    ]
}

#[test]
fn any_bytes_are_a_value_or_an_error_with_the_status() {
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], ""));
    let clients = Clients::of(&server);
    let header = prop_oneof![
        4 => Just(JSON),
        1 => Just(("content-type", "text/html")),
        1 => Just(("content-encoding", "gzip")),
        1 => Just(("retry-after", "99999999999999999999")),
    ];
    let of = prop::sample::select(SAMPLES.as_slice()).prop_map(|(of, _)| of);
    let strategy = (200..600_u16, header, bytes(), of);
    property(
        600,
        strategy,
        &runtime,
        async |(status, header, body, of)| {
            server.answer(status, &[header], body);
            match clients.call(of).await {
                Ok(_) => assert!((200..300).contains(&status)),
                Err(error) => {
                    assert_eq!(error.status().unwrap().as_u16(), status, "{error:?}");
                    assert_eq!(error.is_service(), status >= 300);
                    let text = error.to_string();
                    assert!(text.contains(&status.to_string()), "{text}");
                    assert!(!text.contains(char::is_control), "{text:?}");
                    assert!(text.len() < 4096, "{text}");
                }
            }
        },
    );
}

#[test]
fn an_error_of_megabytes_stays_readable_in_any_shape() {
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(500, &[], ""));
    let clients = Clients::of(&server);
    let long = "\\u001b[2Jx\\n".repeat(200_000);
    for shape in [
        r#"{"error_code":"~","error_msg":"~"}"#,
        r#"{"error_msg":"m","error_ext_msg":"~","request_id":"~"}"#,
        r#"{"error":{"code":"~","message":"~","title":"~"}}"#,
        r#"{"encoded_authorization_message":"~"}"#,
    ] {
        server.answer(500, &[JSON], shape.replace('~', &long));
        let error = runtime.block_on(clients.call(Of::List)).unwrap_err();
        let text = error.to_string();
        assert!(text.len() < 100_000, "{}: {shape}", text.len());
        assert!(!text.contains(char::is_control), "{shape}");
    }
}

/// Checks a call that was made with ids: it was refused and nothing was sent, or the ids arrived in
/// their segments.
fn assert_refused_or_arrived(
    server: &Server,
    template: &[&str],
    ids: &[&str],
    outcome: Result<(), Error>,
) {
    let asked = server.asked();
    match outcome {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidParameter, "{error} {ids:?}");
            assert_eq!(error.attempts(), 0);
            assert!(asked.is_empty(), "{ids:?}: {asked:?}");
            let text = error.to_string();
            assert!(text.len() < 4096, "{}", text.len());
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        Ok(()) => {
            let [asked] = asked.as_slice() else {
                panic!("{ids:?}: {asked:?}")
            };
            let mut ids = ids.iter();
            let segments: Vec<String> = asked
                .uri
                .split('/')
                .map(|s| percent_decode_str(s).decode_utf8().unwrap().into_owned())
                .collect();
            let wanted: Vec<String> = template
                .iter()
                .map(|s| match *s {
                    "*" => ids.next().unwrap().to_string(),
                    fixed => fixed.to_string(),
                })
                .collect();
            assert_eq!(segments, wanted, "{}", asked.uri);
        }
    }
}

const LIST: [&str; 6] = ["", "v2", "*", "instances", "*", "tasks"];
const PROGRESS: [&str; 8] = ["", "v2", "*", "instances", "*", "tasks", "*", "progress"];

async fn with_ids(server: &Server, clients: &Clients, project: &str, instance: &str, task: &str) {
    server.answer(200, &[JSON], "{}");
    let called = clients.dcs.instance(instance).task(task);
    let outcome = called.progress().project_id(project).send().await;
    let ids = [project, instance, task];
    assert_refused_or_arrived(server, &PROGRESS, &ids, outcome.map(drop));
    server.answer(200, &[JSON], "{}");
    let called = clients.rocketmq.instance(instance);
    let outcome = called.list().project_id(project).send().await;
    assert_refused_or_arrived(server, &LIST, &ids, outcome.map(drop));
}

#[test]
fn any_ids_stay_in_their_segments() {
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], "{}"));
    let clients = Clients::of(&server);
    let id = || prop_oneof![odd_text(), Just("i-1".to_string()), "[A-Za-z0-9._~-]{1,40}"];
    property(
        500,
        (id(), id(), id()),
        &runtime,
        async |(project, instance, task)| {
            with_ids(&server, &clients, &project, &instance, &task).await;
        },
    );
}

/// Those that a parser of addresses would resolve, cut or encode, and one of 10 MB, at each place.
#[test]
fn ids_that_would_leave_their_segment_are_refused() {
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], "{}"));
    let clients = Clients::of(&server);
    let long = "a".repeat(10_000_000);
    for id in [
        "",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        ".%2e",
        "/",
        "a/..",
        "../x",
        "a/b",
        "%2F",
        "?",
        "#",
        "a?b",
        "\\",
        "..\\",
        "\n",
        "\t",
        "\r",
        "\0",
        " ",
        "a b",
        "项",
        "\u{ff0e}\u{ff0e}",
        "\u{2024}",
        &long,
    ] {
        for ids in [[id, "i", "t"], ["p", id, "t"], ["p", "i", id]] {
            server.answer(200, &[JSON], "{}");
            let [project, instance, task] = ids;
            let called = clients.dcs.instance(instance).task(task);
            let call = called.progress().project_id(project).send();
            let error = runtime.block_on(call).unwrap_err();
            assert_refused_or_arrived(&server, &PROGRESS, &ids, Err(error));
        }
        let error = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .credentials(Credentials::new("AK", "SK"))
            .project_id(id)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().len() < 4096);
    }
    // Dots that are not all there is stay where they are.
    for id in ["...", ".a", "a..", "~", "-"] {
        runtime.block_on(with_ids(&server, &clients, id, id, id));
        assert_eq!(server.asked().len(), 1, "{id}");
    }
}

/// The address that a client calls, as its `Debug` shows it.
fn address(client: &dcs::Client) -> reqwest::Url {
    let text = format!("{client:?}");
    let (_, rest) = text.split_once("baseurl: ").unwrap();
    // A host may hold a quote, and `Debug` escapes it as JSON does.
    let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    reqwest::Url::parse(&texts.next().unwrap().unwrap()).unwrap()
}

#[test]
fn any_region_leads_to_the_cloud_or_nowhere() {
    let (runtime, http) = (runtime(), http());
    property(500, odd_text(), &runtime, async |region| {
        let built = dcs::Client::builder()
            .region(&region)
            .http_client(http.clone())
            .credentials(Credentials::new("AK", "SK"))
            .project_id("p")
            .build();
        match built {
            Ok(client) => {
                let address = address(&client);
                let host = format!("dcs.{region}.myhuaweicloud.com");
                assert_eq!(address.host_str(), Some(host.as_str()));
                assert_eq!((address.scheme(), address.path()), ("https", "/"));
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
                assert!(!error.to_string().contains(char::is_control), "{error}");
            }
        }
    });
}

/// Beside an endpoint a region may have any name; IAM is asked for the project of that name.
#[test]
fn any_region_is_one_value_of_the_query() {
    let (runtime, http) = (runtime(), http());
    let server = runtime.block_on(Server::answering(200, &[], ""));
    let asks = async |region: &str| {
        server.answer(200, &[JSON], r#"{"projects":[]}"#);
        let client = calling(dcs::Client::builder(), &http, &server.endpoint)
            .iam_endpoint(&server.endpoint)
            .region(region)
            .build();
        let error = match client {
            Ok(client) => client.list_center_task().send().await.unwrap_err(),
            Err(error) => error,
        };
        let asked = server.asked();
        if error.kind() != ErrorKind::Project {
            assert!(asked.is_empty(), "{error}");
            return Err(error);
        }
        let uri = format!("{}{}", server.endpoint, asked[0].uri);
        let url = reqwest::Url::parse(&uri).unwrap();
        assert_eq!(url.path(), "/v3/projects");
        let pairs: Vec<_> = url.query_pairs().collect();
        assert_eq!(pairs, [("name".into(), region.into())], "{uri}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
        Ok(())
    };
    property(200, odd_text(), &runtime, async |region| {
        if let Err(error) = asks(&region).await {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        }
    });
    let error = runtime.block_on(asks(&"r".repeat(100_000))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().len() < 4096);
}

#[test]
fn any_endpoint_is_refused_or_is_the_host_that_is_called() {
    let (runtime, http) = (runtime(), http());
    let server = runtime.block_on(Server::answering(200, &[], "{}"));
    let base = server.endpoint.clone();
    let endpoint = prop_oneof![
        odd_text(),
        odd_text().prop_map(|host| format!("https://{host}")),
        odd_text().prop_map(|user| format!("https://{user}@host.example")),
        odd_text().prop_map(move |more| format!("{base}/{more}")),
    ];
    property(500, endpoint, &runtime, async |endpoint| {
        server.answer(200, &[JSON], "{}");
        let built = calling(dcs::Client::builder(), &http, &endpoint)
            .project_id("p")
            .build();
        let client = match built {
            Ok(client) => client,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
                assert!(!error.to_string().contains(char::is_control), "{error}");
                return;
            }
        };
        let (address, given) = (address(&client), reqwest::Url::parse(&endpoint).unwrap());
        assert_eq!(address.origin(), given.origin());
        assert!(address.username().is_empty() && address.query().is_none());
        if !address
            .as_str()
            .starts_with(&format!("{}/", server.endpoint))
        {
            assert_eq!(address.scheme(), "https", "{endpoint}");
            return;
        }
        client.list_center_task().send().await.unwrap();
        let [asked] = &*server.asked() else {
            panic!("{endpoint}")
        };
        assert!(asked.uri.ends_with("/v2/p/tasks"), "{}", asked.uri);
        let host = server.endpoint.strip_prefix("http://").unwrap();
        assert_eq!(asked.headers.get("host").unwrap(), host);
    });
}

/// An endpoint that no request can be made of is no broken connection, which would be tried again.
#[test]
fn an_endpoint_of_100_kb_is_a_wrong_parameter() {
    let runtime = runtime();
    let server = runtime.block_on(Server::answering(200, &[], "{}"));
    let endpoint = format!("{}/{}", server.endpoint, "a".repeat(100_000));
    let built = dcs::Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("p")
        .build();
    let error = match built {
        Ok(client) => runtime
            .block_on(client.list_center_task().send())
            .unwrap_err(),
        Err(error) => error,
    };
    let kinds = [ErrorKind::Configuration, ErrorKind::InvalidParameter];
    assert!(kinds.contains(&error.kind()), "{:?} {error}", error.kind());
    assert_eq!((error.attempts(), error.is_retryable()), (0, false));
    assert!(error.to_string().len() < 4096);
}

#[test]
fn any_keys_and_tokens_are_sent_or_refused_and_never_shown() {
    let (runtime, http) = (runtime(), http());
    let server = runtime.block_on(Server::answering(401, &[], ""));
    let check = async |access_key: &str, secret: &str, token: &str| {
        // Long enough to be no word of ours.
        let (secret, token) = (format!("sesame-{secret}"), format!("poppy-{token}"));
        for credentials in [
            Credentials::new(access_key, &secret),
            Credentials::new(access_key, &secret).security_token(&token),
            Credentials::auth_token(&token),
        ] {
            server.answer(401, &[JSON], "{}");
            let shown = format!("{credentials:?}");
            let client = calling(dcs::Client::builder(), &http, &server.endpoint)
                .credentials(credentials)
                .project_id("p")
                .build()
                .unwrap();
            let error = client.list_center_task().send().await.unwrap_err();
            let shown = format!("{shown} {client:?} {error} {error:?} {error:#?}");
            // The access key is no secret, and may be the same text.
            let shown = shown.replace(&format!("{access_key:?}"), "");
            assert!(!shown.contains("sesame-"), "{shown}");
            assert!(!shown.contains("poppy-"), "{shown}");
            let asked = server.asked();
            if error.kind() == ErrorKind::Credentials {
                assert!(asked.is_empty() && error.attempts() == 0, "{error}");
                continue;
            }
            // One of megabytes may be refused by the server before it is read.
            if let [asked] = asked.as_slice() {
                assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
                assert_eq!(asked.uri, "/v2/p/tasks");
                assert!(!format!("{:?}", asked.headers).contains("sesame-"));
                assert!(asked.headers.get("x-injected").is_none());
            } else {
                assert!(secret.len() + token.len() + access_key.len() > 10_000);
            }
        }
    };
    let strategy = (odd_text(), odd_text(), odd_text());
    property(
        100,
        strategy,
        &runtime,
        async |(access_key, secret, token)| {
            check(&access_key, &secret, &token).await;
        },
    );
    let long = "k".repeat(1_000_000);
    runtime.block_on(check(&long, &long, &long));
}
