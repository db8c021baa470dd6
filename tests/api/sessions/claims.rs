//! Claims: who gets a session that nobody has, and who does not.

use std::time::Duration;

use entity::calls::{self, CallStatus, Origin};
use futures_util::future::join_all;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::OnConflict,
};
use serde_json::json;

use super::{SESSIONS, announced, at, insert, of_owner, stored};
use crate::support::{ADMIN_KEY, Answer, Ask, TestApp};

const TEN_MINUTES: Duration = Duration::from_secs(600);

fn claim(app: &TestApp, token: &str, id: &str) -> Ask {
    let body = json!({ "session_id": id });
    app.post(SESSIONS).by(token).json(&body)
}

async fn named(app: &TestApp, vapi_id: &str) -> Vec<calls::Model> {
    calls::Entity::find()
        .filter(calls::Column::VapiCallId.eq(vapi_id))
        .all(app.app.db.read())
        .await
        .unwrap()
}

#[track_caller]
fn assert_claimed(answer: &Answer, status: u16, id: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.body["success"], true, "{answer:?}");
    assert_eq!(answer.body["session"]["id"], id, "{answer:?}");
}

#[tokio::test]
async fn a_session_is_claimed_before_its_first_event() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let first = claim(&app, &alice, "web-1").await;
    let rows = named(&app, "web-1").await;
    let [call] = rows.as_slice() else {
        panic!("one call should be awaited: {rows:?}");
    };
    assert_claimed(&first, 201, "web-1");
    assert_eq!(
        first.body["session"],
        json!({
            "id": "web-1", "call_id": call.id, "status": "active",
            "started_at": null, "ended_at": null, "ended_reason": null,
            "transcript_summary": null, "key_insights": null,
            "created_at": "2026-01-05T09:00:00.000Z",
        })
    );
    assert_eq!(call.owner.as_deref(), Some("alice"));
    assert_eq!(
        (call.origin, call.status, call.last_event_at),
        (Origin::Announced, CallStatus::Queued, None)
    );
    app.finish().await;
}

#[tokio::test]
async fn ones_own_session_is_claimed_again_at_any_time() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let first = claim(&app, &alice, "web-1").await;
    app.advance(10 * TEN_MINUTES);
    assert_claimed(&claim(&app, &alice, "web-1").await, 200, "web-1");
    let by_our_id = first.body["session"]["call_id"].as_str().unwrap();
    assert_claimed(&claim(&app, &alice, by_our_id).await, 200, "web-1");
    assert_eq!(named(&app, "web-1").await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn what_nobody_has_is_claimed_within_ten_minutes_of_its_first_event() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = insert(&app, announced(&app, "web-1")).await;
    insert(&app, announced(&app, "web-2")).await;
    app.advance(TEN_MINUTES);
    assert_claimed(&claim(&app, &alice, "web-1").await, 201, "web-1");
    let claimed = stored(&app, call.id).await;
    assert_eq!(claimed.owner.as_deref(), Some("alice"));
    assert_eq!(claimed.updated_at, app.clock.millis());
    assert_eq!(claimed.status, call.status);

    app.advance(Duration::from_millis(1));
    claim(&app, &alice, "web-2")
        .await
        .assert_refused(404, "NOT_FOUND");
    app.finish().await;
}

#[tokio::test]
async fn what_somebody_has_is_not_there_for_others() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let ours = call.id.to_string();
    for (token, id) in [
        (mallory.as_str(), "web-1"),
        (&mallory, &ours),
        (ADMIN_KEY, "web-1"),
    ] {
        claim(&app, token, id)
            .await
            .assert_refused(404, "NOT_FOUND");
    }
    assert_eq!(stored(&app, call.id).await, call);
    app.finish().await;
}

#[tokio::test]
async fn a_call_that_we_placed_is_not_claimed_by_anybody() {
    let app = TestApp::spawn().await;
    let placed = calls::ActiveModel {
        origin: Set(Origin::Placed),
        ..announced(&app, "phone-1")
    };
    let call = insert(&app, placed).await;
    let alice = app.user("alice").await;
    claim(&app, &alice, "phone-1")
        .await
        .assert_refused(404, "NOT_FOUND");
    assert_eq!(stored(&app, call.id).await, call);
    app.finish().await;
}

#[tokio::test]
async fn claims_can_be_switched_off() {
    let app = TestApp::with(&[("RINGBACK_SESSION_CLAIM", "off")]).await;
    for token in [&app.user("alice").await, ADMIN_KEY] {
        let refused = claim(&app, token, "web-1").await;
        refused.assert_refused(403, "FORBIDDEN");
        assert!(
            refused.text.contains("RINGBACK_SESSION_CLAIM"),
            "{refused:?}"
        );
    }
    assert!(named(&app, "web-1").await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_an_id_is_refused_by_its_path() {
    let app = TestApp::spawn().await;
    let long = "ä".repeat(256);
    for id in ["", "  ", "a\u{0}b", "a\nb", &long] {
        let refused = claim(&app, ADMIN_KEY, id).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], "session_id");
    }
    assert_claimed(&claim(&app, ADMIN_KEY, &long[2..]).await, 201, &long[2..]);
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    for replayed in ["", "true"] {
        let answer = claim(&app, &alice, "web-1")
            .header("idempotency-key", "k1")
            .await;
        assert_claimed(&answer, 201, "web-1");
        assert_eq!(answer.header("idempotent-replayed"), replayed);
    }
    app.finish().await;
}

#[tokio::test]
async fn of_many_who_claim_at_once_one_gets_it() {
    let app = TestApp::spawn().await;
    insert(&app, announced(&app, "seen")).await;
    let owners = ["a", "b", "c", "d", "e", "f"];
    let keys = join_all(owners.iter().map(|owner| app.user(owner))).await;
    for id in ["seen", "unseen"] {
        let claims = keys.iter().map(|key| claim(&app, key, id).into_future());
        let answers = join_all(claims).await;
        let of = |status| answers.iter().filter(move |answer| answer.status == status);
        assert_eq!((of(201).count(), of(404).count()), (1, 5), "{answers:?}");
        let winner = answers.iter().position(|answer| answer.status == 201);
        let rows = named(&app, id).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].owner.as_deref(), Some(owners[winner.unwrap()]));
    }
    app.finish().await;
}

/// The recorder makes a call's row in its own transaction, and may know the owner.
#[tokio::test]
async fn the_recorder_and_a_claim_agree_on_who_was_first() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    let ids: Vec<_> = (0..8).map(|n| format!("web-{n}")).collect();
    let meetings = ids.iter().map(|id| async {
        let row = of_owner(&app, id, "alice");
        let recorded = app.app.db.write(|tx| async move {
            let known = OnConflict::column(calls::Column::VapiCallId)
                .do_nothing()
                .to_owned();
            let insert = calls::Entity::insert(row).on_conflict(known);
            Ok(insert.exec_without_returning(&*tx).await?)
        });
        let (recorded, claimed) = tokio::join!(recorded, claim(&app, &mallory, id).into_future());
        (recorded.unwrap(), claimed)
    });
    for (id, (recorded, claimed)) in ids.iter().zip(join_all(meetings).await) {
        let call = &named(&app, id).await[0];
        match recorded {
            0 => {
                assert_claimed(&claimed, 201, id);
                assert_eq!(call.owner.as_deref(), Some("mallory"));
            }
            _ => {
                claimed.assert_refused(404, "NOT_FOUND");
                assert_eq!(call.owner.as_deref(), Some("alice"));
            }
        }
    }
    let all = calls::Entity::find().count(app.app.db.read());
    assert_eq!(all.await.unwrap(), 8);
    app.finish().await;
}

#[tokio::test]
async fn a_claimed_session_is_its_owners_to_read() {
    let app = TestApp::spawn().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    insert(&app, announced(&app, "web-1")).await;
    for token in [&alice, &bob] {
        let before = app.get(&at("web-1", "")).by(token).await;
        before.assert_refused(404, "NOT_FOUND");
    }
    claim(&app, &alice, "web-1").await;
    assert_eq!(app.get(&at("web-1", "")).by(&alice).await.status, 200);
    let other = app.get(&at("web-1", "")).by(&bob).await;
    other.assert_refused(404, "NOT_FOUND");
    app.finish().await;
}
