//! Asking for a result: when there is one, what it says, who gets it.

use std::time::Duration;

use super::*;
use crate::support::vapi::{self, WELL, ended, report, status};

/// The report as our users wrote it down, and the result that they read.
#[tokio::test]
async fn a_result_has_the_fields_that_pollers_know() {
    let app = TestApp::spawn().await;
    let said = json!({
        "type": "end-of-call-report",
        "call": {
            "id": "call_abc123", "status": "ended", "endedReason": "customer-ended-call",
            "transcript": "AI: Hello...\nCustomer: Hi...", "summary": "Customer inquiry about pricing",
            "cost": 0.45, "startedAt": "2025-01-15T10:00:00Z", "endedAt": "2025-01-15T10:05:30Z",
            "analysis": {
                "summary": "Customer confirmed availability",
                "structuredData": {
                    "availability": "available", "estimated_rate": "$100/hour", "single_person_found": true,
                    "all_criteria_met": true, "call_outcome": "positive", "recommended": true,
                },
                "successEvaluation": "successful",
            },
            "metadata": {
                "providerName": "Joe's Plumbing", "providerPhone": "+15551234567", "serviceNeeded": "plumbing",
                "location": "Greenville, SC", "userCriteria": "Need same-day service", "urgency": "immediate",
            },
        },
    });
    vapi::says(&app, said).await;
    let answer = result(&app, ADMIN_KEY, "call_abc123").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let expected = json!({"success": true, "data": {
        "status": "completed",
        "callId": "call_abc123",
        "callMethod": "direct_vapi",
        "duration": 5.5,
        "endedReason": "customer-ended-call",
        "transcript": "AI: Hello...\nCustomer: Hi...",
        "analysis": {
            "summary": "Customer confirmed availability",
            "structuredData": {
                "availability": "available", "estimated_rate": "$100/hour", "single_person_found": true,
                "all_criteria_met": true, "call_outcome": "positive", "recommended": true,
            },
            "successEvaluation": "successful",
        },
        "provider": {
            "name": "Joe's Plumbing", "phone": "+15551234567", "service": "plumbing", "location": "Greenville, SC",
        },
        "request": {"criteria": "Need same-day service", "urgency": "immediate"},
        "cost": 0.45,
        "recordingUrl": null,
        "startedAt": "2025-01-15T10:00:00.000Z",
        "endedAt": "2025-01-15T10:05:30.000Z",
    }});
    assert_eq!((answer.status, answer.body), (200, expected));
    app.finish().await;
}

#[tokio::test]
async fn there_is_none_before_the_end_and_none_of_what_was_never_heard_of() {
    let app = TestApp::spawn().await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    let too_long = "x".repeat(256);
    for id in ["v1", "v2", "call_nothing", &too_long] {
        assert_none(&result(&app, ADMIN_KEY, id).await, id);
    }
    let hostile = result(&app, ADMIN_KEY, "a%00b").await;
    assert_none(&hostile, "a\0b");
    app.finish().await;
}

#[tokio::test]
async fn a_call_without_a_report_has_an_empty_result_once_the_grace_is_over() {
    let app = TestApp::spawn().await;
    for (id, reason, word) in [
        ("v1", WELL, "completed"),
        ("v2", "customer-did-not-answer", "no_answer"),
        ("v3", "manually-canceled", "canceled"),
        ("v4", "pipeline-error-openai-llm-failed", "failed"),
    ] {
        vapi::says(&app, ended(id, "alice", reason)).await;
        app.advance(Duration::from_millis(4_999));
        assert_none(&result(&app, ADMIN_KEY, id).await, id);
        app.advance(Duration::from_millis(1));
        let found = result(&app, ADMIN_KEY, id).await;
        assert_eq!(found.body["data"]["status"], word, "{found:?}");
        assert_eq!(found.body["data"]["endedReason"], reason);
        assert_eq!(found.body["data"]["transcript"], "");
        let nothing = json!({"summary": "", "structuredData": {}, "successEvaluation": ""});
        assert_eq!(found.body["data"]["analysis"], nothing);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_fuller_report_is_given_though_the_first_one_was_kept() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    let call = vapi::call(&app, "v1").await.id;
    let mut news = app.desk.news_of(call);
    vapi::says(&app, report("v1", "alice", WELL, "Longer.")).await;
    // The news of the first report may come as late as this.
    while summary(&app, ADMIN_KEY, "v1").await != "Longer." {
        news.await;
        news = app.desk.news_of(call);
    }
    drop(news);
    assert_eq!(summary(&app, ADMIN_KEY, &call.to_string()).await, "Longer.");
    app.finish().await;
}

#[tokio::test]
async fn a_result_is_its_owners_and_for_others_it_is_not_there() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    vapi::says(&app, report("v1", "alice", WELL, "Hers.")).await;
    let ours = vapi::call(&app, "v1").await.id.to_string();
    for id in ["v1", ours.as_str()] {
        for _ in ["made", "kept"] {
            assert_none(&result(&app, &mallory, id).await, id);
            assert_eq!(summary(&app, &alice, id).await, "Hers.");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_is_claimed_after_its_result_was_kept_is_its_new_owners() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let mut said = report("v1", "", WELL, "Hers.");
    said["call"]["metadata"] = json!({});
    vapi::says(&app, said).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Hers.");
    assert_none(&result(&app, &alice, "v1").await, "v1");
    let claim = app.post("/api/v1/sessions").by(&alice);
    let claimed = claim.json(&json!({"session_id": "v1"})).await;
    assert_eq!(claimed.status, 201, "{claimed:?}");
    assert_eq!(summary(&app, &alice, "v1").await, "Hers.");
    app.finish().await;
}

#[tokio::test]
async fn what_is_kept_is_counted_listed_and_let_go_after_a_while() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    for _ in 0..3 {
        summary(&app, ADMIN_KEY, "v1").await;
    }
    let since = app.clock.millis();
    let entry = json!({"callId": "v1", "timestamp": since, "expiresAt": since + 1_800_000});
    let expected = json!({"size": 1, "hits": 2, "misses": 1, "entries": [entry]});
    assert_eq!(cache_stats(&app).await, expected);
    app.advance(Duration::from_secs(30 * 60));
    assert_eq!(cache_stats(&app).await["size"], 0);
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    assert_eq!(cache_stats(&app).await["misses"], 2);
    let user = app.user("alice").await;
    let refused = app.get("/api/v1/vapi/cache/stats").by(&user).await;
    refused.assert_refused(403, "FORBIDDEN");
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_its_path() {
    let app = TestApp::spawn().await;
    for (query, path) in [
        ("wait=61s", "wait"),
        ("wait=2m", "wait"),
        ("wait=soon", "wait"),
        ("wait=-1", "wait"),
        ("view=table", "view"),
        ("views=record", "query"),
    ] {
        let refused = app
            .get(&format!("{}?{query}", at("v1")))
            .by(ADMIN_KEY)
            .await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    app.get(&at("v1")).await.assert_refused(401, "UNAUTHORIZED");
    app.finish().await;
}

#[tokio::test]
async fn how_calls_go_and_how_results_are_read_is_measured() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    vapi::says(&app, ended("v2", "alice", "customer-busy")).await;
    for _ in 0..2 {
        summary(&app, ADMIN_KEY, "v1").await;
    }
    let metrics = app.get("/metrics").await.text;
    for line in [
        "ringback_calls_ended_total{outcome=\"completed\"} ",
        "ringback_calls_ended_total{outcome=\"no_contact\"} ",
        "ringback_calls_failed_total{reason=\"busy\"} ",
        "ringback_call_duration_seconds_bucket{le=\"120\"} ",
        "ringback_result_cache_hits_total ",
        "ringback_result_cache_misses_total ",
        "ringback_result_retrieval_seconds_count ",
        "ringback_result_cache_entries ",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    app.finish().await;
}
