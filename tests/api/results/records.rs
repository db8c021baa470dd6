//! Results as rows of a table: one by its call, many by a telephone number.

use std::time::Duration;

use super::*;
use crate::support::vapi::{self, WELL, ended, report, status};

#[tokio::test]
async fn a_record_has_every_column_by_its_name() {
    let app = TestApp::spawn().await;
    let said = json!({
        "type": "end-of-call-report",
        "call": {
            "id": "test-call-123", "status": "ended", "endedReason": "assistant-ended-call",
            "customer": {"number": "+18641234567"},
            "startedAt": "2025-01-08T12:00:00Z", "endedAt": "2025-01-08T12:05:00Z",
            "transcript": "Test transcript",
            "analysis": {
                "summary": "Test summary",
                "structuredData": {"availability": "available", "estimated_rate": "$100/hour"},
            },
        },
        "phoneNumber": {"twilioAuthToken": "a secret of Vapi's"},
    });
    vapi::says(&app, said.clone()).await;
    let path = format!("{}?view=record", at("test-call-123"));
    let answer = app.get(&path).by(ADMIN_KEY).await;
    let call = vapi::call(&app, "test-call-123").await;
    let mut raw = json!({ "message": said });
    raw["message"]["phoneNumber"]["twilioAuthToken"] = json!("[redacted]");
    let expected = json!({"success": true, "data": {
        "id": call.id,
        "call_id": "test-call-123",
        "assistant_id": null,
        "phone_number_id": null,
        "customer_phone": "+18641234567",
        "status": "ended",
        "ended_reason": "assistant-ended-call",
        "started_at": "2025-01-08T12:00:00.000Z",
        "ended_at": "2025-01-08T12:05:00.000Z",
        "duration_minutes": 5.0,
        "transcript": {"text": "Test transcript"},
        "messages": null,
        "recording_url": null,
        "analysis_summary": "Test summary",
        "analysis_structured_data": {"availability": "available", "estimated_rate": "$100/hour"},
        "analysis_success_evaluation": null,
        "provider_name": null,
        "provider_phone": null,
        "service_type": null,
        "location": null,
        "user_criteria": null,
        "urgency": null,
        "service_request_id": null,
        "raw_webhook_payload": raw,
        "created_at": "2026-01-05T09:00:00.000Z",
        "updated_at": "2026-01-05T09:00:00.000Z",
    }});
    assert_eq!((answer.status, answer.body), (200, expected));
    app.finish().await;
}

#[tokio::test]
async fn a_record_knows_what_the_metadata_and_the_numbers_say() {
    let app = TestApp::spawn().await;
    let mut said = report("v1", "alice", WELL, "Short.");
    said["call"]["metadata"]["serviceRequestId"] = json!("req-7");
    said["call"]["metadata"]["urgency"] = json!("flexible");
    vapi::says(&app, said).await;
    let data = app
        .get(&format!("{}?view=record&wait=1", at("v1")))
        .by(ADMIN_KEY)
        .await
        .body["data"]
        .clone();
    for (column, value) in [
        ("assistant_id", "89a9"),
        ("phone_number_id", "c18a"),
        ("service_request_id", "req-7"),
        ("urgency", "flexible"),
        ("analysis_success_evaluation", "true"),
    ] {
        assert_eq!(data[column], value, "{column}: {data}");
    }
    app.finish().await;
}

#[tokio::test]
async fn without_a_report_the_word_of_the_end_is_the_payload() {
    let app = TestApp::spawn().await;
    vapi::says(&app, ended("v1", "alice", "customer-busy")).await;
    app.advance(Duration::from_secs(5));
    let path = format!("{}?view=record", at("v1"));
    let data = app.get(&path).by(ADMIN_KEY).await.body["data"].clone();
    assert_eq!(data["raw_webhook_payload"]["message"]["status"], "ended");
    assert_eq!(
        (&data["transcript"], &data["duration_minutes"]),
        (&Value::Null, &Value::Null)
    );
    app.finish().await;
}

#[tokio::test]
async fn results_of_a_number_are_listed_newest_first_and_counted() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    for id in ["v1", "v2", "v3"] {
        vapi::says(&app, report(id, "alice", WELL, "Short.")).await;
    }
    vapi::says(&app, report("v4", "mallory", WELL, "Hers.")).await;
    vapi::says(&app, status("v5", "alice", "in-progress")).await;
    vapi::says(&app, ended("v6", "alice", "customer-busy")).await;
    let page = async |token: &str, phone: &str, query: &str| {
        let path = format!("{}?{query}", at(&format!("by-phone/{phone}")));
        let list = app.get(&path).by(token).await;
        assert_eq!(list.status, 200, "{list:?}");
        let rows = list.body["data"].as_array().unwrap().iter();
        let ids: Vec<_> = rows
            .map(|row| row["call_id"].as_str().unwrap().to_owned())
            .collect();
        (
            ids,
            list.body["count"].clone(),
            list.body["pagination"].clone(),
        )
    };
    for spelling in ["+18641234567", "8641234567", "(864)%20123-4567"] {
        let (ids, count, pagination) = page(&alice, spelling, "").await;
        assert_eq!(
            (ids, count),
            (vec!["v3".into(), "v2".into(), "v1".into()], json!(3))
        );
        assert_eq!(
            pagination,
            json!({"limit": 10, "offset": 0, "hasMore": false})
        );
    }
    let (ids, count, pagination) = page(&alice, "+18641234567", "limit=1&offset=1").await;
    assert_eq!((ids, count), (vec!["v2".to_owned()], json!(3)));
    assert_eq!(
        pagination,
        json!({"limit": 1, "offset": 1, "hasMore": true})
    );
    assert_eq!(page(&mallory, "+18641234567", "").await.0, ["v4"]);
    assert_eq!(page(&alice, "+18641234568", "").await.1, 0);

    app.delete(&at("v2")).by(&alice).await;
    app.advance(Duration::from_secs(5));
    assert_eq!(page(&alice, "+18641234567", "").await.0, ["v6", "v3", "v1"]);
    assert_eq!(page(ADMIN_KEY, "+18641234567", "").await.1, 4);
    app.finish().await;
}

#[tokio::test]
async fn a_list_that_is_not_understood_is_refused_with_its_path() {
    let app = TestApp::spawn().await;
    for (asked, path) in [
        ("by-phone/someone", "phone"),
        ("by-phone/+18641234567?limit=0", "limit"),
        ("by-phone/+18641234567?limit=101", "limit"),
        ("by-phone/+18641234567?offset=100001", "offset"),
        ("by-phone/+18641234567?offset=-1", "query"),
        ("by-phone/+18641234567?cursor=x", "query"),
    ] {
        let refused = app.get(&at(asked)).by(ADMIN_KEY).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    app.finish().await;
}
