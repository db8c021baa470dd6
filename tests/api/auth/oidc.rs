//! Tokens of an OIDC issuer, whose keys are found by discovery.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{
    Door,
    forge::{self, Signer},
    issuer::{DISCOVERY, KEYS},
};

#[actix_web::test]
async fn each_of_the_three_algorithms_lets_in() {
    let signers = [Signer::rsa("k1"), Signer::ec("k2"), Signer::ed25519("k3")];
    let door = Door::for_oidc(&signers.each_ref()).await;
    for signer in &signers {
        let token = signer.sign(&door.claims(json!({ "auth_time": null })));
        assert!(door.lets_in(&token).await, "{:?}", signer.algorithm);
    }
    assert_eq!(door.issuer.times_asked(), 1);
    door.close().await;
}

#[actix_web::test]
async fn the_audience_may_be_one_of_several() {
    let signer = Signer::ec("k1");
    let door = Door::for_oidc(&[&signer]).await;
    assert!(
        door.lets_in(&signer.sign(&door.claims(json!({ "aud": ["other", "ringback"] }))))
            .await
    );
    assert!(
        door.refuses(&signer.sign(&door.claims(json!({ "aud": ["other"] }))))
            .await
    );
    door.close().await;
}

#[actix_web::test]
async fn an_access_token_is_good_and_a_logout_token_is_not() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let typed = |typ: &str| {
        let header = json!({ "alg": "RS256", "kid": "k1", "typ": typ });
        forge::sign(
            &header,
            &door.claims(json!({})),
            &signer.key,
            Algorithm::RS256,
        )
    };
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        assert!(door.lets_in(&typed(typ)).await, "{typ}");
    }
    for typ in ["logout+jwt", "secevent+jwt", "dpop+jwt", ""] {
        assert!(door.refuses(&typed(typ)).await, "{typ}");
    }
    door.close().await;
}

#[actix_web::test]
async fn a_token_that_names_no_key_is_checked_only_where_there_is_no_choice() {
    let header = json!({ "alg": "RS256" });
    let (signer, stranger) = (Signer::rsa("k1"), Signer::stranger("k2"));
    let only = Door::for_oidc(&[&signer]).await;
    let token = forge::sign(
        &header,
        &only.claims(json!({})),
        &signer.key,
        Algorithm::RS256,
    );
    assert!(only.lets_in(&token).await);
    only.close().await;

    let several = Door::for_oidc(&[&signer, &stranger]).await;
    let token = forge::sign(
        &header,
        &several.claims(json!({})),
        &signer.key,
        Algorithm::RS256,
    );
    assert!(several.refuses(&token).await);
    several.close().await;
}

#[actix_web::test]
async fn a_discovery_document_must_be_about_this_issuer_and_name_safe_keys() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&door.claims(json!({})));
    let base = door.issuer.base.clone();
    let keys = format!("{base}{KEYS}");
    // Leads to the same keys, but is no address of this machine by its looks.
    let in_the_clear = keys.replace("127.0.0.1", "0.0.0.0");
    let wrong = [
        json!({ "issuer": "https://other.example.com", "jwks_uri": keys }).to_string(),
        json!({ "issuer": base.clone() + "/", "jwks_uri": keys }).to_string(),
        json!({ "issuer": base, "jwks_uri": in_the_clear }).to_string(),
        json!({ "issuer": base, "jwks_uri": "file:///etc/passwd" }).to_string(),
        json!({ "issuer": base }).to_string(),
        json!({ "issuer": base, "jwks_uri": keys, "padding": "x".repeat(65 * 1024) }).to_string(),
        "nonsense".to_owned(),
    ];
    for document in wrong {
        door.issuer.answers(DISCOVERY, 200, &document);
        assert!(door.cannot_tell(&token).await, "{document}");
        door.advance(Duration::from_secs(60));
    }
    assert_eq!(
        door.issuer.times_asked(),
        0,
        "no keys were fetched from anywhere"
    );
    door.close().await;
}
