//! What Vapi takes, what is said, and the whole of it for each kind of request.

use serde_json::{Value, json};

use super::*;
use crate::config::{Config, Environment};

const LISTENS_ON: ([u8; 4], u16) = ([127, 0, 0, 1], 8000);

fn screening() -> CallRequest {
    let request = json!({
        "providerName": "Joe's Plumbing", "providerPhone": "+15551234567",
        "serviceNeeded": "plumbing", "userCriteria": "Licensed; same-day service",
        "location": "Greenville, SC", "urgency": "within_24_hours",
        "clientName": "Maria Jensen", "problemDescription": "The water heater leaks.",
        "serviceRequestId": "sr_1", "providerId": "p_1",
    });
    serde_json::from_value(request).unwrap()
}

fn direct_task() -> CallRequest {
    CallRequest {
        custom_prompt: Some("Ask whether order A-17 has shipped, and when it arrives.".to_owned()),
        ..screening()
    }
}

fn server(settings: &[(&str, &str)]) -> Server {
    let mut all = vec![("WEBHOOK_SHARED_SECRET", "secret")];
    all.extend(settings);
    let config = Config::read(&Environment::of_pairs(all)).unwrap();
    Server::of(&config, LISTENS_ON.into())
}

fn made(request: &CallRequest) -> Value {
    let public = [("VAPI_WEBHOOK_URL", "https://hooks.example.com")];
    assistant(request, &server(&public), Some("alice"))
}

fn prompt(request: &CallRequest) -> String {
    let made = made(request);
    made["model"]["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The whole of it is kept beside this file, so that a change of it is seen.
#[track_caller]
fn assert_is(made: &Value, kept: &str) {
    let kept: Value = serde_json::from_str(kept).unwrap();
    let text = serde_json::to_string_pretty(made).unwrap();
    assert!(*made == kept, "the assistant is now\n{text}");
}

#[test]
fn a_screening_is_this_assistant() {
    assert_is(
        &made(&screening()),
        include_str!("snapshots/screening.json"),
    );
}

#[test]
fn a_direct_task_is_this_assistant() {
    assert_is(
        &made(&direct_task()),
        include_str!("snapshots/direct_task.json"),
    );
}

#[test]
fn both_closings_are_said_word_for_word() {
    for request in [screening(), direct_task()] {
        let prompt = prompt(&request);
        assert!(prompt.contains(
            "Thank you so much for taking the time to chat. Unfortunately, it sounds like this \
             particular request might not be the best fit right now, but I really appreciate your \
             help. Have a wonderful day!"
        ));
        assert!(prompt.contains(
            "Perfect, thank you so much for all that information! Once I confirm with my client, \
             if they decide to proceed, I'll call you back to schedule. Does that sound good?"
        ));
    }
}

#[test]
fn the_questions_stand_in_their_order_and_a_task_in_their_place() {
    let asked = prompt(&screening());
    let places = [
        "Availability",
        "Rate",
        "Criteria",
        "When to stop",
        "Closing",
    ];
    let at: Vec<_> = places.map(|word| asked.rfind(word).unwrap()).into();
    assert!(at.is_sorted(), "{at:?}");
    let told = prompt(&direct_task());
    assert!(told.contains("order A-17") && !told.contains("1. Availability"));
}

#[test]
fn what_a_client_writes_is_no_template() {
    for written in [
        "{{transcript}}",
        "{% if x %}",
        "{{{x}}}",
        "{{{{x}}}}",
        "{{%",
    ] {
        let request = CallRequest {
            user_criteria: written.to_owned(),
            ..screening()
        };
        let prompt = prompt(&request).replace("{{now}}", "");
        let is_template = prompt.contains("{{") || prompt.contains("{%");
        assert!(!is_template, "{prompt}");
    }
}

/// Vapi refuses a call for one property that it does not know.
#[test]
fn every_property_is_one_that_vapi_knows() {
    let known = [
        "analysisPlan",
        "artifactPlan",
        "firstMessage",
        "firstMessageMode",
        "maxDurationSeconds",
        "metadata",
        "model",
        "monitorPlan",
        "name",
        "server",
        "serverMessages",
        "transcriber",
        "voice",
        "voicemailDetection",
    ];
    let made = made(&CallRequest {
        provider_name: "A name that is much longer than Vapi lets an assistant's be".to_owned(),
        ..screening()
    });
    for name in made.as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    assert!(made["name"].as_str().unwrap().chars().count() <= 40);
    let server = made["server"].as_object().unwrap();
    for name in server.keys() {
        assert!(["url", "timeoutSeconds", "backoffPlan", "headers"].contains(&name.as_str()));
    }
    let plan = &server["backoffPlan"];
    assert!(plan["maxRetries"].as_u64().unwrap() <= 10);
    assert!(plan["baseDelaySeconds"].as_u64().unwrap() <= 10);
}

#[test]
fn news_come_to_the_public_address_or_to_where_we_listen() {
    let url = |settings: &[(&str, &str)]| server(settings).to_json()["url"].clone();
    assert_eq!(url(&[]), "http://127.0.0.1:8000/api/v1/vapi/webhook");
    assert_eq!(
        url(&[("VAPI_WEBHOOK_URL", "https://hooks.example.com")]),
        "https://hooks.example.com/api/v1/vapi/webhook"
    );
    assert_eq!(
        url(&[(
            "VAPI_WEBHOOK_URL",
            "https://hooks.example.com/api/webhooks/vapi"
        )]),
        "https://hooks.example.com/api/webhooks/vapi"
    );
    assert!(
        server(&[])
            .without_secret()
            .to_json()
            .get("headers")
            .is_none()
    );
}

#[test]
fn an_assistant_leads_elsewhere_where_anything_in_it_has_an_address() {
    let leads = |assistant: Value| leads_elsewhere(assistant.as_object().unwrap());
    for part in [
        json!({"model": {"tools": [{"type": "function", "server": {"url": "https://a"}}]}}),
        json!({"model": {"provider": "custom-llm", "url": "https://a"}}),
        json!({"voice": {"provider": "custom-voice", "server": {"url": "https://a"}}}),
        json!({"hooks": [{"do": [{"tool": {"server": {"url": "https://a"}}}]}]}),
        json!({"serverUrl": "https://a"}),
    ] {
        assert!(leads(part.clone()), "{part}");
    }
    let fields = json!({"type": "object", "properties": {"url": {"type": "string"}}});
    let model = json!({"provider": "openai", "tools": [{"function": {"parameters": fields}}]});
    assert!(!leads(json!({
        "model": model, "metadata": {"siteUrl": "https://a"}, "server": {"url": "https://b"},
    })));
    let ours = made(&screening());
    assert!(!leads(ours));
}

#[test]
fn a_server_whose_news_could_not_come_in_lacks_a_setting() {
    let lacks = |settings: &[(&str, &str)]| {
        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let database = ("DATABASE_URL", "postgres://localhost/ringback");
        let mut all = vec![database, ("RINGBACK_KEYS", key)];
        all.extend(settings);
        Server::lacks(&Config::read(&Environment::of_pairs(all)).unwrap())
    };
    let (shared, signed) = (("WEBHOOK_SHARED_SECRET", "s"), ("VAPI_WEBHOOK_SECRET", "s"));
    let ours = ("VAPI_WEBHOOK_URL", "https://hooks.example.com");
    let elsewhere = ("VAPI_BASE_URL", "https://vapi.example.com");
    let played = ("VAPI_BASE_URL", "http://127.0.0.1:8100");
    assert_eq!(lacks(&[shared]), Some("VAPI_WEBHOOK_URL"));
    assert_eq!(lacks(&[shared, elsewhere]), Some("VAPI_WEBHOOK_URL"));
    assert_eq!(lacks(&[signed, ours]), Some("WEBHOOK_SHARED_SECRET"));
    assert_eq!(lacks(&[shared, ours]), None);
    assert_eq!(lacks(&[shared, played]), None);
}
