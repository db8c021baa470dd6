//! A sink on an address that is forbidden, and every way there that we know: nobody arrives.
//!
//! The sink is a real listener on loopback, so whatever slipped past the judge would be counted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::*;
use crate::infra::egress::{resolver::Resolver, url::tests::spellings};

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// Where the egress of these tests may go, so that even a mistake stays on this machine.
const ALLOWED: &str = "127.0.0.2";
/// What a name may turn out to be, alone or among good answers: where our sink is, and where it
/// would be if a socket took the address for what it wraps.
const FORBIDDEN: [&[&str]; 7] = [
    &["127.0.0.1"],
    &[ALLOWED, "127.0.0.1"],
    &["127.0.0.1", ALLOWED],
    &[ALLOWED, ALLOWED, "::ffff:127.0.0.1"],
    &["::ffff:127.0.0.1"],
    &["::127.0.0.1", ALLOWED],
    &["64:ff9b::7f00:1"],
];

async fn sink() -> Receiver {
    Receiver::that(OK, Then::Close).await
}

/// An egress that is allowed one address, for which names resolve as `answers` says at each turn.
fn egress_with_names(
    answers: impl Fn(usize) -> &'static [&'static str] + Send + Sync + 'static,
) -> (Egress, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup = move |_| {
        let ips = answers(count.fetch_add(1, Relaxed)).iter();
        let found = ips.map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        let found = Ok(found.collect());
        Box::pin(async { found }) as _
    };
    let config = allowing(&["127.0.0.2/32"]);
    let resolver = Resolver::new(&config.allow_networks, lookup, LONG);
    (Egress::with(resolver, Vec::new(), &config).unwrap(), asked)
}

async fn is_refused(egress: &Egress, url: &str) {
    let Ok(url) = url.parse() else {
        return; // what is no URL is sent nowhere
    };
    let request = Outgoing {
        url,
        ..post("http://a.example/", LONG)
    };
    let failure = failed(egress.send(request).await);
    assert_eq!(failure.kind, FailureKind::EgressRefused, "{failure:?}");
}

#[tokio::test]
async fn no_spelling_of_its_address_reaches_it() {
    let sink = sink().await;
    let port = sink.port();
    let (egress, asked) = egress_with_names(|_| FORBIDDEN[0]);
    let mut tried = 0;
    for ip in ["127.0.0.1", "0.0.0.0"] {
        for host in spellings(ip.parse().unwrap()) {
            for url in [
                format!("http://{host}:{port}/hook"),
                format!("http://user:word@{host}:{port}/hook"),
                format!("http://8.8.8.8@{host}:{port}/hook"),
                format!("http:\\\\{host}:{port}\\hook"),
            ] {
                is_refused(&egress, &url).await;
                tried += 1;
            }
        }
    }
    for host in ["localhost", "a.localhost", "[::1]", "[::ffff:7f00:1]"] {
        is_refused(&egress, &format!("http://{host}:{port}/")).await;
    }
    assert!(tried > 600, "{tried}");
    assert_eq!((sink.connections(), asked.load(Relaxed)), (0, 0));
}

#[tokio::test]
async fn no_name_that_changes_its_mind_reaches_it() {
    const FLIPS: usize = 10_000;
    let sink = sink().await;
    let (egress, asked) = egress_with_names(|turn| FORBIDDEN[turn % FORBIDDEN.len()]);
    let url = format!("http://rebinds.example:{}/", sink.port());
    for _ in 0..FLIPS {
        is_refused(&egress, &url).await;
    }
    assert_eq!((sink.connections(), asked.load(Relaxed)), (0, FLIPS));
}

/// Between the judge and the socket nobody asks again, so there is no moment to change one's mind:
/// what is allowed at the first question would be where the sink is at a second one.
#[tokio::test]
async fn a_name_is_asked_once_for_the_judge_and_the_socket_alike() {
    let sink = sink().await;
    let (egress, asked) = egress_with_names(|turn| match turn % 2 {
        0 => &[ALLOWED],
        _ => &["127.0.0.1"],
    });
    let url = format!("http://rebinds.example:{}/", sink.port());
    for turn in 0..20 {
        let kind = failed(egress.send(post(&url, LONG)).await).kind;
        let expected = [FailureKind::Connect, FailureKind::EgressRefused][turn % 2];
        assert_eq!(kind, expected);
    }
    assert_eq!((sink.connections(), asked.load(Relaxed)), (0, 20));
}

#[tokio::test]
async fn no_redirect_leads_there() {
    let sink = sink().await;
    let egress = to_loopback();
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let to = format!("location: {}\r\nrefresh: 0; url={0}\r\n", sink.url());
        let words = format!("HTTP/1.1 {status} Moved\r\n{to}content-length: 0\r\n\r\n");
        let answer = egress
            .gets_answer(&Receiver::that(words, Then::Close).await)
            .await;
        assert_eq!(sink.connections(), 0, "{status} was followed");
        assert_eq!(answer.status.as_u16(), status);
        assert!(
            answer.hint().unwrap().contains("not followed"),
            "{answer:?}"
        );
    }
}

/// An answer that two programs read differently: the rest of it must not pass for the answer to
/// the next request.
#[tokio::test]
async fn what_is_smuggled_behind_an_answer_answers_nothing() {
    let gone = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n";
    let egress = to_loopback();
    for head in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 99\r\n\r\n0\r\n\r\n",
        "content-length: 0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let words = format!("HTTP/1.1 200 OK\r\n{head}{gone}");
        let receiver = Receiver::that(words, Then::Next).await;
        for _ in 0..3 {
            let outcome = egress.send(post(&receiver.url(), LONG)).await;
            if let Outcome::Answered(answer) = outcome {
                assert_ne!(answer.status, StatusCode::GONE, "{head:?}");
            }
        }
    }
}
