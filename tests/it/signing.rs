//! The signer makes what the official Python signer makes, to the byte.

use huaweicloud_tasks::auth::signer::CanonicalRequest;
use serde_json::Value;

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../data/signing-vectors.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// The request of a vector in canonical form: its request line as it was sent, and every header.
fn canonical(vector: &Value) -> CanonicalRequest {
    let uri = text(vector, "/request_uri");
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let headers: Vec<(&str, &str)> = vector["request_headers_after_signing"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "Authorization")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    CanonicalRequest::new(
        text(vector, "/input/method"),
        path,
        query,
        &headers,
        text(vector, "/input/body").as_bytes(),
    )
}

#[test]
fn every_vector_passes() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 7);
    for vector in &vectors {
        let name = text(vector, "/name");
        let request = canonical(vector);
        let date = text(vector, "/input/headers/X-Sdk-Date");
        let (ak, sk) = (text(vector, "/ak"), text(vector, "/sk"));
        assert_eq!(
            request.as_str(),
            text(vector, "/canonical_request"),
            "{name}"
        );
        assert_eq!(
            request.string_to_sign(date),
            text(vector, "/string_to_sign"),
            "{name}"
        );
        let signature = request.signature(date, sk);
        assert_eq!(signature, text(vector, "/signature"), "{name}");
        assert_eq!(
            request.authorization(date, ak, sk),
            text(vector, "/authorization"),
            "{name}"
        );
        assert!(request.verify(date, sk, &signature), "{name}");
    }
}

#[test]
fn nothing_but_the_signature_verifies() {
    let vector = &vectors()[0];
    let request = canonical(vector);
    let (date, sk) = (
        text(vector, "/input/headers/X-Sdk-Date"),
        text(vector, "/sk"),
    );
    let signature = text(vector, "/signature");
    assert!(!request.verify("20191115T033656Z", sk, signature));
    assert!(!request.verify(date, "another key", signature));
    assert!(!request.verify(date, sk, &signature[..62]));
    assert!(!request.verify(date, sk, &signature.replace('7', "8")));
    assert!(!request.verify(date, sk, ""));
    assert!(!request.verify(date, sk, "not hexadecimal"));
}

#[test]
fn an_encoded_path_signs_as_the_plain_one() {
    let of = |path| CanonicalRequest::new("GET", path, "", &[], b"");
    assert_eq!(of("/v2/%E9%A1%B9%20a/tasks"), of("/v2/项 a/tasks/"));
    assert_eq!(of("/v2/a%2Fb"), of("/v2/a/b"));
    assert!(of("").as_str().starts_with("GET\n/\n"));
}

#[test]
fn headers_are_sorted_trimmed_and_lower_case() {
    let headers = [("X-B", "  2 "), ("a", "1"), ("With_Underscore", "3")];
    let request = CanonicalRequest::new("GET", "/", "", &headers, b"");
    assert_eq!(request.signed_headers(), "a;x-b");
    assert!(request.as_str().contains("\na:1\nx-b:2\n\na;x-b\n"));
}
