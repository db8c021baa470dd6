//! One event: who was told, why, and telling one of them again.

use entity::DeliveryId;
use sea_orm::ActiveValue::Set;

use super::hidden;
use crate::support::TestApp;

#[tokio::test]
async fn an_event_says_who_was_told_and_who_was_not() {
    let app = TestApp::silent().await;
    let told = app.subscription_of("alice").await;
    let untold = app
        .subscription("alice", |row| {
            row.events = Set(r#"["call.failed"]"#.to_owned());
        })
        .await;
    app.advance(std::time::Duration::from_secs(1));
    let event = app.event_of("alice", None, "call.completed").await;
    let delivery = app.ended(told, &event, "timeout").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/events/{}", event.id);
    let page = alice.page(&path).await;
    for part in [
        "A call ended well.",
        "The event is not among its events.",
        &format!("/subscriptions/{untold}"),
        &format!("/deliveries/{delivery}"),
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    app.finish().await;
}

#[tokio::test]
async fn it_is_told_again_to_one_who_was_told_and_only_once_while_that_waits() {
    let app = TestApp::silent().await;
    let (told, other) = (
        app.subscription_of("alice").await,
        app.subscription_of("alice").await,
    );
    let event = app.event_of("alice", None, "call.completed").await;
    app.ended(told, &event, "timeout").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/events/{}", event.id);
    let action = format!("{path}/replay");
    let [told_id, other_id] = [told, other].map(|id| id.to_string());
    let sent = alice
        .submit(&path, &action, &[("subscription_id", &told_id)])
        .await;
    assert!(alice.follow(&sent).await.contains("sent to it once more"));
    let [row] = &app.queue().await[..] else {
        panic!("one waits")
    };
    assert!(row.replay && row.id != DeliveryId::of(told, event.id) && row.subscription_id == told);
    let csrf = hidden(&alice.page("/debugger").await, "csrf");
    for id in [&told_id, &other_id] {
        let fields = [("csrf", csrf.as_str()), ("subscription_id", id)];
        let refused = alice.send(&action, &fields).await;
        assert_eq!(refused.status, 409, "{refused:?}");
    }
    assert_eq!(app.queue().await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn nobody_sees_or_replays_what_is_anothers() {
    let app = TestApp::silent().await;
    let (hers, his) = (
        app.subscription_of("alice").await,
        app.subscription_of("bob").await,
    );
    let own = app.event_of("alice", None, "call.completed").await;
    let event = app.event_of("bob", None, "call.completed").await;
    app.ended(his, &event, "timeout").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    assert_eq!(
        alice.open(&format!("/events/{}", event.id)).await.status,
        404
    );
    let csrf = hidden(&alice.page("/debugger").await, "csrf");
    for (event, subscription) in [(event.id, hers), (event.id, his), (own.id, his)] {
        let subscription = subscription.to_string();
        let fields = [("csrf", csrf.as_str()), ("subscription_id", &subscription)];
        let refused = alice
            .send(&format!("/events/{event}/replay"), &fields)
            .await;
        assert_eq!(refused.status, 404);
    }
    assert!(app.queue().await.is_empty());
    app.finish().await;
}
