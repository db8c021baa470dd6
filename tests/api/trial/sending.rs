//! `POST /api/v6/call/webhook/test`

use std::time::Duration;

use entity::{EventId, calls::Outcome};
use ringback::{
    events::{self, Kind},
    results::{CallResult, Facts},
};
use serde_json::Map;

use super::*;
use crate::support::{Receiver, Reply};

async fn tested(app: &TestApp, token: &str, body: Value) -> Value {
    let answer = asked(app, TEST, token, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn a_sample_of_every_kind_arrives_signed_and_all_of_it_is_shown() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let alice = app.user("alice").await;
    receiver.replies([Reply::with(202, "x-seen: yes\r\n", "thanks")]);
    for (at, kind) in Kind::ALL.iter().enumerate() {
        let wanted = json!({
            "webhook_url": receiver.url(), "event_type": kind.name(), "secret_key": SECRET,
        });
        let told = tested(&app, &alice, wanted).await;
        let heard = receiver.heard(at + 1).await.pop().unwrap();
        heard.assert_signed_by(SECRET);
        assert_eq!(heard.header("x-webhook-event"), kind.name());
        assert_eq!(heard.header("x-webhook-attempt"), "1");
        assert_eq!(
            told["request"]["body"].as_str().unwrap().as_bytes(),
            heard.body
        );
        assert_eq!(told["request"]["url"], receiver.url());
        for (name, value) in told["request"]["headers"].as_object().unwrap() {
            assert_eq!(value, heard.header(name), "{name}");
        }
        assert_eq!(heard.json()["event"], kind.name());
        assert_eq!(
            (&told["success"], &told["delivered"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(told["signed_with"], "secret_key");
        assert!(told.get("secret_key").is_none() && told.get("error").is_none());
        if at == 0 {
            assert_eq!(told["status"], 202);
            assert_eq!(told["response"]["headers"]["x-seen"], "yes");
            assert_eq!(told["response"]["body"], "thanks");
            assert_eq!(told["response"]["truncated"], false);
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn the_times_add_up_and_what_did_not_happen_has_none() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.failed"});
    let timing = tested(&app, ADMIN_KEY, wanted).await["timing"].clone();
    let [dns, connect, tls, first_byte, total] = [
        "dns_ms",
        "connect_ms",
        "tls_ms",
        "first_byte_ms",
        "total_ms",
    ]
    .map(|name| &timing[name]);
    assert!(dns.is_null() && tls.is_null(), "{timing}");
    let sum = connect.as_f64().unwrap() + first_byte.as_f64().unwrap();
    assert!(sum <= total.as_f64().unwrap() + 0.01, "{timing}");
    app.finish().await;
}

#[tokio::test]
async fn a_fresh_secret_signs_where_there_is_none_and_is_named() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let alice = app.user("alice").await;
    // Neither another owner's subscription for that URL nor a deleted one of hers counts.
    Subscribed::of("mallory", &receiver.url()).at(&app).await;
    let mut deleted = Subscribed::of("alice", "");
    let url = receiver.url();
    (deleted.url, deleted.is_deleted) = (&url, true);
    deleted.at(&app).await;
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
    let told = tested(&app, &alice, wanted).await;
    assert_eq!(told["signed_with"], "new_secret");
    let secret = told["secret_key"].as_str().unwrap();
    receiver.heard(1).await[0].assert_signed_by(secret);
    app.finish().await;
}

#[tokio::test]
async fn a_subscription_signs_for_its_url_however_that_is_written() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let alice = app.user("alice").await;
    let url = receiver.url();
    let id = Subscribed::of("alice", &url).at(&app).await;
    let spelled = url.replace("http://127.0.0.1", "HTTP://0x7f.1");
    for wanted in [
        json!({"webhook_url": spelled, "event_type": "call.completed"}),
        json!({"subscription_id": id, "event_type": "call.completed"}),
        json!({"webhook_url": url, "event_type": "call.completed", "secret_key": SECRET}),
    ] {
        let told = tested(&app, &alice, wanted).await;
        assert_eq!(told["signed_with"], "subscription");
        assert!(!told.to_string().contains(SECRET), "{told}");
    }
    for heard in receiver.heard(3).await {
        heard.assert_signed_by(SECRET);
    }
    let wanted = json!({"webhook_url": url, "event_type": "call.completed", "secret_key": OTHER});
    let refused = asked(&app, TEST, &alice, &wanted).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(refused.body["details"][0]["path"], "secret_key");
    app.finish().await;
}

#[tokio::test]
async fn both_secrets_of_a_rotation_sign_as_long_as_they_may() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let url = receiver.url();
    let id = Subscribed {
        previous: Some((OTHER, app.clock.millis() + 60_000)),
        ..Subscribed::of("admin", &url)
    }
    .at(&app)
    .await;
    let wanted = json!({"subscription_id": id, "event_type": "call.completed"});
    tested(&app, ADMIN_KEY, wanted.clone()).await;
    app.advance(Duration::from_secs(60));
    tested(&app, ADMIN_KEY, wanted).await;
    let heard = receiver.heard(2).await;
    assert!(!heard[0].header("x-webhook-signature-previous").is_empty());
    assert_eq!(
        heard[0].header("webhook-signature").matches("v1,").count(),
        2
    );
    heard[1].assert_signed_by(SECRET);
    assert!(heard[1].header("x-webhook-signature-previous").is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_subscriptions_own_headers_go_along_and_are_not_shown() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let url = receiver.url();
    let id = Subscribed {
        headers: Some(json!({"authorization": "Bearer s3cret", "content-type": "text/plain"})),
        ..Subscribed::of("admin", &url)
    }
    .at(&app)
    .await;
    let wanted = json!({"subscription_id": id, "event_type": "call.completed"});
    let told = tested(&app, ADMIN_KEY, wanted).await;
    let heard = receiver.heard(1).await.pop().unwrap();
    assert_eq!(heard.header("authorization"), "Bearer s3cret");
    assert_eq!(heard.header("content-type"), "application/json");
    assert_eq!(told["request"]["headers"]["authorization"], "(hidden)");
    assert!(!told.to_string().contains("s3cret"));
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_about_and_is_no_failure_of_ours() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
    for (reply, status, error, hint) in [
        (Reply::from(500), 500, "status", "look in its log"),
        (Reply::from(401), 401, "status", "signature"),
        (Reply::from(405), 405, "status", "takes no POST"),
        (
            Reply::with(302, "location: https://b.example/\r\n", ""),
            302,
            "status",
            "https://b.example/",
        ),
    ] {
        receiver.replies([reply]);
        let told = tested(&app, ADMIN_KEY, wanted.clone()).await;
        assert_eq!(
            (&told["delivered"], &told["status"]),
            (&json!(false), &json!(status))
        );
        assert_eq!(told["error"], error);
        assert!(told["hint"].as_str().unwrap().contains(hint), "{told}");
        assert!(told["response"].is_object());
    }
    drop(receiver);
    let closed = json!({"webhook_url": "https://127.0.0.1:1023/", "event_type": "call.completed"});
    asked(&app, TEST, ADMIN_KEY, &closed)
        .await
        .assert_refused(400, "INVALID_REQUEST");
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_at_the_deliveries_time_limit() {
    let app = TestApp::with(&[("RINGBACK_DELIVERY_TIMEOUT", "200ms")]).await;
    let receiver = Receiver::start().await;
    receiver.replies([Reply::Silence]);
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
    let told = tested(&app, ADMIN_KEY, wanted).await;
    assert_eq!(
        (&told["error"], &told["timed_out_in"]),
        (&json!("timeout"), &json!("answer"))
    );
    assert!(told["status"].is_null() && told["response"].is_null());
    app.finish().await;
}

#[tokio::test]
async fn an_answer_is_shown_up_to_4_kib_whatever_it_holds() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
    let long = format!("{}ü and more", "a".repeat(4095));
    let binary = b"\x00\xff\xfe";
    receiver.replies([Reply::with(200, "", long), Reply::with(200, "", binary)]);
    let told = tested(&app, ADMIN_KEY, wanted.clone()).await;
    assert_eq!(told["response"]["body"], "a".repeat(4095));
    assert_eq!(told["response"]["truncated"], true);
    assert!(told["response"].get("body_base64").is_none());
    let told = tested(&app, ADMIN_KEY, wanted).await;
    assert_eq!(told["response"]["body_base64"], "AP/+");
    app.finish().await;
}

#[tokio::test]
async fn a_bad_request_names_its_field() {
    let app = TestApp::spawn().await;
    let good = "https://example.com/";
    for (body, path, words) in [
        (
            json!({"webhook_url": good, "event_type": "call"}),
            "event_type",
            "call.failed",
        ),
        (
            json!({"webhook_url": "x", "event_type": "call.failed"}),
            "webhook_url",
            "not a URL",
        ),
        (
            json!({"webhook_url": "https://10.0.0.1/", "event_type": "call.failed"}),
            "webhook_url",
            "not public",
        ),
        (
            json!({"event_type": "call.failed"}),
            "webhook_url",
            "either",
        ),
        (
            json!({"webhook_url": good, "subscription_id": "sub_1", "event_type": "call.failed"}),
            "webhook_url",
            "either",
        ),
        (
            json!({"webhook_url": good, "event_type": "call.failed", "secret_key": "abc"}),
            "secret_key",
            "whsec_",
        ),
    ] {
        let refused = asked(&app, TEST, ADMIN_KEY, &body).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        let detail = &refused.body["details"][0];
        assert_eq!(detail["path"], path, "{detail}");
        assert!(
            detail["message"].as_str().unwrap().contains(words),
            "{detail}"
        );
    }
    let unknown = json!({"webhook_url": good, "event_type": "call.failed", "event": "x"});
    let refused = asked(&app, TEST, ADMIN_KEY, &unknown).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    app.finish().await;
}

#[tokio::test]
async fn sixty_trials_a_minute_are_enough_and_each_caller_has_its_own() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let wanted = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
    for _ in 0..60 {
        tested(&app, &alice, wanted.clone()).await;
    }
    let refused = asked(&app, TEST, &alice, &wanted).await;
    refused.assert_refused(429, "RATE_LIMITED");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(receiver.requests().len(), 60);
    tested(&app, &bob, wanted.clone()).await;
    app.advance(Duration::from_secs(1));
    tested(&app, &alice, wanted).await;
    app.finish().await;
}

/// A sample is worth something only as long as it looks like the real thing.
#[test]
fn the_samples_of_results_have_the_fields_of_results() {
    let facts = Facts {
        call_id: "c",
        outcome: Outcome::Completed,
        retryable: false,
        ended_reason: None,
        started_at: None,
        ended_at: None,
        metadata: &Map::new(),
    };
    let mut told = CallResult::of(&facts, &Default::default()).told(&facts);
    told.extend(["customer", "campaignId", "metadata"].map(|name| (name.to_owned(), Value::Null)));
    for kind in [Kind::CallCompleted, Kind::CallFailed, Kind::CallReport] {
        let sample = events::sample(kind, EventId::from_uuid(Uuid::nil()), 0);
        let names = |fields: &Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&sample.data), names(&told), "{kind}");
        for part in ["provider", "request", "analysis"] {
            let [sample, told] = [&sample.data, &told].map(|data| data[part].as_object().unwrap());
            assert_eq!(names(sample), names(told), "{kind}: {part}");
        }
    }
}
