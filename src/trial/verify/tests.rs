//! What we sign, spoilt in every way that people spoil it.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    delivery::sign::{Attempt, Signers, SigningSecret, sign},
    events::{self, Kind},
};

const NOW: i64 = 1_763_567_291;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA=";

/// A delivery as it leaves us.
struct Delivery {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn delivery(kind: Kind, previous: Option<&str>) -> Delivery {
    let id = entity::EventId::from_uuid(uuid::Uuid::nil());
    let body = events::sample(kind, id, NOW * 1000).into_bytes();
    let parse = |text: &str| SigningSecret::parse(text).unwrap();
    let signers = Signers {
        current: parse(SECRET),
        previous: previous.map(parse),
    };
    let id = id.to_string();
    let attempt = Attempt {
        id: &id,
        event: kind.name(),
        at: DateTime::from_timestamp(NOW, 0).unwrap(),
        number: 1,
        is_replay: false,
    };
    let headers = sign(attempt, &body, &signers).unwrap();
    let text = |(name, value): (&_, &reqwest::header::HeaderValue)| {
        let name: &reqwest::header::HeaderName = name;
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Delivery {
        headers: headers.iter().map(text).collect(),
        body,
    }
}

impl Delivery {
    fn good() -> Self {
        delivery(Kind::CallCompleted, None)
    }

    fn only(mut self, names: &[&str]) -> Self {
        self.headers
            .retain(|(name, _)| names.contains(&name.as_str()));
        self
    }

    fn by_body(self) -> Self {
        self.only(&["x-webhook-signature", "x-webhook-timestamp"])
    }

    fn by_message(self) -> Self {
        self.only(&["webhook-id", "webhook-timestamp", "webhook-signature"])
    }

    fn with(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let found = self.headers.iter_mut().find(|(given, _)| given == name);
        let (_, value) = found.unwrap();
        *value = change(value);
        self
    }

    fn with_body(mut self, change: impl Fn(&str) -> String) -> Self {
        self.body = change(std::str::from_utf8(&self.body).unwrap()).into();
        self
    }

    fn judged(&self, secrets: &Secrets, now: i64) -> Judged {
        let headers = Headers::of_pairs(self.headers.iter().map(|(name, value)| (name, value)));
        verify(secrets, &headers, &self.body, now)
    }

    fn reason(&self) -> Reason {
        self.reason_with(SECRET)
    }

    fn reason_with(&self, secret: &str) -> Reason {
        self.judged(&Secrets::of(secret), NOW).reason
    }
}

#[test]
fn a_good_delivery_verifies_in_both_schemes() {
    for kind in Kind::ALL {
        let judged = delivery(*kind, None).judged(&Secrets::of(SECRET), NOW);
        assert_eq!(
            (judged.verified, judged.scheme, judged.reason),
            (true, Some(Scheme::OverBody), Reason::Ok)
        );
        assert!(judged.checks.len() == 2 && judged.checks.iter().all(|check| check.verified));
    }
    let judged = Delivery::good()
        .by_message()
        .judged(&Secrets::of(SECRET), NOW);
    assert_eq!(judged.scheme, Some(Scheme::StandardWebhooks));
}

#[test]
fn the_names_of_headers_may_be_in_any_case() {
    let mut delivery = Delivery::good();
    for (name, value) in &mut delivery.headers {
        *name = format!(" {}", name.to_uppercase());
        *value = format!(" {value}\r");
    }
    assert_eq!(delivery.reason(), Reason::Ok);
}

#[test]
fn another_secret_is_told_from_the_old_one() {
    let both = Secrets {
        current: Secret::new(OTHER),
        previous: Some(Secret::new(SECRET)),
    };
    for delivery in [Delivery::good().by_body(), Delivery::good().by_message()] {
        assert_eq!(delivery.reason_with(OTHER), Reason::WrongSecret);
        assert_eq!(delivery.judged(&both, NOW).reason, Reason::OldSecret);
    }
    let rotating = delivery(Kind::CallFailed, Some(OTHER));
    let judged = rotating.judged(&Secrets::of(OTHER), NOW);
    assert_eq!(judged.checks[0].reason, Reason::OldSecret);
    assert!(judged.checks[1].verified && judged.verified);
}

#[test]
fn a_secret_that_was_copied_badly_is_named_so() {
    let (bare, decoded) = (&SECRET[6..], format!(" {SECRET}"));
    for secret in [bare, &decoded, &format!("{SECRET}\n")] {
        let reason = Delivery::good().by_body().reason_with(secret);
        assert_eq!(reason, Reason::SecretMalformed, "{secret:?}");
    }
    let broken = format!("{SECRET}\r\n");
    let reason = Delivery::good().by_message().reason_with(&broken);
    assert_eq!(reason, Reason::SecretMalformed);
    for nonsense in ["", "hunter2", "whsec_", "whsec_%%%", &SECRET[..20]] {
        for delivery in [Delivery::good().by_body(), Delivery::good().by_message()] {
            let reason = delivery.reason_with(nonsense);
            assert_eq!(reason, Reason::SecretMalformed, "{nonsense:?}");
        }
    }
}

#[test]
fn a_key_that_was_mixed_up_is_named() {
    let good = Delivery::good();
    let decoded = hex::encode(mac_of(&SECRET[6..], true, &[&good.body]));
    let mixed = Delivery::good()
        .by_body()
        .with("x-webhook-signature", |_| format!("sha256={decoded}"));
    assert_eq!(mixed.reason(), Reason::SecretDecoded);

    let bare = hex::encode(mac_of(&SECRET[6..], false, &[&good.body]));
    let mixed = Delivery::good()
        .by_body()
        .with("x-webhook-signature", |_| format!("sha256={bare}"));
    assert_eq!(mixed.reason(), Reason::SecretMalformed);

    let id = "evt_00000000-0000-0000-0000-000000000000";
    let at = NOW.to_string();
    let message = [id.as_bytes(), b".", at.as_bytes(), b".", &good.body];
    let text = STANDARD.encode(mac_of(SECRET, false, &message));
    let mixed = Delivery::good()
        .by_message()
        .with("webhook-signature", |_| format!("v1,{text}"));
    assert_eq!(mixed.reason(), Reason::SecretNotDecoded);
}

fn mac_of(key: &str, is_base64: bool, parts: &[&[u8]]) -> Vec<u8> {
    let key = match is_base64 {
        true => STANDARD.decode(key).unwrap(),
        false => key.as_bytes().to_vec(),
    };
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(&key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// As Go and `jq -S` write it: sorted, and with escapes for HTML.
fn sorted(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap();
    value.to_string().replace('&', "\\u0026")
}

fn pretty(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap();
    format!("{value:#}")
}

/// As Python writes it: blanks behind commas and colons. Close enough: our samples hold none of
/// these within quotes that would be spoilt.
fn spaced(body: &str) -> String {
    body.replace("\":", "\": ").replace(",\"", ", \"")
}

/// As PHP writes it.
fn escaped(body: &str) -> String {
    body.replace('/', "\\/").replace('$', "\\u0024")
}

#[test]
fn a_body_that_was_written_again_is_named() {
    for change in [sorted, pretty, spaced, escaped] {
        for delivery in [Delivery::good().by_body(), Delivery::good().by_message()] {
            let delivery = delivery.with_body(change);
            let said = String::from_utf8_lossy(&delivery.body);
            assert_eq!(delivery.reason(), Reason::BodyRewritten, "{said}");
        }
    }
}

#[test]
fn what_was_put_around_a_body_is_named() {
    for change in [
        |body: &str| format!("{body}\n"),
        |body: &str| format!("{body}\r\n"),
        |body: &str| format!("\u{feff}{body}"),
        |body: &str| format!(" {body} \n"),
    ] {
        for delivery in [Delivery::good().by_body(), Delivery::good().by_message()] {
            let delivery = delivery.with_body(change);
            assert_eq!(delivery.reason(), Reason::BodyPadded);
        }
    }
}

#[test]
fn another_body_explains_nothing() {
    let changed = Delivery::good().with_body(|body| body.replace("0.45", "0.54"));
    assert_eq!(changed.reason(), Reason::WrongSecret);
    let cut = Delivery::good().with_body(|body| body[..body.len() - 9].to_owned());
    assert_eq!(cut.reason(), Reason::WrongSecret);
}

fn to_base64(signature: &str) -> String {
    STANDARD.encode(hex::decode(&signature[7..]).unwrap())
}

fn to_hex(signature: &str) -> String {
    hex::encode(STANDARD.decode(&signature[3..]).unwrap())
}

#[test]
fn a_signature_in_other_digits_is_named() {
    type Change = fn(&str) -> String;
    let cases: [(&str, Change, Reason); 9] = [
        (
            "x-webhook-signature",
            |v| v[7..].to_owned(),
            Reason::PrefixMissing,
        ),
        (
            "x-webhook-signature",
            |v| format!("sha256={}", v[7..].to_uppercase()),
            Reason::WrongEncoding,
        ),
        (
            "x-webhook-signature",
            |v| format!("sha256={}", to_base64(v)),
            Reason::WrongEncoding,
        ),
        ("x-webhook-signature", to_base64, Reason::WrongEncoding),
        (
            "x-webhook-signature",
            |v| v[..40].to_owned(),
            Reason::HeaderMalformed,
        ),
        (
            "x-webhook-signature",
            |_| String::new(),
            Reason::HeaderMalformed,
        ),
        (
            "webhook-signature",
            |v| v[3..].to_owned(),
            Reason::PrefixMissing,
        ),
        (
            "webhook-signature",
            |v| format!("v1,{}", to_hex(v)),
            Reason::WrongEncoding,
        ),
        (
            "webhook-signature",
            |v| format!("v2,{v}"),
            Reason::HeaderMalformed,
        ),
    ];
    for (name, change, reason) in cases {
        let delivery = match name {
            "webhook-signature" => Delivery::good().by_message(),
            _ => Delivery::good().by_body(),
        };
        let delivery = delivery.with(name, change);
        assert_eq!(delivery.reason(), reason, "{:?}", delivery.headers);
    }
}

#[test]
fn a_timestamp_counts_where_it_is_signed() {
    for (now, reason) in [
        (NOW + 300, Reason::Ok),
        (NOW + 301, Reason::StaleTimestamp),
        (NOW - 300, Reason::Ok),
        (NOW - 301, Reason::EarlyTimestamp),
        (i64::MAX, Reason::StaleTimestamp),
    ] {
        let judged = Delivery::good().judged(&Secrets::of(SECRET), now);
        assert!(judged.verified && judged.scheme == Some(Scheme::OverBody));
        assert_eq!(judged.checks[1].reason, reason);
        let alone = Delivery::good().by_message();
        assert_eq!(alone.judged(&Secrets::of(SECRET), now).reason, reason);
    }
    let odd = Delivery::good().by_message();
    let odd = odd.with("webhook-timestamp", |_| "now".to_owned());
    assert_eq!(odd.reason(), Reason::HeaderMalformed);
}

#[test]
fn a_header_that_is_missing_is_named() {
    let judged = |names: &[&str]| {
        Delivery::good()
            .only(names)
            .judged(&Secrets::of(SECRET), NOW)
    };
    let none = judged(&["content-type"]);
    assert_eq!((none.scheme, none.reason), (None, Reason::HeaderMissing));
    assert!(none.checks.is_empty());
    for missing in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut names = vec!["webhook-id", "webhook-timestamp", "webhook-signature"];
        names.retain(|name| *name != missing);
        let judged = judged(&names);
        assert_eq!(judged.reason, Reason::HeaderMissing);
        assert!(judged.message.starts_with(missing), "{}", judged.message);
    }
    let previous_alone = delivery(Kind::CallFailed, Some(OTHER));
    let previous_alone = previous_alone.only(&["x-webhook-signature-previous"]);
    assert_eq!(previous_alone.reason(), Reason::HeaderMissing);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_or_verify(
        secret in "(whsec_)?[A-Za-z0-9+/= ]{0,60}",
        signature in "(sha256=|v1,)?[A-Za-z0-9+/=, ]{0,70}",
        at in "-?[0-9]{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let headers = Headers::of_pairs([
            ("x-webhook-signature", signature.as_str()),
            ("webhook-id", "evt_1"),
            ("webhook-timestamp", &at),
            ("webhook-signature", &signature),
        ]);
        prop_assert!(!verify(&Secrets::of(&secret), &headers, &body, NOW).verified);
    }
}
