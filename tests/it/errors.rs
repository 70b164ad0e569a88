//! Whatever comes back, the error says what happened, on what, and what to do.

use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::sandbox::{self, Sandbox};
use huaweicloud_tasks::{ErrorKind, dcs};

use crate::server::Server;

/// An answer, and what the error made of it must say.
struct Case {
    name: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    code: Option<&'static str>,
    message: &'static str,
    request_id: Option<&'static str>,
    kind: ErrorKind,
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");

const CASES: [Case; 13] = [
    Case {
        name: "the documented shape",
        status: 400,
        headers: &[JSON, ("x-request-id", "r1")],
        body: r#"{"error_msg":"The task ID is invalid.","error_code":"DCS.4070","error_ext_msg":null}"#,
        code: Some("DCS.4070"),
        message: "The task ID is invalid.",
        request_id: Some("r1"),
        kind: ErrorKind::InvalidTaskId,
    },
    Case {
        name: "the gateway, with the request id in the body",
        status: 429,
        headers: &[JSON],
        body: r#"{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached","request_id":"r2"}"#,
        code: Some("APIGW.0308"),
        message: "The throttling threshold has been reached",
        request_id: Some("r2"),
        kind: ErrorKind::Throttled,
    },
    Case {
        name: "IAM, with a number for a code",
        status: 401,
        headers: &[JSON, ("x-iam-trace-id", "r3")],
        body: r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#,
        code: Some("401"),
        message: "The request you have made requires authentication.",
        request_id: Some("r3"),
        kind: ErrorKind::Unauthorized,
    },
    Case {
        name: "camel case",
        status: 500,
        headers: &[JSON],
        body: r#"{"errorCode":"E.1","errorMsg":"broken"}"#,
        code: Some("E.1"),
        message: "broken",
        request_id: None,
        kind: ErrorKind::Service,
    },
    Case {
        name: "code and message",
        status: 503,
        headers: &[JSON],
        body: r#"{"code":"E.2","message":"away"}"#,
        code: Some("E.2"),
        message: "away",
        request_id: None,
        kind: ErrorKind::Service,
    },
    Case {
        name: "a policy's refusal",
        status: 403,
        headers: &[JSON],
        body: r#"{"error_code":"PAP.0001","error_msg":"denied","encoded_authorization_message":"XYZ"}"#,
        code: Some("PAP.0001"),
        message: "denied (encoded authorization message: XYZ)",
        request_id: None,
        kind: ErrorKind::Forbidden,
    },
    Case {
        name: "a number that no machine holds beside it, and an id with a tab",
        status: 409,
        headers: &[JSON, ("x-request-id", "r\t6")],
        body: r#"{"error_code":"DCS.4017","error_msg":"busy\n\u001b[2J","since":1e400}"#,
        code: Some("DCS.4017"),
        message: "busy  [2J",
        request_id: Some("r 6"),
        kind: ErrorKind::JobRunning,
    },
    Case {
        name: "the HTML of a proxy",
        status: 502,
        headers: &[HTML],
        body: "<html>\n<h1>502 Bad Gateway</h1>\n</html>",
        code: None,
        message: "the answer is text/html, not the documented JSON: <html> <h1>502 Bad Gateway</h1> </html>",
        request_id: None,
        kind: ErrorKind::Service,
    },
    Case {
        name: "an empty body",
        status: 500,
        headers: &[("x-request-id", "r4")],
        body: "",
        code: None,
        message: "the answer is empty",
        request_id: Some("r4"),
        kind: ErrorKind::Service,
    },
    Case {
        name: "JSON of no known shape",
        status: 400,
        headers: &[JSON],
        body: r#"{"oops":[1,2]}"#,
        code: None,
        message: r#"the answer is application/json, not the documented JSON: {"oops":[1,2]}"#,
        request_id: None,
        kind: ErrorKind::Service,
    },
    Case {
        name: "HTML with the status of a success",
        status: 200,
        headers: &[HTML, ("x-request-id", "r5")],
        body: "<html>log in first</html>",
        code: None,
        message: "the answer is text/html, not the documented JSON: <html>log in first</html>",
        request_id: Some("r5"),
        kind: ErrorKind::Decode,
    },
    Case {
        name: "a success without a body",
        status: 204,
        headers: &[],
        body: "",
        code: None,
        message: "the answer is empty, where JSON should be",
        request_id: None,
        kind: ErrorKind::Decode,
    },
    Case {
        name: "a redirect",
        status: 302,
        headers: &[("location", "https://elsewhere.example/")],
        body: "",
        code: None,
        message: "the answer is empty",
        request_id: None,
        kind: ErrorKind::Service,
    },
];

#[tokio::test]
async fn every_shape_of_answer_becomes_a_clear_error() {
    for case in CASES {
        let server = Server::answering(case.status, case.headers, case.body).await;
        let error = server
            .dcs()
            .instance("i-1")
            .list()
            .send()
            .await
            .unwrap_err();
        let name = case.name;
        assert_eq!(error.kind(), case.kind, "{name}");
        assert_eq!(
            error.status().map(|s| s.as_u16()),
            Some(case.status),
            "{name}"
        );
        assert_eq!(error.code(), case.code, "{name}");
        assert_eq!(error.message(), case.message, "{name}");
        assert_eq!(error.request_id(), case.request_id, "{name}");
        assert_eq!(error.operation(), Some("ListBackgroundTask"), "{name}");
        assert_eq!(error.resource(), Some("instance i-1"), "{name}");
        let text = error.to_string();
        assert!(
            text.starts_with("DCS ListBackgroundTask (instance i-1): "),
            "{text}"
        );
        assert!(text.contains(&case.status.to_string()), "{text}");
        assert_eq!(
            server.asked().len(),
            1,
            "{name}: redirects are not followed"
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_named_by_its_place() {
    let server = Server::answering(200, &[JSON], r#"{"tasks":[{},{"enable_show":"yes"}]}"#).await;
    let error = server.dcs().instance("i").list().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.message().contains("at tasks[1].enable_show"),
        "{error}"
    );
    assert!(error.body().unwrap().contains("\"yes\""));
}

#[tokio::test]
async fn a_huge_page_of_html_stays_readable() {
    let html = "<p>x</p> ".repeat(100_000);
    let server = Server::answering(502, &[HTML], html).await;
    let error = server.dcs().instance("i").list().send().await.unwrap_err();
    assert!(error.to_string().len() < 600, "{}", error.to_string().len());
    assert!(error.body().unwrap().len() <= 16 * 1024);
}

#[tokio::test]
async fn a_wrong_secret_key_is_named_as_the_likely_cause() {
    let sandbox = Sandbox::start().await.unwrap();
    let call = async |access_key: &str, secret_key: &str| {
        let client = dcs::Client::builder()
            .endpoint(sandbox.endpoint())
            .credentials(Credentials::new(access_key, secret_key))
            .project_id(sandbox::PROJECT_ID)
            .build()
            .unwrap();
        client
            .instance(sandbox::DCS_INSTANCE_ID)
            .list()
            .send()
            .await
            .unwrap_err()
    };
    let error = call(sandbox::ACCESS_KEY, "wrong").await;
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!(error.code(), Some("APIGW.0301"));
    assert!(error.request_id().is_some());
    assert!(
        error
            .to_string()
            .contains("the secret key is probably not the one of this access key")
    );

    let error = call("NOBODY", sandbox::SECRET_KEY).await;
    assert_eq!(error.code(), Some("APIGW.0301"));
    assert!(error.message().contains("ak not exist"), "{error}");
}

#[tokio::test]
async fn a_refusal_names_the_permission_that_is_missing() {
    let server = Server::answering(403, &[JSON], r#"{"error_code":"DCS.4003"}"#).await;
    let error = server.dcs().list_center_task().send().await.unwrap_err();
    assert!(error.to_string().contains("dcs:task:list"), "{error}");
    assert_eq!(error.resource(), Some("project project"));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.dcs().unwrap();
    let instance = client.instance("unknown").list().send().await.unwrap_err();
    assert_eq!(instance.status().unwrap(), 404);
    let known = client.instance(sandbox::DCS_INSTANCE_ID);
    let task = known.task("unknown").progress().send().await.unwrap_err();
    assert_eq!(task.status().unwrap(), 404);
    assert_eq!(
        task.resource(),
        Some(format!("instance {}, task unknown", sandbox::DCS_INSTANCE_ID).as_str())
    );
    let project = known.list().project_id("unknown").send().await.unwrap_err();
    assert_eq!(project.status().unwrap(), 404);
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_a_connection_error() {
    // A port that was free a moment ago, and that nobody listens on.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let client = dcs::Client::builder()
        .endpoint(format!("http://127.0.0.1:{port}"))
        .credentials(Credentials::new("AK", "SK"))
        .project_id("p")
        .retry(huaweicloud_tasks::retry::RetryPolicy::none())
        .build()
        .unwrap();
    let error = client.list_center_task().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(error.status(), None);
    assert!(
        error.to_string().contains("no connection to 127.0.0.1"),
        "{error}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

/// The sandbox refuses what the gateway refuses. Requests are made by hand, as foreign SDKs would.
#[tokio::test]
async fn the_sandbox_verifies_what_was_signed() {
    use huaweicloud_tasks::auth::signer::{CanonicalRequest, DATE_FORMAT};
    let sandbox = Sandbox::start().await.unwrap();
    let host = sandbox.endpoint().replace("http://", "");
    let path = format!("/v2/{}/tasks", sandbox::PROJECT_ID);
    let now = chrono::Utc::now().format(DATE_FORMAT).to_string();
    let http = reqwest::Client::new();
    let get = |headers: Vec<(&'static str, String)>| {
        let mut request = http.get(format!("{}{path}", sandbox.endpoint()));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async move {
            let response = request.send().await.unwrap();
            assert!(response.headers().contains_key("x-request-id"));
            (response.status().as_u16(), response.text().await.unwrap())
        }
    };
    let sign = |headers: &[(&str, &str)], date: &str| {
        CanonicalRequest::new("GET", &path, "", headers, b"").authorization(
            date,
            sandbox::ACCESS_KEY,
            sandbox::SECRET_KEY,
        )
    };

    // Go signs the headers it was given and no host; Python and Java sign all there are.
    let go = sign(&[("x-sdk-date", &now)], &now);
    let python = sign(
        &[("host", &host), ("x-sdk-date", &now), ("accept", "*/*")],
        &now,
    );
    for authorization in [go.clone(), python] {
        let (status, body) = get(vec![
            ("authorization", authorization),
            ("x-sdk-date", now.clone()),
            ("accept", "*/*".into()),
        ])
        .await;
        assert_eq!(status, 200, "{body}");
    }

    let old = "20191115T033655Z".to_string();
    let expired = sign(&[("x-sdk-date", &old)], &old);
    for (headers, reason) in [
        (vec![], "Authorization is missing"),
        (
            vec![("authorization", "Basic abc".to_string())],
            "Authorization is missing or malformed",
        ),
        (vec![("authorization", go.clone())], "X-Sdk-Date is missing"),
        (
            vec![
                ("authorization", go.clone()),
                ("x-sdk-date", "yesterday".into()),
            ],
            "X-Sdk-Date is malformed",
        ),
        (
            vec![("authorization", expired), ("x-sdk-date", old)],
            "signature expired, signature time:20191115T033655Z, server time:",
        ),
        (
            vec![
                ("authorization", go.replace("x-sdk-date", "x-sdk-date;x-b")),
                ("x-sdk-date", now.clone()),
            ],
            "signed header x-b is missing",
        ),
        (
            vec![("x-auth-token", "wrong".to_string())],
            "decrypt token fail",
        ),
    ] {
        let (status, body) = get(headers).await;
        assert_eq!(status, 401, "{body}");
        assert!(
            body.contains("APIGW.0301") && body.contains(reason),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_sandbox_checks_parameters_as_documented() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::new();
    let base = format!("{}/v2/{}", sandbox.endpoint(), sandbox::PROJECT_ID);
    for (path, status) in [
        ("/tasks?limit=0", 400),
        ("/tasks?limit=1001", 400),
        ("/tasks?limit=ten", 400),
        ("/tasks?offset=-1", 400),
        ("/tasks?start_time=2020", 400),
        ("/tasks?limit=1000&offset=0", 200),
        ("/nothing", 404),
        ("/%FF/tasks", 404),
    ] {
        let response = http
            .get(format!("{base}{path}"))
            .header("x-auth-token", sandbox::AUTH_TOKEN)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        if status != 200 {
            assert!(
                response.text().await.unwrap().contains("error_code"),
                "{path}"
            );
        }
    }
}
