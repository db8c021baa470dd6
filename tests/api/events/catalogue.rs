//! The catalogue: open to everybody, and true of what is really told.

use ringback::events::Kind;
use serde_json::Value;

use super::EVENTS;
use crate::support::TestApp;

#[tokio::test]
async fn everybody_may_read_which_events_there_are() {
    let app = TestApp::spawn().await;
    let catalogue = app.get(&format!("{EVENTS}/types")).await;
    assert_eq!(catalogue.status, 200, "{catalogue:?}");
    let types = catalogue.body["types"].as_array().unwrap();
    let names: Vec<_> = types.iter().map(|kind| kind["name"].clone()).collect();
    let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, known);
    for kind in types {
        assert!(!kind["description"].as_str().unwrap().is_empty());
        assert_eq!(kind["schema"]["title"], kind["name"]);
    }
    let refused = app.post(&format!("{EVENTS}/types")).await;
    refused.assert_refused(405, "METHOD_NOT_ALLOWED");
    app.finish().await;
}

/// What Vapi says of one call, from the first ring to the report.
#[tokio::test]
async fn what_is_told_of_a_call_has_the_fields_that_its_schema_requires() {
    let app = TestApp::spawn().await;
    for message in [
        r#"{"type":"status-update","status":"in-progress","call":{"id":"c","metadata":{"ownerId":"alice"}}}"#,
        r#"{"type":"transcript","transcriptType":"final","role":"user","transcript":"Hi.","call":{"id":"c"}}"#,
        r#"{"type":"end-of-call-report","endedReason":"customer-ended-call","call":{"id":"c"}}"#,
    ] {
        let heard = app
            .post("/api/v1/vapi/webhook")
            .header("x-vapi-secret", "a-shared-secret")
            .header("content-type", "application/json")
            .body(format!(r#"{{"message":{message}}}"#))
            .await;
        assert_eq!(heard.status, 200, "{heard:?}");
    }
    let alice = app.user("alice").await;
    let told = app.get(EVENTS).by(&alice).await;
    let told = told.body["events"].as_array().unwrap();
    assert!(told.len() >= 4, "{told:?}");
    let catalogue = app.get(&format!("{EVENTS}/types")).await.body;
    for event in told {
        let types = catalogue["types"].as_array().unwrap();
        let kind = types.iter().find(|kind| kind["name"] == event["event"]);
        assert_has_what_is_required(&kind.unwrap()["schema"], &event["payload"]);
    }
    app.finish().await;
}

fn assert_has_what_is_required(schema: &Value, value: &Value) {
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        let field = value.get(name);
        assert!(field.is_some(), "{name} is missing in {value}");
        assert_has_what_is_required(&schema["properties"][name], field.unwrap());
    }
}
