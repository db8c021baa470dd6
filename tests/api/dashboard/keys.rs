//! Keys, which admins alone see, make and revoke.

use entity::api_keys::Entity;

use super::{assert_hides, assert_shows};
use crate::support::{ADMIN_KEY, TestApp, csrf_of, hidden_in};

const KEY: [(&str, &str); 3] = [
    ("name", "billing <service>"),
    ("owner", "acme"),
    ("role", "user"),
];

/// The key that stands on a page.
fn key_in(html: &str) -> String {
    let (_, after) = html.split_once("rbk_").unwrap();
    format!("rbk_{}", after.split_once('<').unwrap().0)
}

#[tokio::test]
async fn a_key_is_made_shown_once_good_for_its_owner_and_revoked() {
    let app = TestApp::spawn().await;
    let mut admin = app.visitor(ADMIN_KEY).await;
    let made = admin.submit("/keys", "/keys", &KEY).await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (200, "no-store")
    );
    let key = key_in(&made.text);
    let calls = app.get("/api/v6/call").by(&key).await;
    assert_eq!(calls.status, 200, "{calls:?}");

    let page = admin.page("/keys").await;
    let hint = format!("rbk_…{}", &key[key.len() - 4..]);
    assert_shows(
        &page,
        &["billing &#60;service&#62;", "what acme has", &hint],
    );
    assert_hides(&page, &[&key, "<service>"]);
    let (_, after) = page.split_once("action=\"/keys/").unwrap();
    let action = format!("/keys/{}", after.split_once('"').unwrap().0);
    let revoked = admin.submit("/keys", &action, &[]).await;
    assert_shows(
        &admin.follow(&revoked).await,
        &["The key is revoked.", r#"data-state="revoked""#],
    );
    let csrf = csrf_of(&admin.page("/keys").await).to_owned();
    let again = admin.send(&action, &[("csrf", &csrf)]).await;
    assert_eq!(again.status, 404, "{again:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_key_and_shows_it_twice() {
    let app = TestApp::spawn().await;
    let mut admin = app.visitor(ADMIN_KEY).await;
    let page = admin.page("/keys").await;
    let filled = [&KEY[..], &hidden_in(&page, "/keys")].concat();
    let first = admin.send("/keys", &filled).await;
    let again = admin.send("/keys", &filled).await;
    assert_eq!(key_in(&first.text), key_in(&again.text));
    assert_eq!(app.rows::<Entity>().await, 1);
    app.finish().await;
}

#[tokio::test]
async fn who_is_no_admin_is_told_so_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let refused = alice.open("/keys").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_shows(
        &refused.text,
        &["Only an admin may do this", "Logged in as"],
    );
    assert_hides(&refused.text, &["href=\"/keys\""]);
    let csrf = csrf_of(&refused.text).to_owned();
    let fields = [&KEY[..], &[("csrf", &csrf)]].concat();
    assert_eq!(alice.send("/keys", &fields).await.status, 403);
    let id = "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60";
    let revoke = alice
        .send(&format!("/keys/{id}/revoke"), &[("csrf", &csrf)])
        .await;
    assert_eq!(revoke.status, 403);
    let mut admin = app.visitor(ADMIN_KEY).await;
    assert_hides(&admin.page("/keys").await, &["billing &#60;"]);
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_beside_its_field() {
    let app = TestApp::spawn().await;
    let mut admin = app.visitor(ADMIN_KEY).await;
    let wrong = [("name", " "), ("owner", "acme"), ("role", "user")];
    let refused = admin.submit("/keys", "/keys", &wrong).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_shows(
        &refused.text,
        &["give 1 to 100 characters", r#"value="acme""#],
    );
    let wrong = [("name", "n"), ("owner", "acme"), ("role", "root")];
    let refused = admin.submit("/keys", "/keys", &wrong).await;
    assert_shows(&refused.text, &["choose what the key may do"]);
    app.finish().await;
}
