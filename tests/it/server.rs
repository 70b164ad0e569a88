//! A loopback server that answers as a test wants, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::dcs;
use huaweicloud_tasks::retry::RetryPolicy;
use tokio::net::TcpListener;

/// What the server was asked.
#[allow(dead_code)] // Not every program of tests looks at it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub uri: String,
    pub headers: HeaderMap,
}

/// What the server says, to whatever it is asked.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter();
        Self {
            status,
            headers: headers
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
            body: body.into(),
        }
    }
}

pub struct Server {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    /// Answers every request with the same status, headers and body.
    pub async fn answering(
        status: u16,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let answer = Arc::new(Mutex::new(Answer::new(status, headers, body)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, said) = (asked.clone(), answer.clone());
        let router = Router::new().fallback(move |request: Request| {
            log.lock().unwrap().push(Asked {
                uri: request.uri().to_string(),
                headers: request.headers().clone(),
            });
            let said = said.lock().unwrap();
            let mut response = Response::builder().status(said.status);
            for (name, value) in &said.headers {
                response = response.header(name, value);
            }
            let response = response.body(Body::from(said.body.clone())).unwrap();
            async move { response }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            endpoint,
            asked,
            answer,
        }
    }

    /// Gives another answer from now on, and forgets what it was asked.
    #[allow(dead_code)]
    pub fn answer(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) {
        *self.answer.lock().unwrap() = Answer::new(status, headers, body);
        self.asked.lock().unwrap().clear();
    }

    #[allow(dead_code)]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A client of DCS that calls this server.
    #[allow(dead_code)]
    pub fn dcs(&self) -> dcs::Client {
        dcs::Client::builder()
            .endpoint(&self.endpoint)
            .credentials(Credentials::new("AK", "SK"))
            .project_id("project")
            // What these tests are about is one answer; `faults` is about several.
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    }
}
