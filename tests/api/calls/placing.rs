//! Calls that Vapi takes.

use entity::{CallId, calls};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{House, NUMBER, a_call, a_requested_call, with};
use ringback::simulate::Mischief;

#[tokio::test]
async fn a_call_is_placed_and_comes_back_with_vapis_id() {
    let house = House::open().await;
    let call = house
        .placed(&with(a_call(), "metadata", json!({"tier": "gold"})))
        .await;
    assert_eq!(call["status"], "QUEUED");
    assert_eq!(call["placement"], json!(null));
    assert_eq!(
        call["customer"],
        json!({"number": NUMBER, "name": "Ace Plumbing"})
    );
    assert_eq!(call["metadata"]["tier"], "gold");
    assert_eq!(house.call(&call["vapi_call_id"]).await["id"], call["id"]);
    assert_eq!(house.dials(&call), 1);
    assert_eq!(house.told(&call).await, ["1 call.status.changed QUEUED"]);
    house.finish().await;
}

/// A recorder that is taken for the one before hands over what it tells, and would do so beside us.
#[tokio::test]
async fn who_places_a_call_is_not_taken_for_its_recorder() {
    let house = House::open().await;
    let call = house.placed(&a_call()).await;
    let id: CallId = call["id"].as_str().unwrap().parse().unwrap();
    let row = calls::Entity::find_by_id(id).one(house.app.app.db.read());
    let row = row.await.unwrap().unwrap();
    assert_eq!((row.sequence, row.recorder), (1, None));
    house.finish().await;
}

#[tokio::test]
async fn what_vapi_says_of_a_call_that_we_placed_is_about_that_call() {
    let house = House::where_calls_are_played().await;
    let call = house.placed(&a_requested_call()).await;
    house.vapi.quiet().await;
    let ended = house.call(&call["id"]).await;
    assert!(!ended["outcome"].is_null(), "{ended}");
    assert_eq!(ended["vapi_call_id"], call["vapi_call_id"]);
    assert_eq!(ended["metadata"]["userCriteria"], "Need same-day service");
    let all = house.app.get("/api/v6/call").by(&house.alice).await;
    assert_eq!(all.body["calls"].as_array().unwrap().len(), 1);
    house.finish().await;
}

#[tokio::test]
async fn all_of_a_calls_news_may_come_before_the_answer() {
    let house = House::where_calls_are_played().await;
    house.misbehaves(Mischief::AnswerLast);
    let call = house.placed(&a_requested_call()).await;
    assert!(!call["outcome"].is_null(), "{call}");
    assert!(!call["vapi_call_id"].is_null(), "{call}");
    let told = house.told(&call).await;
    let numbers: Vec<_> = told
        .iter()
        .filter(|line| !line.contains("transcript"))
        .collect();
    for (number, line) in numbers.iter().enumerate() {
        assert!(line.starts_with(&format!("{} ", number + 1)), "{told:?}");
    }
    assert_eq!(house.dials(&call), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_repeated_request_places_nothing_and_gets_the_first_answer() {
    let house = House::open().await;
    let place = || house.place(&a_call()).header("Idempotency-Key", "once");
    let first = place().await;
    let again = place().await;
    assert_eq!((first.status, &first.body), (201, &again.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(house.vapi.dials_in_all(), 1);
    let other = house
        .place(&a_requested_call())
        .header("Idempotency-Key", "once");
    other.await.assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    house.finish().await;
}

#[tokio::test]
async fn a_request_that_comes_twice_at_once_places_one_call() {
    let house = House::where_calls_are_played().await;
    house.misbehaves(Mischief::AnswerLast);
    let place = || {
        house
            .place(&a_requested_call())
            .header("Idempotency-Key", "once")
    };
    let both = async { tokio::join!(place(), place()) };
    let (one, other) = super::as_time_passes(&house.app.clock, both).await;
    assert_eq!((one.status, other.status), (201, 201));
    assert_eq!(one.body["call"]["id"], other.body["call"]["id"]);
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.finish().await;
}

#[tokio::test]
async fn the_usual_assistant_speaks_where_nobody_is_named() {
    let house = House::with(false, &[("VAPI_ASSISTANT_ID", "the-usual-one")]).await;
    let call = house
        .placed(&json!({"customer": {"number": "(415) 555-0123"}}))
        .await;
    assert_eq!(call["assistant_id"], "the-usual-one");
    assert_eq!(call["customer"]["number"], NUMBER);
    house.finish().await;
}
