//! `POST /api/v6/call/webhook/verify`

use super::*;
use crate::support::Receiver;

/// What a trial sent, as a receiver would give it to the debugger.
async fn received(app: &TestApp, id: &str) -> Value {
    let wanted = json!({"subscription_id": id, "event_type": "call.completed"});
    let told = asked(app, TEST, ADMIN_KEY, &wanted).await.body;
    json!({"headers": told["request"]["headers"], "body": told["request"]["body"]})
}

fn with(request: &Value, fields: Value) -> Value {
    let mut request = request.clone();
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    request
}

async fn judged(app: &TestApp, body: &Value) -> Value {
    let answer = asked(app, VERIFY, ADMIN_KEY, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn what_we_send_verifies_and_what_was_spoilt_is_explained() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let id = Subscribed::of("admin", &receiver.url()).at(&app).await;
    let request = received(&app, &id).await;
    for secret in [
        json!({"subscription_id": id}),
        json!({"secret_key": SECRET}),
    ] {
        let told = judged(&app, &with(&request, secret)).await;
        assert_eq!(
            (&told["verified"], &told["reason"]),
            (&json!(true), &json!("ok"))
        );
        assert_eq!(told["scheme"], "x-webhook-signature");
        assert_eq!(told["checks"][1]["scheme"], "webhook-signature");
        assert_eq!(told["checks"][1]["verified"], true);
    }
    let pretty = format!(
        "{:#}",
        request["body"].as_str().unwrap().parse::<Value>().unwrap()
    );
    for (spoilt, reason) in [
        (json!({"secret_key": OTHER}), "wrong_secret"),
        (
            json!({"secret_key": &SECRET[6..], "headers": only(&request, "x-webhook-signature")}),
            "secret_malformed",
        ),
        (
            json!({"secret_key": SECRET, "body": pretty}),
            "body_rewritten",
        ),
        (
            json!({"secret_key": SECRET, "headers": {}}),
            "header_missing",
        ),
        (
            json!({"secret_key": SECRET, "headers": ["x-webhook-signature: sha256=12"]}),
            "header_malformed",
        ),
    ] {
        let told = judged(&app, &with(&request, spoilt)).await;
        assert_eq!(
            (&told["verified"], &told["reason"]),
            (&json!(false), &json!(reason))
        );
        assert!(told["message"].as_str().unwrap().ends_with('.'), "{told}");
    }
    app.finish().await;
}

fn only(request: &Value, name: &str) -> Value {
    json!({ name: request["headers"][name] })
}

#[tokio::test]
async fn the_secret_before_is_known_of_a_subscription_long_after_its_time() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let url = receiver.url();
    let before = Subscribed::of("admin", &url).at(&app).await;
    let request = received(&app, &before).await;
    let rotated = rotated(&app, "https://example.com/").await;
    let told = judged(&app, &with(&request, json!({"subscription_id": rotated}))).await;
    assert_eq!(told["reason"], "old_secret", "{told}");
    app.finish().await;
}

/// A subscription that once had the secret of the others, and has another one now.
async fn rotated(app: &TestApp, url: &str) -> String {
    use sea_orm::ActiveValue::Set;
    let id = Subscribed {
        previous: Some((SECRET, 1)),
        ..Subscribed::of("admin", url)
    }
    .at(app)
    .await;
    let parsed: SubscriptionId = id.parse().unwrap();
    let place = Place {
        table: "subscriptions",
        column: "secret",
        row: parsed.as_bytes(),
    };
    let row = entity::subscriptions::ActiveModel {
        id: Set(parsed),
        secret: Set(Sealed(app.app.seal.seal(place, OTHER.as_bytes()))),
        ..Default::default()
    };
    let updated = app.app.db.write(|tx| async move {
        Entity::update(row).exec(&*tx).await?;
        Ok(())
    });
    updated.await.unwrap();
    id
}

#[tokio::test]
async fn a_bad_question_names_its_field() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    for (body, path) in [
        (json!({"headers": {}, "body": ""}), "secret_key"),
        (
            json!({"headers": {}, "body": "", "secret_key": "a", "subscription_id": "b"}),
            "secret_key",
        ),
        (
            json!({"headers": ["a: b", "c"], "body": "", "secret_key": "a"}),
            "headers[1]",
        ),
        (
            json!({"headers": "a: b", "body": "", "secret_key": "a"}),
            "headers",
        ),
        (
            json!({"headers": {}, "body": {"id": 1}, "secret_key": "a"}),
            "body",
        ),
    ] {
        let refused = asked(&app, VERIFY, &alice, &body).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    let not_hers = Subscribed::of("bob", "https://example.com/").at(&app).await;
    for id in [not_hers.as_str(), "sub_1", ""] {
        let body = json!({"headers": {}, "body": "", "subscription_id": id});
        let refused = asked(&app, VERIFY, &alice, &body).await;
        refused.assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}
