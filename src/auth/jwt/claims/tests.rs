//! What is checked in a token, claim by claim.

use serde_json::json;

use super::*;

const NOW_SECS: i64 = 1_800_000_000;

fn rules() -> Rules {
    Rules {
        audience: "ringback".to_owned(),
        auth_time: true,
        subject_chars_max: 128,
    }
}

/// A token that is right in every respect, but for `changes` (null removes).
fn claims(changes: Value) -> Claims {
    let mut claims = Map::from_iter([
        ("aud".to_owned(), json!("ringback")),
        ("sub".to_owned(), json!("alice")),
        ("iat".to_owned(), json!(NOW_SECS - 10)),
        ("auth_time".to_owned(), json!(NOW_SECS - 100)),
        ("exp".to_owned(), json!(NOW_SECS + 3_600)),
    ]);
    if let Value::Object(changes) = changes {
        claims.extend(changes);
    }
    claims.retain(|_, value| !value.is_null());
    Claims(claims)
}

fn verdict(changes: Value) -> Result<(), Refusal> {
    rules().check(&claims(changes), NOW_SECS * 1_000)
}

#[test]
fn a_right_token_passes() {
    assert_eq!(verdict(json!({})), Ok(()));
    assert_eq!(verdict(json!({ "aud": ["other", "ringback"] })), Ok(()));
    assert_eq!(
        verdict(json!({ "exp": NOW_SECS as f64 + 0.5, "nbf": NOW_SECS })),
        Ok(())
    );
}

#[test]
fn the_audience_is_ours_or_the_token_is_refused() {
    for aud in [
        json!(null),
        json!("other"),
        json!("ringback "),
        json!([]),
        json!(["other"]),
        json!([["ringback"]]),
        json!({ "ringback": 1 }),
    ] {
        assert_eq!(
            verdict(json!({ "aud": aud })),
            Err(Refusal::WrongAudience),
            "{aud}"
        );
    }
}

#[test]
fn a_minute_of_leeway_and_not_a_millisecond_more() {
    let at = |name: &str, secs: f64| verdict(json!({ name: NOW_SECS as f64 + secs }));
    assert_eq!(at("exp", -59.999), Ok(()));
    assert_eq!(at("exp", -60.0), Err(Refusal::Expired));
    for name in ["iat", "nbf", "auth_time"] {
        assert_eq!(at(name, 60.0), Ok(()), "{name}");
        assert_eq!(at(name, 60.001), Err(Refusal::NotYetValid), "{name}");
    }
}

#[test]
fn a_time_must_be_there_and_a_number() {
    for name in ["exp", "iat", "auth_time"] {
        assert_eq!(
            verdict(json!({ name: null })),
            Err(Refusal::BadTime),
            "{name}"
        );
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [
            json!("1800000000"),
            json!(true),
            json!([NOW_SECS]),
            json!({}),
        ] {
            assert_eq!(
                verdict(json!({ name: value })),
                Err(Refusal::BadTime),
                "{name} {value}"
            );
        }
    }
    let without_auth_time = Rules {
        auth_time: false,
        ..rules()
    };
    assert_eq!(
        without_auth_time.check(&claims(json!({ "auth_time": null })), NOW_SECS * 1_000),
        Ok(())
    );
}

#[test]
fn absurd_times_are_judged_and_do_not_overflow() {
    assert_eq!(verdict(json!({ "exp": 1e300 })), Ok(()));
    assert_eq!(verdict(json!({ "exp": -1e300 })), Err(Refusal::Expired));
    assert_eq!(verdict(json!({ "nbf": 1e300 })), Err(Refusal::NotYetValid));
}

#[test]
fn a_subject_is_a_text_that_is_neither_empty_nor_endless() {
    for sub in [
        json!(null),
        json!(""),
        json!(7),
        json!(["alice"]),
        json!("a".repeat(129)),
    ] {
        assert_eq!(
            verdict(json!({ "sub": sub })),
            Err(Refusal::NoSubject),
            "{sub}"
        );
    }
    assert_eq!(verdict(json!({ "sub": "ä".repeat(128) })), Ok(()));
}

#[test]
fn the_owner_is_the_claim_that_was_configured() {
    let owner = |value: Value| {
        claims(json!({ "org": value }))
            .owner("org")
            .map(str::to_owned)
    };
    assert_eq!(owner(json!("acme")).as_deref(), Ok("acme"));
    for org in [
        json!(null),
        json!(""),
        json!("  "),
        json!(7),
        json!(["acme"]),
        json!("a\u{0}b"),
        json!("a".repeat(256)),
    ] {
        assert_eq!(owner(org.clone()), Err(Refusal::NoOwner), "{org}");
    }
}

#[test]
fn an_admin_is_said_in_one_of_two_ways_and_no_third() {
    assert_eq!(claims(json!({ "admin": true })).role(), Role::Admin);
    assert_eq!(claims(json!({ "role": "admin" })).role(), Role::Admin);
    for other in [
        json!({}),
        json!({ "admin": "true" }),
        json!({ "admin": 1 }),
        json!({ "role": "Admin" }),
        json!({ "role": ["admin"] }),
        json!({ "roles": ["admin"] }),
    ] {
        assert_eq!(claims(other.clone()).role(), Role::User, "{other}");
    }
}
