//! No secret is shown, whatever is printed. `tests/logs` sees to what is logged.

use huaweicloud_tasks::auth::signer::CanonicalRequest;
use huaweicloud_tasks::auth::{
    Credentials, EnvironmentProvider, MetadataProvider, ProfileProvider, ProvideCredentials,
    ProviderChain,
};
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::{dcs, iam, rocketmq};

use crate::server::Server;

const SECRETS: [&str; 3] = ["the-secret-key", "the-security-token", "the-auth-token"];

fn all_credentials() -> [Credentials; 2] {
    [
        Credentials::new("AK", SECRETS[0]).security_token(SECRETS[1]),
        Credentials::auth_token(SECRETS[2]),
    ]
}

fn assert_no_secret(what: &str, text: &str) {
    assert!(!text.is_empty());
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows a secret: {text}");
    }
}

/// Every public type that holds credentials, or comes near them.
#[tokio::test]
async fn debug_and_messages_show_no_secret() {
    let server = Server::answering(401, &[], "").await;
    for credentials in all_credentials() {
        assert_no_secret("credentials", &format!("{credentials:?} {credentials:#?}"));
        let chain = ProviderChain::new().or(credentials.clone());
        chain.credentials().await.unwrap();
        assert_no_secret("a chain", &format!("{chain:?}"));
        let builder = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .region("r")
            .iam_endpoint(&server.endpoint)
            .credentials(chain)
            .retry(RetryPolicy::none());
        assert_no_secret("the builder", &format!("{builder:?}"));
        let client = builder.build().unwrap();
        assert_no_secret("the client", &format!("{client:?} {client:#?}"));
        let instance = client.instance("i");
        assert_no_secret(
            "an instance",
            &format!("{instance:?} {:?}", instance.task("t")),
        );
        let call = instance.list();
        assert_no_secret("a call", &format!("{call:?}"));
        let error = call.project_id("p").send().await.unwrap_err();
        assert_no_secret("an error", &format!("{error} {error:?} {error:#?}"));
        let error = client.list_center_task().send().await.unwrap_err();
        assert_no_secret("an error of IAM", &format!("{error} {error:?}"));

        let iam = iam::Client::builder()
            .endpoint("http://127.0.0.1:1")
            .credentials(credentials.clone())
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        assert_no_secret("the client of IAM", &format!("{iam:?}"));
        let rocketmq = rocketmq::Client::builder()
            .endpoint("http://127.0.0.1:1")
            .credentials(credentials)
            .project_id("p")
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let error = rocketmq.instance("i").list().send().await.unwrap_err();
        assert_no_secret("a connection error", &format!("{error} {error:?}"));
    }
    let request = CanonicalRequest::new("GET", "/", "", &[("X-Security-Token", SECRETS[1])], b"");
    assert_no_secret("a canonical request", &format!("{request:?}"));
}

#[tokio::test]
async fn providers_show_no_secret() {
    let folder = std::env::temp_dir().join(format!("hwtasks-profile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("credentials");
    std::fs::write(&file, format!("[basic]\nak = AK\nsk = {}\n", SECRETS[0])).unwrap();
    let profile = ProfileProvider::from_file(&file);
    let credentials = profile.credentials().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_no_secret("a profile", &format!("{profile:?} {credentials:?}"));

    let body = serde_json::json!({ "credential": {
        "access": "AK", "secret": SECRETS[0], "securitytoken": SECRETS[1],
        "expires_at": "2999-01-01T00:00:00Z",
    }});
    let server = Server::answering(200, &[], body.to_string()).await;
    let metadata = MetadataProvider::new().endpoint(&server.endpoint);
    let credentials = metadata.credentials().await.unwrap();
    assert!(credentials.expiry().is_some());
    assert_no_secret("metadata", &format!("{metadata:?} {credentials:?}"));
    assert_no_secret(
        "the environment",
        &format!("{:?}", EnvironmentProvider::new()),
    );
}

/// The secrets do travel, or the tests above would pass for nothing.
#[tokio::test]
async fn secrets_are_sent_where_they_belong() {
    let server = Server::answering(200, &[], "{}").await;
    for credentials in all_credentials() {
        let client = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .credentials(credentials)
            .project_id("p")
            .build()
            .unwrap();
        client.list_center_task().send().await.unwrap();
    }
    let asked = server.asked();
    assert_eq!(
        asked[0].headers.get("x-security-token").unwrap(),
        SECRETS[1]
    );
    assert!(!format!("{:?}", asked[0].headers).contains(SECRETS[0]));
    assert_eq!(asked[1].headers.get("x-auth-token").unwrap(), SECRETS[2]);
}
