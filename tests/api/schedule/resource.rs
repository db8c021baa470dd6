//! `/api/v6/call/schedules`.

use entity::schedules;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{House, SCHEDULES, at, with};
use crate::support::TestApp;

#[tokio::test]
async fn a_schedule_is_made_listed_read_changed_and_deleted() {
    let house = House::open().await;
    let wanted = with(at("30 9 * * 1-5"), "timezone", "Europe/Berlin");
    let made = house.wants(&wanted).await;
    assert_eq!((made.status, &made.body["success"]), (201, &json!(true)));
    let schedule = &made.body["schedule"];
    for field in ["cron", "timezone", "call"] {
        assert_eq!(schedule[field], wanted[field], "{field}");
    }
    assert_eq!(schedule["next_run_at"], "2026-01-06T08:30:00.000Z");
    let defaults = json!([
        schedule["grace_seconds"],
        schedule["runs"],
        schedule["is_active"]
    ]);
    assert_eq!(defaults, json!([300, 0, true]));

    let path = format!("{SCHEDULES}/{}", schedule["id"].as_str().unwrap());
    assert_eq!(&house.read(&path).await["schedule"], schedule);
    assert_eq!(house.read(SCHEDULES).await["schedules"], json!([schedule]));
    let changed = house
        .change(&path, &json!({"cron": "0 18 * * *", "max_runs": 3}))
        .await;
    let changed = &changed.body["schedule"];
    assert_eq!(changed["next_run_at"], "2026-01-05T17:00:00.000Z");
    assert_eq!(
        (&changed["max_runs"], &changed["call"]),
        (&json!(3), &wanted["call"])
    );
    let unbound = house.change(&path, &json!({"max_runs": null})).await;
    assert_eq!(unbound.body["schedule"]["max_runs"], Value::Null);

    for (status, code) in [(200, ""), (404, "NOT_FOUND")] {
        let deleted = house.app.delete(&path).by(&house.alice).await;
        assert_eq!((deleted.status, deleted.code()), (status, code));
    }
    house.finish().await;
}

#[tokio::test]
async fn the_next_five_times_are_told() {
    let house = House::open().await;
    let times = async |schedule: &Value| {
        let path = house.schedules(schedule).await;
        house.read(&format!("{path}/preview")).await
    };
    let berlin = with(at("0 30 2 * * SUN"), "timezone", "Europe/Berlin");
    let berlin = with(berlin, "starts_at", "2026-03-14T00:00:00Z");
    let expected = json!({"success": true, "times": [
        "2026-03-15T01:30:00.000Z", "2026-03-22T01:30:00.000Z", "2026-03-29T01:00:00.000Z",
        "2026-04-05T00:30:00.000Z", "2026-04-12T00:30:00.000Z",
    ]});
    assert_eq!(times(&berlin).await, expected);
    let twice = times(&with(at("* * * * *"), "max_runs", 2)).await;
    assert_eq!(twice["times"].as_array().unwrap().len(), 2);
    let ends = with(at("*/10 * * * * *"), "ends_at", "2026-01-05T09:00:30Z");
    assert_eq!(times(&ends).await["times"].as_array().unwrap().len(), 3);
    house.finish().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_field() {
    let house = House::open().await;
    let number = json!({"customer": {"number": "911"}});
    let metadata = json!({"customer": {"number": "+14155550123"}, "metadata": {"requestId": "x"}});
    let timed =
        json!({"customer": {"number": "+14155550123"}, "scheduled_at": "2026-06-01T09:00:00Z"});
    let cases = [
        ("cron", json!("* * *"), "cron"),
        ("cron", json!("0 25 * * *"), "cron"),
        ("cron", json!("0 9 30 2 *"), "cron"),
        ("cron", json!(5), "cron"),
        ("timezone", json!("Berlin"), "timezone"),
        ("timezone", json!(""), "timezone"),
        ("starts_at", json!("soon"), "starts_at"),
        ("starts_at", json!("2200-01-01T00:00:00Z"), "starts_at"),
        ("ends_at", json!("2026-01-05T08:00:00Z"), "ends_at"),
        ("max_runs", json!(0), "max_runs"),
        ("max_runs", json!(-1), "max_runs"),
        ("grace_seconds", json!(0), "grace_seconds"),
        ("grace_seconds", json!(86_401), "grace_seconds"),
        ("call", json!({}), "call"),
        ("call", json!("me"), "call"),
        ("call", number, "call.customer.number"),
        ("call", metadata, "call.metadata.requestId"),
        ("call", timed, "call.scheduled_at"),
        (
            "call",
            json!({"customer": {"number": 5}}),
            "call.customer.number",
        ),
        ("is_active", json!(true), "is_active"),
        ("colour", json!("red"), "colour"),
    ];
    for (field, value, path) in cases {
        let refused = house.wants(&with(at("* * * * *"), field, value)).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    let all = json!({"cron": "x", "timezone": "y", "max_runs": 0, "call": {}});
    let refused = house.wants(&all).await;
    assert_eq!(
        refused.body["details"].as_array().unwrap().len(),
        3,
        "{refused:?}"
    );
    let path = house.schedules(&at("* * * * *")).await;
    for (change, field) in [
        (json!({"cron": null}), "cron"),
        (json!({"ends_at": "2026-01-05T09:00:00Z"}), "ends_at"),
        (json!({"runs": 5}), "runs"),
    ] {
        let refused = house.change(&path, &change).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], field, "{refused:?}");
    }
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_nobody_would_speak_in_is_refused_at_once() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let refused = app.post(SCHEDULES).by(&alice).json(&at("* * * * *")).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(refused.body["details"][0]["path"], "call.assistant_id");
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let house = House::open().await;
    let post = || {
        let post = house.app.post(SCHEDULES).by(&house.alice);
        post.header("Idempotency-Key", "k1").json(&at("0 9 * * *"))
    };
    let (first, second) = (post().await, post().await);
    assert_eq!((first.status, &first.text), (201, &second.text));
    assert_eq!(
        house.read(SCHEDULES).await["schedules"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    house.finish().await;
}

#[tokio::test]
async fn whom_it_calls_is_kept_sealed() {
    let house = House::open().await;
    house.schedules(&at("0 9 * * *")).await;
    let row = schedules::Entity::find().one(house.app.app.db.read()).await;
    let sealed = row.unwrap().unwrap().call_template.0;
    assert!(!sealed.windows(7).any(|bytes| bytes == b"5550123"));
    house.finish().await;
}

#[tokio::test]
async fn an_owner_has_a_hundred_schedules_at_most() {
    let house = House::open().await;
    for _ in 0..100 {
        house.schedules(&at("0 9 * * *")).await;
    }
    house
        .wants(&at("0 9 * * *"))
        .await
        .assert_refused(409, "CONFLICT");
    house.finish().await;
}
