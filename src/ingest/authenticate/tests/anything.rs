//! Whatever comes, nothing panics, and nothing passes that was not signed.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 9] = [
    "x-webhook-secret",
    "x-vapi-secret",
    "authorization",
    "x-vapi-signature",
    "x-signature",
    "x-timestamp",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// Values that look like what is wanted, and values that look like nothing.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        "(sha256=)?[0-9a-fA-F]{60,66}".prop_map(String::into_bytes),
        "(v1,)?[0-9A-Za-z+/]{42,44}={0,2}( v1,[0-9A-Za-z+/]{43}=)?".prop_map(String::into_bytes),
        "[0-9]{0,20}".prop_map(String::into_bytes),
        "(Bearer |bearer|Basic )?[!-~]{0,40}".prop_map(String::into_bytes),
        Just(b"1763567291".to_vec()),
    ]
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let line = (prop::sample::select(&NAMES[..]), value());
    prop::collection::vec(line, 0..8).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        headers
    })
}

proptest! {
    #[test]
    fn nobody_passes_by_chance(
        headers in any_headers(),
        body in prop::collection::vec(any::<u8>(), 0..100),
        now in any::<Millis>(),
    ) {
        for secrets in [secrets(&SHARED, &SIGNING), secrets(&[], &[])] {
            prop_assert!(authenticate(&headers, &body, now, &secrets).is_err());
        }
    }

    #[test]
    fn one_good_credential_passes_whatever_stands_beside_it(mut headers in any_headers()) {
        headers.insert(
            HeaderName::from_static("x-vapi-secret"),
            HeaderValue::from_static(SHARED[0]),
        );
        let passed = authenticate(&headers, BODY.as_bytes(), NOW, &secrets(&SHARED, &SIGNING));
        prop_assert_eq!(passed.map(|passed| (passed.mode, passed.webhook_id)), Ok((Mode::SharedSecret, None)));
    }

    #[test]
    fn one_byte_of_the_body_or_of_the_signature_changed_is_refused(
        at in 0..BODY.len(),
        nibble in 0..64_usize,
        bit in 0..7_u8,
    ) {
        let mut body = BODY.as_bytes().to_vec();
        body[at] ^= 1 << bit;
        let mut signature = hex_of(SIGNING[0], BODY).into_bytes();
        let by = |signature: &[u8]| HeaderMap::from_iter([(
            HeaderName::from_static("x-signature"),
            HeaderValue::from_bytes(signature).unwrap(),
        )]);
        let secrets = secrets(&SHARED, &SIGNING);
        prop_assert!(authenticate(&by(&signature), BODY.as_bytes(), NOW, &secrets).is_ok());
        prop_assert!(authenticate(&by(&signature), &body, NOW, &secrets).is_err());
        signature[nibble] = if signature[nibble] == b'0' { b'1' } else { b'0' };
        prop_assert!(authenticate(&by(&signature), BODY.as_bytes(), NOW, &secrets).is_err());
    }
}
