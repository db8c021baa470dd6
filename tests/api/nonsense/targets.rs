//! What strangers can send us, and the code that reads it first: for each, what must hold whatever
//! the bytes are.
//!
//! The fuzzer calls these (`fuzz/`), and so does an ordinary test, with the same corpus and some
//! thousand changes of it. A target answers whether the input was understood, so that one sees that
//! not everything was refused at the first byte.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, TimeDelta};
use ringback::{
    config::{Config, Environment, Secret},
    infra::{
        egress::{Verdict, judge_ip, judge_url, read_url},
        page::PageQuery,
        seal::{Place, Seal},
        walk::Walk,
    },
    ingest::{
        authenticate::{Mode, Secrets, authenticate},
        spool::frame,
    },
    schedule::cron::Cron,
    vapi::{identity, message::understand},
};

/// A target, by the name of its folder in the corpus.
pub type Target = (&'static str, fn(&[u8]) -> bool);

pub const ALL: [Target; 7] = [
    ("vapi", vapi),
    ("signature", signature),
    ("url", url),
    ("cursor", cursor),
    ("spool", spool),
    ("unseal", unseal),
    ("cron", cron),
];

pub const SHARED_SECRET: &str = "a-shared-secret-of-the-corpus";
pub const SIGNING_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const SEALING_KEY: &str = "fuzz:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// When the corpus was signed.
pub const NOW: i64 = 1_763_567_291_000;
/// Where the corpus was sealed.
pub const PLACE: Place<'static> = Place {
    table: "events",
    column: "payload",
    row: b"0123456789abcdef",
};

/// What Vapi says. What is kept of it is JSON, holds no secret by its plainest name, and is
/// understood as the same thing.
pub fn vapi(body: &[u8]) -> bool {
    let Ok(message) = understand(body) else {
        return false;
    };
    assert_eq!(understand(body).ok().as_ref(), Some(&message));
    let kept: serde_json::Value =
        serde_json::from_slice(&message.payload).expect("what is kept is JSON");
    assert_no_secret(&kept);
    let again = understand(&message.payload).expect("what is kept is understood again");
    assert_eq!((&again.kind, &again.said), (&message.kind, &message.said));
    assert!(!identity::of_event(&message, body).is_empty());
    true
}

fn assert_no_secret(value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let is_secret = matches!(name.as_str(), "twilioAuthToken" | "controlUrl");
                assert!(
                    !is_secret || !value.is_string() || value == "[redacted]",
                    "{name} was kept"
                );
                assert_no_secret(value);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(assert_no_secret),
        _ => {}
    }
}

/// Headers, a line each, then an empty line and the body. Nobody passes by chance: who passes has
/// sent the secret itself, or the corpus's own signature.
pub fn signature(request: &[u8]) -> bool {
    let (headers, body) = headers_and_body(request);
    let config = config(&[
        ("WEBHOOK_SHARED_SECRET", SHARED_SECRET),
        ("VAPI_WEBHOOK_SECRET", SIGNING_SECRET),
    ]);
    let passed = authenticate(&headers, body, NOW, &Secrets::new(&config.ingest));
    let none = config_of_nothing();
    assert!(authenticate(&headers, body, NOW, &Secrets::new(&none.ingest)).is_err());
    match passed {
        Err(_) => false,
        Ok(passed) => {
            let has = |text: &str| headers.iter().any(|(_, value)| holds(value, text));
            match passed.mode {
                Mode::SharedSecret | Mode::Bearer => assert!(has(SHARED_SECRET)),
                Mode::StandardWebhooks => assert!(passed.webhook_id.is_some()),
                Mode::Signature => assert!(passed.webhook_id.is_none()),
            }
            true
        }
    }
}

fn holds(value: &HeaderValue, text: &str) -> bool {
    let bytes = value.as_bytes();
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

fn headers_and_body(request: &[u8]) -> (HeaderMap, &[u8]) {
    let mut headers = HeaderMap::new();
    let mut rest = request;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if line.is_empty() {
            break;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    (headers, rest)
}

/// What passes the judge is https, without credentials, and no address that is not public, however
/// it was spelled; and it is judged the same once it is written down.
pub fn url(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let closed = config_of_nothing_allowed();
    let Ok(url) = read_url(&text, &closed.egress) else {
        return false;
    };
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none());
    assert_eq!(judge_url(&url, &closed.egress), Ok(()));
    assert_eq!(read_url(url.as_str(), &closed.egress).as_ref(), Ok(&url));
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    if let Ok(address) = address {
        assert!(
            matches!(judge_ip(address, &[]), Verdict::Permitted),
            "{url}"
        );
    }
    let last_label = host.trim_end_matches('.').rsplit('.').next();
    assert_ne!(last_label, Some("localhost"), "{url}");
    true
}

/// A cursor of a list by ids that is understood is the one that we would write. One of a list in
/// another order holds its place as JSON, which can be written in several ways.
pub fn cursor(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).into_owned();
    let walks = Walk::<(i64, String)>::read(None, Some(&text)).is_ok();
    let Ok(page) = PageQuery::of(None, Some(text.clone())).page() else {
        return walks;
    };
    let before = page.before.expect("a cursor says before what");
    let mut rows = vec![before; 21];
    assert_eq!(page.cut(&mut rows, |id| *id).as_deref(), Some(&*text));
    true
}

/// A file of the spool: what is found of it stands in it, in order, byte for byte.
pub fn spool(file: &[u8]) -> bool {
    let mut at = 0;
    while let Some((offset, found)) = frame::find(&file[at..]) {
        let begin = at + offset;
        at = begin + found.length();
        assert_eq!(found.bytes().as_deref(), Some(&file[begin..at]));
        // Whoever can write the file has no key.
        let _ = seal().open(PLACE, found.sealed);
    }
    at > 0
}

/// What opens is what was sealed, there and under that key: sealed anew, it opens again, and nowhere
/// else.
pub fn unseal(sealed: &[u8]) -> bool {
    let seal = seal();
    let Ok(plain) = seal.open(PLACE, sealed) else {
        return false;
    };
    let elsewhere = Place {
        column: "other",
        ..PLACE
    };
    assert!(seal.open(elsewhere, sealed).is_err());
    let again = seal.open(PLACE, &seal.seal(PLACE, &plain));
    assert!(again.is_ok_and(|again| *again == *plain));
    true
}

/// An expression, and behind a bar a time zone. Runs lie in the future, one behind the other.
pub fn cron(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let (expression, zone) = text.split_once('|').unwrap_or((&text, "Europe/Berlin"));
    let Ok(cron) = zone.trim().parse().map_or_else(
        |_| Cron::parse(expression, chrono_tz::UTC),
        |zone| Cron::parse(expression, zone),
    ) else {
        return false;
    };
    let mut since = DateTime::from_timestamp_millis(NOW).unwrap_or_default();
    for _ in 0..3 {
        let Some(next) = cron.next(since) else { break };
        assert!(next > since, "{text}: {next} is not after {since}");
        assert_eq!(
            cron.next(next - TimeDelta::seconds(1)),
            Some(next),
            "{text}"
        );
        since = next;
    }
    true
}

pub fn seal() -> Seal {
    Seal::from_list(&Secret::new(SEALING_KEY)).expect("the key of the corpus is sound")
}

fn config(settings: &[(&str, &str)]) -> Config {
    let settings = settings.iter().copied();
    Config::read(&Environment::of_pairs(settings)).expect("the settings are sound")
}

fn config_of_nothing() -> Config {
    config(&[])
}

fn config_of_nothing_allowed() -> Config {
    config(&[
        ("RINGBACK_ALLOW_NETWORKS", "none"),
        ("RINGBACK_ALLOW_HTTP", "no"),
    ])
}
