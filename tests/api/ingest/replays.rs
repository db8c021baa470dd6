//! What was recorded on the way and is played again, as it was, changed, late, or out of order.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;

const SECRET: &str = "signing-secret";
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// A webhook as it went over the line.
struct Recorded {
    id: String,
    at: String,
    signature: String,
    body: String,
}

impl Recorded {
    fn of(app: &TestApp, id: &str, message: Value) -> Self {
        let body = json!({ "message": message }).to_string();
        let at = (app.clock.millis() / 1000).to_string();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        Self {
            id: id.to_owned(),
            at,
            signature: format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())),
            body,
        }
    }

    fn play(&self, app: &TestApp) -> Ask {
        app.post(VAPI)
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", &self.at)
            .header("webhook-signature", &self.signature)
            .header("content-type", "application/json")
            .body(self.body.clone())
    }
}

#[tokio::test]
async fn a_recording_changes_nothing_and_after_five_minutes_is_refused() {
    let app = TestApp::with(&[("VAPI_WEBHOOK_SECRET", SECRET)]).await;
    let recorded = Recorded::of(&app, "msg_1", status("v1", "ringing", 1));
    assert_eq!(recorded.play(&app).await.body["duplicate"], Value::Null);
    let later = Recorded::of(&app, "msg_2", status("v1", "in-progress", 2));
    assert_eq!(later.play(&app).await.status, 200);
    let told = app.kinds_told_of("v1").await;

    for wait in [Duration::ZERO, TOLERANCE] {
        app.advance(wait);
        let again = recorded.play(&app).await;
        assert_eq!(
            (again.status, &again.body["duplicate"]),
            (200, &json!(true))
        );
    }
    app.advance(Duration::from_secs(1));
    recorded
        .play(&app)
        .await
        .assert_refused(401, "INVALID_SIGNATURE");
    assert_eq!(app.kinds_told_of("v1").await, told);
    assert_eq!(app.call("v1").await.status, CallStatus::InProgress);
    app.finish().await;
}

#[tokio::test]
async fn a_recording_cannot_be_freshened_or_spoken_through() {
    let app = TestApp::with(&[("VAPI_WEBHOOK_SECRET", SECRET)]).await;
    let recorded = Recorded::of(&app, "msg_1", status("v1", "ringing", 1));
    app.advance(TOLERANCE + Duration::from_secs(1));
    let now = (app.clock.millis() / 1000).to_string();
    let other = json!({"message": ended("v1", "hangup", 2)}).to_string();
    let play = |id: &str, at: &str, body: &str| {
        let played = Recorded {
            id: id.to_owned(),
            at: at.to_owned(),
            signature: recorded.signature.clone(),
            body: body.to_owned(),
        };
        played.play(&app)
    };
    let (id, at, body) = (
        recorded.id.as_str(),
        recorded.at.as_str(),
        recorded.body.as_str(),
    );
    for (id, at, body) in [
        (id, now.as_str(), body),
        ("msg_2", at, body),
        (id, at, other.as_str()),
        ("", now.as_str(), body),
        (id, "", body),
        (&format!("{id}.{at}"), now.as_str(), body),
    ] {
        play(id, at, body)
            .await
            .assert_refused(401, "INVALID_SIGNATURE");
    }
    assert!(app.find_call("v1").await.is_none());
    app.finish().await;
}

#[tokio::test]
async fn out_of_order_nothing_goes_back() {
    let app = TestApp::with(&[("VAPI_WEBHOOK_SECRET", SECRET)]).await;
    let story = ["queued", "ringing", "in-progress", "ended"];
    let mut recorded: Vec<_> = (1..)
        .zip(story)
        .map(|(at, word)| Recorded::of(&app, &format!("msg_{at}"), status("v1", word, at)))
        .collect();
    recorded.reverse();
    let mut before = None;
    for webhook in recorded.iter().chain(&recorded) {
        assert_eq!(webhook.play(&app).await.status, 200);
        let status = app.call("v1").await.status;
        assert_eq!(*before.get_or_insert(status), status, "it went back");
    }
    app.finish().await;
}
