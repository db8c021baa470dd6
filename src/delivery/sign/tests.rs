//! Known answers: the vector that Standard Webhooks publishes, and values that
//! other programs (Python's `hmac`, `openssl dgst`) give for the same input.

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Of the bytes 0 to 63.
const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const BODY: &[u8] = br#"{"test": 2432232314}"#;

fn secret(text: &str) -> SigningSecret {
    SigningSecret::parse(text).unwrap()
}

fn attempt() -> Attempt<'static> {
    Attempt {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        event: "call.completed",
        at: DateTime::from_timestamp_millis(1_614_265_330_999).unwrap(),
        number: 3,
        is_replay: false,
    }
}

fn signed(attempt: Attempt<'_>, previous: Option<&str>) -> Vec<String> {
    let signers = Signers {
        current: secret(SECRET),
        previous: previous.map(secret),
    };
    let headers = sign(attempt, BODY, &signers).unwrap();
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn one_secret_signs_in_both_ways() {
    let agent = concat!("user-agent: ringback/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        signed(attempt(), None),
        [
            "content-type: application/json",
            agent,
            "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "webhook-timestamp: 1614265330",
            "x-webhook-attempt: 3",
            "x-webhook-event: call.completed",
            "x-webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
            "x-webhook-signature: sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c",
            "x-webhook-timestamp: 1614265330",
        ]
    );
}

#[test]
fn during_a_rotation_both_secrets_sign_the_new_one_first() {
    let lines = signed(attempt(), Some(OLD));
    for line in [
        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,LZ5zuwHTqQH3VM8ERUusjzVQq1FXzemvpR8Mk7Ivp5c=",
        "x-webhook-signature: sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c",
        "x-webhook-signature-previous: sha256=26d2cb2bddf6bc298305ddd3af6e8ad784f75456a3fd485878232994f28a98e8",
    ] {
        assert!(lines.iter().any(|one| one == line), "{lines:#?}");
    }
}

#[test]
fn any_bytes_can_be_signed() {
    let body: Vec<u8> = (0..=255).collect();
    assert_eq!(
        secret(SECRET).over_body(&body),
        "sha256=89e43ece6c74bd5119dfe7cffcb6c1698b55df4f36bf8b6e3b0d7ab76e7ebe54"
    );
}

#[test]
fn a_replay_says_so() {
    let replay = Attempt {
        is_replay: true,
        ..attempt()
    };
    assert!(signed(replay, None).contains(&"x-webhook-replay: true".to_owned()));
}

#[test]
fn a_later_attempt_has_another_moment_and_another_signature_over_it() {
    let later = Attempt {
        at: attempt().at + chrono::Duration::seconds(1),
        number: 4,
        ..attempt()
    };
    let (first, second) = (signed(attempt(), None), signed(later, None));
    let changed: Vec<&str> = first
        .iter()
        .filter(|line| !second.contains(line))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        changed,
        [
            "webhook-signature",
            "webhook-timestamp",
            "x-webhook-attempt",
            "x-webhook-timestamp"
        ]
    );
}

#[test]
fn an_id_that_no_header_can_hold_is_an_error() {
    let split = Attempt {
        id: "a\r\nx-own: b",
        ..attempt()
    };
    let signers = Signers {
        current: SigningSecret::generate(),
        previous: None,
    };
    assert!(sign(split, BODY, &signers).is_err());
}
