//! Where nobody knows whether Vapi has the call: it is looked for, and never placed again.

use std::time::Duration;

use entity::placements::{Column, Entity};
use ringback::simulate::Mischief;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{House, NUMBER, a_call, a_requested_call, an_order};
use crate::support::client;

const SOON: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_found_at_vapi() {
    for lost in [Mischief::FailAfter, Mischief::Cut] {
        let house = House::open().await;
        house.misbehaves(lost);
        let call = house.placed(&a_call()).await;
        assert_eq!(call["status"], "QUEUED", "{lost:?}");
        assert_eq!(call["placement"], "unconfirmed");
        assert_eq!(call["vapi_call_id"], json!(null));

        house.later(SOON).await;
        let found = house.call(&call["id"]).await;
        assert_eq!(found["placement"], json!(null));
        assert!(!found["vapi_call_id"].is_null());
        assert_eq!(house.dials(&call), 1);
        assert_eq!(house.told(&call).await, ["1 call.status.changed QUEUED"]);
        house.finish().await;
    }
}

#[tokio::test]
async fn a_call_that_vapi_never_had_fails_and_is_not_placed_again() {
    let house = House::open().await;
    house.misbehaves(Mischief::FailBefore);
    let call = house.placed(&a_call()).await;
    house.behaves();
    for _ in 0..6 {
        house.later(LONG).await;
    }
    let call = house.call(&call["id"]).await;
    assert_eq!(
        (&call["status"], &call["retryable"]),
        (&json!("FAILED"), &json!(true))
    );
    assert_eq!(call["ended_reason"], "vapi-never-placed");
    assert_eq!(house.vapi.dials_in_all(), 0);
    assert_eq!(
        house.told(&call).await,
        [
            "1 call.status.changed QUEUED",
            "2 call.status.changed FAILED",
            "3 call.failed FAILED"
        ]
    );
    house.finish().await;
}

#[tokio::test]
async fn a_webhook_settles_what_the_lost_answer_left_open() {
    let house = House::where_calls_are_played().await;
    house.misbehaves(Mischief::FailAfter);
    let call = house.placed(&a_requested_call()).await;
    house.vapi.quiet().await;
    let known = house.call(&call["id"]).await;
    assert_eq!(known["placement"], json!(null));
    assert!(
        !known["vapi_call_id"].is_null() && !known["outcome"].is_null(),
        "{known}"
    );
    house.later(SOON).await;
    let left = Entity::find().count(house.app.app.db.read()).await;
    assert_eq!(left.unwrap(), 0);
    assert_eq!(house.dials(&call), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_process_that_died_before_it_asked_leaves_a_call_that_is_never_placed() {
    let house = House::open().await;
    let call = left_by_a_dead_process(&house).await;
    for _ in 0..6 {
        house.later(LONG).await;
    }
    assert_eq!(house.call(&call["id"]).await["status"], "FAILED");
    assert_eq!(house.vapi.dials_in_all(), 0);
    house.finish().await;
}

#[tokio::test]
async fn a_process_that_died_after_vapi_took_the_call_leaves_one_that_is_found() {
    // No number is needed to look for it.
    for number in ["a-number", ""] {
        let house = House::with(false, &[("VAPI_PHONE_NUMBER_ID", number)]).await;
        let call = left_by_a_dead_process(&house).await;
        let asked = json!({
            "assistantId": "an-assistant", "phoneNumberId": "a-number",
            "customer": {"number": NUMBER},
            "assistantOverrides": {"metadata": {"requestId": call["id"]}},
        });
        let taken = client()
            .post(format!("{}/call", house.vapi.url()))
            .bearer_auth("key");
        assert_eq!(taken.json(&asked).send().await.unwrap().status(), 201);

        // A look that came before Vapi had it is followed by another.
        house.later(Duration::from_secs(60)).await;
        let found = house.call(&call["id"]).await;
        assert!(!found["vapi_call_id"].is_null(), "{found}");
        assert_eq!(house.dials(&call), 1);
        assert_eq!(house.told(&call).await, ["1 call.status.changed QUEUED"]);
        house.finish().await;
    }
}

/// A call that was written down, and of which another process said that it asks for it.
pub(super) async fn left_by_a_dead_process(house: &House) -> Value {
    let calls = house.app.calls.clone();
    let entered = house.app.app.db.write(move |tx| async move {
        calls.enter(&tx, "alice", an_order()).await?;
        let of_another = Entity::update_many()
            .col_expr(Column::Instance, Expr::value(Uuid::now_v7()))
            .filter(Column::Instance.is_not_null());
        of_another.exec(&*tx).await?;
        Ok(())
    });
    entered.await.unwrap();
    let all = house.app.get("/api/v6/call").by(&house.alice).await;
    all.body["calls"][0].clone()
}
