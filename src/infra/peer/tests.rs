//! Honest proxies are believed, liars are not, and nothing panics.

use actix_web::http::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

/// The address of a sender far away, whom nobody trusts.
const SENDER: &str = "203.0.113.7";
const PROXY: &str = "10.0.0.1";

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    headers
}

fn trusted() -> Vec<IpNet> {
    ["10.0.0.0/8", "fd00::/8"]
        .map(|network| network.parse().unwrap())
        .to_vec()
}

fn peer(socket: &str, lines: &[(&'static str, &str)]) -> String {
    Peer::of(socket.parse().unwrap(), &headers(lines), &trusted()).to_string()
}

fn peer_by_list(list: &str) -> String {
    peer(PROXY, &[("x-forwarded-for", list)])
}

fn peer_by_forwarded(forwarded: &str) -> String {
    peer(PROXY, &[("forwarded", forwarded)])
}

#[test]
fn a_stranger_is_who_its_socket_says_whatever_it_claims() {
    assert_eq!(peer(SENDER, &[]), SENDER);
    assert_eq!(peer(SENDER, &[("x-forwarded-for", "198.51.100.9")]), SENDER);
    assert_eq!(peer(SENDER, &[("forwarded", "for=198.51.100.9")]), SENDER);
    let nobody = Peer::of(
        PROXY.parse().unwrap(),
        &headers(&[("x-forwarded-for", SENDER)]),
        &[],
    );
    assert_eq!(nobody.to_string(), PROXY);
}

#[test]
fn a_trusted_proxy_is_believed_as_far_as_the_chain_is_trusted() {
    assert_eq!(peer(PROXY, &[]), PROXY);
    assert_eq!(peer_by_list(SENDER), SENDER);
    assert_eq!(peer_by_list("203.0.113.7,10.0.0.2, fd00::2"), SENDER);
    assert_eq!(peer_by_list("198.51.100.9, 203.0.113.7, 10.0.0.2"), SENDER);
    assert_eq!(peer_by_list("10.9.9.9, 203.0.113.7"), SENDER, "a lie");
    assert_eq!(
        peer_by_list("10.1.1.1, 10.0.0.2"),
        "10.1.1.1",
        "one of ours"
    );
    let two_lines = [
        ("x-forwarded-for", "198.51.100.9"),
        ("x-forwarded-for", SENDER),
    ];
    assert_eq!(peer(PROXY, &two_lines), SENDER);
    assert_eq!(
        peer("::ffff:10.0.0.1", &[("x-forwarded-for", SENDER)]),
        SENDER
    );
}

#[test]
fn addresses_are_read_as_proxies_write_them() {
    for (written, read) in [
        ("203.0.113.7:4711", SENDER),
        ("::ffff:203.0.113.7", SENDER),
        ("2001:db8::17", "2001:db8::17"),
        ("[2001:db8::17]", "2001:db8::17"),
        ("[2001:db8::17]:4711", "2001:db8::17"),
    ] {
        assert_eq!(peer_by_list(written), read, "{written}");
        assert_eq!(
            peer_by_forwarded(&format!("for=\"{written}\"")),
            read,
            "{written}"
        );
        assert_eq!(
            peer_by_forwarded(&format!("for={written}")),
            read,
            "{written}"
        );
    }
}

#[test]
fn what_cannot_be_read_leaves_the_socket() {
    for garbage in [
        "unknown",
        "203.0.113",
        "999.1.1.1",
        "203.0.113.7,",
        ",",
        "localhost",
        "1 2",
    ] {
        assert_eq!(peer_by_list(garbage), PROXY, "{garbage}");
    }
    assert_eq!(
        peer_by_list("garbage, 203.0.113.7"),
        SENDER,
        "behind the peer nobody looks"
    );
    assert_eq!(peer_by_list(""), PROXY);
}

#[test]
fn the_standard_header_is_read_with_all_its_parameters() {
    for line in [
        "for=203.0.113.7",
        "For=203.0.113.7;proto=https;by=10.0.0.1",
        "for=198.51.100.9, by=10.0.0.1; for=203.0.113.7 ;host=\"a, b; c=\\\"d\\\"\", for=10.0.0.2",
        "for=_hidden, for=203.0.113.7",
    ] {
        assert_eq!(peer_by_forwarded(line), SENDER, "{line}");
    }
    for garbage in [
        "for=unknown",
        "for=_hidden",
        "proto=https",
        "for",
        "for=",
        "for=203.0.113.7,",
        "for=203.0.113.7;",
        "for=203.0.113.7 for=203.0.113.7",
        "for=198.51.100.9;for=203.0.113.7",
        "for=\"203.0.113.7",
        "for=203.0.113.7\"",
        "for=\"203.0.113.7\"x",
        "f@r=203.0.113.7",
    ] {
        assert_eq!(peer_by_forwarded(garbage), PROXY, "{garbage}");
    }
}

#[test]
fn an_open_quotation_mark_does_not_swallow_what_the_proxy_adds() {
    for added in [
        "for=203.0.113.7",
        "for=\"203.0.113.7\"",
        "for=203.0.113.7;host=\"a\"",
    ] {
        let lie = format!("for=198.51.100.9;x=\", {added}");
        assert_eq!(peer_by_forwarded(&lie), PROXY, "{lie}");
    }
}

#[test]
fn two_headers_with_two_stories_are_both_disbelieved() {
    let both = |list, forwarded| {
        peer(
            PROXY,
            &[("x-forwarded-for", list), ("forwarded", forwarded)],
        )
    };
    assert_eq!(both("203.0.113.7", "for=203.0.113.7"), SENDER);
    assert_eq!(both("203.0.113.7", "for=198.51.100.9"), PROXY);
    assert_eq!(both("203.0.113.7", "for="), PROXY);
    assert_eq!(both("garbage", "for=203.0.113.7"), PROXY);
}

#[test]
fn a_chain_longer_than_any_honest_one_is_followed_only_so_far() {
    let ours = vec!["10.0.0.2"; HOPS_MAX].join(",");
    assert_eq!(peer_by_list(&format!("{SENDER},{ours}")), "10.0.0.2");
}

#[test]
fn an_ipv6_network_is_one_peer_and_an_ipv4_address_too() {
    let group = |text: &str| Peer(text.parse().unwrap()).group().to_string();
    assert_eq!(group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(group("2001:db8:1:2:ffff::"), "2001:db8:1:2::");
    assert_ne!(group("2001:db8:1:3::"), "2001:db8:1:2::");
    assert_eq!(group(SENDER), SENDER);
}

proptest! {
    #[test]
    fn no_header_panics_nor_speaks_for_a_stranger(list in ".{0,80}", forwarded in "[a-z0-9=;,\"\\\\ .:\\[\\]]{0,80}") {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(list.as_bytes()) {
            headers.append(X_FORWARDED_FOR, value);
        }
        headers.append(FORWARDED, HeaderValue::from_str(&forwarded).unwrap());
        let _ = Peer::of(PROXY.parse().unwrap(), &headers, &trusted());
        let stranger = Peer::of(SENDER.parse().unwrap(), &headers, &trusted());
        prop_assert_eq!(stranger.to_string(), SENDER);
    }

    #[test]
    fn whatever_the_sender_writes_first_the_proxys_word_stands(lie in "[a-z0-9=;,\"\\\\ .:\\[\\]]{0,80}") {
        let list = peer_by_list(&format!("{lie}, {SENDER}"));
        prop_assert_eq!(list, SENDER);
        let forwarded = peer_by_forwarded(&format!("{lie}, for={SENDER}"));
        prop_assert!([SENDER, PROXY].contains(&forwarded.as_str()));
    }
}
