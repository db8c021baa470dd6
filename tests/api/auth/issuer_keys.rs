//! How an issuer's keys are fetched: seldom, once for all, and never so that
//! a stranger or an outage decides how often.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use serde_json::{Value, json};

use super::{Door, forge::Signer, issuer::KEYS};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Valid through all the hours that these tests take.
fn lasting(door: &Door) -> Value {
    door.claims(json!({ "exp": 4e9 }))
}

#[actix_web::test]
async fn keys_are_asked_for_again_only_when_their_time_is_over() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    door.issuer
        .publishes_for("public, max-age=7200", &[&signer]);
    let token = signer.sign(&lasting(&door));
    assert!(door.lets_in(&token).await && door.lets_in(&token).await);
    door.advance(2 * HOUR - SECOND);
    assert!(door.lets_in(&token).await);
    assert_eq!(door.issuer.times_asked(), 1);
    door.advance(SECOND);
    assert!(door.lets_in(&token).await);
    assert_eq!(door.issuer.times_asked(), 2);
    door.close().await;
}

#[actix_web::test]
async fn a_rotated_key_is_found_at_once_and_a_withdrawn_one_is_gone() {
    let (old, new) = (Signer::rsa("k1"), Signer::stranger("k2"));
    let door = Door::for_oidc(&[&old]).await;
    assert!(door.lets_in(&old.sign(&lasting(&door))).await);
    door.issuer.publishes(&[&new]);
    door.advance(MINUTE);
    assert!(door.lets_in(&new.sign(&lasting(&door))).await);
    assert!(door.refuses(&old.sign(&lasting(&door))).await);
    assert_eq!(door.issuer.times_asked(), 2);
    door.close().await;
}

#[actix_web::test]
async fn strangers_with_unknown_keys_cost_the_issuer_one_question_a_minute() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    assert!(door.lets_in(&signer.sign(&lasting(&door))).await);
    for minute in 1..=3 {
        for id in ["x1", "x2", "x3"] {
            assert!(
                door.refuses(&Signer::stranger(id).sign(&lasting(&door)))
                    .await
            );
        }
        assert_eq!(door.issuer.times_asked(), minute);
        door.advance(MINUTE);
    }
    door.close().await;
}

#[actix_web::test]
async fn many_who_come_at_once_cost_one_question() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    door.issuer.holds_its_answer();
    let release = async {
        door.issuer.was_asked(1).await;
        door.issuer.releases_its_answer();
    };
    let (let_in, ()) = tokio::join!(join_all((0..20).map(|_| door.lets_in(&token))), release);
    assert_eq!(let_in, [true; 20]);
    assert_eq!(door.issuer.times_asked(), 1);
    door.close().await;
}

#[actix_web::test]
async fn while_one_asks_the_others_go_on_with_what_was_good_until_now() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    assert!(door.lets_in(&token).await);
    door.advance(HOUR);
    door.issuer.holds_its_answer();
    let meanwhile = async {
        door.issuer.was_asked(2).await;
        let at_once = door.lets_in(&token).now_or_never();
        assert_eq!(at_once, Some(true), "this one does not wait");
        door.issuer.releases_its_answer();
    };
    let (first, ()) = tokio::join!(door.lets_in(&token), meanwhile);
    assert!(first);
    assert_eq!(door.issuer.times_asked(), 2);
    door.close().await;
}

#[actix_web::test]
async fn who_hangs_up_takes_no_question_with_them() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    door.issuer.holds_its_answer();
    tokio::select! {
        biased;
        _ = door.lets_in(&token) => panic!("the answer is held"),
        () = door.issuer.was_asked(1) => {}
    }
    door.issuer.releases_its_answer();
    assert!(door.lets_in(&token).await);
    assert_eq!(door.issuer.times_asked(), 1);
    door.close().await;
}

#[actix_web::test]
async fn a_failing_issuer_is_asked_less_and_less_and_nobody_is_called_a_liar() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    door.issuer.is_down();
    for (questions, pause_secs) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
        assert!(door.cannot_tell(&token).await && door.cannot_tell(&token).await);
        assert_eq!(door.issuer.times_asked(), questions + 1);
        door.advance(Duration::from_secs(pause_secs) - Duration::from_millis(1));
        assert!(door.cannot_tell(&token).await);
        assert_eq!(
            door.issuer.times_asked(),
            questions + 1,
            "a millisecond too early"
        );
        door.advance(Duration::from_millis(1));
    }
    door.issuer.publishes(&[&signer]);
    assert!(door.lets_in(&token).await, "and all is well again");
    door.close().await;
}

#[actix_web::test]
async fn old_keys_serve_a_day_while_their_address_fails() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    assert!(door.lets_in(&token).await);
    door.issuer.is_down();
    door.advance(HOUR);
    assert!(door.lets_in(&token).await);
    assert!(
        door.cannot_tell(&Signer::stranger("k2").sign(&lasting(&door)))
            .await,
        "k2 may be new"
    );
    door.advance(24 * HOUR - SECOND);
    assert!(door.lets_in(&token).await);
    door.advance(SECOND);
    assert!(door.cannot_tell(&token).await);
    door.close().await;
}

#[actix_web::test]
async fn an_answer_that_is_no_key_set_is_a_failure_and_forgets_nothing() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    let token = signer.sign(&lasting(&door));
    assert!(door.lets_in(&token).await);
    door.advance(HOUR);
    let wrong = [
        "nonsense".to_owned(),
        json!({ "keys": [] }).to_string(),
        json!({ "keys": vec![signer.jwk(); 101] }).to_string(),
        json!({ "keys": [signer.jwk()], "padding": "x".repeat(256 * 1024) }).to_string(),
    ];
    for document in wrong {
        door.issuer.answers(KEYS, 200, &document);
        assert!(door.lets_in(&token).await);
        assert!(
            door.cannot_tell(&Signer::stranger("k2").sign(&lasting(&door)))
                .await
        );
        door.advance(MINUTE);
    }
    assert_eq!(door.issuer.times_asked(), 5);
    door.close().await;
}

#[actix_web::test]
async fn a_redirect_is_not_followed() {
    let signer = Signer::rsa("k1");
    let door = Door::for_oidc(&[&signer]).await;
    door.issuer.redirects_to("/elsewhere");
    assert!(door.cannot_tell(&signer.sign(&lasting(&door))).await);
    door.close().await;
}
