//! A bad night, fault by fault: what the service does in each attempt, and what the caller sees.
//!
//! The server speaks raw TCP, so that it can break off anywhere. Time is a [`ManualClock`]: no test
//! waits, and the waits are read off the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use huaweicloud_tasks::auth::Credentials;
use huaweicloud_tasks::clock::{Clock, ManualClock};
use huaweicloud_tasks::retry::RetryPolicy;
use huaweicloud_tasks::{Error, ErrorKind, dcs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one attempt.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// A page with one task.
    Answers,
    /// A status, with headers and a body.
    Refuses(u16, &'static str, &'static str),
    /// Takes the connection and closes it.
    Closes,
    /// Answers half of the headers, and closes.
    BreaksOffInHeaders,
    /// Promises more than it sends, and closes.
    BreaksOffInBody,
    /// Sends half of a chunk, and closes.
    BreaksOffInChunk,
    /// Ends the body in the middle of the JSON, without having promised a length.
    BreaksOffInJson,
    /// Never says a word.
    Hangs,
    /// Sends the headers, and never the body.
    HangsInBody,
    /// Refuses with a status, and breaks off in the body.
    RefusesAndBreaksOff(u16),
    /// Refuses with a status, and never sends the body.
    RefusesAndHangs(u16),
    /// Never stops sending.
    Floods,
    /// Sends little that becomes much.
    Bombs,
    /// Answers with the body in gzip.
    AnswersInGzip,
    /// Refuses the date of a signature, and tells its own time.
    RefusesDate,
    /// Answers what is signed within its own hour, and refuses the date of anything else.
    ChecksDate,
    /// Refuses the date with its own time in the header alone.
    RefusesDateByHeader,
    /// These bytes, as they are.
    Sends(&'static str),
}

use Does::*;

const PAGE: &str = r#"{"task_count":1,"tasks":[{"id":"t"}]}"#;
const GATEWAY: &str = r#"{"error_code":"APIGW.0308","error_msg":"slow down"}"#;
const SERVICE: &str = r#"{"error_code":"DCS.5000","error_msg":"broken"}"#;

/// The time that the server lives in, and that the clock of the tests starts at.
fn server_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 9, 16, 0, 0).unwrap()
}

/// What the caller must see.
enum Sees {
    /// The page.
    Page,
    /// An error of this kind, with this in its message.
    Fails(ErrorKind, &'static str),
}

use ErrorKind::*;
use Sees::*;

/// A night: its name, what the server does attempt by attempt (the last repeats), what the caller
/// sees, how many attempts there were, and limits of the waits between them, in milliseconds.
struct Night(
    &'static str,
    &'static [Does],
    Sees,
    usize,
    &'static [std::ops::RangeInclusive<u64>],
);

/// The waits of the default policy: up to 0.5, 1 and 2 seconds.
const W1: std::ops::RangeInclusive<u64> = 0..=500;
const W2: std::ops::RangeInclusive<u64> = 0..=1000;
const W3: std::ops::RangeInclusive<u64> = 0..=2000;

#[rustfmt::skip]
fn nights() -> Vec<Night> {
    vec![
        Night("all is well",               &[Answers],                                   Page, 1, &[]),
        Night("gzip",                      &[AnswersInGzip],                             Page, 1, &[]),
        // What passes is tried again.
        Night("closed once",               &[Closes, Answers],                           Page, 2, &[W1]),
        Night("closed thrice",             &[Closes, Closes, Closes, Answers],           Page, 4, &[W1, W2, W3]),
        Night("closed for good",           &[Closes],                                    Fails(Connection, "after 4 attempts"), 4, &[W1, W2, W3]),
        Night("headers break off",         &[BreaksOffInHeaders, Answers],               Page, 2, &[W1]),
        Night("headers never come",        &[BreaksOffInHeaders],                        Fails(Connection, "broke before it answered"), 4, &[W1, W2, W3]),
        Night("body breaks off",           &[BreaksOffInBody, Answers],                  Page, 2, &[W1]),
        Night("body never ends well",      &[BreaksOffInBody],                           Fails(Connection, "the answer broke off"), 4, &[W1, W2, W3]),
        Night("chunk breaks off",          &[BreaksOffInChunk, Answers],                 Page, 2, &[W1]),
        Night("JSON is cut off",           &[BreaksOffInJson, Answers],                  Page, 2, &[W1]),
        Night("JSON is always cut off",    &[BreaksOffInJson],                           Fails(Decode, "the answer was cut off"), 4, &[W1, W2, W3]),
        Night("no answer in time",         &[Hangs, Answers],                            Page, 2, &[W1]),
        Night("never an answer",           &[Hangs],                                     Fails(Timeout, "did not answer in time"), 4, &[W1, W2, W3]),
        Night("no body in time",           &[HangsInBody, Answers],                      Page, 2, &[W1]),
        Night("never a body",              &[HangsInBody],                               Fails(Timeout, "did not end in time"), 4, &[W1, W2, W3]),
        Night("429 once",                  &[Refuses(429, "", GATEWAY), Answers],        Page, 2, &[W1]),
        Night("429 for good",              &[Refuses(429, "", GATEWAY)],                 Fails(Throttled, "APIGW.0308: slow down after 4 attempts"), 4, &[W1, W2, W3]),
        Night("500 once",                  &[Refuses(500, "", SERVICE), Answers],        Page, 2, &[W1]),
        Night("500 for good",              &[Refuses(500, "", SERVICE)],                 Fails(Service, "DCS.5000: broken"), 4, &[W1, W2, W3]),
        Night("502 from a proxy",          &[Refuses(502, "", "<html>"), Answers],       Page, 2, &[W1]),
        Night("502 for good",              &[Refuses(502, "content-type: text/html\r\n", "<html>")], Fails(Service, "text/html"), 4, &[W1, W2, W3]),
        Night("503 with nothing",          &[Refuses(503, "", ""), Answers],             Page, 2, &[W1]),
        Night("504",                       &[Refuses(504, "", ""), Answers],             Page, 2, &[W1]),
        Night("one thing after another",   &[Closes, Refuses(500, "", ""), Refuses(429, "", ""), Answers], Page, 4, &[W1, W2, W3]),
        // The service says how long to wait.
        Night("Retry-After seconds",       &[Refuses(429, "retry-after: 7\r\n", GATEWAY), Answers], Page, 2, &[7000..=7500]),
        Night("Retry-After date",          &[Refuses(503, "retry-after: Tue, 09 Jun 2026 16:00:09 GMT\r\ndate: Tue, 09 Jun 2026 16:00:00 GMT\r\n", ""), Answers], Page, 2, &[9000..=9500]),
        Night("Retry-After in the past",   &[Refuses(503, "retry-after: Tue, 09 Jun 2020 16:00:00 GMT\r\ndate: Tue, 09 Jun 2026 16:00:00 GMT\r\n", ""), Answers], Page, 2, &[W1]),
        Night("Retry-After nonsense",      &[Refuses(503, "retry-after: soon\r\n", ""), Answers], Page, 2, &[W1]),
        Night("Retry-After beyond reason", &[Refuses(429, "retry-after: 86400\r\n", GATEWAY)], Fails(Throttled, "slow down"), 1, &[]),
        Night("Retry-After overflows",     &[Refuses(429, "retry-after: 18446744073709551615\r\n", GATEWAY)], Fails(Throttled, "slow down"), 1, &[]),
        // What does not pass is not tried again.
        Night("400",                       &[Refuses(400, "", r#"{"error_code":"DCS.4001","error_msg":"no"}"#)], Fails(Service, "DCS.4001: no"), 1, &[]),
        Night("400, a job is running",     &[Refuses(400, "", r#"{"error_code":"111400017","error_msg":"busy"}"#)], Fails(JobRunning, "busy"), 1, &[]),
        Night("400, a bad task id",        &[Refuses(400, "", r#"{"error_code":"DCS.4070","error_msg":"bad"}"#)], Fails(InvalidTaskId, "bad"), 1, &[]),
        Night("400, not supported",        &[Refuses(400, "", r#"{"error_code":"DCS.4094","error_msg":"never"}"#)], Fails(NotSupported, "never"), 1, &[]),
        Night("401",                       &[Refuses(401, "", r#"{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}"#)], Fails(Unauthorized, "the secret key is probably"), 1, &[]),
        Night("401 breaks off",            &[RefusesAndBreaksOff(401)],                  Fails(Unauthorized, "the answer is empty"), 1, &[]),
        Night("403 hangs",                 &[RefusesAndHangs(403)],                      Fails(Forbidden, "the answer is empty"), 1, &[]),
        Night("503 breaks off",            &[RefusesAndBreaksOff(503), Answers],         Page, 2, &[W1]),
        Night("403",                       &[Refuses(403, "", r#"{"error_code":"DCS.4003","error_msg":"no"}"#)], Fails(Forbidden, "dcs:instance:getBackgroundTask"), 1, &[]),
        Night("404",                       &[Refuses(404, "", r#"{"error_code":"111404022","error_msg":"gone"}"#)], Fails(NotFound, "gone"), 1, &[]),
        Night("501",                       &[Refuses(501, "", "")],                      Fails(Service, "501"), 1, &[]),
        Night("a redirect",                &[Refuses(307, "location: http://127.0.0.1:9/\r\n", "")], Fails(Service, "redirects are not followed"), 1, &[]),
        Night("200 without a body",        &[Refuses(200, "", "")],                      Fails(Decode, "the answer is empty"), 1, &[]),
        Night("200 with HTML",             &[Refuses(200, "content-type: text/html\r\n", "<html>")], Fails(Decode, "text/html"), 1, &[]),
        Night("200 of another shape",      &[Refuses(200, "", r#"{"tasks":[{"id":7}]}"#)], Fails(Decode, "tasks[0].id"), 1, &[]),
        Night("200 with invalid UTF-8",    &[Sends("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\"\u{e9}\"")], Fails(Decode, "the answer"), 1, &[]),
        Night("an endless body",           &[Floods],                                    Fails(TooLarge, "larger than 65536 bytes"), 1, &[]),
        Night("a gzip bomb",               &[Bombs],                                     Fails(TooLarge, "larger than 65536 bytes"), 1, &[]),
        Night("no HTTP at all",            &[Sends("SSH-2.0-OpenSSH_9.9\r\n")],          Fails(Connection, "after 4 attempts"), 4, &[W1, W2, W3]),
        // A clock that is off is corrected once, without a wait.
        Night("the clock is off",          &[RefusesDate, Answers],                      Page, 2, &[]),
        Night("off, by the header",        &[RefusesDateByHeader, Answers],              Page, 2, &[]),
        Night("off, and refused again",    &[RefusesDate],                               Fails(Unauthorized, "signature expired"), 2, &[]),
        Night("off, and then a bad moment", &[RefusesDate, Closes, Answers],             Page, 3, &[W1]),
    ]
}

struct Server {
    endpoint: String,
    attempts: Arc<AtomicUsize>,
    /// The `X-Sdk-Date` of each attempt.
    dates: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Server {
    async fn doing(script: &'static [Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let attempts = Arc::new(AtomicUsize::new(0));
        let dates = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (count, log) = (attempts.clone(), dates.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (count, log) = (count.clone(), log.clone());
                tokio::spawn(async move {
                    // The client may hang up at any moment; that is no failure of the server.
                    let _ = serve(stream, script, &count, &log).await;
                });
            }
        });
        Self {
            endpoint,
            attempts,
            dates,
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &[Does],
    count: &AtomicUsize,
    log: &std::sync::Mutex<Vec<String>>,
) -> std::io::Result<()> {
    loop {
        let Some(request) = read_request(&mut stream).await? else {
            return Ok(());
        };
        let date = request
            .lines()
            .find_map(|line| line.strip_prefix("x-sdk-date: "))
            .unwrap_or_default();
        log.lock().unwrap().push(date.to_string());
        let attempt = count.fetch_add(1, Ordering::SeqCst);
        let does = script[attempt.min(script.len() - 1)];
        let answer = |status: u16, headers: &str, body: &[u8]| {
            let mut answer = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            answer.extend_from_slice(body);
            answer
        };
        match does {
            Answers => stream.write_all(&answer(200, "", PAGE.as_bytes())).await?,
            Refuses(status, headers, body) => {
                stream
                    .write_all(&answer(status, headers, body.as_bytes()))
                    .await?;
            }
            Closes => return Ok(()),
            BreaksOffInHeaders => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await,
            BreaksOffInBody => {
                return stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"tasks\":[")
                    .await;
            }
            BreaksOffInChunk => {
                return stream
                    .write_all(
                        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"tasks\":[",
                    )
                    .await;
            }
            BreaksOffInJson => {
                return stream
                    .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"tasks\":[")
                    .await;
            }
            Hangs => std::future::pending::<()>().await,
            HangsInBody => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
                    .await?;
                std::future::pending::<()>().await;
            }
            RefusesAndBreaksOff(status) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 99\r\n\r\n{{");
                return stream.write_all(head.as_bytes()).await;
            }
            RefusesAndHangs(status) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 99\r\n\r\n{{");
                stream.write_all(head.as_bytes()).await?;
                std::future::pending::<()>().await;
            }
            Floods => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                loop {
                    stream.write_all(&[b' '; 4096]).await?;
                }
            }
            Bombs => {
                // A megabyte of spaces, about one kilobyte on the way.
                let body = gzip(&vec![b' '; 1_000_000]);
                stream
                    .write_all(&answer(200, "content-encoding: gzip\r\n", &body))
                    .await?;
            }
            AnswersInGzip => {
                let body = gzip(PAGE.as_bytes());
                stream
                    .write_all(&answer(200, "content-encoding: gzip\r\n", &body))
                    .await?;
            }
            ChecksDate if date.starts_with("20260609t16") => {
                stream.write_all(&answer(200, "", PAGE.as_bytes())).await?;
            }
            RefusesDate | ChecksDate => {
                let time = server_time().format("%Y%m%dT%H%M%SZ");
                let body = format!(
                    r#"{{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: signature expired, signature time:{date}, server time:{time}"}}"#
                );
                stream.write_all(&answer(401, "", body.as_bytes())).await?;
            }
            RefusesDateByHeader => {
                let headers = format!(
                    "date: {}\r\n",
                    server_time().format("%a, %d %b %Y %H:%M:%S GMT")
                );
                stream
                    .write_all(&answer(
                        401,
                        &headers,
                        b"{\"error_code\":\"APIGW.0301\",\"error_msg\":\"no\"}",
                    ))
                    .await?;
            }
            Sends(text) => {
                // One byte a character: "é" becomes a byte that is no UTF-8.
                let bytes: Vec<u8> = text
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap())
                    .collect();
                return stream.write_all(&bytes).await;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        request.push(byte[0]);
    }
    Ok(Some(String::from_utf8_lossy(&request).to_ascii_lowercase()))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// How long a server that says nothing is listened to: the one wait that is real.
const SILENCE: Duration = Duration::from_millis(300);

fn client(endpoint: &str, clock: &Arc<ManualClock>, policy: RetryPolicy) -> dcs::Client {
    client_with_timeout(endpoint, clock, policy, Duration::from_secs(60))
}

fn client_with_timeout(
    endpoint: &str,
    clock: &Arc<ManualClock>,
    policy: RetryPolicy,
    timeout: Duration,
) -> dcs::Client {
    dcs::Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("p")
        .attempt_timeout(timeout)
        .response_limit(65536)
        .retry(policy)
        .clock(clock.clone())
        .build()
        .unwrap()
}

async fn list(client: &dcs::Client) -> Result<String, Error> {
    let page = client.instance("i").list().send().await?;
    Ok(page.tasks[0].id.clone().unwrap())
}

#[tokio::test]
async fn every_fault_ends_as_the_table_says() {
    let nights = nights();
    assert!(nights.len() >= 40, "{}", nights.len());
    for Night(name, script, sees, attempts, waits) in nights {
        let server = Server::doing(script).await;
        // A clock that is off by an hour where the server minds.
        let off = matches!(script[0], RefusesDate | RefusesDateByHeader);
        let start = server_time() - TimeDelta::hours(i64::from(off));
        let clock = Arc::new(ManualClock::new(start));
        let silent = script
            .iter()
            .any(|does| matches!(does, Hangs | HangsInBody | RefusesAndHangs(_)));
        let timeout = if silent {
            SILENCE
        } else {
            Duration::from_secs(60)
        };
        let client = client_with_timeout(&server.endpoint, &clock, RetryPolicy::default(), timeout);
        let result = list(&client).await;

        assert_eq!(
            server.attempts.load(Ordering::SeqCst),
            attempts,
            "{name}: {result:?}"
        );
        match (result, sees) {
            (Ok(id), Page) => assert_eq!(id, "t", "{name}"),
            (Err(error), Fails(kind, message)) => {
                assert_eq!(error.kind(), kind, "{name}: {error}");
                assert!(error.to_string().contains(message), "{name}: {error}");
                assert_eq!(error.attempts() as usize, attempts, "{name}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
        let sleeps = clock.sleeps();
        assert_eq!(sleeps.len(), waits.len(), "{name}: {sleeps:?}");
        for (sleep, wait) in sleeps.iter().zip(waits) {
            let millis = u64::try_from(sleep.as_millis()).unwrap();
            assert!(
                wait.contains(&millis),
                "{name}: waited {millis} ms of {wait:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_attempt_is_signed_afresh() {
    let server = Server::doing(&[
        Refuses(503, "retry-after: 10\r\n", ""),
        Refuses(503, "", ""),
        Answers,
    ])
    .await;
    let clock = Arc::new(ManualClock::new(server_time()));
    list(&client(&server.endpoint, &clock, RetryPolicy::default()))
        .await
        .unwrap();
    let dates = server.dates.lock().unwrap().clone();
    assert_eq!(dates[0], "20260609t160000z");
    assert!(dates[1] > dates[0], "{dates:?}");
    assert_eq!(
        clock.now() - server_time(),
        TimeDelta::from_std(clock.sleeps().iter().sum()).unwrap()
    );
}

#[tokio::test]
async fn a_corrected_clock_is_remembered() {
    let server = Server::doing(&[RefusesDate, Answers]).await;
    let clock = Arc::new(ManualClock::new(server_time() - TimeDelta::days(1)));
    let client = client(&server.endpoint, &clock, RetryPolicy::none());
    list(&client).await.unwrap();
    list(&client).await.unwrap();
    let dates = server.dates.lock().unwrap().clone();
    // Refused, corrected, and right from the start: three attempts for two calls.
    assert_eq!(
        dates,
        ["20260608t160000z", "20260609t160000z", "20260609t160000z"]
    );
}

/// Calls that are refused together are all corrected, whoever is the first to learn the time.
#[tokio::test]
async fn a_crowd_with_a_wrong_clock_ends_well() {
    let server = Server::doing(&[ChecksDate]).await;
    let clock = Arc::new(ManualClock::new(server_time() - TimeDelta::hours(1)));
    let client = client(&server.endpoint, &clock, RetryPolicy::none());
    let calls = (0..20).map(|_| list(&client));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap(), "t");
    }
    assert!(server.attempts.load(Ordering::SeqCst) > 20);
}

#[tokio::test]
async fn the_clock_can_be_left_alone() {
    let server = Server::doing(&[RefusesDate, Answers]).await;
    let clock = Arc::new(ManualClock::new(server_time() - TimeDelta::days(1)));
    let policy = RetryPolicy::none().correct_clock(false);
    let error = list(&client(&server.endpoint, &clock, policy))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Unauthorized, 1));
    assert!(
        error
            .hint()
            .unwrap()
            .contains("the clock of this machine is probably off")
    );
}

#[tokio::test]
async fn retries_can_be_switched_off_and_limited() {
    let attempts = async |policy: RetryPolicy| {
        let server = Server::doing(&[Refuses(500, "", "")]).await;
        let clock = Arc::new(ManualClock::new(server_time()));
        let error = list(&client(&server.endpoint, &clock, policy))
            .await
            .unwrap_err();
        assert!(error.is_retryable());
        assert_eq!(
            error.attempts() as usize,
            server.attempts.load(Ordering::SeqCst)
        );
        (error.attempts(), clock.sleeps().iter().sum::<Duration>())
    };
    assert_eq!(attempts(RetryPolicy::none()).await, (1, Duration::ZERO));
    assert_eq!(attempts(RetryPolicy::default().max_attempts(0)).await.0, 1);
    assert_eq!(attempts(RetryPolicy::default().max_attempts(2)).await.0, 2);
    // A hundred attempts, but not in more than ten seconds.
    let policy = RetryPolicy::default()
        .max_attempts(100)
        .base_delay(Duration::from_secs(3))
        .total_time(Duration::from_secs(10));
    let (count, waited) = attempts(policy).await;
    assert!(
        count < 100 && waited < Duration::from_secs(10),
        "{count} in {waited:?}"
    );
    // Waits do not grow beyond their limit.
    let policy = RetryPolicy::default()
        .max_attempts(50)
        .max_delay(Duration::from_millis(10))
        .total_time(Duration::from_secs(3600));
    let (count, waited) = attempts(policy).await;
    assert!(
        count == 50 && waited <= Duration::from_millis(490),
        "{count} in {waited:?}"
    );
}

/// A thousand calls at once against a server that throttles a third of what it gets: all end well,
/// and their waits are spread instead of coming back in a herd.
#[tokio::test]
async fn a_throttled_crowd_ends_well_and_spread_out() {
    use axum::http::StatusCode;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let router = axum::Router::new().fallback(move || {
        let throttled = count.fetch_add(1, Ordering::SeqCst).is_multiple_of(3);
        async move {
            if throttled {
                (StatusCode::TOO_MANY_REQUESTS, GATEWAY)
            } else {
                (StatusCode::OK, PAGE)
            }
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let clock = Arc::new(ManualClock::new(server_time()));
    let client = dcs::Client::builder()
        .endpoint(&endpoint)
        .credentials(Credentials::new("AK", "SK"))
        .project_id("p")
        .retry(
            RetryPolicy::default()
                .max_attempts(20)
                .total_time(Duration::from_secs(1_000_000)),
        )
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        calls.spawn(async move { list(&client).await });
    }
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.unwrap().unwrap(), "t");
    }
    let sleeps = clock.sleeps();
    assert!(
        (300..=1500).contains(&sleeps.len()),
        "{} waits",
        sleeps.len()
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1000 + sleeps.len());
    // First waits are spread over their half second: each tenth of it has its share.
    let mut tenths = [0; 10];
    for sleep in sleeps.iter().filter(|s| **s < Duration::from_millis(500)) {
        tenths[usize::try_from(sleep.as_millis() / 50).unwrap()] += 1;
    }
    let crowd: usize = tenths.iter().sum();
    assert!(
        tenths.iter().all(|n| *n * 40 > crowd && *n * 4 < crowd),
        "{tenths:?}"
    );
}
