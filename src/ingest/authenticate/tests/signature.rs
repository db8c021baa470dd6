//! An HMAC over the body, with a timestamp and without.

use super::*;

const PASSED: Result<Mode, Reason> = Ok(Mode::Signature);
const WRONG: Result<Mode, Reason> = Err(Reason::WrongSignature);
const MALFORMED: Result<Mode, Reason> = Err(Reason::Malformed);

/// Five minutes before and after now.
const OLDEST: &str = "1763566991";
const YOUNGEST: &str = "1763567591";

#[test]
fn signatures_made_elsewhere_are_known() {
    let known = |lines: &[(&'static str, &str)]| {
        let secrets = secrets(&[], &["signing-secret"]);
        asked_with(&secrets, lines, BODY).map(|passed| passed.mode)
    };
    let of_the_body = "fb942855f4273f2037f30da8aa760e0d108be86a2d2c9bc22ab5952baccb982b";
    assert_eq!(
        known(&[("x-vapi-signature", of_the_body)]),
        Ok(Mode::Signature)
    );
    let with_the_time = [
        (
            "x-signature",
            "U/uVrflnAYD3wVwrtIZ0JvU0F/JOIgMREoKhvZccMIM=",
        ),
        ("x-timestamp", "1763567291"),
    ];
    assert_eq!(known(&with_the_time), Ok(Mode::Signature));
}

#[test]
fn the_raw_body_is_signed_in_any_spelling() {
    let hex = hex_of(SIGNING[0], BODY);
    let base64 = base64_of(SIGNING[0], BODY);
    let spellings = [
        hex.clone(),
        hex.to_uppercase(),
        base64.clone(),
        base64.trim_end_matches('=').to_owned(),
        hex_of(SIGNING[1], BODY),
    ];
    for name in ["x-vapi-signature", "x-signature"] {
        for text in &spellings {
            let prefixed = format!("sha256={text}");
            check([
                ("bare", vec![(name, text.as_str())], PASSED),
                ("prefixed", vec![(name, prefixed.as_str())], PASSED),
            ]);
        }
    }
}

#[test]
fn what_is_nearly_a_signature_is_refused() {
    let hex = hex_of(SIGNING[0], BODY);
    let base64 = base64_of(SIGNING[0], BODY);
    let (of_another, of_a_shared) = (hex_of("another", BODY), hex_of(SHARED[0], BODY));
    let of_another_in_base64 = base64_of("another", BODY);
    let sha512 = hex.repeat(2);
    for name in ["x-vapi-signature", "x-signature"] {
        check([
            ("another secret", vec![(name, of_another.as_str())], WRONG),
            (
                "another, in base64",
                vec![(name, &of_another_in_base64)],
                WRONG,
            ),
            ("a shared secret", vec![(name, &of_a_shared)], WRONG),
            ("empty", vec![(name, "")], Err(Reason::NoCredentials)),
            ("only the prefix", vec![(name, "sha256=")], MALFORMED),
            ("the secret itself", vec![(name, SIGNING[0])], MALFORMED),
            ("a prefix of hex", vec![(name, &hex[..62])], MALFORMED),
            ("a prefix of base64", vec![(name, &base64[..40])], MALFORMED),
            ("a longer hash", vec![(name, &sha512)], MALFORMED),
            ("odd bytes", vec![(name, "sha256=höx")], MALFORMED),
            ("twice", vec![(name, &hex), (name, &hex)], MALFORMED),
        ]);
        assert_eq!(asked(&[(name, &hex)], BODY_WRITTEN_ANEW), WRONG);
        assert_eq!(asked(&[(name, &hex)], ""), WRONG);
    }
}

#[test]
fn a_signed_timestamp_is_in_time_for_five_minutes_either_way() {
    let stale = Err(Reason::StaleTimestamp);
    for (time, expected) in [
        ("1763567291", PASSED),
        ("1763567291000", PASSED),
        (OLDEST, PASSED),
        (YOUNGEST, PASSED),
        ("1763566990", stale),
        ("1763567592", stale),
        ("1763566990999", stale),
        ("1763567591001", stale),
        ("0", stale),
        ("999999999999999", stale),
    ] {
        let text = format!("{time}.{BODY}");
        let (hex, base64) = (hex_of(SIGNING[1], &text), base64_of(SIGNING[0], &text));
        check([
            (
                "hex",
                vec![("x-signature", hex.as_str()), ("x-timestamp", time)],
                expected,
            ),
            (
                "base64",
                vec![("x-vapi-signature", &base64), ("x-timestamp", time)],
                expected,
            ),
        ]);
    }
}

#[test]
fn a_timestamp_counts_as_it_is_spelled_and_only_where_it_is_signed() {
    let signed = hex_of(SIGNING[0], &format!("{OLDEST}.{BODY}"));
    let bare = hex_of(SIGNING[0], BODY);
    let odd = hex_of(SIGNING[0], &format!("soon.{BODY}"));
    let sent = |signature, time| vec![("x-signature", signature), ("x-timestamp", time)];
    check([
        ("made younger", sent(signed.as_str(), "1763567291"), WRONG),
        ("in milliseconds", sent(&signed, "1763566991000"), WRONG),
        ("left out", vec![("x-signature", &signed)], WRONG),
        ("not a number", sent(&odd, "soon"), WRONG),
        ("unsigned and stale", sent(&bare, "1"), PASSED),
        ("unsigned and odd", sent(&bare, "soon"), PASSED),
    ]);
    let moved_into_the_body = format!("{OLDEST}.{BODY}");
    assert_eq!(
        asked(&[("x-signature", &signed)], &moved_into_the_body),
        PASSED,
        "the same bytes are signed, which are no JSON"
    );
}

#[test]
fn a_secret_of_standard_webhooks_signs_as_text_and_decoded() {
    let secrets = secrets(&[], &["whsec_c2lnbmluZy1zZWNyZXQ="]);
    for key in ["whsec_c2lnbmluZy1zZWNyZXQ=", "signing-secret"] {
        let signature = hex_of(key, BODY);
        assert!(
            asked_with(&secrets, &[("x-signature", &signature)], BODY).is_ok(),
            "{key}"
        );
    }
}
