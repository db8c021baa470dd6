//! Vapi, as tests play it: messages in its envelope, with the shared secret.

use entity::{Sealed, calls};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Answer, TestApp};

pub const WELL: &str = "customer-ended-call";

/// Says something that must be taken.
pub async fn says(app: &TestApp, message: Value) -> Answer {
    let answer = app
        .post("/api/v1/vapi/webhook")
        .header("x-vapi-secret", "a-shared-secret")
        .json(&json!({ "message": message }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The row of a call that was heard of.
pub async fn call(app: &TestApp, vapi_id: &str) -> calls::Model {
    let named = calls::Entity::find().filter(calls::Column::VapiCallId.eq(vapi_id));
    let call = named.one(app.app.db.read()).await.unwrap();
    call.unwrap_or_else(|| panic!("there is no call {vapi_id}"))
}

/// What identifies a call opens no more, as where a sealing key was removed too early.
pub async fn cannot_be_opened(app: &TestApp, vapi_id: &str) {
    let spoiled = calls::ActiveModel {
        id: Set(call(app, vapi_id).await.id),
        details: Set(Some(Sealed(b"of another key".to_vec()))),
        ..Default::default()
    };
    let written = app
        .app
        .db
        .write(|tx| async move { Ok(spoiled.update(&*tx).await?) });
    written.await.unwrap();
}

/// A call of this owner has this status now.
pub fn status(call: &str, owner: &str, status: &str) -> Value {
    json!({
        "type": "status-update", "status": status,
        "call": {"id": call, "metadata": {"ownerId": owner}, "customer": {"number": "+18641234567"}},
    })
}

pub fn ended(call: &str, owner: &str, reason: &str) -> Value {
    let mut message = status(call, owner, "ended");
    message["endedReason"] = reason.into();
    message
}

/// Somebody said something, and will not be corrected.
pub fn line(call: &str, owner: &str, role: &str, text: &str) -> Value {
    json!({
        "type": "transcript", "transcriptType": "final", "role": role, "transcript": text,
        "call": {"id": call, "metadata": {"ownerId": owner}, "customer": {"number": "+18641234567"}},
    })
}

/// A report; one with another summary is another report.
pub fn report(call: &str, owner: &str, reason: &str, summary: &str) -> Value {
    json!({
        "type": "end-of-call-report", "endedReason": reason, "cost": 0.25,
        "startedAt": "2026-01-05T08:58:00.000Z", "endedAt": "2026-01-05T09:00:00.000Z",
        "analysis": {"summary": summary, "structuredData": {"ok": true}, "successEvaluation": "true"},
        "artifact": {"transcript": "AI: Hi.\nUser: Hello."},
        "call": {
            "id": call, "metadata": {"ownerId": owner}, "customer": {"number": "+18641234567"},
            "assistantId": "89a9", "phoneNumberId": "c18a",
        },
    })
}
