//! What is said of a refusal: to the counter, to the log, to the sender.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use actix_web::{ResponseError, http::header::WWW_AUTHENTICATE};
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::{error::Error, infra::peer::Peer};

fn refused(secrets: &Secrets, lines: &[(&'static str, &str)]) -> Refused {
    asked_with(secrets, lines, BODY).unwrap_err()
}

#[test]
fn nobody_is_let_in_where_nothing_is_configured() {
    let nothing = secrets(&[], &[]);
    assert_eq!(refused(&nothing, &[]).reason, Reason::NotConfigured);
    let signature = hex_of("", BODY);
    let lines = [("x-vapi-secret", "guess"), ("x-signature", &signature)];
    let said = refused(&nothing, &lines);
    assert_eq!(said.reason, Reason::NotConfigured);
    assert_eq!(said.modes_tried, [Mode::Signature, Mode::SharedSecret]);
}

#[test]
fn a_mode_without_a_secret_is_told_apart_from_a_wrong_one() {
    let only_shared = secrets(&SHARED, &[]);
    let signature = hex_of(SHARED[0], BODY);
    let of = |lines: &[(&'static str, &str)]| refused(&only_shared, lines).reason;
    assert_eq!(of(&[("x-signature", &signature)]), Reason::NotConfigured);
    assert_eq!(
        of(&[("webhook-signature", "v1,AAAA")]),
        Reason::NotConfigured
    );
    assert_eq!(of(&[]), Reason::NoCredentials);
    let only_signing = secrets(&[], &SIGNING);
    let secret = refused(&only_signing, &[("x-vapi-secret", SIGNING[0])]);
    assert_eq!(secret.reason, Reason::NotConfigured);
    let bearer = refused(&only_signing, &[("authorization", "Bearer x")]);
    assert_eq!(bearer.reason, Reason::NotConfigured);
}

#[test]
fn of_several_reasons_the_most_telling_is_given_with_all_modes_tried() {
    let said = refused(
        &secrets(&SHARED, &SIGNING),
        &[
            ("authorization", "Basic x"),
            ("x-vapi-secret", "wrong"),
            ("x-signature", "nonsense"),
        ],
    );
    assert_eq!(said.reason, Reason::WrongSecret);
    assert_eq!(
        said.modes_tried,
        [Mode::Signature, Mode::SharedSecret, Mode::Bearer]
    );
}

#[test]
fn every_refusal_is_answered_alike_but_for_a_stale_one() {
    let answer = |reason| {
        let error = Error::from(Refused {
            reason,
            modes_tried: vec![Mode::Signature],
        });
        let response = error.error_response();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers().get(WWW_AUTHENTICATE).unwrap(), "Bearer");
        error.to_string()
    };
    let usual = answer(Reason::NoCredentials);
    for reason in [
        Reason::NotConfigured,
        Reason::Malformed,
        Reason::WrongSecret,
        Reason::WrongSignature,
    ] {
        assert_eq!(answer(reason), usual);
    }
    assert!(answer(Reason::StaleTimestamp).contains("5 minutes"));
}

/// Keeps what is logged while `act` runs.
fn logged(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl<'w> MakeWriter<'w> for Lines {
        type Writer = Self;
        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_log_names_headers_and_never_what_they_hold() {
    let long_name = "x".repeat(100).parse::<HeaderName>().unwrap();
    let mut headers = header_map(&[
        ("x-vapi-secret", "hunter2-secret"),
        ("authorization", "Bearer hunter2-token"),
        ("cookie", "hunter2-cookie"),
    ]);
    headers.append(long_name, HeaderValue::from_static("hunter2-long"));
    let secrets = secrets(&SHARED, &SIGNING);
    let refused = authenticate(&headers, b"hunter2-body", NOW, &secrets).unwrap_err();
    let peer = Peer::of(Ipv4Addr::new(203, 0, 113, 7).into(), &headers, &[]);
    let line = logged(|| security_log(&refused, &headers, peer, 12));
    for said in [
        "WARN",
        "a webhook was refused",
        "reason=\"wrong_secret\"",
        "modes=\"shared_secret bearer\"",
        "headers=\"authorization cookie x-vapi-secret",
        "peer=203.0.113.7",
        "body_bytes=12",
    ] {
        assert!(line.contains(said), "{said} is not in {line}");
    }
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains("hunter2"), "{line}");
    assert!(!line.contains(&"x".repeat(65)), "{line}");
}

#[test]
fn the_log_names_only_so_many_headers() {
    let mut headers = HeaderMap::new();
    for number in 0..500 {
        let name = format!("x-many-{number}").parse::<HeaderName>().unwrap();
        headers.append(name, HeaderValue::from_static(""));
    }
    let refused = authenticate(&headers, b"", NOW, &secrets(&SHARED, &[])).unwrap_err();
    let peer = Peer::of(Ipv4Addr::LOCALHOST.into(), &headers, &[]);
    let line = logged(|| security_log(&refused, &headers, peer, 0));
    assert_eq!(line.matches("x-many-").count(), 64);
}

#[test]
fn refusals_are_counted_by_reason() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let secrets = secrets(&SHARED, &SIGNING);
    let peer = Peer::of(Ipv4Addr::LOCALHOST.into(), &HeaderMap::new(), &[]);
    metrics::with_local_recorder(&recorder, || {
        for lines in [
            &[("x-vapi-secret", "wrong")][..],
            &[("x-vapi-secret", "")],
            &[],
        ] {
            let refused = refused(&secrets, lines);
            security_log(&refused, &header_map(lines), peer, 0);
        }
    });
    let counted = recorder.handle().render();
    for line in [
        "ringback_ingest_refused_total{reason=\"wrong_secret\"} 1",
        "ringback_ingest_refused_total{reason=\"no_credentials\"} 2",
    ] {
        assert!(counted.contains(line), "{counted}");
    }
}
