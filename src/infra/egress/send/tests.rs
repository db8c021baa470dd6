//! Real sockets, and receivers of every kind: here those that do as they should.

use std::time::Duration;

use super::*;
use crate::{config::EgressConfig, infra::egress::Phase};

mod guard;
mod hostile;
mod receiver;
mod sink;
mod tls;

use receiver::{Receiver, Then};

/// For a receiver that would take for ever.
const SHORT: Duration = Duration::from_millis(200);
/// For one that ends by itself.
const LONG: Duration = Duration::from_secs(60);
const BYTES_MAX: usize = 1000;

fn allowing(networks: &[&str]) -> EgressConfig {
    EgressConfig {
        allow_networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
        allow_http: true,
    }
}

fn to_loopback() -> Egress {
    Egress::new(&allowing(&["127.0.0.0/8", "::1/128"])).unwrap()
}

fn post(url: &str, timeout: Duration) -> Outgoing {
    Outgoing {
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{\"a\":1}"),
        timeout,
        response_bytes_max: BYTES_MAX,
    }
}

impl Egress {
    async fn gets_answer(&self, receiver: &Receiver) -> Answer {
        answered(self.send(post(&receiver.url(), LONG)).await)
    }

    async fn fails_at(&self, receiver: &Receiver) -> Failure {
        failed(self.send(post(&receiver.url(), LONG)).await)
    }
}

fn answered(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

fn failed(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn a_good_receiver_gets_the_request_as_it_is_and_is_heard() {
    let words = "HTTP/1.1 202 Accepted\r\nx-a: b\r\ncontent-length: 2\r\n\r\nok";
    let receiver = Receiver::that(words, Then::Next).await;
    let mut request = post(&format!("{}?q=1#part", receiver.url()), LONG);
    for (name, value) in [
        ("x-own", "yes"),
        ("host", "metadata.internal"),
        ("content-length", "1"),
        ("transfer-encoding", "chunked"),
        ("accept-encoding", "gzip"),
        ("connection", "upgrade"),
        ("keep-alive", "timeout=9"),
    ] {
        let value = HeaderValue::from_static(value);
        request.headers.insert(HeaderName::from_static(name), value);
    }
    let answer = answered(to_loopback().send(request).await);
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(
        (&answer.headers["x-a"], &answer.body),
        (&HeaderValue::from_static("b"), &Bytes::from_static(b"ok"))
    );
    assert!(answer.is_success() && !answer.truncated && answer.hint().is_none());

    let heard = receiver.heard();
    let mut lines: Vec<&str> = heard.lines().collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "POST /hook?q=1 HTTP/1.1",
            "",
            "accept: */*",
            "content-length: 7",
            &format!("host: {}", receiver.authority()),
            &format!("user-agent: {}", crate::infra::egress::USER_AGENT),
            "x-own: yes",
            "{\"a\":1}",
        ]
    );
}

#[tokio::test]
async fn the_times_of_an_answer_add_up() {
    let receiver = Receiver::that("HTTP/1.1 204 No Content\r\n\r\n", Then::Next).await;
    let egress = to_loopback();
    for (url, looked_up) in [(receiver.url(), false), (receiver.url_by_name(), true)] {
        let times = answered(egress.send(post(&url, LONG)).await).timings;
        assert_eq!(times.dns.is_some(), looked_up);
        let parts = [
            times.dns.unwrap_or_default(),
            times.connect.unwrap(),
            times.first_byte.unwrap(),
        ];
        assert!(parts.iter().sum::<Duration>() <= times.total, "{times:?}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let words = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::that(words, Then::Next).await;
    let egress = to_loopback();
    for _ in 0..3 {
        let answer = answered(egress.send(post(&receiver.url_by_name(), LONG)).await);
        assert!(answer.is_success());
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_and_no_further() {
    let egress = to_loopback();
    for (bytes, truncated) in [(0, false), (BYTES_MAX, false), (BYTES_MAX + 1, true)] {
        let words = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{}",
            "a".repeat(bytes)
        );
        let answer = egress
            .gets_answer(&Receiver::that(words, Then::Next).await)
            .await;
        assert_eq!(
            (answer.body.len(), answer.truncated),
            (bytes.min(BYTES_MAX), truncated)
        );
        assert!(answer.is_success());
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let words =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let answer = to_loopback()
        .gets_answer(&Receiver::that(words, Then::Close).await)
        .await;
    assert!(!answer.is_success());
    assert_eq!(
        answer.hint().unwrap(),
        "answered 302 Found to http://169.254.169.254/: redirects are not followed, so use that address itself"
    );
}
