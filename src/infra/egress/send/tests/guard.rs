//! Addresses and names that we do not send to.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::*;
use crate::infra::egress::resolver::Resolver;

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// An egress for which every name resolves to one of `turns`, in turn.
fn egress_with_names(networks: &[&str], turns: &'static [&'static [&'static str]]) -> Egress {
    let config = allowing(networks);
    let turn = AtomicUsize::new(0);
    let lookup = move |_| {
        let ips = turns[turn.fetch_add(1, Relaxed) % turns.len()];
        let answers = ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        let answers = Ok(answers.collect());
        Box::pin(async { answers }) as _
    };
    let resolver = Resolver::new(&config.allow_networks, lookup, LONG);
    Egress::with(resolver, Vec::new(), &config).unwrap()
}

#[tokio::test]
async fn an_address_that_is_not_allowed_gets_no_packet() {
    let receiver = Receiver::that(OK, Then::Close).await;
    let egress = Egress::new(&allowing(&[])).unwrap();
    let spelled = receiver.url().replace("127.0.0.1", "0x7f.1");
    for url in [receiver.url(), receiver.url_by_name(), spelled] {
        let failure = failed(egress.send(post(&url, LONG)).await);
        assert_eq!(failure.kind, FailureKind::EgressRefused, "{url}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_each_time() {
    let receiver = Receiver::that(OK, Then::Close).await;
    let egress = egress_with_names(
        &["127.0.0.1/32"],
        &[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1", "10.0.0.1"]],
    );
    let url = receiver.url().replace("127.0.0.1", "rebinds.example");
    for turn in 0..30 {
        match (turn % 3, egress.send(post(&url, LONG)).await) {
            (0, outcome) => assert!(answered(outcome).is_success()),
            (_, outcome) => assert_eq!(failed(outcome).kind, FailureKind::EgressRefused),
        }
    }
    assert_eq!(receiver.connections(), 10);
}

#[tokio::test]
async fn the_ways_that_a_name_can_fail_are_told_apart() {
    let missing = |_| Box::pin(async { Err(io::Error::other("NXDOMAIN")) }) as _;
    let empty = |_| Box::pin(async { Ok(Vec::new()) }) as _;
    let hanging = |_| Box::pin(std::future::pending()) as _;
    for (resolver, name) in [
        (Resolver::new(&[], missing, LONG), "dns"),
        (Resolver::new(&[], empty, LONG), "dns"),
        (Resolver::new(&[], hanging, SHORT), "dns_timeout"),
    ] {
        let egress = Egress::with(resolver, Vec::new(), &allowing(&[])).unwrap();
        let failure = failed(
            egress
                .send(post("https://a.example/?key=s3cret", LONG))
                .await,
        );
        assert_eq!(failure.kind.name(), name);
        assert!(!failure.hint.contains("s3cret"), "{}", failure.hint);
    }
}

#[tokio::test]
async fn a_name_with_a_private_address_says_so() {
    let egress = egress_with_names(&[], &[&["10.1.2.3"]]);
    let failure = failed(egress.send(post("https://internal.example/", LONG)).await);
    assert_eq!(failure.kind.name(), "egress_refused");
    assert_eq!(
        failure.hint,
        "the name resolves to an address that is not public but private (10.0.0.0/8) \
         (the server's operator may allow it by RINGBACK_ALLOW_NETWORKS)"
    );
}

/// Were there ever a way to dial what was not judged, the peer still is.
#[test]
fn the_peer_is_judged_too() {
    let egress = Egress::new(&allowing(&["10.0.0.0/8"])).unwrap();
    let judged = |peer: &str| egress.judge_peer(Some(peer.parse().unwrap())).is_ok();
    assert!(judged("8.8.8.8:443") && judged("10.0.0.1:443"));
    assert!(!judged("127.0.0.1:443") && !judged("[::ffff:10.0.0.1]:443"));
    assert!(egress.judge_peer(None).is_err());
}

/// As if a look-up had let through what is not allowed: the connection stands, and still nothing
/// that comes over it counts.
#[tokio::test]
async fn what_a_peer_says_who_should_not_have_been_reached_does_not_count() {
    let receiver = Receiver::that(OK, Then::Close).await;
    let anywhere = ["127.0.0.0/8".parse().unwrap()];
    let lookup = |_| Box::pin(async { Ok(vec!["127.0.0.1:0".parse().unwrap()]) }) as _;
    let resolver = Resolver::new(&anywhere, lookup, LONG);
    let egress = Egress::with(resolver, Vec::new(), &allowing(&[])).unwrap();
    let url = receiver.url().replace("127.0.0.1", "slipped.example");
    let failure = failed(egress.send(post(&url, LONG)).await);
    assert_eq!(failure.kind, FailureKind::EgressRefused);
    assert!(
        failure.hint.contains("the peer is not public"),
        "{failure:?}"
    );
}
