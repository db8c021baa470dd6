//! What is kept of a call, and what will be told of it.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::*;
use crate::support::vapi::cannot_be_opened;

#[tokio::test]
async fn a_whole_call_is_kept_told_and_numbered() {
    let app = TestApp::spawn().await;
    for (word, at) in [("queued", 1), ("ringing", 2), ("in-progress", 3)] {
        app.hears(status("v1", word, at)).await;
    }
    app.hears(ended("v1", "customer-ended-call", 4)).await;
    app.hears(report("v1", "customer-ended-call", "Short.", 5))
        .await;
    let call = app.call("v1").await;
    assert_eq!(
        (call.status, call.outcome),
        (CallStatus::Ended, Some(Outcome::Completed))
    );
    assert_eq!(call.ended_at.unwrap() - call.started_at.unwrap(), 120_000);
    let told = app.told_of(&call).await;
    let kinds: Vec<_> = told.iter().map(|told| told.kind.as_str()).collect();
    let changed = "call.status.changed";
    assert_eq!(
        kinds,
        [changed, changed, changed, changed, "call.completed"]
    );
    let numbers: Vec<_> = told.iter().map(|told| told.sequence.unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let completed = &told[4].payload;
    assert_eq!(
        (&completed["callId"], &completed["status"]),
        (&json!("v1"), &json!("completed"))
    );
    assert_eq!(completed["data"]["analysis"]["summary"], "Short.");
    assert_eq!(completed["data"]["duration"], 2.0);
    assert_eq!(completed["data"]["outcome"], "completed");
    assert_eq!(told[1].payload["data"]["previousStatus"], "queued");
    assert_eq!(app.log_of(&call).await.len(), 5);
    app.finish().await;
}

/// SQLite counts them in a table of its own, which whoever mends a file by hand may forget.
#[tokio::test]
async fn what_is_told_stands_behind_what_is_there_also_where_its_counter_was_lost() {
    let app = TestApp::spawn().await;
    app.hears(status("v1", "queued", 1)).await;
    if !app.app.db.is_postgres() {
        let forget = "DELETE FROM sqlite_sequence WHERE name = 'events'";
        let forgotten = app.app.db.write(move |tx| async move {
            tx.execute_unprepared(forget).await?;
            Ok(())
        });
        forgotten.await.unwrap();
    }
    app.hears(status("v1", "ringing", 2)).await;
    let told = app.told_of(&app.call("v1").await).await;
    let numbers: Vec<_> = told.iter().map(|told| told.sequence.unwrap()).collect();
    assert_eq!(numbers, [1, 2]);
    app.finish().await;
}

#[tokio::test]
async fn a_late_event_is_in_the_log_and_changes_nothing() {
    let app = TestApp::spawn().await;
    app.hears(ended("v1", "customer-busy", 9)).await;
    app.hears(status("v1", "ringing", 2)).await;
    let call = app.call("v1").await;
    assert_eq!(
        (call.status, call.outcome),
        (CallStatus::Failed, Some(Outcome::NoContact))
    );
    let applied: Vec<_> = app
        .log_of(&call)
        .await
        .iter()
        .map(|row| row.applied)
        .collect();
    assert_eq!(applied, [true, false]);
    app.finish().await;
}

#[tokio::test]
async fn without_a_report_a_call_is_told_of_when_the_grace_is_over() {
    let app = TestApp::spawn().await;
    app.hears(ended("v1", "customer-ended-call", 1)).await;
    app.advance(Duration::from_millis(4_999));
    assert_eq!(app.ingest.announce_due(&app.app).await.unwrap(), 0);
    app.advance(Duration::from_millis(1));
    app.ingest.announce_due(&app.app).await.unwrap();
    assert_eq!(
        app.kinds_told_of("v1").await,
        ["call.status.changed", "call.completed"]
    );
    app.hears(report("v1", "customer-ended-call", "Late.", 2))
        .await;
    assert_eq!(app.kinds_told_of("v1").await.last().unwrap(), "call.report");
    app.finish().await;
}

#[tokio::test]
async fn one_that_cannot_be_opened_holds_up_no_other_that_is_to_be_told_of() {
    let app = TestApp::spawn().await;
    for id in ["v1", "v2"] {
        app.hears(ended(id, "customer-ended-call", 1)).await;
    }
    cannot_be_opened(&app, "v1").await;
    app.advance(Duration::from_secs(5));
    app.ingest.announce_due(&app.app).await.unwrap();
    assert_eq!(app.kinds_told_of("v1").await, ["call.status.changed"]);
    assert_eq!(
        app.kinds_told_of("v2").await,
        ["call.status.changed", "call.completed"]
    );
    let again_at = app.call("v1").await.announce_due_at;
    assert_eq!(again_at, Some(app.clock.millis() + 600_000));
    app.finish().await;
}

#[tokio::test]
async fn a_failure_is_told_at_once_with_its_reason() {
    let app = TestApp::spawn().await;
    app.hears(ended(
        "v1",
        "call.in-progress.error-vapifault-openai-llm-failed",
        1,
    ))
    .await;
    let call = app.call("v1").await;
    let told = app.told_of(&call).await;
    let failed = &told[1].payload;
    assert_eq!(
        (told[1].kind.as_str(), &failed["data"]["outcome"]),
        ("call.failed", &json!("failed"))
    );
    assert_eq!(failed["data"]["retryable"], true);
    assert_eq!(
        failed["data"]["endedReason"],
        "call.in-progress.error-vapifault-openai-llm-failed"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_canceled_call_is_neither_completed_nor_failed() {
    let app = TestApp::spawn().await;
    app.hears(ended("v1", "manually-canceled", 1)).await;
    app.advance(Duration::from_secs(60));
    assert_eq!(app.ingest.announce_due(&app.app).await.unwrap(), 0);
    assert_eq!(app.kinds_told_of("v1").await, ["call.status.changed"]);
    app.finish().await;
}

#[tokio::test]
async fn what_belongs_to_no_call_and_what_is_unknown_are_kept_and_acknowledged() {
    let app = TestApp::spawn().await;
    for message in [
        json!({"type": "campaign.started", "campaignId": "c1"}),
        json!({"type": "chat.created", "chat": {"id": "x"}}),
        json!({"type": "something.new", "call": {"id": "v1"}}),
    ] {
        app.hears(message).await;
    }
    let kept = call_events::Entity::find()
        .all(app.app.db.read())
        .await
        .unwrap();
    let of_calls = kept.iter().filter(|row| row.call_id.is_some()).count();
    assert_eq!((kept.len(), of_calls), (3, 1));
    assert_eq!(
        app.call("v1").await.status,
        CallStatus::Queued,
        "heard of for the first time"
    );
    app.finish().await;
}

#[tokio::test]
async fn the_owner_is_the_first_that_the_metadata_name_and_never_changes() {
    let app = TestApp::spawn().await;
    let owned = |id: &str, owner: &str, kind: &str, at: i64| {
        let mut message = status(id, "ringing", at);
        message["call"]["type"] = kind.into();
        message["call"]["metadata"] = json!({"ownerId": owner});
        message
    };
    app.hears(owned("v1", "alice", "inboundPhoneCall", 1)).await;
    app.hears(owned("v1", "mallory", "inboundPhoneCall", 2))
        .await;
    assert_eq!(app.call("v1").await.owner.as_deref(), Some("alice"));
    app.hears(owned("v2", "alice", "webCall", 1)).await;
    assert_eq!(
        app.call("v2").await.owner,
        None,
        "a browser's word is not believed"
    );
    app.finish().await;
}

#[tokio::test]
async fn an_event_of_a_call_we_placed_brings_vapis_id() {
    let app = TestApp::spawn().await;
    let placed = app.placed_call("req_1").await;
    let mut message = status("v1", "ringing", 1);
    message["call"]["type"] = "outboundPhoneCall".into();
    message["call"]["assistantOverrides"] = json!({"metadata": {"requestId": "req_1"}});
    app.hears(message).await;
    let call = app.call("v1").await;
    assert_eq!(
        (call.id, call.status, call.origin),
        (placed, CallStatus::Ringing, calls::Origin::Placed)
    );
    app.finish().await;
}

#[tokio::test]
async fn transcript_lines_are_kept_once_whether_singly_or_in_a_report() {
    let app = TestApp::spawn().await;
    let owned = json!({"ownerId": "alice"});
    let mut first = line("v1", "assistant", "Hi.", 1_767_603_480_000);
    first["call"]["metadata"] = owned;
    app.hears(first).await;
    app.hears(report(
        "v1",
        "customer-ended-call",
        "Short.",
        1_767_603_600_000,
    ))
    .await;
    let alice = app.user("alice").await;
    let listed = app.get("/api/v1/sessions/v1/messages").by(&alice).await;
    let texts: Vec<_> = listed.body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["text"].clone())
        .collect();
    assert_eq!(texts, ["Hi.", "Hello."], "{listed:?}");
    app.finish().await;
}

impl TestApp {
    /// A call that we placed and whose id at Vapi is not known yet.
    async fn placed_call(&self, request_id: &str) -> entity::CallId {
        let id = entity::CallId::from_uuid(uuid::Uuid::now_v7());
        let now = self.clock.millis();
        let row = calls::ActiveModel {
            id: sea_orm::Set(id),
            request_id: sea_orm::Set(Some(request_id.to_owned())),
            owner: sea_orm::Set(Some("alice".to_owned())),
            origin: sea_orm::Set(calls::Origin::Placed),
            status: sea_orm::Set(CallStatus::Queued),
            sequence: sea_orm::Set(0),
            result_version: sea_orm::Set(0),
            created_at: sea_orm::Set(now),
            updated_at: sea_orm::Set(now),
            ..Default::default()
        };
        let kept = self.app.db.write(move |tx| async move {
            calls::Entity::insert(row)
                .exec_without_returning(&*tx)
                .await?;
            Ok(())
        });
        kept.await.unwrap();
        id
    }
}
