//! The secret in a header of its own, and as a bearer token.

use super::*;

const PASSED: Result<Mode, Reason> = Ok(Mode::SharedSecret);
const WRONG: Result<Mode, Reason> = Err(Reason::WrongSecret);

#[test]
fn a_header_must_hold_one_of_the_secrets_whole() {
    for name in ["x-webhook-secret", "x-vapi-secret"] {
        check([
            ("right", vec![(name, SHARED[0])], PASSED),
            ("the old one", vec![(name, SHARED[1])], PASSED),
            ("wrong", vec![(name, "nobody's-secret")], WRONG),
            ("empty", vec![(name, "")], Err(Reason::NoCredentials)),
            ("a prefix", vec![(name, "new-shared")], WRONG),
            ("too much", vec![(name, "new-shared-secret2")], WRONG),
            ("upper case", vec![(name, "NEW-SHARED-SECRET")], WRONG),
            (
                "both at once",
                vec![(name, "new-shared-secret,old-shared-secret")],
                WRONG,
            ),
            ("of the other list", vec![(name, SIGNING[0])], WRONG),
            ("odd bytes", vec![(name, "nöw-shared-secret")], WRONG),
            ("a bearer", vec![(name, "Bearer new-shared-secret")], PASSED),
            ("a wrong bearer", vec![(name, "Bearer new-shared")], WRONG),
            (
                "twice",
                vec![(name, SHARED[0]), (name, SHARED[0])],
                Err(Reason::Malformed),
            ),
        ]);
    }
}

#[test]
fn one_header_of_two_is_enough() {
    check([
        (
            "the other one is wrong",
            vec![("x-webhook-secret", "wrong"), ("x-vapi-secret", SHARED[0])],
            PASSED,
        ),
        (
            "the other one is empty, as Vapi sends it",
            vec![
                ("x-vapi-secret", ""),
                ("authorization", "Bearer new-shared-secret"),
            ],
            Ok(Mode::Bearer),
        ),
    ]);
}

#[test]
fn a_bearer_token_must_be_one_of_the_secrets_whole() {
    let bearer = |text| vec![("authorization", text)];
    let passed = Ok(Mode::Bearer);
    check([
        ("right", bearer("Bearer new-shared-secret"), passed),
        ("the old one", bearer("Bearer old-shared-secret"), passed),
        ("lower case", bearer("bearer new-shared-secret"), passed),
        ("two spaces", bearer("BEARER  new-shared-secret"), passed),
        ("wrong", bearer("Bearer nobody's-secret"), WRONG),
        ("a prefix", bearer("Bearer new-shared"), WRONG),
        (
            "of the other list",
            bearer("Bearer new-signing-secret"),
            WRONG,
        ),
        ("empty", bearer(""), Err(Reason::NoCredentials)),
        ("a space", bearer("Bearer "), WRONG),
        ("no token", bearer("Bearer"), WRONG),
        ("no scheme", bearer("new-shared-secret"), passed),
        ("no scheme, wrong", bearer("new-shared"), WRONG),
        ("another scheme", bearer("Basic new-shared-secret"), WRONG),
        ("odd bytes", bearer("Bearér new-shared-secret"), WRONG),
    ]);
    let twice = [("authorization", "Bearer new-shared-secret"); 2];
    assert_eq!(asked(&twice, BODY), Err(Reason::Malformed));
}

#[test]
fn an_empty_secret_is_nobodys() {
    for void in ["", "whsec_"] {
        let open = secrets(&[void], &[void]);
        let empty_key = hex_of("", BODY);
        let prefix_key = hex_of("whsec_", BODY);
        for lines in [
            vec![("x-vapi-secret", void)],
            vec![("authorization", "Bearer ")],
            vec![("x-signature", &empty_key)],
            vec![("x-signature", &prefix_key)],
        ] {
            let refused = asked_with(&open, &lines, BODY).unwrap_err();
            assert_eq!(refused.reason, Reason::NotConfigured, "{lines:?}");
        }
    }
}
