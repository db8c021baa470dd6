//! Subscriptions: what is seen of them, and everything that can be done about them.

use entity::{SubscriptionId, lanes::LaneState, subscriptions::Entity};
use ringback::delivery::dropping;
use sea_orm::{ActiveValue::Set, EntityTrait, PaginatorTrait};

use super::{hidden, secret_in};
use crate::support::{ADMIN_KEY, Receiver, Reply, TestApp};

async fn fails(app: &TestApp, id: SubscriptionId) {
    let probe = app.clock.millis() + 30_000;
    app.change_lane(id, |lane| {
        lane.state = Set(LaneState::Failing);
        lane.consecutive_failures = Set(5);
        lane.next_probe_at = Set(Some(probe));
        lane.last_error = Set(Some("its certificate has expired: renew it".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn whoever_subscribes_sees_the_secret_once_and_a_form_that_is_sent_twice_subscribes_once() {
    let app = TestApp::spawn().await;
    let (receiver, key) = (Receiver::start().await, app.user("alice").await);
    let mut alice = app.visitor(&key).await;
    let form = alice.page("/subscriptions/new").await;
    let (csrf, number) = (hidden(&form, "csrf"), hidden(&form, "number"));
    let url = receiver.url();
    let fields = [
        ("csrf", csrf.as_str()),
        ("number", &number),
        ("webhook_url", &url),
        ("events", "call.completed"),
        ("events", "call.transcript"),
        ("headers", "authorization: Bearer of-the-receiver"),
        ("filter", r#"{"outcome": ["failed"]}"#),
        ("max_in_flight", "3"),
    ];
    let answers = [
        alice.send("/subscriptions/new", &fields).await,
        alice.send("/subscriptions/new", &fields).await,
    ];
    let secrets = answers.map(|answer| {
        assert_eq!(
            (answer.status, answer.header("location")),
            (200, ""),
            "{answer:?}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        secret_in(&answer.text)
    });
    assert_eq!(secrets[0], secrets[1]);
    let rows = Entity::find().all(app.app.db.read()).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.owner.as_str(), row.max_in_flight), ("alice", 3));
    assert_eq!(row.events, r#"["call.completed","call.transcript"]"#);
    assert_eq!(row.filter.as_deref(), Some(r#"{"outcome":["failed"]}"#));
    for path in [
        "/subscriptions".to_owned(),
        format!("/subscriptions/{}", row.id),
    ] {
        let page = alice.page(&path).await;
        assert!(page.contains(&url), "{page}");
        assert!(
            !page.contains("whsec_") && !page.contains("of-the-receiver"),
            "{page}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_wrong_is_shown_again_with_what_is_wrong() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let fields = [
        ("webhook_url", "ftp://example.com/\"><b>"),
        ("max_in_flight", "many"),
        ("filter", "{"),
        ("headers", "nonsense"),
    ];
    let page = "/subscriptions/new";
    let again = alice.submit(page, page, &fields).await;
    assert_eq!(again.status, 400, "{again:?}");
    assert!(
        again
            .text
            .contains("ftp://example.com/&#34;&#62;&#60;b&#62;"),
        "{}",
        again.text
    );
    assert!(again.text.contains(r#"role="alert""#) && again.text.contains("Filter"));
    assert_eq!(Entity::find().count(app.app.db.read()).await.unwrap(), 0);
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_fails_is_explained_and_found_by_its_state() {
    let app = TestApp::silent().await;
    let (well, ill) = (
        app.subscription_of("alice").await,
        app.subscription_of("alice").await,
    );
    fails(&app, ill).await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page(&format!("/subscriptions/{ill}")).await;
    assert!(page.contains("failed 5 times in a row"), "{page}");
    assert!(
        page.contains("Its certificate has expired: renew it."),
        "{page}"
    );
    assert!(page.contains("2026-01-05T09:00:30.000Z"), "{page}");
    for (query, shown) in [
        ("", [true, true]),
        ("?state=open", [false, true]),
        ("?state=healthy", [true, false]),
    ] {
        let list = alice.page(&format!("/subscriptions{query}")).await;
        let is_shown = [well, ill].map(|id| list.contains(&format!("/subscriptions/{id}\"")));
        assert_eq!(is_shown, shown, "{query}");
    }
    assert_eq!(alice.open("/subscriptions?state=odd").await.status, 400);

    // What is paused is so because somebody has said it.
    let path = format!("/subscriptions/{ill}");
    let paused = alice.submit(&path, &format!("{path}/pause"), &[]).await;
    let page = alice.follow(&paused).await + &alice.page("/subscriptions").await;
    assert!(page.contains("It is paused: nothing is sent."), "{page}");
    assert!(!page.contains("Its certificate"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn what_was_held_is_delivered_or_dropped_as_somebody_chooses() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = format!("/subscriptions/{id}");
    let (pause, again) = (format!("{page}/pause"), format!("{page}/reactivate"));
    let event = app.event_of("alice", None, "campaign.completed").await;
    app.waits(id, &event, 0, |_| {}).await;
    for (choice, waiting) in [("replay", 1), ("skip", 0)] {
        let paused = alice.submit(&page, &pause, &[]).await;
        assert!(alice.follow(&paused).await.contains("what comes is held"));
        assert_eq!(app.lane(id).await.state, LaneState::Paused);
        assert_eq!(alice.submit(&again, &again, &[]).await.status, 400);
        assert_eq!(app.lane(id).await.state, LaneState::Paused);
        let active = alice.submit(&again, &again, &[("resume", choice)]).await;
        assert_eq!(active.header("location"), page);
        assert_eq!(app.lane(id).await.state, LaneState::Healthy);
        dropping::drop_once(&app.app).await.unwrap();
        assert_eq!(app.queue().await.len(), waiting, "{choice}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_secret_is_rotated_once_by_one_form_and_the_one_before_signs_for_a_while() {
    let app = TestApp::spawn().await;
    let id = app.subscription_of("alice").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/subscriptions/{id}/rotate");
    let form = alice.page(&path).await;
    let (csrf, number) = (hidden(&form, "csrf"), hidden(&form, "number"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("number", &number),
        ("overlap_seconds", "3600"),
    ];
    let first = alice.send(&path, &fields).await;
    let again = alice.send(&path, &fields).await;
    assert_eq!(secret_in(&first.text), secret_in(&again.text));
    assert!(
        first.text.contains("2026-01-05T10:00:00.000Z"),
        "{}",
        first.text
    );
    let row = Entity::find_by_id(id)
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.previous_until, Some(app.clock.millis() + 3_600_000));
    let other = [("number", "another"), ("overlap_seconds", "99999999")];
    assert_eq!(alice.submit(&path, &path, &other).await.status, 400);
    app.finish().await;
}

#[tokio::test]
async fn a_test_shows_the_whole_exchange() {
    let app = TestApp::spawn().await;
    let receiver = Receiver::start().await;
    receiver.replies([Reply::with(500, "x-trace: 42\r\n", "<b>oh no</b>")]);
    let url = receiver.url();
    let id = app.subscription("alice", |row| row.url = Set(url)).await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/subscriptions/{id}/test");
    let sent = alice
        .submit(&path, &path, &[("event", "call.failed")])
        .await;
    assert_eq!(sent.status, 200, "{sent:?}");
    for part in [
        "It answered 500",
        "x-webhook-event: call.failed",
        "x-webhook-signature: sha256=",
        "x-trace: 42",
        "&#60;b&#62;oh no",
        "an error of its own",
    ] {
        assert!(sent.text.contains(part), "{part}\n{}", sent.text);
    }
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(
        alice.submit(&path, &path, &[("event", "odd")]).await.status,
        400
    );
    app.finish().await;
}

#[tokio::test]
async fn a_replay_is_counted_before_anything_is_sent() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    for outcome in ["timeout", "status", "delivered"] {
        let event = app.event_of("alice", None, "call.completed").await;
        app.ended(id, &event, outcome).await;
    }
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/subscriptions/{id}/replay");
    let wish = [("since", "2026-01-05T08:00"), ("which", "undelivered")];
    let counted = alice.submit(&path, &path, &wish).await;
    assert!(
        counted.text.contains("2 deliveries would be sent"),
        "{}",
        counted.text
    );
    assert!(app.queue().await.is_empty());
    let meant = [wish[0], wish[1], ("send", "yes")];
    let sent = alice.submit(&path, &path, &meant).await;
    assert!(
        alice
            .follow(&sent)
            .await
            .contains("2 deliveries are sent again")
    );
    assert_eq!(app.queue().await.len(), 2);
    for wrong in [
        [("since", "soon"), ("which", "all")],
        [("since", "2026-01-05T08:00"), ("which", "odd")],
    ] {
        assert_eq!(alice.submit(&path, &path, &wrong).await.status, 400);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_subscription_is_changed_and_deleted_by_whoever_has_it() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = format!("/subscriptions/{id}");
    let change = format!("{page}/change");
    let fields = [
        ("webhook_url", "https://example.com/new"),
        ("events", "call.failed"),
        ("description", "<script>alert(1)</script>"),
        ("ordering", "strict"),
    ];
    let changed = alice.submit(&change, &change, &fields).await;
    let shown = alice.follow(&changed).await;
    assert!(
        shown.contains("https://example.com/new") && !shown.contains("<script>alert"),
        "{shown}"
    );
    let delete = format!("{page}/delete");
    let deleted = alice.submit(&delete, &delete, &[]).await;
    assert_eq!(deleted.header("location"), "/subscriptions");
    assert_eq!(alice.open(&page).await.status, 404);
    app.finish().await;
}

#[tokio::test]
async fn its_deliveries_are_filtered_and_paged() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    let mut ids = Vec::new();
    for n in 0..25 {
        let event = app.event_of("alice", None, "call.completed").await;
        let outcome = if n == 7 { "timeout" } else { "delivered" };
        ids.push(app.ended(id, &event, outcome).await);
    }
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/subscriptions/{id}");
    let listed = |page: &str| {
        ids.iter()
            .filter(|id| page.contains(&format!("/deliveries/{id}\"")))
            .count()
    };
    let first = alice.page(&path).await;
    assert_eq!(listed(&first), 20);
    let (before, _) = first.split_once(r#"" rel="next""#).unwrap();
    let next = before.rsplit_once(r#"href=""#).unwrap().1.to_owned();
    assert_eq!(listed(&alice.page(&next).await), 5);
    let failed = alice
        .page(&format!("{path}?status=failed&event=&call=&since=&until="))
        .await;
    assert_eq!(listed(&failed), 1);
    assert!(failed.contains(&format!("/deliveries/{}\"", ids[7])));
    for (query, status) in [
        ("status=odd", 400),
        ("since=odd", 400),
        ("call=nobodys", 404),
    ] {
        assert_eq!(
            alice.open(&format!("{path}?{query}")).await.status,
            status,
            "{query}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn nobody_sees_or_touches_what_is_anothers() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("bob").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    assert!(!alice.page("/subscriptions").await.contains(&id.to_string()));
    let own = alice.page("/subscriptions/new").await;
    let csrf = hidden(&own, "csrf");
    let path = format!("/subscriptions/{id}");
    for part in [
        "",
        "/change",
        "/reactivate",
        "/rotate",
        "/test",
        "/replay",
        "/delete",
    ] {
        assert_eq!(
            alice.open(&format!("{path}{part}")).await.status,
            404,
            "{part}"
        );
    }
    for part in [
        "/change",
        "/pause",
        "/reactivate",
        "/rotate",
        "/test",
        "/replay",
        "/delete",
    ] {
        let fields = [("csrf", csrf.as_str()), ("resume", "skip"), ("number", "1")];
        let refused = alice.send(&format!("{path}{part}"), &fields).await;
        assert_eq!(refused.status, 404, "{part}");
        let unproved = alice.send(&format!("{path}{part}"), &[]).await;
        assert_eq!(unproved.status, 403, "{part}");
    }
    assert_eq!(app.lane(id).await.state, LaneState::Healthy);
    let mut admin = app.visitor(ADMIN_KEY).await;
    assert!(admin.page("/subscriptions").await.contains(&id.to_string()));
    app.finish().await;
}
