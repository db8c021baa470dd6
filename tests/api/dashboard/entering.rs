//! Logging in: who gets in, who does not, and where one comes out.

use std::time::Duration;

use crate::support::{ADMIN_KEY, TestApp, form};

#[tokio::test]
async fn a_key_leads_in_and_who_has_none_is_led_to_the_door() {
    let app = TestApp::spawn().await;
    let key = app.user("alice").await;
    let mut stranger = app.stranger();
    let away = stranger.open("/").await;
    assert_eq!((away.status, away.header("location")), (303, "/login"));
    let door = stranger.page("/login").await;
    assert!(
        door.contains(r#"<form method="post" action="/login""#),
        "{door}"
    );
    assert!(door.contains("ringback key create"), "{door}");

    let entered = stranger
        .send("/login", &[("secret", &format!(" {key}\n"))])
        .await;
    assert_eq!((entered.status, entered.header("location")), (303, "/"));
    let overview = stranger.page("/").await;
    assert!(overview.contains("<strong>alice</strong>"), "{overview}");
    let again = stranger.open("/login").await;
    assert_eq!((again.status, again.header("location")), (303, "/"));
    app.finish().await;
}

#[tokio::test]
async fn what_opens_nothing_is_refused_in_words_and_not_shown_again() {
    let app = TestApp::spawn().await;
    for secret in [
        "",
        "rbk_wrong",
        "not a key",
        "<script>alert(1)</script>",
        &"x".repeat(9_000),
    ] {
        let refused = app.stranger().send("/login", &[("secret", secret)]).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        assert!(refused.text.contains(r#"role="alert""#), "{refused:?}");
        assert!(refused.headers.get("set-cookie").is_none(), "{refused:?}");
        assert!(!refused.text.contains("<script>alert"), "{refused:?}");
    }
    let nothing = app.stranger().send("/login", &[]).await;
    assert_eq!(nothing.status, 400, "{nothing:?}");
    app.finish().await;
}

#[tokio::test]
async fn who_guesses_must_wait_and_who_knows_gets_in() {
    let app = TestApp::spawn().await;
    let mut tries = 0;
    let refused = loop {
        let refused = app
            .stranger()
            .send("/login", &[("secret", "rbk_guess")])
            .await;
        match refused.status {
            401 if tries < 100 => tries += 1,
            _ => break refused,
        }
    };
    assert_eq!((refused.status, tries), (429, 20), "{refused:?}");
    assert_eq!(refused.header("retry-after"), "3");
    assert!(refused.text.contains("try again in 3 s"), "{refused:?}");
    app.visitor(ADMIN_KEY).await;
    app.advance(Duration::from_secs(3));
    let guess = app
        .stranger()
        .send("/login", &[("secret", "rbk_guess")])
        .await;
    assert_eq!(guess.status, 401, "{guess:?}");
    app.finish().await;
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let app = TestApp::spawn().await;
    let fields = [("secret", ADMIN_KEY)];
    let plain = form(&app, "/login", &fields).await;
    let cookie = plain.header("set-cookie").to_owned();
    for flag in ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure") && !cookie.contains(ADMIN_KEY),
        "{cookie}"
    );

    let host = app.url("").replace("http://", "https://");
    let over_tls = form(&app, "/login", &fields)
        .header("origin", &host)
        .header("sec-fetch-site", "same-origin")
        .await;
    assert!(
        over_tls.header("set-cookie").contains("; Secure"),
        "{over_tls:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn one_comes_back_to_where_one_was_and_never_to_another_site() {
    let app = TestApp::spawn().await;
    let mut stranger = app.stranger();
    let away = stranger.open("/?a=b%26c").await;
    assert_eq!(away.header("location"), "/login?next=%2F%3Fa%3Db%2526c");
    let door = stranger.page("/login?next=%2Fcalls%3Fstatus%3DENDED").await;
    assert!(
        door.contains(r#"name="next" value="/calls?status=ENDED""#),
        "{door}"
    );
    for (next, to) in [
        ("/calls?status=ENDED", "/calls?status=ENDED"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let fields = [("secret", ADMIN_KEY), ("next", next)];
        let entered = app.stranger().send("/login", &fields).await;
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, to),
            "{next}"
        );
    }
    let hostile = stranger.page("/login?next=%22%3E%3Cscript%3E").await;
    assert!(!hostile.contains("\"><script>"), "{hostile}");
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_logged_in_by_another_site() {
    let app = TestApp::spawn().await;
    let fields = [("secret", ADMIN_KEY)];
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = form(&app, "/login", &fields).header(name, value).await;
        assert_eq!(refused.status, 403, "{name}: {value}: {refused:?}");
        assert!(refused.headers.get("set-cookie").is_none(), "{refused:?}");
        assert!(refused.text.contains("another site"), "{refused:?}");
    }
    let no_form = app
        .post("/login")
        .json(&serde_json::json!({"secret": ADMIN_KEY}))
        .await;
    assert_eq!(no_form.status, 415, "{no_form:?}");
    app.finish().await;
}
