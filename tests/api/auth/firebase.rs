//! Firebase ID tokens, and those of its emulator.

use serde_json::json;

use super::{
    Door, FIREBASE,
    forge::{Signer, unsigned},
};

#[actix_web::test]
async fn a_users_token_lets_its_subject_in() {
    let google = Signer::rsa("g1");
    let door = Door::for_firebase(&[&google]).await;
    let caller = door
        .brings(&google.sign(&door.claims(json!({}))))
        .await
        .unwrap();
    assert_eq!(caller.principal(), "user:alice");
    let admin = door
        .brings(&google.sign(&door.claims(json!({ "admin": true }))))
        .await
        .unwrap();
    assert_eq!(admin.principal(), "admin:alice");
    door.close().await;
}

#[actix_web::test]
async fn a_claim_that_must_be_there_is_missed() {
    let google = Signer::rsa("g1");
    let door = Door::for_firebase(&[&google]).await;
    for name in ["iss", "aud", "sub", "exp", "iat", "auth_time"] {
        assert!(
            door.refuses(&google.sign(&door.claims(json!({ name: null }))))
                .await,
            "{name}"
        );
    }
    door.close().await;
}

#[actix_web::test]
async fn a_key_of_another_kind_signs_nothing_though_it_is_published() {
    let (rsa, ec) = (Signer::rsa("g1"), Signer::ec("g2"));
    let door = Door::for_firebase(&[&rsa, &ec]).await;
    assert!(door.lets_in(&rsa.sign(&door.claims(json!({})))).await);
    assert!(door.refuses(&ec.sign(&door.claims(json!({})))).await);
    door.close().await;
}

#[actix_web::test]
async fn a_token_of_another_project_is_refused() {
    let google = Signer::rsa("g1");
    let door = Door::for_firebase(&[&google]).await;
    let other = "https://securetoken.google.com/other-project";
    for changes in [
        json!({ "aud": "other-project" }),
        json!({ "iss": other }),
        json!({ "iss": FIREBASE.to_owned() + "/" }),
    ] {
        assert!(
            door.refuses(&google.sign(&door.claims(changes.clone())))
                .await,
            "{changes}"
        );
    }
    door.close().await;
}

#[actix_web::test]
async fn only_rs256_is_firebases() {
    let (ec, ed25519) = (Signer::ec("g1"), Signer::ed25519("g2"));
    let door = Door::for_firebase(&[&ec, &ed25519]).await;
    assert!(door.refuses(&ec.sign(&door.claims(json!({})))).await);
    assert!(door.refuses(&ed25519.sign(&door.claims(json!({})))).await);
    assert_eq!(
        door.issuer.times_asked(),
        0,
        "no key can make such a token right"
    );
    door.close().await;
}

#[actix_web::test]
async fn an_unsigned_token_is_taken_from_the_emulator_alone() {
    let google = Signer::rsa("g1");
    let strict = Door::for_firebase(&[&google]).await;
    assert!(strict.refuses(&unsigned(&strict.claims(json!({})))).await);
    strict.close().await;

    let emulator = ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099");
    let emulated = Door::for_firebase_with(&[&google], &[emulator]).await;
    assert!(
        emulated
            .lets_in(&unsigned(&emulated.claims(json!({}))))
            .await
    );
    assert!(
        emulated
            .lets_in(&google.sign(&emulated.claims(json!({}))))
            .await,
        "signed ones are good too"
    );
    for changes in [
        json!({ "aud": "other" }),
        json!({ "iss": "other" }),
        json!({ "sub": "" }),
        json!({ "exp": 1 }),
    ] {
        assert!(
            emulated
                .refuses(&unsigned(&emulated.claims(changes.clone())))
                .await,
            "{changes}"
        );
    }
    emulated.close().await;
}

#[actix_web::test]
async fn the_owner_may_be_another_claim_and_must_then_be_there() {
    let google = Signer::rsa("g1");
    let door = Door::for_firebase_with(&[&google], &[("RINGBACK_OWNER_CLAIM", "org")]).await;
    let caller = door
        .brings(&google.sign(&door.claims(json!({ "org": "acme" }))))
        .await
        .unwrap();
    assert_eq!(caller.owner(), "acme");
    for org in [json!(null), json!(""), json!(7), json!(["acme"])] {
        assert!(
            door.refuses(&google.sign(&door.claims(json!({ "org": org }))))
                .await,
            "{org}"
        );
    }
    door.close().await;
}
