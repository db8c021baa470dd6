//! Subscriptions: made, found again, changed, rotated and deleted over HTTP.

mod changing;
mod deleting;
mod headers_and_filters;
mod hearing;
mod owners;
mod reading;
mod refusals;
mod rotating;
mod secrecy;
mod subscribing;

use entity::{SubscriptionId, lanes, subscriptions};
use ringback::subscriptions::{
    SigningSecret,
    sealed::{self, SecretColumn},
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const SUBSCRIBE: &str = "/api/v6/call/webhook/subscribe";
const ALL: &str = "/api/v6/call/webhook/subscriptions";
const URL: &str = "https://example.com/hook";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

async fn subscribe(app: &TestApp, token: &str, wanted: &Value) -> Answer {
    app.post(SUBSCRIBE).by(token).json(wanted).await
}

/// Subscribes a URL that was not; the id.
async fn subscribed(app: &TestApp, token: &str, url: &str) -> String {
    let made = subscribe(app, token, &json!({ "webhook_url": url })).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}

fn path(id: &str) -> String {
    format!("{ALL}/{id}")
}

async fn read(app: &TestApp, token: &str, id: &str) -> Value {
    let read = app.get(&path(id)).by(token).await;
    assert_eq!(read.status, 200, "{read:?}");
    read.body["subscription"].clone()
}

async fn patch(app: &TestApp, token: &str, id: &str, change: &Value) -> Answer {
    app.ask("PATCH", &path(id)).by(token).json(change).await
}

/// Changes what can be changed; the subscription as it is then.
async fn changed(app: &TestApp, token: &str, id: &str, change: &Value) -> Value {
    let changed = patch(app, token, id, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    changed.body["subscription"].clone()
}

async fn rotate(app: &TestApp, token: &str, id: &str, wanted: &Value) -> Answer {
    let path = format!("{}/rotate-secret", path(id));
    app.post(&path).by(token).json(wanted).await
}

async fn row(app: &TestApp, id: &str) -> subscriptions::Model {
    let id: SubscriptionId = id.parse().unwrap();
    let row = subscriptions::Entity::find_by_id(id).one(app.app.db.read());
    row.await.unwrap().unwrap()
}

/// The secrets that a row holds: the one that signs, and the one before.
fn secrets(app: &TestApp, row: &subscriptions::Model) -> (String, Option<String>) {
    let open = |column, sealed| {
        let secret: SigningSecret =
            sealed::open_secret(&app.app.seal, row.id, column, sealed).unwrap();
        secret.text().expose().to_owned()
    };
    let previous = row.previous_secret.as_ref();
    (
        open(SecretColumn::Current, &row.secret),
        previous.map(|sealed| open(SecretColumn::Previous, sealed)),
    )
}

async fn lane(app: &TestApp, id: &str) -> Option<lanes::Model> {
    let id: SubscriptionId = id.parse().unwrap();
    let lane = lanes::Entity::find_by_id(id).one(app.app.db.read());
    lane.await.unwrap()
}

/// Makes a lane what deliveries would have made of it.
async fn set_lane(app: &TestApp, id: &str, set: impl FnOnce(&mut lanes::Model)) {
    let mut lane = lane(app, id).await.unwrap();
    set(&mut lane);
    let write = app.app.db.write(|tx| async move {
        lane.into_active_model().reset_all().update(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
}

#[track_caller]
fn assert_wrong(refused: &Answer, field: &str) {
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(refused.body["details"][0]["path"], field, "{refused:?}");
}
