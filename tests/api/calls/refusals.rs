//! Calls that are not placed, and that say why.

use futures_util::future::join_all;
use ringback::simulate::Mischief;
use serde_json::{Value, json};

use super::{CALLS, House, NUMBER, a_call, a_request, a_requested_call, as_time_passes, with};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_by_its_path() {
    let house = House::open().await;
    let cases: [(Value, &str); 12] = [
        (
            with(a_call(), "customer", json!({"number": "call me"})),
            "customer.number",
        ),
        (
            with(
                a_call(),
                "customer",
                json!({"number": "+14155550123", "name": "n".repeat(41)}),
            ),
            "customer.name",
        ),
        (with(a_call(), "colour", "red"), "colour"),
        (
            with(a_call(), "metadata", json!({"requestId": "mine"})),
            "metadata.requestId",
        ),
        (
            with(a_call(), "metadata", json!({"ownerId": "bob"})),
            "metadata.ownerId",
        ),
        (with(a_call(), "request", a_request()), "assistant_id"),
        (
            json!({"customer": {"number": "+14155550123"}}),
            "assistant_id",
        ),
        (with(a_call(), "scheduled_at", "tomorrow"), "scheduled_at"),
        (
            with(a_call(), "scheduled_at", "2036-01-01T00:00:00Z"),
            "scheduled_at",
        ),
        (
            with(a_call(), "latest_at", "2026-01-06T00:00:00Z"),
            "latest_at",
        ),
        (
            json!({"customer": {"number": "+14155550123"}, "request": with(a_request(), "urgency", "soon")}),
            "request.urgency",
        ),
        (
            json!({"customer": {"number": "+14155550123"}, "request": with(a_request(), "location", " ")}),
            "request.location",
        ),
    ];
    for (body, path) in cases {
        let refused = house.place(&body).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    assert_eq!(house.vapi.dials_in_all(), 0);
    house.finish().await;
}

/// To its tool's address Vapi may tell the whole assistant, with what our server is given.
#[tokio::test]
async fn a_user_cannot_have_our_secret_told_to_an_address_of_their_own() {
    let house = House::open().await;
    let tool = json!({"type": "function", "server": {"url": "https://example.com/tools"}});
    let assistant = json!({"model": {"tools": [tool]}});
    let own = with(
        assistant.clone(),
        "server",
        json!({"url": "https://example.com"}),
    );
    let call = |who: Value| json!({"customer": {"number": NUMBER}, "assistant": who});
    let wanted = call(assistant);
    let schedule = json!({"cron": "0 9 * * *", "timezone": "UTC", "call": wanted});
    let campaign = json!({"name": "n", "max_concurrency": 1, "calls": [wanted]});
    for (path, body, field) in [
        (CALLS, &wanted, "assistant.server"),
        ("/api/v6/call/schedules", &schedule, "call.assistant.server"),
        ("/api/v6/campaigns", &campaign, "calls[0].assistant.server"),
    ] {
        let refused = house.app.post(path).by(&house.alice).json(body).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], field, "{refused:?}");
        let taken = house.app.post(path).by(ADMIN_KEY).json(body).await;
        assert_eq!(taken.status, 201, "{taken:?}");
    }
    house.placed(&call(own)).await;
    house.placed(&call(json!({"name": "Alone"}))).await;
    house.finish().await;
}

#[tokio::test]
async fn without_a_key_the_variable_is_named() {
    let (key, number) = (("VAPI_API_KEY", "key"), ("VAPI_PHONE_NUMBER_ID", "number"));
    for (settings, call, variable) in [
        (vec![], a_call(), "VAPI_API_KEY"),
        (vec![key], a_call(), "VAPI_PHONE_NUMBER_ID"),
        // The real Vapi would ring, and could not tell us of it.
        (vec![key, number], a_requested_call(), "VAPI_WEBHOOK_URL"),
    ] {
        let app = TestApp::with(&settings).await;
        let refused = app.post(CALLS).by(ADMIN_KEY).json(&call).await;
        refused.assert_refused(503, "VAPI_NOT_CONFIGURED");
        assert!(refused.text.contains(variable), "{refused:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn vapis_refusal_is_passed_on_in_its_own_words_and_leaves_no_call() {
    let house = House::open().await;
    house.misbehaves(Mischief::Reject);
    let place = || house.place(&a_call()).header("Idempotency-Key", "again");
    let refused = place().await;
    refused.assert_refused(502, "VAPI_REJECTED");
    assert!(refused.text.contains("do-not-call"), "{refused:?}");
    assert_eq!(refused.body["details"][0]["path"], "customer.number");
    let calls = house.app.get("/api/v6/call").by(&house.alice).await;
    assert_eq!(calls.body["calls"], json!([]));

    house.behaves();
    assert_eq!(place().await.status, 201, "the same key may try again");
    house.finish().await;
}

#[tokio::test]
async fn a_busy_vapi_is_asked_once_more_and_then_the_caller_is_told_to_wait() {
    let house = House::open().await;
    for busy in [Mischief::Busy, Mischief::OverLimit] {
        house.misbehaves(busy);
        let refused = as_time_passes(&house.app.clock, house.place(&a_call()).into_future()).await;
        refused.assert_refused(503, "VAPI_BUSY");
        assert!(!refused.header("retry-after").is_empty());
    }
    assert_eq!(house.vapi.dials_in_all(), 0);
    house.misbehaves(Mischief::BusyOnce);
    let placed = as_time_passes(&house.app.clock, house.place(&a_call()).into_future()).await;
    assert_eq!(placed.status, 201);
    house.vapi.asked(6).await;
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_request_that_is_repeated_while_vapi_is_busy_is_told_to_wait_like_the_first() {
    let house = House::open().await;
    house.misbehaves(Mischief::Busy);
    let place = || {
        let ask = house.place(&a_call()).header("Idempotency-Key", "once");
        ask.into_future()
    };
    let first = tokio::spawn(place());
    house.vapi.asked(1).await;
    let all = async { tokio::join!(first, join_all([place(), place(), place()])) };
    let (first, again) = as_time_passes(&house.app.clock, all).await;
    for refused in again.iter().chain([&first.unwrap()]) {
        refused.assert_refused(503, "VAPI_BUSY");
        assert!(!refused.header("retry-after").is_empty());
    }
    house.behaves();
    assert_eq!(place().await.status, 201, "the same key may try again");
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_vapi_made_and_ended_at_once_has_failed() {
    let house = House::open().await;
    house.misbehaves(Mischief::Crowded);
    house
        .place(&a_call())
        .await
        .assert_refused(503, "VAPI_BUSY");
    let calls = house.app.get("/api/v6/call").by(&house.alice).await;
    let call = &calls.body["calls"][0];
    assert_eq!(
        (&call["status"], &call["retryable"]),
        (&json!("FAILED"), &json!(true))
    );
    assert_eq!(
        house.told(call).await,
        ["1 call.status.changed FAILED", "2 call.failed FAILED"]
    );
    assert_eq!(house.dials(call), 1);
    house.finish().await;
}

#[tokio::test]
async fn money_is_the_operators_matter() {
    let house = House::open().await;
    house.misbehaves(Mischief::Unpaid);
    house
        .place(&a_call())
        .await
        .assert_refused(502, "VAPI_REJECTED");
    house.finish().await;
}
