//! Subscribing: flat as its users read it, once however often it is asked for.

use entity::{lanes, subscriptions};
use futures_util::future::join_all;
use ringback::subscriptions::SigningSecret;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{ALL, SECRET, URL, changed, lane, path, row, secrets, set_lane, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

const EVENTS: [&str; 3] = ["call.status.changed", "call.completed", "call.failed"];

#[tokio::test]
async fn whoever_subscribes_reads_the_secret_off_the_answer_and_finds_itself_in_the_list() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let wanted = json!({"webhook_url": "https://your-frontend.com/api/webhook", "events": EVENTS});
    let made = subscribe(&app, &alice, &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["success"], true);
    assert_eq!(made.body["webhook_url"], wanted["webhook_url"]);
    assert_eq!(made.body["events"], json!(EVENTS));
    assert_eq!(made.body["is_active"], true);
    assert_eq!(made.body["state"], "healthy");
    assert_eq!(made.body["subscription_id"], made.body["id"]);
    SigningSecret::parse(made.body["secret_key"].as_str().unwrap()).unwrap();

    let list = app.get(ALL).by(&alice).await;
    assert_eq!(list.body["subscriptions"][0]["id"], made.body["id"]);
    assert!(!list.text.contains("whsec_"), "{list:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_asked_for_is_as_most_want_it() {
    let app = TestApp::spawn().await;
    let made = subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;
    let defaults = json!({
        "events": EVENTS, "description": null, "header_names": [], "filter": null,
        "ordering": "call", "max_in_flight": 8, "rate_per_second": null, "scope": "own",
        "owner": "admin", "previous_secret_until": null, "delivery_failures": 0,
        "failed_total": 0, "delivered_total": 0, "waiting": 0, "waiting_is_capped": false,
        "last_success_at": null, "last_failure_at": null, "last_error": null,
        "next_probe_at": null, "deactivated_at": null, "deactivated_reason": null,
        "created_at": "2026-01-05T09:00:00.000Z",
    });
    for (field, value) in defaults.as_object().unwrap() {
        assert_eq!(&made.body[field], value, "{field}");
    }
    let secret = made.body["secret_key"].as_str().unwrap();
    assert!(secret.ends_with(made.body["secret_hint"].as_str().unwrap()));
    app.finish().await;
}

#[tokio::test]
async fn what_is_asked_for_is_kept_as_it_was_asked_for() {
    let app = TestApp::spawn().await;
    let wanted = json!({
        "webhook_url": URL, "events": ["call.report", "session.ended", "call.report"],
        "description": "Büro\nzwei", "secret_key": SECRET, "headers": {"Authorization": "Bearer x"},
        "filter": {"outcome": "failed", "metadata": {"team": ["north", "south", "north"]}},
        "ordering": "strict", "max_in_flight": 100, "rate_per_second": 1000, "scope": "all",
    });
    let made = subscribe(&app, ADMIN_KEY, &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    let same = [
        "description",
        "secret_key",
        "ordering",
        "max_in_flight",
        "rate_per_second",
        "scope",
    ];
    for field in same {
        assert_eq!(made.body[field], wanted[field], "{field}");
    }
    assert_eq!(made.body["events"], json!(["call.report", "session.ended"]));
    assert_eq!(made.body["header_names"], json!(["authorization"]));
    let filter = json!({"outcome": ["failed"], "metadata": {"team": ["north", "south"]}});
    assert_eq!(made.body["filter"], filter);
    app.finish().await;
}

#[tokio::test]
async fn a_page_that_registers_on_every_load_has_one_subscription() {
    let app = TestApp::spawn().await;
    let first = subscribe(
        &app,
        ADMIN_KEY,
        &json!({"webhook_url": URL, "events": EVENTS}),
    )
    .await;
    let id = first.body["id"].as_str().unwrap();
    let epoch = row(&app, id).await.epoch;
    // The same address in other spellings.
    for url in [
        URL,
        "HTTPS://EXAMPLE.com:443/hook",
        "https://example.com/a/../hook",
    ] {
        let wanted = json!({"webhook_url": url, "events": EVENTS});
        let again = subscribe(&app, ADMIN_KEY, &wanted).await;
        assert_eq!(again.status, 200, "{again:?}");
        for field in ["id", "secret_key", "webhook_url", "updated_at"] {
            assert_eq!(again.body[field], first.body[field], "{field}");
        }
    }
    assert_eq!(
        row(&app, id).await.epoch,
        epoch,
        "nothing changed, nothing was written"
    );
    app.finish().await;
}

#[tokio::test]
async fn who_subscribes_again_replaces_its_events_and_what_else_it_gives() {
    let app = TestApp::spawn().await;
    let wanted = json!({
        "webhook_url": URL, "events": ["call.completed"], "description": "one",
        "headers": {"x-key": "k"}, "max_in_flight": 3, "secret_key": SECRET,
    });
    let first = subscribe(&app, ADMIN_KEY, &wanted).await;
    let wanted = json!({
        "webhook_url": URL, "events": ["call.failed"], "description": "two", "secret_key": SECRET,
    });
    let again = subscribe(&app, ADMIN_KEY, &wanted).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.body["id"], first.body["id"]);
    assert_eq!(again.body["events"], json!(["call.failed"]));
    assert_eq!(again.body["description"], "two");
    assert_eq!(
        again.body["header_names"],
        json!(["x-key"]),
        "not given, so kept"
    );
    assert_eq!(again.body["max_in_flight"], 3, "not given, so kept");
    app.finish().await;
}

#[tokio::test]
async fn another_secret_is_not_given_by_subscribing_again() {
    let app = TestApp::spawn().await;
    let first = subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;
    let wanted = json!({"webhook_url": URL, "secret_key": SECRET, "events": ["call.report"]});
    let refused = subscribe(&app, ADMIN_KEY, &wanted).await;
    super::assert_wrong(&refused, "secret_key");
    assert!(refused.text.contains("rotate-secret"), "{refused:?}");
    let row = row(&app, first.body["id"].as_str().unwrap()).await;
    assert_eq!(
        secrets(&app, &row).0,
        first.body["secret_key"].as_str().unwrap()
    );
    assert!(
        !row.events.contains("call.report"),
        "a refusal changes nothing"
    );
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_active_stays_so_and_says_so() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    changed(&app, ADMIN_KEY, &id, &json!({"is_active": false})).await;
    let again = subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;
    assert_eq!(
        (again.status, &again.body["is_active"]),
        (200, &Value::Bool(false))
    );
    assert_eq!(again.body["state"], "paused");
    assert!(again.body["message"].as_str().unwrap().contains("paused"));

    set_lane(&app, &id, |lane| {
        lane.state = lanes::LaneState::Deactivated;
        lane.deactivated_at = Some(1);
        lane.deactivated_reason = Some("15 failures".to_owned());
    })
    .await;
    let again = subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;
    assert_eq!(
        (again.status, &again.body["is_active"]),
        (200, &Value::Bool(false))
    );
    assert_eq!(again.body["state"], "deactivated");
    assert_eq!(again.body["deactivated_reason"], "15 failures");
    assert!(
        again.body["message"]
            .as_str()
            .unwrap()
            .contains("deactivated")
    );
    app.finish().await;
}

#[tokio::test]
async fn all_who_subscribe_at_the_same_moment_get_the_one_subscription() {
    let app = TestApp::spawn().await;
    let wanted = json!({ "webhook_url": URL });
    let at_once = (0..8).map(|_| subscribe(&app, ADMIN_KEY, &wanted));
    let answers = join_all(at_once).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let found = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((made, found), (1, 7), "{answers:?}");
    for answer in &answers {
        for field in ["id", "secret_key"] {
            assert_eq!(answer.body[field], answers[0].body[field], "{field}");
        }
    }
    let db = app.app.db.read();
    assert_eq!(subscriptions::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(lanes::Entity::find().count(db).await.unwrap(), 1);
    app.finish().await;
}

#[tokio::test]
async fn each_subscription_has_its_lane_from_the_beginning() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let lane = lane(&app, &id).await.unwrap();
    assert_eq!(lane.state, lanes::LaneState::Healthy);
    assert_eq!(lane.drop_before, None);
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_secret_and_all() {
    let app = TestApp::spawn().await;
    let ask = |events: &'static str| {
        let wanted = json!({"webhook_url": URL, "events": [events]});
        let ask = app.post(super::SUBSCRIBE).by(ADMIN_KEY);
        ask.header("Idempotency-Key", "k1").json(&wanted)
    };
    let (first, second) = (ask("call.failed").await, ask("call.failed").await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotent-replayed"), "true");
    ask("call.report")
        .await
        .assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    let id = first.body["id"].as_str().unwrap();
    assert_eq!(app.delete(&path(id)).by(ADMIN_KEY).await.status, 200);
    app.finish().await;
}
