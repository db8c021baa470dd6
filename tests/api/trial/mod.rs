//! Trying it out: samples that are sent on request, signatures that are judged.

mod sending;
mod verifying;
mod words;

use entity::{
    Sealed, SubscriptionId,
    subscriptions::{Entity, Model, Ordering, SubscriptionScope},
};
use ringback::infra::seal::Place;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ADMIN_KEY, Answer, TestApp};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA=";
const TEST: &str = "/api/v6/call/webhook/test";
const VERIFY: &str = "/api/v6/call/webhook/verify";

/// A subscription as it stands in the database.
pub struct Subscribed<'a> {
    pub owner: &'a str,
    pub url: &'a str,
    /// The secret before, and until when it signs.
    pub previous: Option<(&'a str, i64)>,
    pub headers: Option<Value>,
    pub is_deleted: bool,
}

impl<'a> Subscribed<'a> {
    pub fn of(owner: &'a str, url: &'a str) -> Self {
        Self {
            owner,
            url,
            previous: None,
            headers: None,
            is_deleted: false,
        }
    }

    /// Its id.
    pub async fn at(self, app: &TestApp) -> String {
        let id = SubscriptionId::from_uuid(Uuid::now_v7());
        let sealed = |column: &'static str, plain: &str| {
            let place = Place {
                table: "subscriptions",
                column,
                row: id.as_bytes(),
            };
            Sealed(app.app.seal.seal(place, plain.as_bytes()))
        };
        let previous = |(secret, _)| sealed("previous_secret", secret);
        let headers = |headers: &Value| sealed("headers", &headers.to_string());
        let row = Model {
            id,
            owner: self.owner.to_owned(),
            scope: SubscriptionScope::Own,
            url: self.url.to_owned(),
            description: None,
            events: json!(["call.completed"]).to_string(),
            filter: None,
            headers: self.headers.as_ref().map(headers),
            ordering: Ordering::Call,
            max_in_flight: 8,
            rate_per_second: None,
            secret: sealed("secret", SECRET),
            previous_secret: self.previous.map(previous),
            previous_until: self.previous.map(|(_, until)| until),
            epoch: 0,
            created_at: 0,
            updated_at: 0,
            deleted_at: self.is_deleted.then_some(1),
        };
        let row = row.into_active_model();
        let inserted = app.app.db.write(|tx| async move {
            Entity::insert(row).exec_without_returning(&*tx).await?;
            Ok(())
        });
        inserted.await.unwrap();
        id.to_string()
    }
}

async fn asked(app: &TestApp, path: &str, token: &str, body: &Value) -> Answer {
    app.post(path).by(token).json(body).await
}
