//! How a session ends, and where it holds.

use std::time::Duration;

use entity::dashboard_sessions;
use sea_orm::EntityTrait;

use crate::support::{ADMIN_KEY, TestApp};

const SESSION: &str = "ringback_session";

#[tokio::test]
async fn it_ends_after_twelve_hours_and_is_then_cleared_away() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    app.advance(Duration::from_secs(12 * 3_600 - 1));
    alice.page("/").await;
    app.advance(Duration::from_secs(1));
    let late = alice.open("/").await;
    assert_eq!((late.status, late.header("location")), (303, "/login"));
    app.visitor(ADMIN_KEY).await;
    assert_eq!(app.rows::<dashboard_sessions::Entity>().await, 1);
    app.finish().await;
}

#[tokio::test]
async fn logging_out_ends_it_for_every_copy_of_the_cookie() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    let mut copy = alice.at(&app);
    copy.page("/").await;
    let left = alice.submit("/", "/logout", &[]).await;
    assert_eq!((left.status, left.header("location")), (303, "/login"));
    assert!(!alice.cookies.contains_key(SESSION), "{:?}", alice.cookies);
    assert_eq!(copy.open("/").await.status, 303);
    assert_eq!(app.rows::<dashboard_sessions::Entity>().await, 0);
    app.finish().await;
}

#[tokio::test]
async fn it_ends_with_the_key_that_it_was_begun_with() {
    let app = TestApp::spawn().await;
    let key = app.user("alice").await;
    let mut alice = app.visitor(&key).await;
    alice.page("/").await;
    let keys = app.get("/api/v1/keys").by(ADMIN_KEY).await;
    let id = keys.body["keys"][0]["id"].as_str().unwrap();
    let revoked = app
        .delete(&format!("/api/v1/keys/{id}"))
        .by(ADMIN_KEY)
        .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    app.advance(Duration::from_secs(2));
    assert_eq!(alice.open("/").await.header("location"), "/login");
    assert_eq!(alice.open("/live").await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn who_listens_hears_no_more_once_the_session_is_over() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    let mut stream = alice.dressed(app.get("/live")).listen().await;
    let left = alice.submit("/", "/logout", &[]).await;
    assert_eq!(left.status, 303, "{left:?}");
    app.advance(Duration::from_secs(15));
    let farewell = stream.told().await;
    assert!(farewell.data.contains("UNAUTHORIZED"), "{farewell:?}");
    assert_eq!(stream.frame().await, None);
    app.finish().await;
}

#[tokio::test]
async fn an_admin_key_that_is_replaced_takes_its_sessions_with_it() {
    let app = TestApp::spawn().await;
    let cookies = app.visitor(ADMIN_KEY).await.cookies;
    let other = [(
        "RINGBACK_ADMIN_KEY",
        "another-admin-key-that-was-put-there-since",
    )];
    let replica = app.beside(&other).await;
    if let Some(replica) = replica {
        let mut visitor = replica.stranger();
        visitor.cookies = cookies;
        assert_eq!(visitor.open("/").await.status, 303);
        replica.finish().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn it_holds_on_every_replica() {
    let app = TestApp::spawn().await;
    let Some(beside) = app.beside(&[]).await else {
        return app.finish().await; // on SQLite there is one process
    };
    let mut alice = app.visitor(ADMIN_KEY).await;
    alice.at(&beside).page("/").await;
    let left = alice.at(&beside).submit("/", "/logout", &[]).await;
    assert_eq!(left.status, 303, "{left:?}");
    assert_eq!(alice.open("/").await.status, 303);
    beside.finish().await;
    app.finish().await;
}

#[tokio::test]
async fn it_outlives_a_restart_and_its_row_tells_a_thief_nothing() {
    let app = TestApp::spawn().await;
    let cookies = app.visitor(ADMIN_KEY).await.cookies;
    let rows = dashboard_sessions::Entity::find().all(app.app.db.read());
    let row = rows.await.unwrap().pop().unwrap();
    assert!(!format!("{row:?}").contains(&cookies[SESSION]));
    let sealed = String::from_utf8_lossy(&row.credential.0);
    assert!(
        !sealed.contains("digest") && !sealed.contains("admin"),
        "{sealed}"
    );

    let app = app.restart().await;
    let mut alice = app.stranger();
    alice.cookies = cookies;
    alice.page("/").await;
    app.finish().await;
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_is_no_session() {
    let app = TestApp::spawn().await;
    let token = "A".repeat(43);
    for cookie in [
        "",
        "x",
        "%00",
        &token,
        &format!("{token}{token}"),
        "\"quoted\"",
    ] {
        let refused = app
            .get("/")
            .header("cookie", &format!("{SESSION}={cookie}"))
            .await;
        assert_eq!(refused.status, 303, "{cookie}: {refused:?}");
    }
    // A key is no cookie, and a cookie is no key.
    let by_key = app.get("/").by(ADMIN_KEY).await;
    assert_eq!(by_key.status, 303, "{by_key:?}");
    let alice = app.visitor(ADMIN_KEY).await;
    let api = alice.dressed(app.get("/api/v1/keys")).await;
    api.assert_refused(401, "UNAUTHORIZED");
    app.finish().await;
}
