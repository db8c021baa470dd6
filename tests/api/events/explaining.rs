//! Why a subscription was told of an event, or why not.

use std::time::Duration;

use entity::{SubscriptionId, events, lanes::LaneState, subscriptions::SubscriptionScope};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::EVENTS;
use crate::support::{ADMIN_KEY, TestApp};

async fn explained(app: &TestApp, token: &str, event: &events::Model) -> Vec<Value> {
    let path = format!("{EVENTS}/{}/explain", event.id);
    let answer = app.get(&path).by(token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["explanations"].as_array().unwrap().clone()
}

fn of(explained: &[Value], id: SubscriptionId) -> &Value {
    let id = id.to_string();
    let found = explained.iter().find(|one| one["subscription_id"] == id);
    found.unwrap_or_else(|| panic!("{id} is not explained"))
}

#[tokio::test]
async fn each_subscription_says_what_became_of_the_event_and_by_which_rule() {
    let app = TestApp::silent().await;
    let alice = app.user("alice").await;
    let waits = app.subscription_of("alice").await;
    let got_it = app.subscription_of("alice").await;
    let other_event = app
        .subscription("alice", |row| {
            row.events = Set(r#"["call.report"]"#.to_owned());
        })
        .await;
    let other_outcome = app
        .subscription("alice", |row| {
            row.filter = Set(Some(r#"{"outcome":["completed"]}"#.to_owned()));
        })
        .await;
    let bobs = app.subscription_of("bob").await;
    let data = json!({"outcome": "no_contact", "campaignId": null, "metadata": {}});
    let event = app.event_with("alice", None, "call.failed", data).await;
    app.change_lane(waits, |lane| lane.state = Set(LaneState::Paused))
        .await;
    app.waits(waits, &event, 0, |_| {}).await;
    let delivery = app.ended(got_it, &event, "delivered").await;
    app.advance(Duration::from_secs(1));
    let too_late = app.subscription_of("alice").await;

    let all = explained(&app, &alice, &event).await;
    assert_eq!(all.len(), 5, "{all:?}");
    let waiting = of(&all, waits);
    assert_eq!(
        (&waiting["matched"], &waiting["status"]),
        (&json!(true), &json!("held"))
    );
    assert_eq!(waiting["why"]["reason"], "paused");
    let done = of(&all, got_it);
    assert_eq!(done["delivery_id"], delivery.to_string());
    assert_eq!(
        (&done["status"], &done["rule"]),
        (&json!("delivered"), &json!("it asked for this event"))
    );
    for (id, rule) in [
        (other_event, "the event is not among its events"),
        (other_outcome, "its filter wants other outcomes"),
        (too_late, "the subscription was made after the event"),
    ] {
        let one = of(&all, id);
        assert_eq!(
            (&one["matched"], &one["rule"]),
            (&json!(false), &json!(rule))
        );
        assert_eq!(
            (&one["delivery_id"], &one["why"]),
            (&Value::Null, &Value::Null)
        );
    }
    assert!(
        !all.iter()
            .any(|one| one["subscription_id"] == bobs.to_string())
    );
    app.finish().await;
}

#[tokio::test]
async fn who_was_told_of_an_event_by_a_replay_alone_was_told_of_it() {
    let app = TestApp::silent().await;
    let alice = app.user("alice").await;
    let [replayed, not_told] = [
        app.subscription_of("alice").await,
        app.subscription_of("alice").await,
    ];
    let event = app.event_of("alice", None, "call.failed").await;
    let replay = app.replayed(replayed, &event, "delivered").await;
    let all = explained(&app, &alice, &event).await;
    let told = of(&all, replayed);
    assert_eq!(told["delivery_id"], replay.to_string());
    assert_eq!(told["status"], "delivered");
    assert_eq!(of(&all, not_told)["delivery_id"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn settings_that_have_changed_since_are_not_taken_for_those_of_then() {
    let app = TestApp::silent().await;
    let alice = app.user("alice").await;
    let no_more = app
        .subscription("alice", |row| {
            row.events = Set(r#"["call.report"]"#.to_owned());
        })
        .await;
    let only_now = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.failed").await;
    app.ended(no_more, &event, "delivered").await;
    let all = explained(&app, &alice, &event).await;
    let told = of(&all, no_more);
    assert_eq!(told["matched"], true);
    assert!(told["rule"].as_str().unwrap().contains("has changed since"));
    let not_told = of(&all, only_now);
    assert_eq!(not_told["matched"], false);
    assert!(not_told["rule"].as_str().unwrap().contains("now"));
    app.finish().await;
}

#[tokio::test]
async fn a_subscription_to_everything_is_explained_to_its_admin_alone() {
    let app = TestApp::silent().await;
    let alice = app.user("alice").await;
    let to_all = app
        .subscription("admin", |row| row.scope = Set(SubscriptionScope::All))
        .await;
    let event = app.event_of("alice", None, "call.failed").await;
    let delivery = app.ended(to_all, &event, "delivered").await;
    assert!(explained(&app, &alice, &event).await.is_empty());
    let all = explained(&app, ADMIN_KEY, &event).await;
    assert_eq!(of(&all, to_all)["delivery_id"], delivery.to_string());
    app.finish().await;
}

#[tokio::test]
async fn a_subscription_to_everything_is_not_explained_to_a_user_of_its_owner() {
    let app = TestApp::silent().await;
    let (alice, admin) = (app.user("alice").await, app.key_of("admin", "alice").await);
    let own = app.subscription_of("alice").await;
    let to_all = app
        .subscription("alice", |row| row.scope = Set(SubscriptionScope::All))
        .await;
    let event = app.event_of("alice", None, "call.failed").await;
    let delivery = app.ended(to_all, &event, "delivered").await;
    let [one] = &explained(&app, &alice, &event).await[..] else {
        panic!("only what alice may see")
    };
    assert_eq!(one["subscription_id"], own.to_string());
    let all = explained(&app, &admin, &event).await;
    assert_eq!(of(&all, to_all)["delivery_id"], delivery.to_string());
    assert_eq!(all.len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn an_event_of_anothers_is_not_there() {
    let app = TestApp::silent().await;
    let alice = app.user("alice").await;
    let event = app.event_of("bob", None, "call.failed").await;
    for id in [event.id.to_string(), "evt_1".to_owned()] {
        let refused = app.get(&format!("{EVENTS}/{id}/explain")).by(&alice).await;
        refused.assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}
