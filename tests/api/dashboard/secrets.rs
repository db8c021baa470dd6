//! Forms in which somebody may bring a secret of their own.

use super::{assert_hides, assert_shows};
use crate::support::TestApp;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

#[tokio::test]
async fn a_form_that_is_shown_again_says_that_the_secret_is_to_be_typed_again() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = "/subscriptions/new";
    let wrong = [("webhook_url", "https://example.com/"), ("filter", "{")];
    let again = "type it again, for it was not kept";
    let without = alice.submit(path, path, &wrong).await;
    assert_eq!(without.status, 400, "{without:?}");
    assert_hides(&without.text, &[again]);
    let with = [&wrong[..], &[("secret_key", SECRET)]].concat();
    let with = alice.submit(path, path, &with).await;
    assert_eq!(with.status, 400, "{with:?}");
    assert_shows(&with.text, &[again]);
    assert_hides(&with.text, &[SECRET]);
    app.finish().await;
}

#[tokio::test]
async fn a_leaked_secret_stays_leaked_where_the_new_one_was_mistyped() {
    let app = TestApp::spawn().await;
    let id = app.subscription_of("alice").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/subscriptions/{id}/rotate");
    assert_shows(
        &alice.page(&path).await,
        &[r#"<option value="86400" selected>"#],
    );
    let mistyped = [("overlap_seconds", "0"), ("secret_key", "whsec_MDEy")];
    let again = alice.submit(&path, &path, &mistyped).await;
    assert_eq!(again.status, 400, "{again:?}");
    assert_shows(
        &again.text,
        &[r#"<option value="0" selected>"#, "Secret key"],
    );
    assert_hides(&again.text, &[r#"<option value="86400" selected>"#]);
    app.finish().await;
}
