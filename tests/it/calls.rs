//! Calls over real, signed HTTP: against the sandbox, and against a server that listens closely.

use chrono::{TimeZone, Utc};
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::sandbox::{self, Sandbox};
use huaweicloud_tasks::{ErrorKind, dcs, rocketmq};

use crate::server::Server;

#[tokio::test]
async fn each_operation_gives_its_documented_sample() {
    let sandbox = Sandbox::start().await.unwrap();
    let (dcs, rocketmq) = (sandbox.dcs().unwrap(), sandbox.rocketmq().unwrap());
    let instance = dcs.instance(sandbox::DCS_INSTANCE_ID);

    let list = instance.list().send().await.unwrap();
    assert_eq!(list.status(), 200);
    assert!(list.request_id().is_some_and(|id| !id.is_empty()));
    let sample: dcs::types::ListBackgroundTaskResponse = serde_json::from_str(include_str!(
        "../../openapi/samples/dcs/ListBackgroundTask.json"
    ))
    .unwrap();
    assert_eq!(list.into_inner(), sample);

    let progress = instance
        .task(sandbox::DCS_TASK_ID)
        .progress()
        .send()
        .await
        .unwrap();
    assert_eq!(progress.progress, Some(30));
    assert_eq!(progress.step_details.len(), 2);

    let center = dcs.list_center_task().send().await.unwrap();
    assert_eq!(center.tasks.len(), 2);
    assert_eq!(center.tasks[1].details, None);

    let tasks = rocketmq
        .instance(sandbox::ROCKETMQ_INSTANCE_ID)
        .list()
        .send()
        .await
        .unwrap();
    assert_eq!(
        tasks.tasks[0].id.as_deref(),
        Some("ff80808272dcc90f0172df1e490f41b0")
    );
}

#[tokio::test]
async fn pages_are_cut_where_they_are_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    let ids = async |offset: i32, limit: i32| {
        let page = client
            .list_center_task()
            .offset(offset)
            .limit(limit)
            .send()
            .await
            .unwrap();
        assert_eq!(page.task_count.as_ref().and_then(|c| c.get()), Some(2));
        page.tasks
            .iter()
            .filter_map(|t| t.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(0, 1).await, ["8abf6e1e72c12e7c0172c15b508500aa"]);
    assert_eq!(ids(1, 1).await, ["ff80808188bfde180188c36bb9ca4a30"]);
    assert_eq!(ids(0, 1000).await.len(), 2);
    assert!(ids(2, 10).await.is_empty());

    let client = sandbox.rocketmq().unwrap();
    let instance = client.instance(sandbox::ROCKETMQ_INSTANCE_ID);
    for (start, count) in [(0, 1), (1, 1), (2, 0)] {
        let page = instance.list().start(start).limit(10).send().await.unwrap();
        assert_eq!(page.tasks.len(), count, "start {start}");
        assert!(page.task_count.as_ref().unwrap().is_text());
    }
}

#[tokio::test]
async fn a_long_list_is_one_stream() {
    use futures_util::TryStreamExt;
    use std::collections::HashSet;
    let sandbox = Sandbox::builder().dcs_tasks(5000).start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    let instance = client.instance(sandbox::DCS_INSTANCE_ID);
    for concurrency in [1, 4] {
        let pages = instance.list().limit(700).pages().concurrency(concurrency);
        let tasks: Vec<_> = pages.items().try_collect().await.unwrap();
        let ids: HashSet<_> = tasks.iter().filter_map(|task| task.id.clone()).collect();
        assert_eq!((tasks.len(), ids.len()), (5000, 5000), "{concurrency}");
    }
    // A minute lies between two tasks: the last hour has 61.
    let since = Utc.with_ymd_and_hms(2020, 6, 17, 7, 18, 6).unwrap();
    let hour: Vec<_> = instance
        .list()
        .since(since)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(hour.len(), 61);
}

#[tokio::test]
async fn times_narrow_a_list() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    let instance = client.instance(sandbox::DCS_INSTANCE_ID);
    // The documented request line asks for this span, and its sample lies in it.
    let span = ("20200609160000", "20200617155959");
    let page = instance
        .list()
        .start_time(span.0)
        .end_time(span.1)
        .send()
        .await
        .unwrap();
    assert_eq!(page.tasks.len(), 1);
    let after = Utc.with_ymd_and_hms(2020, 6, 17, 8, 18, 7).unwrap();
    let page = instance.list().start_time(after).send().await.unwrap();
    assert!(page.tasks.is_empty());
    assert_eq!(page.task_count.as_ref().and_then(|c| c.get()), Some(0));
    let page = instance
        .list()
        .end_time("20200617081805")
        .send()
        .await
        .unwrap();
    assert!(page.tasks.is_empty());
}

#[tokio::test]
async fn every_parameter_reaches_the_service() {
    let server = Server::answering(200, &[], "{}").await;
    let dcs = server.dcs();
    dcs.list_background_task()
        .project_id("another")
        .instance_id("i-1")
        .offset(5)
        .limit(1000)
        .start_time("20200609160000")
        .end_time("20200609160000")
        .send()
        .await
        .unwrap();
    dcs.instance("i-1")
        .task("t-1")
        .progress()
        .send()
        .await
        .unwrap();
    let rocketmq = rocketmq::Client::builder()
        .endpoint(format!("{}/prefix/", server.endpoint))
        .credentials(Credentials::new("AK", "SK"))
        .project_id("project")
        .build()
        .unwrap();
    rocketmq
        .instance("i-2")
        .list()
        .start(1)
        .limit(7)
        .begin_time("20200609160000")
        .end_time("20200609160001")
        .send()
        .await
        .unwrap();
    let uris: Vec<_> = server.asked().into_iter().map(|asked| asked.uri).collect();
    assert_eq!(
        uris,
        [
            "/v2/another/instances/i-1/tasks?end_time=20200609160000&limit=1000&offset=5&start_time=20200609160000",
            "/v2/project/instances/i-1/tasks/t-1/progress",
            "/prefix/v2/project/instances/i-2/tasks?begin_time=20200609160000&end_time=20200609160001&limit=7&start=1",
        ]
    );
    let asked = server.asked();
    let header = |i: usize, name: &str| asked[i].headers.get(name).map(|v| v.to_str().unwrap());
    // The project header follows the project of the call.
    assert_eq!(header(0, "x-project-id"), Some("another"));
    assert_eq!(header(1, "x-project-id"), Some("project"));
    assert_eq!(header(0, "content-type"), Some("application/json"));
    assert_eq!(header(0, "api-version"), None);
    assert!(
        header(0, "user-agent")
            .unwrap()
            .starts_with("huaweicloud-tasks/")
    );
    let signed = header(0, "authorization").unwrap();
    assert!(signed.starts_with("SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature="));
}

#[tokio::test]
async fn each_kind_of_credentials_is_let_in() {
    let sandbox = Sandbox::start().await.unwrap();
    for credentials in [
        sandbox.credentials(),
        sandbox.credentials().security_token("of-a-temporary-key"),
        Credentials::auth_token(sandbox::AUTH_TOKEN),
    ] {
        let client = dcs::Client::builder()
            .endpoint(sandbox.endpoint())
            .credentials(credentials)
            .project_id(sandbox::PROJECT_ID)
            .http_client(reqwest::Client::new())
            .build()
            .unwrap();
        client.list_center_task().send().await.unwrap();
    }
}

#[tokio::test]
async fn a_token_is_sent_in_its_own_header_and_nothing_is_signed() {
    let server = Server::answering(200, &[], "{}").await;
    let client = dcs::Client::builder()
        .endpoint(&server.endpoint)
        .credentials(Credentials::auth_token("the-token"))
        .project_id("p")
        .build()
        .unwrap();
    client.list_center_task().send().await.unwrap();
    let headers = &server.asked()[0].headers;
    assert_eq!(headers.get("x-auth-token").unwrap(), "the-token");
    assert!(headers.get("authorization").is_none() && headers.get("x-sdk-date").is_none());
}

#[tokio::test]
async fn wrong_parameters_are_refused_before_anything_is_sent() {
    let server = Server::answering(200, &[], "{}").await;
    let client = server.dcs();
    let list = || client.instance("i").list();
    let long = "a".repeat(10_000_000);
    let refused = [
        (
            client.instance("").list().send().await,
            "instance_id must not be empty",
        ),
        (
            client.list_background_task().send().await,
            "instance_id is not set",
        ),
        (
            client.instance("..").list().send().await,
            "instance_id \"..\" is not an id",
        ),
        (
            client.instance("a/b").list().send().await,
            "instance_id \"a/b\" holds '/'",
        ),
        (client.instance("a\\b").list().send().await, "holds '\\\\'"),
        (client.instance("a%2Fb").list().send().await, "holds '%'"),
        (client.instance("a?b").list().send().await, "holds '?'"),
        (client.instance("a#b").list().send().await, "holds '#'"),
        (client.instance("a\nb").list().send().await, "holds '\\n'"),
        (client.instance("a\0b").list().send().await, "holds '\\0'"),
        (
            client.instance(long).list().send().await,
            "is 10000000 bytes long",
        ),
        (
            list().project_id("").send().await,
            "project_id must not be empty",
        ),
        (
            list().offset(-1).send().await,
            "offset must be 0 or more, and is -1",
        ),
        (
            list().limit(0).send().await,
            "limit must be from 1 to 1000, and is 0",
        ),
        (
            list().limit(1001).send().await,
            "limit must be from 1 to 1000, and is 1001",
        ),
        (list().limit(u64::MAX).send().await, "limit out of range"),
        (
            list().start_time("2020-06-09").send().await,
            "start_time \"2020-06-09\" is not a time",
        ),
        (
            list()
                .start_time("20200609160001")
                .end_time("20200609160000")
                .send()
                .await,
            "start_time 20200609160001 is after end_time, 20200609160000",
        ),
    ];
    for (result, reason) in refused {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParameter, "{reason}");
        assert_eq!(error.operation(), Some("ListBackgroundTask"));
        assert!(error.to_string().contains(reason), "{error}");
    }
    let task = client
        .instance("i")
        .task("")
        .progress()
        .send()
        .await
        .unwrap_err();
    assert!(
        task.to_string().contains("task_id must not be empty"),
        "{task}"
    );
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_client_without_a_project_asks_for_one() {
    let client = dcs::Client::builder()
        .endpoint("http://127.0.0.1:9")
        .credentials(Credentials::new("AK", "SK"))
        .build()
        .unwrap();
    let error = client.list_center_task().send().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("project_id is not set; give the client a project or a region"),
        "{error}"
    );
}

#[test]
fn a_region_leads_to_its_endpoint() {
    use huaweicloud_tasks::Service;
    let endpoint = |region: &str| {
        let client = dcs::Client::builder()
            .region(region)
            .credentials(Credentials::new("AK", "SK"))
            .build()?;
        Ok::<_, huaweicloud_tasks::Error>(format!("{client:?}"))
    };
    for (region, url) in [
        ("cn-north-4", "https://dcs.cn-north-4.myhuaweicloud.com"),
        ("eu-west-101", "https://dcs.eu-west-101.myhuaweicloud.eu"),
        ("eu-de", "https://dcs.eu-de.otc.t-systems.com"),
        ("mars-north-1", "https://dcs.mars-north-1.myhuaweicloud.com"),
    ] {
        assert!(
            endpoint(region).unwrap().contains(&format!("{url:?}")),
            "{region}"
        );
    }
    for wrong in ["", "CN-NORTH-4", "evil.example/", "a.b", "a@b", "cn north"] {
        let error = endpoint(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{wrong}");
        assert!(error.to_string().contains("is not a region"), "{error}");
    }
    assert_eq!(
        dcs::Client::servers()
            .iter()
            .map(|s| s.regions.len())
            .sum::<usize>(),
        36
    );
    assert_eq!(
        rocketmq::Client::servers()
            .iter()
            .map(|s| s.regions.len())
            .sum::<usize>(),
        34
    );
}

#[test]
fn a_client_is_not_made_of_nonsense() {
    let builder = || dcs::Client::builder().credentials(Credentials::new("AK", "SK"));
    for (result, reason) in [
        (
            dcs::Client::builder().region("cn-north-4").build(),
            "no credentials",
        ),
        (builder().build(), "neither a region nor an endpoint"),
        (
            builder().endpoint("dcs.example").build(),
            "is not an endpoint",
        ),
        (
            builder().endpoint("ftp://dcs.example").build(),
            "ftp is not http or https",
        ),
        (
            builder().endpoint("https://dcs.example/?a=b").build(),
            "a query",
        ),
        (
            builder()
                .endpoint("https://user:sesame@dcs.example")
                .build(),
            "a user name or a password",
        ),
        (
            builder().endpoint("https://user:sesame@host:99999").build(),
            "holds an @",
        ),
        (
            builder().endpoint("ftp://user:sesame@host").build(),
            "holds an @",
        ),
        (builder().endpoint("user:sesame@host").build(), "holds an @"),
        (
            builder().region("cn-north-4").project_id("a/b").build(),
            "project_id",
        ),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_sent_are_refused_unseen() {
    let server = Server::answering(200, &[], "{}").await;
    for (credentials, reason) in [
        (Credentials::new("AK", ""), "the secret key is empty"),
        (Credentials::new("AK\n", "sesame"), "the access key holds"),
        (Credentials::new("AK", "sesame\n"), "the secret key holds"),
        (
            Credentials::new("AK", "sesame").security_token(""),
            "the security token is empty",
        ),
        (Credentials::auth_token("秘密"), "the token holds"),
    ] {
        let client = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .credentials(credentials)
            .project_id("p")
            .build()
            .unwrap();
        let error = client.list_center_task().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.attempts(), 0);
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_project_that_is_not_given_is_looked_up_once() {
    use std::sync::Arc;
    let sandbox = Sandbox::start().await.unwrap();
    let builder = || {
        dcs::Client::builder()
            .region(sandbox::REGION)
            .endpoint(sandbox.endpoint())
            .iam_endpoint(sandbox.endpoint())
            .credentials(sandbox.credentials())
    };
    let client = Arc::new(builder().build().unwrap());
    let calls = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            client
                .list_center_task()
                .send()
                .await
                .map(|page| page.tasks.len())
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), 2);
    }
    // A region that IAM knows no project of.
    let client = builder().region("mars-north-1").build().unwrap();
    let error = client.list_center_task().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Project);
    assert!(
        error
            .to_string()
            .contains("no project of the region mars-north-1"),
        "{error}"
    );
}

#[tokio::test]
async fn the_lookup_asks_once_and_refuses_to_guess() {
    let answer = |ids: &[&str]| {
        let projects: Vec<_> = ids
            .iter()
            .map(|id| serde_json::json!({ "id": id, "name": "r" }))
            .collect();
        serde_json::json!({ "projects": projects, "tasks": [] }).to_string()
    };
    let client = |server: &Server| {
        dcs::Client::builder()
            .region("r")
            .endpoint(&server.endpoint)
            .iam_endpoint(&server.endpoint)
            .credentials(Credentials::new("AK", "SK"))
            .build()
            .unwrap()
    };
    let one = Server::answering(200, &[], answer(&["p1"])).await;
    let calls = client(&one);
    calls.instance("i").list().send().await.unwrap();
    calls.list_center_task().send().await.unwrap();
    let uris: Vec<_> = one.asked().into_iter().map(|asked| asked.uri).collect();
    assert_eq!(
        uris,
        [
            "/v3/projects?name=r",
            "/v2/p1/instances/i/tasks",
            "/v2/p1/tasks"
        ]
    );
    // A wrong parameter is found before IAM is asked.
    assert!(client(&one).instance("").list().send().await.is_err());
    assert_eq!(one.asked().len(), 3);

    let several = Server::answering(200, &[], answer(&["p1", "p2"])).await;
    let error = client(&several)
        .list_center_task()
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("IAM knows 2 projects of the region r"),
        "{error}"
    );
}
