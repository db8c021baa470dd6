//! What goes wrong in a receiver's life is said in the same words by a trial, by the page of a
//! delivery and by the signature debugger. `tests/process/docs` reads them in the documentation and
//! on the command line.

use ringback::infra::egress::advice::{
    ALL, BODY_REWRITTEN, CLOCK_OFF, WRONG_NAME, WRONG_SECRET, WRONG_URL,
};
use sea_orm::ActiveValue::Set;

use super::*;
use crate::support::{Receiver, Visitor};

const OF_SIGNATURE: &[&str] = &[WRONG_SECRET, BODY_REWRITTEN, CLOCK_OFF];

/// A call of alice's rings, and her receiver is told of it; the page of that delivery.
async fn delivered(app: &TestApp, alice: &mut Visitor<'_>, key: &str, call: &str) -> String {
    let call_of_alice = json!({"id": call, "metadata": {"ownerId": "alice"}});
    let said =
        json!({"message": {"type": "status-update", "status": "ringing", "call": call_of_alice}});
    let heard = app
        .post("/api/v1/vapi/webhook")
        .header("x-vapi-secret", "a-shared-secret");
    assert_eq!(heard.json(&said).await.status, 200);
    app.deliveries.idle().await;
    let subscriptions = app.get("/api/v6/call/webhook/subscriptions").by(key).await;
    let id = &subscriptions.body["subscriptions"][0]["id"];
    let path = format!(
        "/api/v6/call/webhook/subscriptions/{}/deliveries?call_id={call}",
        id.as_str().unwrap()
    );
    let listed = app.get(&path).by(key).await;
    let delivery = listed.body["deliveries"][0]["id"].as_str().unwrap();
    alice.page(&format!("/deliveries/{delivery}")).await
}

#[tokio::test]
async fn a_trial_and_the_page_of_a_delivery_say_it_in_the_same_words() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let key = app.user("alice").await;
    let wanted = json!({"webhook_url": receiver.url(), "events": ["call.status.changed"]});
    let subscribe = app.post("/api/v6/call/webhook/subscribe").by(&key);
    assert_eq!(subscribe.json(&wanted).await.status, 201);
    let mut alice = app.visitor(&key).await;
    for (status, troubles) in [
        (400, OF_SIGNATURE),
        (401, OF_SIGNATURE),
        (404, &[WRONG_URL]),
        (405, &[WRONG_URL]),
    ] {
        receiver.replies([status, status]);
        let trial = json!({"webhook_url": receiver.url(), "event_type": "call.completed"});
        let tried = asked(&app, TEST, &key, &trial).await.body;
        let page = delivered(&app, &mut alice, &key, &format!("call-{status}")).await;
        for trouble in troubles {
            assert!(tried["hint"].as_str().unwrap().contains(trouble), "{tried}");
            assert!(page.contains(trouble), "{status}: {trouble}\n{page}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_explained_on_the_page_of_a_delivery() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    let delivery = app
        .tried(id, &event, |attempt| {
            attempt.outcome = Set("tls".to_owned());
            attempt.status_code = Set(None);
            attempt.error = Set(Some(WRONG_NAME.to_owned()));
        })
        .await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page(&format!("/deliveries/{delivery}")).await;
    assert!(page.contains(WRONG_NAME), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn the_debugger_finds_three_of_them_and_shows_all() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let alice = app.user("alice").await;
    let wanted = json!({
        "webhook_url": receiver.url(), "event_type": "call.completed", "secret_key": SECRET,
    });
    let sent = asked(&app, TEST, &alice, &wanted).await.body["request"].clone();
    let signature = &sent["headers"]["x-webhook-signature"];
    let standard = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let standard: serde_json::Map<_, _> = standard
        .iter()
        .map(|name| ((*name).to_owned(), sent["headers"][*name].clone()))
        .collect();
    let body = sent["body"].as_str().unwrap();
    let over_body = json!({"x-webhook-signature": signature});
    for (secret, headers, body, minutes, trouble) in [
        (OTHER, &over_body, body.to_owned(), 0, WRONG_SECRET),
        (
            SECRET,
            &over_body,
            body.replace(",\"", ", \""),
            0,
            BODY_REWRITTEN,
        ),
        (SECRET, &json!(standard), body.to_owned(), 6, CLOCK_OFF),
    ] {
        app.advance(std::time::Duration::from_secs(60 * minutes));
        let given = json!({"secret_key": secret, "headers": headers, "body": body});
        let judged = asked(&app, VERIFY, &alice, &given).await.body;
        assert_eq!(judged["message"], trouble, "{judged}");
    }
    let mut alice = app.visitor(&alice).await;
    let page = alice.page("/debugger").await;
    for trouble in ALL {
        assert!(page.contains(trouble), "{trouble}\n{page}");
    }
    app.finish().await;
}
