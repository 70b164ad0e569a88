//! No secret is shown, whatever is printed.

use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::{dcs, rocketmq};

use crate::server::Server;

const SECRETS: [&str; 3] = ["the-secret-key", "the-security-token", "the-auth-token"];

fn all_credentials() -> [Credentials; 2] {
    [
        Credentials::new("AK", SECRETS[0]).security_token(SECRETS[1]),
        Credentials::auth_token(SECRETS[2]),
    ]
}

fn assert_no_secret(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows a secret: {text}");
    }
}

#[tokio::test]
async fn debug_and_messages_show_no_secret() {
    let server = Server::answering(401, &[], "").await;
    for credentials in all_credentials() {
        assert_no_secret("credentials", &format!("{credentials:?} {credentials:#?}"));
        let builder = dcs::Client::builder()
            .endpoint(&server.endpoint)
            .credentials(credentials.clone())
            .project_id("p");
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
        let error = call.send().await.unwrap_err();
        assert_no_secret("an error", &format!("{error} {error:?} {error:#?}"));

        let rocketmq = rocketmq::Client::builder()
            .endpoint("http://127.0.0.1:1")
            .credentials(credentials)
            .project_id("p")
            .retry(huaweicloud_tasks::retry::RetryPolicy::none())
            .build()
            .unwrap();
        let error = rocketmq.instance("i").list().send().await.unwrap_err();
        assert_no_secret("a connection error", &format!("{error} {error:?}"));
    }
}

/// The secrets do travel, or the test above would pass for nothing.
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
