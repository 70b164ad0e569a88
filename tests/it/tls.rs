//! TLS: a certificate authority of one's own, and HTTP/2 where the server offers it.

use std::sync::Arc;

use axum::Router;
use axum::http::Request;
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::{ClientBuilder, ErrorKind, dcs};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server at `https://localhost`, its endpoint, and the certificate to trust. It answers with the
/// version of HTTP as the id of a task.
async fn server(protocols: &[&str]) -> (String, reqwest::Certificate) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let certificate = reqwest::Certificate::from_der(signed.cert.der()).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let router = Router::new().fallback(|request: Request<axum::body::Body>| async move {
        format!(r#"{{"tasks":[{{"id":"{:?}"}}]}}"#, request.version())
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate hangs up here.
                if let Ok(stream) = acceptor.accept(stream).await {
                    let service = TowerToHyperService::new(router);
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                }
            });
        }
    });
    (endpoint, certificate)
}

fn builder(endpoint: &str) -> ClientBuilder<dcs::Client> {
    dcs::Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("p")
        .retry(RetryPolicy::none())
}

#[tokio::test]
async fn http_2_is_used_where_it_is_offered() {
    for (protocols, version) in [
        (&["h2", "http/1.1"][..], "HTTP/2.0"),
        (&["http/1.1"], "HTTP/1.1"),
    ] {
        let (endpoint, certificate) = server(protocols).await;
        let client = builder(&endpoint)
            .root_certificate(certificate)
            .build()
            .unwrap();
        let page = client.list_center_task().send().await.unwrap();
        assert_eq!(page.tasks[0].id.as_deref(), Some(version));
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let (endpoint, _) = server(&["http/1.1"]).await;
    let client = builder(&endpoint).build().unwrap();
    let error = client.list_center_task().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.to_string().contains("certificate"), "{error}");
}
