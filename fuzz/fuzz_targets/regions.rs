//! Files of regions, and endpoints: an endpoint that is taken is https or this machine, has a host, and
//! neither a user nor a query; taken again, it stays as it is.
#![no_main]

use huaweicloud_tasks::fuzzing::{endpoint, regions_file};
use huaweicloud_tasks::reqwest::Url;
use libfuzzer_sys::fuzz_target;

fn check(text: &str) {
    let Ok(taken) = endpoint(text) else { return };
    assert_eq!(endpoint(&taken).expect("taken once"), taken);
    assert!(
        !taken.ends_with('/') && !taken.contains(['?', '#', '@']),
        "{taken}"
    );
    assert!(
        !taken.contains(|c: char| c.is_control() || c == ' '),
        "{taken:?}"
    );
    // What is appended stays behind the host, as the path.
    let url = Url::parse(&format!("{taken}/v2/project/tasks")).expect("a path can be appended");
    let base = Url::parse(&taken).expect("an address");
    assert_eq!(
        (url.host(), url.port_or_known_default()),
        (base.host(), base.port_or_known_default())
    );
    assert!(url.path().ends_with("/v2/project/tasks"));
    let host = url.host_str().expect("a host");
    let loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    assert!(
        url.scheme() == "https" || (url.scheme() == "http" && loopback),
        "{taken}"
    );
    assert!(url.username().is_empty() && url.password().is_none());
}

fuzz_target!(|text: &str| {
    check(text);
    for service in ["DCS", "rocketmq"] {
        if let Ok(Some(endpoint)) = regions_file(text, service, "cn-north-4") {
            check(&endpoint);
        }
    }
});
