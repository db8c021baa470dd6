//! Every documented way to forge a token, and that none of them is one.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::{
    AUDIENCE, Door, KEYS,
    forge::{self, Signer, message, sign},
    issuer::Issuer,
};

/// A door for tokens of one key, and that key.
async fn door() -> (Door, Signer) {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    assert!(
        door.lets_in(&signer.sign(&door.claims(json!({})))).await,
        "the right token"
    );
    (door, signer)
}

#[actix_web::test]
async fn alg_none_in_any_spelling() {
    let (door, signer) = door().await;
    let good = signer.sign(&door.claims(json!({})));
    let signature = good.rsplit('.').next().unwrap();
    for alg in ["none", "None", "NONE", "nOnE", "", " none"] {
        let message = message(&json!({ "alg": alg, "kid": "k1" }), &door.claims(json!({})));
        for signature in ["", signature] {
            assert!(
                door.refuses(&format!("{message}.{signature}")).await,
                "{alg} {signature}"
            );
        }
    }
    let without_alg = message(&json!({ "kid": "k1" }), &door.claims(json!({})));
    assert!(door.refuses(&format!("{without_alg}.")).await);
    door.close().await;
}

#[actix_web::test]
async fn an_hmac_with_the_public_key_as_its_secret() {
    let (door, signer) = door().await;
    let jwk = signer.jwk();
    let modulus = jwk["n"].as_str().unwrap();
    let secrets = [
        modulus.as_bytes().to_vec(),
        BASE64.decode(modulus).unwrap(),
        jwk.to_string().into_bytes(),
        json!({ "keys": [jwk] }).to_string().into_bytes(),
        Vec::new(),
    ];
    for secret in secrets {
        let key = EncodingKey::from_secret(&secret);
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            for said in ["HS256", "HS384", "HS512", "RS256"] {
                let header = json!({ "alg": said, "kid": "k1" });
                let token = sign(&header, &door.claims(json!({})), &key, algorithm);
                assert!(door.refuses(&token).await, "{algorithm:?} as {said}");
            }
        }
    }
    door.close().await;
}

#[actix_web::test]
async fn a_symmetric_key_is_not_one_even_if_the_issuer_publishes_it() {
    let (door, signer) = door().await;
    let oct = json!({ "kty": "oct", "kid": "h1", "alg": "HS256", "k": BASE64.encode("secret") });
    let keys = json!({ "keys": [oct, signer.jwk()] });
    door.issuer.answers(KEYS, 200, &keys.to_string());
    door.advance(Duration::from_secs(3_600));
    let key = EncodingKey::from_secret(b"secret");
    let header = json!({ "alg": "HS256", "kid": "h1" });
    let forged = sign(&header, &door.claims(json!({})), &key, Algorithm::HS256);
    assert!(door.refuses(&forged).await);
    assert!(door.lets_in(&signer.sign(&door.claims(json!({})))).await);
    assert_eq!(door.issuer.times_asked(), 2, "both keys were read");
    assert!(door.refuses(&forged).await);
    door.close().await;
}

#[actix_web::test]
async fn the_algorithm_of_a_key_is_not_the_headers_to_choose() {
    let (door, signer) = door().await;
    for algorithm in [
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        for said in [forge::name_of(algorithm), "RS256".to_owned()] {
            let header = json!({ "alg": said, "kid": "k1" });
            let token = sign(&header, &door.claims(json!({})), &signer.key, algorithm);
            assert!(door.refuses(&token).await, "{algorithm:?} as {said}");
        }
    }
    for said in ["ES256", "EdDSA"] {
        let header = json!({ "alg": said, "kid": "k1" });
        let token = sign(
            &header,
            &door.claims(json!({})),
            &signer.key,
            Algorithm::RS256,
        );
        assert!(door.refuses(&token).await, "RS256 as {said}");
    }
    door.close().await;
}

#[actix_web::test]
async fn a_strangers_key_under_a_known_name_or_in_the_header() {
    let (door, _) = door().await;
    let stranger = Signer::stranger("k1");
    assert!(door.refuses(&stranger.sign(&door.claims(json!({})))).await);
    let asked = door.issuer.times_asked();
    let mut header = stranger.header();
    header["jwk"] = stranger.jwk();
    header["jku"] = json!(format!("{}/theirs", door.issuer.base));
    header["x5u"] = header["jku"].clone();
    let token = sign(
        &header,
        &door.claims(json!({})),
        &stranger.key,
        Algorithm::RS256,
    );
    assert!(door.refuses(&token).await);
    assert_eq!(
        door.issuer.times_asked(),
        asked,
        "nobody goes where a token says"
    );
    door.close().await;
}

#[actix_web::test]
async fn an_unknown_kid_whatever_it_spells() {
    let (door, signer) = door().await;
    for kid in [
        "k2",
        "",
        "K1",
        "k1 ",
        "../../etc/passwd",
        "k1' OR '1'='1",
        "k1\u{0}",
    ] {
        let header = json!({ "alg": "RS256", "kid": kid });
        let token = sign(
            &header,
            &door.claims(json!({})),
            &signer.key,
            Algorithm::RS256,
        );
        assert!(door.refuses(&token).await, "{kid:?}");
    }
    door.close().await;
}

#[actix_web::test]
async fn claims_or_a_signature_that_were_changed_afterwards() {
    let (door, signer) = door().await;
    let token = signer.sign(&door.claims(json!({})));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let forged = BASE64.encode(door.claims(json!({ "sub": "mallory" })).to_string());
    let mut flipped = BASE64.decode(signature).unwrap();
    flipped[0] ^= 1;
    let forgeries = [
        format!("{header}.{forged}.{signature}"),
        format!("{message}.{}", BASE64.encode(flipped)),
        format!("{message}.{}", &signature[..signature.len() - 4]),
        format!("{message}."),
        format!("{message}.{signature}="),
        message.to_owned(),
        format!("{token}.{signature}"),
        format!("{message}..{signature}"),
    ];
    for forgery in forgeries {
        assert!(door.refuses(&forgery).await, "{forgery}");
    }
    door.close().await;
}

#[actix_web::test]
async fn an_ecdsa_signature_of_nothing() {
    let signer = Signer::ec("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let message = message(&signer.header(), &door.claims(json!({})));
    for signature in [
        vec![0; 64],
        vec![0; 8],
        vec![0xff; 64],
        vec![0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00],
    ] {
        assert!(
            door.refuses(&format!("{message}.{}", BASE64.encode(signature)))
                .await
        );
    }
    door.close().await;
}

#[actix_web::test]
async fn another_audience_or_issuer() {
    let (door, signer) = door().await;
    let wrong = [
        json!({ "aud": "other" }),
        json!({ "aud": null }),
        json!({ "aud": "" }),
        json!({ "aud": ["other"] }),
        json!({ "iss": "https://other.example.com" }),
        json!({ "iss": door.issuer.base.clone() + "/" }),
        json!({ "iss": [door.issuer.base] }),
        json!({ "iss": null }),
    ];
    for changes in wrong {
        assert!(
            door.refuses(&signer.sign(&door.claims(changes.clone())))
                .await,
            "{changes}"
        );
    }
    door.close().await;
}

#[actix_web::test]
async fn expired_from_the_future_or_without_a_time() {
    let (door, signer) = door().await;
    let now = door.now_secs();
    let wrong = [
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "exp": (now + 3_600).to_string() }),
        json!({ "iat": now + 61 }),
        json!({ "iat": null }),
        json!({ "nbf": now + 61 }),
        json!({ "nbf": "soon" }),
    ];
    for changes in wrong {
        assert!(
            door.refuses(&signer.sign(&door.claims(changes.clone())))
                .await,
            "{changes}"
        );
    }
    let within_leeway = json!({ "exp": now - 59, "iat": now + 60, "nbf": now + 60 });
    assert!(
        door.lets_in(&signer.sign(&door.claims(within_leeway)))
            .await
    );
    door.close().await;
}

#[actix_web::test]
async fn a_good_token_expires_by_our_clock_and_is_told_so() {
    let (door, signer) = door().await;
    let token = signer.sign(&door.claims(json!({})));
    door.advance(Duration::from_secs(3_659));
    assert!(door.lets_in(&token).await);
    door.advance(Duration::from_secs(1));
    let refusal = door.brings(&token).await.unwrap_err().to_string();
    assert!(refusal.contains("expired"), "{refusal}");
    door.close().await;
}

#[actix_web::test]
async fn no_answer_but_expired_tells_the_checks_apart() {
    let (door, signer) = door().await;
    let mut answers = Vec::new();
    for changes in [
        json!({ "aud": "other" }),
        json!({ "iss": "other" }),
        json!({ "sub": "" }),
        json!({ "nbf": 4e9 }),
    ] {
        answers.push(
            door.brings(&signer.sign(&door.claims(changes)))
                .await
                .unwrap_err()
                .to_string(),
        );
    }
    let expired_and_forged = Signer::stranger("k1").sign(&door.claims(json!({ "exp": 1 })));
    answers.push(
        door.brings(&expired_and_forged)
            .await
            .unwrap_err()
            .to_string(),
    );
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    door.close().await;
}

#[actix_web::test]
async fn an_empty_or_odd_subject() {
    let (door, signer) = door().await;
    for sub in [
        json!(null),
        json!(""),
        json!("  "),
        json!(7),
        json!(["alice"]),
        json!("a\nb"),
        json!("a".repeat(256)),
    ] {
        assert!(
            door.refuses(&signer.sign(&door.claims(json!({ "sub": sub }))))
                .await,
            "{sub}"
        );
    }
    door.close().await;
}

#[actix_web::test]
async fn an_oversized_or_extended_token() {
    let (door, signer) = door().await;
    let padded = |bytes: usize| signer.sign(&door.claims(json!({ "padding": "x".repeat(bytes) })));
    assert!(door.lets_in(&padded(4 * 1024)).await);
    assert!(door.refuses(&padded(8 * 1024)).await);
    let mut header = signer.header();
    header["crit"] = json!(["b64"]);
    header["b64"] = json!(false);
    assert!(
        door.refuses(&sign(
            &header,
            &door.claims(json!({})),
            &signer.key,
            Algorithm::RS256
        ))
        .await
    );
    door.close().await;
}

#[actix_web::test]
async fn an_admin_who_only_nearly_says_so() {
    let (door, signer) = door().await;
    let role = async |changes: Value| {
        door.brings(&signer.sign(&door.claims(changes)))
            .await
            .unwrap()
            .principal()
    };
    assert_eq!(role(json!({ "admin": true })).await, "admin:alice");
    assert_eq!(role(json!({ "role": "admin" })).await, "admin:alice");
    for nearly in [
        json!({ "admin": "true" }),
        json!({ "admin": 1 }),
        json!({ "role": "ADMIN" }),
        json!({ "role": ["admin"] }),
    ] {
        assert_eq!(role(nearly.clone()).await, "user:alice", "{nearly}");
    }
    door.close().await;
}

#[actix_web::test]
async fn a_token_where_no_issuer_is_configured() {
    let signer = Signer::rsa("k1");
    let issuer = Issuer::with(&[&signer]).await;
    let base = issuer.base.clone();
    let door = Door::open(issuer, &[], (&base, AUDIENCE)).await;
    assert!(door.refuses(&signer.sign(&door.claims(json!({})))).await);
    assert!(
        door.refuses(&forge::unsigned(&door.claims(json!({}))))
            .await
    );
    assert_eq!(door.issuer.times_asked(), 0);
    door.close().await;
}
