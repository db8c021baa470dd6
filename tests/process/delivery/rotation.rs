//! A secret that changes under load: a receiver that knows the one before, or
//! the new one once it was given it, never has to refuse a delivery.

use super::*;

const CALLS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_under_load_makes_no_receiver_refuse_a_delivery() {
    let fleet = Fleet::of(1).await.unwrap();
    let receiver = Receiver::start().await;
    let server = &fleet.servers[0];
    let subscribed = subscribe(server, &receiver.url()).await;
    let speakers = fleet.speakers();
    let rotate = async {
        receiver.heard(CALLS).await;
        let id = subscribed["subscription_id"].as_str().unwrap();
        let path = format!("/api/v6/call/webhook/subscriptions/{id}/rotate-secret");
        server.post(&path, ADMIN, "rotate", &json!({})).await
    };
    let (rotated, ()) = tokio::join!(rotate, tell(&speakers, calls("during", CALLS)));
    tell(&speakers, calls("after", CALLS / 5)).await;
    let heard = receiver.heard((CALLS + CALLS / 5) * STORY.len()).await;

    let (old, new) = (&subscribed["secret_key"], &rotated["secret_key"]);
    assert_ne!(old, new);
    let (old, new) = (old.as_str().unwrap(), new.as_str().unwrap());
    for heard in &heard {
        assert_eq!(verifies(heard, old), [true; 2], "{heard:?}");
        if told(heard).0.starts_with("after") {
            assert_eq!(verifies(heard, new), [true; 2], "{heard:?}");
        }
    }
    fleet.leave().await;
}

/// Whether either `x-webhook-signature` is of this secret, and whether one of
/// those in `webhook-signature` is.
fn verifies(heard: &Heard, secret: &str) -> [bool; 2] {
    let [over_body, over_message] = heard.signatures_by(secret);
    let bodies = ["x-webhook-signature", "x-webhook-signature-previous"];
    let mut messages = heard.header("webhook-signature").split(' ');
    [
        bodies.iter().any(|name| heard.header(name) == over_body),
        messages.any(|message| message == over_message),
    ]
}
