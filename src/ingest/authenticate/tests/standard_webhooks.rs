//! Standard Webhooks, as its libraries sign.

use super::*;

const PASSED: Result<Mode, Reason> = Ok(Mode::StandardWebhooks);
const WRONG: Result<Mode, Reason> = Err(Reason::WrongSignature);
const MALFORMED: Result<Mode, Reason> = Err(Reason::Malformed);
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
const TIME: &str = "1763567291";

fn signed(key: &str, id: &str, time: &str) -> String {
    format!("v1,{}", base64_of(key, &format!("{id}.{time}.{BODY}")))
}

fn sent<'h>(id: &'h str, time: &'h str, signature: &'h str) -> Headers<'h> {
    vec![
        ("webhook-id", id),
        ("webhook-timestamp", time),
        ("webhook-signature", signature),
    ]
}

#[test]
fn the_example_that_all_libraries_are_tested_with_passes() {
    let secrets = secrets(&[], &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
    let headers = header_map(&sent(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ));
    let passed = authenticate(
        &headers,
        br#"{"test": 2432232314}"#,
        1_614_265_330_000,
        &secrets,
    );
    let expected = Passed {
        mode: Mode::StandardWebhooks,
        webhook_id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
    };
    assert_eq!(passed, Ok(expected));
}

#[test]
fn one_good_signature_among_several_is_enough() {
    let (new, old) = (signed(SIGNING[0], ID, TIME), signed(SIGNING[1], ID, TIME));
    let wrong = signed("another", ID, TIME);
    let several = format!("{wrong} v1a,{} {new}", "A".repeat(86));
    let joined_by_comma = format!("{wrong},{new}");
    let version_2 = new.replace("v1,", "v2,");
    let hex = format!("v1,{}", hex_of(SIGNING[0], &format!("{ID}.{TIME}.{BODY}")));
    let crowded = format!("{}{new}", format!("{wrong} ").repeat(16));
    check([
        ("right", sent(ID, TIME, &new), PASSED),
        ("the old secret", sent(ID, TIME, &old), PASSED),
        ("several", sent(ID, TIME, &several), PASSED),
        ("in hex", sent(ID, TIME, &hex), PASSED),
        ("wrong", sent(ID, TIME, &wrong), WRONG),
        ("behind sixteen others", sent(ID, TIME, &crowded), WRONG),
        ("no version", sent(ID, TIME, &new[3..]), MALFORMED),
        ("another version", sent(ID, TIME, &version_2), MALFORMED),
        ("a prefix", sent(ID, TIME, &new[..40]), MALFORMED),
        ("empty", sent(ID, TIME, ""), Err(Reason::NoCredentials)),
        ("an empty one", sent(ID, TIME, "v1,"), MALFORMED),
        (
            "joined by a comma",
            sent(ID, TIME, &joined_by_comma),
            MALFORMED,
        ),
        ("odd bytes", sent(ID, TIME, "v1,ö"), MALFORMED),
    ]);
    assert_eq!(asked(&sent(ID, TIME, &new), BODY_WRITTEN_ANEW), WRONG);
}

#[test]
fn id_and_timestamp_are_there_signed_plain_and_in_time() {
    let right = signed(SIGNING[0], ID, TIME);
    let stale = Err(Reason::StaleTimestamp);
    let of = |id, time| signed(SIGNING[0], id, time);
    let (old, young) = (of(ID, "1763566990"), of(ID, "1763567592"));
    let (at_the_edge, in_millis) = (of(ID, "1763566991"), of(ID, "1763567291000"));
    let long = "m".repeat(256);
    let (odd_time, dotted, longest) = (of(ID, "soon"), of("msg.1", TIME), of(&long, TIME));
    check([
        ("stale", sent(ID, "1763566990", &old), stale),
        ("future", sent(ID, "1763567592", &young), stale),
        ("at the edge", sent(ID, "1763566991", &at_the_edge), PASSED),
        (
            "in milliseconds",
            sent(ID, "1763567291000", &in_millis),
            PASSED,
        ),
        ("another id", sent("msg_1", TIME, &right), WRONG),
        ("another time", sent(ID, "1763567290", &right), WRONG),
        ("no id", sent("", TIME, &right), MALFORMED),
        ("no time", sent(ID, "", &right), MALFORMED),
        ("an odd time", sent(ID, "soon", &odd_time), MALFORMED),
        (
            "an id with a full stop",
            sent("msg.1", TIME, &dotted),
            MALFORMED,
        ),
        ("too long an id", sent(&long, TIME, &longest), MALFORMED),
        (
            "the signature alone",
            vec![("webhook-signature", &right)],
            MALFORMED,
        ),
        (
            "the id alone",
            vec![("webhook-id", ID)],
            Err(Reason::NoCredentials),
        ),
    ]);
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut lines = sent(ID, TIME, &right);
        let again = lines.iter().find(|line| line.0 == name).copied().unwrap();
        lines.push(again);
        assert_eq!(asked(&lines, BODY), MALFORMED, "{name} twice");
    }
}

#[test]
fn an_id_cannot_swallow_what_was_signed_behind_it() {
    let body = r#"{"said":".1763567291.{}"}"#;
    let signature = format!("v1,{}", base64_of(SIGNING[0], &format!("msg_1.1.{body}")));
    let shifted = sent(r#"msg_1.1.{"said":""#, TIME, &signature);
    assert_eq!(asked(&shifted, r#"{}"}"#), MALFORMED);
}

#[test]
fn only_an_id_under_a_good_signature_is_taken() {
    let secrets = secrets(&SHARED, &SIGNING);
    let wrong = signed("another", ID, TIME);
    let mut lines = sent(ID, TIME, &wrong);
    lines.push(("x-vapi-secret", SHARED[0]));
    let passed = asked_with(&secrets, &lines, BODY).unwrap();
    assert_eq!((passed.mode, passed.webhook_id), (Mode::SharedSecret, None));

    let right = signed(SIGNING[0], ID, TIME);
    let mut lines = sent(ID, TIME, &right);
    lines.push(("x-vapi-secret", SHARED[0]));
    let passed = asked_with(&secrets, &lines, BODY).unwrap();
    assert_eq!(passed.webhook_id.as_deref(), Some(ID));
}

#[test]
fn a_marked_secret_is_decoded_and_any_other_is_taken_as_it_is() {
    let passes = |secret: &str, key: &str| {
        let signature = signed(key, ID, TIME);
        asked_with(&secrets(&[], &[secret]), &sent(ID, TIME, &signature), BODY).is_ok()
    };
    assert!(passes("whsec_c2lnbmluZy1zZWNyZXQ=", "signing-secret"));
    assert!(!passes(
        "whsec_c2lnbmluZy1zZWNyZXQ=",
        "whsec_c2lnbmluZy1zZWNyZXQ="
    ));
    assert!(passes("c2lnbmluZy1zZWNyZXQ=", "c2lnbmluZy1zZWNyZXQ="));
    assert!(!passes("c2lnbmluZy1zZWNyZXQ=", "signing-secret"));
    assert!(passes("whsec_not base64", "whsec_not base64"));
}
