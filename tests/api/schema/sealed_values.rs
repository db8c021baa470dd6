//! Sealed values: put into every table that can hold one, and collected from there again.

use entity::{
    EventId, Sealed, call_events, calls, dashboard_sessions, delivery_attempts, events,
    idempotency_keys, identities, messages, placements, schedules, subscriptions, tool_calls,
    tools,
};
use ringback::{
    config::Secret,
    error::Result,
    infra::seal::{Place, Seal, SealError, sweep},
};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{Store, sample};

pub const KEY_A: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
pub const KEY_B: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub const KEY_C: &str = "c:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
pub const PHONE: &str = "+14155550123";

pub fn keys(list: &[&str]) -> Seal {
    Seal::from_list(&Secret::new(list.join(","))).unwrap()
}

/// Sweeps with these keys, the first of which is to seal.
pub async fn reseal(store: &Store, list: &[&str]) -> Result<u64> {
    sweep::reseal(&store.db, &keys(list), &|_| {}).await
}

fn place<'a>(table: &'static str, column: &'static str, row: &'a [u8]) -> Place<'a> {
    Place { table, column, row }
}

/// Seals the name of its column, so that a value that got into another is seen.
fn sealed(seal: &Seal, table: &'static str, column: &'static str, row: &[u8]) -> Sealed {
    Sealed(seal.seal(place(table, column, row), column.as_bytes()))
}

/// A row in every table that has sealed columns.
pub async fn fill(store: &Store, seal: &Seal) {
    let mut call = sample::call();
    let id = call.id.uuid().into_bytes();
    call.details = Some(sealed(seal, "calls", "details", &id));
    call.result = Some(sealed(seal, "calls", "result", &id));
    let phone = seal.seal(place("calls", "phone", &id), PHONE.as_bytes());
    call.phone = Some(Sealed(phone));
    call.phone_index = Some(seal.index("phone", PHONE).to_vec());
    store.insert([call]).await;

    store.insert([call_event(seal, Uuid::now_v7())]).await;

    let mut event = sample::event(1);
    event.payload = sealed(seal, "events", "payload", event.id.uuid().as_bytes());
    store.insert([event]).await;

    let mut identity = sample::identity();
    identity.answer = Some(sealed(seal, "identities", "answer", &identity.digest));
    store.insert([identity]).await;

    let mut key = sample::idempotency_key();
    key.answer = sealed(seal, "idempotency_keys", "answer", &key.id);
    store.insert([key]).await;

    let mut session = sample::dashboard_session();
    session.credential = sealed(seal, "dashboard_sessions", "credential", &session.id);
    store.insert([session]).await;

    let mut message = sample::message();
    message.text = sealed(seal, "messages", "text", message.id.as_bytes());
    store.insert([message]).await;

    let mut attempt = sample::delivery_attempt(1);
    let delivery = attempt.delivery_id.uuid().into_bytes();
    attempt.response = Some(sealed(seal, "delivery_attempts", "response", &delivery));
    store.insert([attempt]).await;

    let mut subscription = sample::subscription();
    let id = subscription.id.uuid().into_bytes();
    let of = |column| sealed(seal, "subscriptions", column, &id);
    subscription.headers = Some(of("headers"));
    subscription.secret = of("secret");
    subscription.previous_secret = Some(of("previous_secret"));
    store.insert([subscription]).await;

    let mut tool = sample::tool();
    tool.secret = sealed(seal, "tools", "secret", tool.id.as_bytes());
    store.insert([tool]).await;

    let mut schedule = sample::schedule();
    let id = schedule.id;
    schedule.call_template = sealed(seal, "schedules", "call_template", id.as_bytes());
    store.insert([schedule]).await;

    let mut placement = sample::placement();
    placement.new_call = sealed(seal, "placements", "new_call", placement.call_id.as_bytes());
    store.insert([placement]).await;

    let mut tool_call = sample::tool_call();
    tool_call.answer = Some(sealed(seal, "tool_calls", "answer", &tool_call.digest));
    store.insert([tool_call]).await;
}

pub fn call_event(seal: &Seal, id: Uuid) -> call_events::Model {
    call_events::Model {
        id: EventId::from_uuid(id),
        payload: sealed(seal, "call_events", "payload", id.as_bytes()),
        ..sample::call_event(1)
    }
}

/// A sealed value as it stands in the database.
pub struct Stored {
    pub table: &'static str,
    pub column: &'static str,
    row: Vec<u8>,
    pub sealed: Vec<u8>,
}

impl Stored {
    pub fn open(&self, seal: &Seal) -> std::result::Result<String, SealError> {
        let plain = seal.open(place(self.table, self.column, &self.row), &self.sealed)?;
        Ok(String::from_utf8(plain.to_vec()).unwrap())
    }
}

/// Every sealed value there is.
pub async fn stored(store: &Store) -> Vec<Stored> {
    let db = store.db.read();
    let mut found = Vec::new();
    let mut keep = |table, column, row: &[u8], sealed: Option<Sealed>| {
        let row = row.to_vec();
        found.extend(sealed.map(|Sealed(sealed)| Stored {
            table,
            column,
            row,
            sealed,
        }));
    };
    for row in calls::Entity::find().all(db).await.unwrap() {
        let id = row.id.uuid().into_bytes();
        keep("calls", "details", &id, row.details);
        keep("calls", "phone", &id, row.phone);
        keep("calls", "result", &id, row.result);
    }
    for row in call_events::Entity::find().all(db).await.unwrap() {
        let id = row.id.uuid().into_bytes();
        keep("call_events", "payload", &id, Some(row.payload));
    }
    for row in delivery_attempts::Entity::find().all(db).await.unwrap() {
        let delivery = row.delivery_id.uuid().into_bytes();
        keep("delivery_attempts", "response", &delivery, row.response);
    }
    for row in events::Entity::find().all(db).await.unwrap() {
        let id = row.id.uuid().into_bytes();
        keep("events", "payload", &id, Some(row.payload));
    }
    for row in dashboard_sessions::Entity::find().all(db).await.unwrap() {
        let credential = Some(row.credential);
        keep("dashboard_sessions", "credential", &row.id, credential);
    }
    for row in idempotency_keys::Entity::find().all(db).await.unwrap() {
        keep("idempotency_keys", "answer", &row.id, Some(row.answer));
    }
    for row in identities::Entity::find().all(db).await.unwrap() {
        keep("identities", "answer", &row.digest, row.answer);
    }
    for row in messages::Entity::find().all(db).await.unwrap() {
        keep("messages", "text", row.id.as_bytes(), Some(row.text));
    }
    for row in schedules::Entity::find().all(db).await.unwrap() {
        let template = Some(row.call_template);
        keep("schedules", "call_template", row.id.as_bytes(), template);
    }
    for row in subscriptions::Entity::find().all(db).await.unwrap() {
        let id = row.id.uuid().into_bytes();
        keep("subscriptions", "headers", &id, row.headers);
        keep("subscriptions", "secret", &id, Some(row.secret));
        let previous = row.previous_secret;
        keep("subscriptions", "previous_secret", &id, previous);
    }
    for row in placements::Entity::find().all(db).await.unwrap() {
        let id = row.call_id;
        keep("placements", "new_call", id.as_bytes(), Some(row.new_call));
    }
    for row in tool_calls::Entity::find().all(db).await.unwrap() {
        keep("tool_calls", "answer", &row.digest, row.answer);
    }
    for row in tools::Entity::find().all(db).await.unwrap() {
        keep("tools", "secret", row.id.as_bytes(), Some(row.secret));
    }
    found
}
