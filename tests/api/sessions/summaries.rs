//! Summaries: by the analysis, or by what was said.

use std::time::Duration;

use entity::calls;
use ringback::vapi::message::Results;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{at, conversation, ended, insert, of_owner, record, singly, update, with_result};
use crate::support::{ADMIN_KEY, TestApp};

async fn summary(app: &TestApp) -> Value {
    let answer = app.get(&at("web-1", "/summary")).by(ADMIN_KEY).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["summary"].clone()
}

async fn a_conversation(app: &TestApp) -> calls::Model {
    let call = insert(app, of_owner(app, "web-1", "alice")).await;
    record(app, singly(call.id, conversation())).await;
    app.advance(Duration::from_secs(70));
    update(app, ended(app, call)).await
}

#[tokio::test]
async fn without_an_analysis_it_is_made_of_what_was_said() {
    let app = TestApp::spawn().await;
    a_conversation(&app).await;
    assert_eq!(
        summary(&app).await,
        json!({
            "session_id": "web-1", "status": "completed", "final": true, "source": "messages",
            "text": "5 turns in 1 min 10 s. First request: “I need an appointment.” \
                     Last answer: “See you on Tuesday.”",
            "turns": 5, "duration_seconds": 70,
            "first_request": "I need an appointment.", "last_answer": "See you on Tuesday.",
            "key_insights": null,
        })
    );
    app.finish().await;
}

#[tokio::test]
async fn the_analysis_has_the_word_where_there_is_one() {
    let app = TestApp::spawn().await;
    let call = a_conversation(&app).await;
    let results = Results {
        summary: Some(" All is well. ".to_owned()),
        structured_data: Some(json!({ "ok": true })),
        ..Results::default()
    };
    update(&app, with_result(&app, call, &results)).await;
    let summary = summary(&app).await;
    assert_eq!(summary["text"], "All is well.");
    assert_eq!(summary["source"], "analysis");
    assert_eq!(summary["key_insights"], json!({ "ok": true }));
    assert_eq!(summary["turns"], 5);
    app.finish().await;
}

#[tokio::test]
async fn an_analysis_that_found_nothing_is_none() {
    let app = TestApp::spawn().await;
    let mut call = a_conversation(&app).await;
    for (text, data) in [
        (None, None),
        (Some(" "), Some(json!({}))),
        (None, Some(Value::Null)),
    ] {
        let result = Results {
            summary: text.map(str::to_owned),
            structured_data: data,
            ..Results::default()
        };
        call = update(&app, with_result(&app, call, &result)).await;
        let summary = summary(&app).await;
        assert_eq!(summary["source"], "messages", "{result:?}");
        assert_eq!(summary["key_insights"], Value::Null, "{result:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn while_it_goes_on_it_says_how_far_it_has_come() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let nothing = summary(&app).await;
    assert_eq!(
        (&nothing["final"], &nothing["text"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        (&nothing["turns"], &nothing["status"]),
        (&json!(0), &json!("active"))
    );

    record(&app, singly(call.id, conversation())).await;
    let further = summary(&app).await;
    assert_eq!(
        (&further["final"], &further["turns"]),
        (&json!(false), &json!(5))
    );
    app.finish().await;
}

#[tokio::test]
async fn it_is_final_once_no_report_is_waited_for() {
    let app = TestApp::spawn().await;
    let call = a_conversation(&app).await;
    let waits = calls::ActiveModel {
        announce_due_at: Set(Some(app.clock.millis() + 5_000)),
        ..call.into_active_model()
    };
    let call = update(&app, waits).await;
    let waiting = summary(&app).await;
    assert_eq!(
        (&waiting["status"], &waiting["final"]),
        (&json!("completed"), &json!(false))
    );
    let told = calls::ActiveModel {
        announce_due_at: Set(None),
        announced_at: Set(Some(app.clock.millis())),
        ..call.into_active_model()
    };
    update(&app, told).await;
    assert_eq!(summary(&app).await["final"], true);
    app.finish().await;
}
