//! Receivers that do everything wrong.

use super::*;
use crate::infra::egress::RESPONSE_HEADERS_MAX;

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// What becomes of a request to whom `words` are said before a close.
async fn said(egress: &Egress, words: &str) -> Outcome {
    let receiver = Receiver::that(words, Then::Close).await;
    egress.send(post(&receiver.url(), LONG)).await
}

#[tokio::test]
async fn an_endless_body_is_cut_and_the_connection_dropped() {
    let egress = to_loopback();
    let (plain, chunk) = (
        "b".repeat(4096),
        format!("1000\r\n{}\r\n", "b".repeat(4096)),
    );
    for (header, piece) in [
        ("", &plain),
        ("content-length: 99999999999\r\n", &plain),
        ("transfer-encoding: chunked\r\n", &chunk),
    ] {
        let then = Then::Repeat(piece.clone());
        let receiver = Receiver::that(format!("{OK}{header}\r\n"), then).await;
        let answer = egress.gets_answer(&receiver).await;
        assert!(answer.is_success() && answer.truncated);
        assert_eq!(answer.body.len(), BYTES_MAX);
        drop(answer);
        receiver.dropped().await;
    }
}

#[tokio::test]
async fn a_packed_body_is_not_unpacked() {
    let packed = b"\x1f\x8b\x08\0";
    let head = format!("{OK}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n");
    let receiver = Receiver::that([head.as_bytes(), packed].concat(), Then::Close).await;
    assert_eq!(
        to_loopback().gets_answer(&receiver).await.body[..],
        packed[..]
    );
}

#[tokio::test]
async fn who_hangs_is_given_up_and_it_is_said_where() {
    let egress = to_loopback();
    let ok = Some(StatusCode::OK);
    for (words, phase, status) in [
        ("", Phase::Answer, None),
        ("HTTP/1.1 200 OK\r\nx-drip: a", Phase::Answer, None),
        ("HTTP/1.1 100 Continue\r\n\r\n", Phase::Answer, None),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
            Phase::Body,
            ok,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            Phase::Body,
            ok,
        ),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", Phase::Body, ok),
    ] {
        let receiver = Receiver::that(words, Then::Hang).await;
        let failure = failed(egress.send(post(&receiver.url(), SHORT)).await);
        assert_eq!(
            (failure.kind, failure.status),
            (FailureKind::Timeout(phase), status)
        );
        assert!(failure.hint.starts_with("after 200ms") && failure.timings.connect.is_some());
        receiver.dropped().await;
    }
}

#[tokio::test]
async fn who_says_nothing_for_ever_is_given_up() {
    let egress = to_loopback();
    for (piece, phase) in [
        ("HTTP/1.1 100 Continue\r\n\r\n", Phase::Answer),
        (
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
            Phase::Answer,
        ),
    ] {
        let receiver = Receiver::that("", Then::Repeat(piece.to_owned())).await;
        let failure = failed(egress.send(post(&receiver.url(), SHORT)).await);
        assert_eq!(failure.kind, FailureKind::Timeout(phase));
        receiver.dropped().await;
    }
}

/// It would be through in a second, and every moment something comes: the time is over all the same.
#[tokio::test]
async fn who_drips_is_given_up_though_the_end_is_in_sight() {
    const DRIPS: usize = 100;
    let head = format!("{OK}content-length: {DRIPS}\r\n\r\n");
    let receiver = Receiver::that(head, Then::Drip(DRIPS)).await;
    let failure = failed(to_loopback().send(post(&receiver.url(), SHORT)).await);
    assert_eq!(failure.kind, FailureKind::Timeout(Phase::Body));
    receiver.dropped().await;
}

#[tokio::test]
async fn so_many_headers_are_taken_and_not_one_more() {
    let egress = to_loopback();
    for (count, is_taken) in [
        (RESPONSE_HEADERS_MAX, true),
        (RESPONSE_HEADERS_MAX + 1, false),
    ] {
        let headers = "a: b\r\n".repeat(count - 1);
        let outcome = said(&egress, &format!("{OK}{headers}content-length: 0\r\n\r\n")).await;
        assert_eq!(matches!(outcome, Outcome::Answered(_)), is_taken, "{count}");
    }
}

#[tokio::test]
async fn a_failing_status_counts_whatever_becomes_of_its_body() {
    let egress = to_loopback();
    let receiver = Receiver::that(
        "HTTP/1.1 410 Gone\r\ncontent-length: 9\r\n\r\nabc",
        Then::Hang,
    )
    .await;
    let answer = answered(egress.send(post(&receiver.url(), SHORT)).await);
    assert_eq!(
        (answer.status, &answer.body[..]),
        (StatusCode::GONE, &b"abc"[..])
    );
    assert!(answer.truncated);

    let words = "HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\nabc";
    let answer = answered(said(&egress, words).await);
    assert_eq!(answer.headers["retry-after"], "7");
    assert!(answer.truncated);
}

#[tokio::test]
async fn an_answer_that_is_broken_off_is_a_failure() {
    let egress = to_loopback();
    for words in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
    ] {
        let failure = failed(said(&egress, words).await);
        assert_eq!(
            (failure.kind, failure.status),
            (FailureKind::Closed, Some(StatusCode::OK))
        );
        assert!(
            failure.hint.contains("closed within the answer"),
            "{words}: {failure:?}"
        );
    }
    for words in ["", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nx-a: b\r\n"] {
        let failure = failed(said(&egress, words).await);
        assert_eq!((failure.kind, failure.status), (FailureKind::Closed, None));
        assert!(
            failure.hint.contains("closed without an answer"),
            "{words}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn a_reset_is_told_from_a_close() {
    let egress = to_loopback();
    for words in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"] {
        let failure = egress
            .fails_at(&Receiver::that(words, Then::Reset).await)
            .await;
        assert_eq!(failure.kind, FailureKind::Reset, "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_named_so() {
    let egress = to_loopback();
    for words in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "-ERR unknown command\r\n",
        "HTTP/1.1 999999 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\na",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a length\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    ] {
        let failure = failed(said(&egress, words).await);
        assert_eq!(
            failure.kind,
            FailureKind::Protocol,
            "{failure:?} {words:.60}"
        );
        assert!(!failure.hint.contains("127.0.0.1"), "{}", failure.hint);
    }
}

#[tokio::test]
async fn too_many_headers_are_named_so() {
    let egress = to_loopback();
    for words in [
        format!("{OK}{}\r\n", "a: b\r\n".repeat(100_000)),
        format!("{OK}a: {}\r\n\r\n", "b".repeat(1 << 20)),
    ] {
        let failure = failed(said(&egress, &words).await);
        assert_eq!(failure.kind, FailureKind::TooManyHeaders, "{failure:?}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_told_from_one_that_hangs() {
    let egress = to_loopback();
    for (words, then, kind) in [
        ("", Then::Close, FailureKind::Tls),
        (
            "HTTP/1.1 400 Bad Request\r\n\r\n",
            Then::Close,
            FailureKind::Tls,
        ),
        ("", Then::Hang, FailureKind::Timeout(Phase::Tls)),
    ] {
        let limit = if matches!(then, Then::Hang) {
            SHORT
        } else {
            LONG
        };
        let receiver = Receiver::that(words, then).await;
        let url = receiver.url().replace("http:", "https:");
        let failure = failed(egress.send(post(&url, limit)).await);
        assert_eq!(failure.kind, kind, "{failure:?}");
    }
}

#[tokio::test]
async fn a_connection_has_a_time_limit_of_its_own() {
    let receiver = Receiver::that("", Then::Hang).await;
    let mut egress = to_loopback();
    let resolver = crate::infra::egress::resolver::Resolver::system(&[]);
    egress.guarded = crate::infra::egress::guarded(
        resolver,
        crate::infra::egress::tls::config(Vec::new()).unwrap(),
    )
    .connect_timeout(SHORT)
    .build()
    .unwrap();
    let url = receiver.url().replace("http:", "https:");
    let failure = failed(egress.send(post(&url, LONG)).await);
    assert_eq!(failure.kind, FailureKind::TlsTimeout, "{failure:?}");
}

#[tokio::test]
async fn a_port_where_nothing_listens_refuses_the_connection() {
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", bound.local_addr().unwrap());
    let failure = failed(to_loopback().send(post(&url, LONG)).await);
    assert_eq!(failure.kind, FailureKind::Connect);
    assert!(
        failure.hint.starts_with("the connection was refused"),
        "{failure:?}"
    );
}
