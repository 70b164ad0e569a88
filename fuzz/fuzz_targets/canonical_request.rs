//! The canonical form of a request: as many lines as the algorithm prescribes, whatever stands in the
//! request, and the same for an encoded request as for a plain one. Method, path, query, headers and
//! body are lines.
#![no_main]

use huaweicloud_tasks::auth::signer::CanonicalRequest;
use libfuzzer_sys::fuzz_target;

const DATE: &str = "20191115T033655Z";

fn sorted(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let lower =
        |(name, value): &(&str, &str)| (name.to_ascii_lowercase(), value.trim().to_string());
    let mut sorted: Vec<_> = headers.iter().map(lower).collect();
    sorted.sort();
    sorted
}

fuzz_target!(|data: &str| {
    // A form feed stands for a line break within a part.
    let text = data.replace('\u{c}', "\n");
    let mut parts = data.split('\n').zip(0..).map(|(part, i)| match i {
        1 | 2 => part.replace('\u{c}', "\n"),
        _ => part.to_string(),
    });
    let mut part = || parts.next().unwrap_or_default();
    let (method, path, query) = (part(), part(), part());
    // Neither a method nor a header can hold a line break: the types of HTTP see to it.
    let method: String = method.chars().filter(|c| !c.is_control()).collect();
    let headers: Vec<String> = (0..6)
        .map(|_| part().chars().filter(|c| !c.is_control()).collect())
        .collect();
    let headers: Vec<(&str, &str)> = headers.iter().filter_map(|h| h.split_once(':')).collect();
    let request = CanonicalRequest::new(&method, &path, &query, &headers, text.as_bytes());

    let signed: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !name.contains('_'))
        .copied()
        .collect();
    let lines: Vec<&str> = request.as_str().split('\n').collect();
    assert_eq!(lines.len(), 6 + signed.len(), "{:?}", request.as_str());
    let (canonical_path, canonical_query) = (lines[1], lines[2]);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~%".contains(c);
    assert!(canonical_path.ends_with('/'));
    assert!(canonical_path.chars().all(|c| plain(c) || c == '/'));
    assert!(
        canonical_query
            .chars()
            .all(|c| plain(c) || "=&".contains(c))
    );
    assert_eq!(lines[lines.len() - 2], request.signed_headers());
    // Each header on its line, by the name in lower case.
    for ((name, value), line) in sorted(&signed).iter().zip(&lines[3..]) {
        assert_eq!(*line, format!("{name}:{}", value.trim()));
    }

    // Brought into canonical form again, it stays as it is.
    let again = CanonicalRequest::new(
        &method,
        canonical_path,
        canonical_query,
        &headers,
        text.as_bytes(),
    );
    assert_eq!(
        again,
        request,
        "{:?}\n{:?}",
        again.as_str(),
        request.as_str()
    );

    // The order of the headers does not matter, and the signature is good for this request alone.
    let reversed: Vec<_> = headers.iter().rev().copied().collect();
    let reversed = CanonicalRequest::new(&method, &path, &query, &reversed, text.as_bytes());
    assert_eq!(reversed, request);
    let signature = request.signature(DATE, &method);
    assert!(request.verify(DATE, &method, &signature));
    assert!(!request.verify("20191115T033656Z", &method, &signature));
    let other = CanonicalRequest::new(&method, &path, &query, &headers, data.repeat(2).as_bytes());
    assert_eq!(other.verify(DATE, &method, &signature), other == request);
});
