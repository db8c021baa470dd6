//! What a form must prove before anything is done.

use entity::dashboard_sessions;

use crate::support::{ADMIN_KEY, Answer, TestApp, csrf_of, form};

#[tokio::test]
async fn a_form_needs_the_number_of_its_own_session() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    let mut mallory = app.visitor(&app.user("mallory").await).await;
    let others = csrf_of(&mallory.page("/").await).to_owned();
    let own = csrf_of(&alice.page("/").await).to_owned();
    assert_ne!(
        own,
        csrf_of(&alice.page("/").await),
        "written anew on each page"
    );
    let another = if own.starts_with('_') { "-" } else { "_" };
    let tampered = own.replacen(|_: char| true, another, 1);
    for fields in [
        vec![],
        vec![("csrf", "")],
        vec![("csrf", "AAAA")],
        vec![("csrf", others.as_str())],
        vec![("csrf", tampered.as_str())],
        // The first one counts, so a second one does not help.
        vec![("csrf", others.as_str()), ("csrf", own.as_str())],
    ] {
        let refused = alice.send("/logout", &fields).await;
        assert_eq!(refused.status, 403, "{fields:?}: {refused:?}");
        assert!(
            refused.text.contains("not made for your session"),
            "{refused:?}"
        );
    }
    assert_eq!(app.rows::<dashboard_sessions::Entity>().await, 2);
    assert_eq!(alice.send("/logout", &[("csrf", &own)]).await.status, 303);
    app.finish().await;
}

#[tokio::test]
async fn a_form_from_another_site_does_nothing_though_it_knew_the_number() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    let csrf = csrf_of(&alice.page("/").await).to_owned();
    let logout = || alice.dressed(form(&app, "/logout", &[("csrf", &csrf)]));
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = logout().header(name, value).await;
        assert_eq!(refused.status, 403, "{name}: {value}");
    }
    let done = logout().header("origin", &app.url("")).await;
    assert_eq!(done.status, 303, "{done:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_of_nobody_leads_to_the_door_and_nothing_is_done_by_a_link() {
    let app = TestApp::spawn().await;
    let refused = form(&app, "/logout", &[("csrf", "x")]).await;
    assert_eq!(
        (refused.status, refused.header("location")),
        (303, "/login")
    );
    let mut alice = app.visitor(ADMIN_KEY).await;
    let by_link = alice.open("/logout").await;
    assert_eq!(by_link.status, 405, "{by_link:?}");
    alice.page("/").await;
    let large = [("csrf", "x".repeat(2 << 20))];
    let large: Vec<_> = large
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(alice.send("/logout", &large).await.status, 413);
    app.finish().await;
}

#[tokio::test]
async fn every_page_has_the_headers_of_a_page() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(ADMIN_KEY).await;
    let mut pages: Vec<Answer> = Vec::new();
    for path in ["/", "/?x=y", "/login"] {
        pages.push(alice.open(path).await);
        pages.push(app.stranger().open(path).await);
    }
    pages.push(alice.send("/logout", &[]).await);
    pages.push(app.stranger().send("/login", &[("secret", "x")]).await);
    for page in pages {
        let policy = page.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{page:?}");
        }
        assert!(!policy.contains("unsafe"), "{page:?}");
        assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        // What the policy would not let run must not stand there either.
        for inside in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!page.text.contains(inside), "{inside}: {page:?}");
        }
        for script in page.text.split("<script").skip(1) {
            assert!(
                script.starts_with(" type=\"module\" src=\"/assets/"),
                "{script}"
            );
        }
        assert!(
            !page.text.contains("http://") && !page.text.contains("https://"),
            "{page:?}"
        );
    }
    app.finish().await;
}
