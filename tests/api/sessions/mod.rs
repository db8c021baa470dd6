//! Sessions: claimed, read, summed up; and the lines that were said in them.
//!
//! What the recorder does is done here by hand: it makes rows of calls, and hands over what was
//! said.

mod claims;
mod lines;
mod reading;
mod summaries;

use std::borrow::Cow;

use entity::{
    CallId, EventId,
    calls::{self, ActiveModel, CallStatus, Origin, Outcome},
    messages::Role,
};
use ringback::{
    results::kept::{self, Reported},
    sessions::{
        Line,
        messages::{self, Spoken},
    },
    vapi::message::Results,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use crate::support::TestApp;

const SESSIONS: &str = "/api/v1/sessions";

fn at(id: &str, what: &str) -> String {
    format!("{SESSIONS}/{id}{what}")
}

/// A call that Vapi announced just now, and nobody has.
fn announced(app: &TestApp, vapi_id: &str) -> ActiveModel {
    let now = app.clock.millis();
    ActiveModel {
        id: Set(CallId::from_uuid(Uuid::now_v7())),
        vapi_call_id: Set(Some(vapi_id.to_owned())),
        origin: Set(Origin::Announced),
        status: Set(CallStatus::InProgress),
        started_at: Set(Some(now)),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

fn of_owner(app: &TestApp, vapi_id: &str, owner: &str) -> ActiveModel {
    ActiveModel {
        owner: Set(Some(owner.to_owned())),
        ..announced(app, vapi_id)
    }
}

/// The same call, after it has ended well.
fn ended(app: &TestApp, call: calls::Model) -> ActiveModel {
    ActiveModel {
        status: Set(CallStatus::Ended),
        outcome: Set(Some(Outcome::Completed)),
        ended_reason: Set(Some("customer-ended-call".to_owned())),
        ended_at: Set(Some(app.clock.millis())),
        ..call.into_active_model()
    }
}

/// The same call, with a result of which nothing is in the log.
fn with_result(app: &TestApp, mut call: calls::Model, results: &Results) -> ActiveModel {
    let (event, before) = (EventId::from_uuid(Uuid::now_v7()), Reported::default());
    let news = Reported {
        results: Cow::Borrowed(results),
        at: None,
    };
    kept::keep(&app.app.seal, &mut call, Some(before), event, news).unwrap();
    call.into_active_model().reset_all()
}

async fn insert(app: &TestApp, call: ActiveModel) -> calls::Model {
    let inserted = app
        .app
        .db
        .write(|tx| async move { Ok(call.insert(&*tx).await?) });
    inserted.await.unwrap()
}

async fn update(app: &TestApp, call: ActiveModel) -> calls::Model {
    let updated = app
        .app
        .db
        .write(|tx| async move { Ok(call.update(&*tx).await?) });
    updated.await.unwrap()
}

async fn stored(app: &TestApp, id: CallId) -> calls::Model {
    let call = calls::Entity::find_by_id(id).one(app.app.db.read());
    call.await.unwrap().unwrap()
}

/// Records what was said, in one transaction.
async fn record(app: &TestApp, spoken: Vec<Spoken>) {
    let (seal, now) = (app.app.seal.clone(), app.clock.millis());
    let recorded = app
        .app
        .db
        .write(move |tx| async move { messages::add(&tx, &seal, spoken, now).await });
    recorded.await.unwrap();
}

fn line(role: Role, text: &str, spoken_at: i64) -> Line {
    Line {
        role,
        text: text.to_owned(),
        spoken_at: Some(spoken_at),
    }
}

/// A short conversation, line by line.
fn conversation() -> Vec<Line> {
    vec![
        line(Role::Assistant, "Hello!", 1_000),
        line(Role::Assistant, "How can I help you today?", 2_000),
        line(Role::User, "I need an appointment.", 3_000),
        line(Role::Assistant, "On Tuesday at ten?", 4_000),
        line(Role::User, "Yes.", 5_000),
        line(Role::Assistant, "See you on Tuesday.", 6_000),
    ]
}

/// Lines that come singly.
fn singly(call: CallId, lines: Vec<Line>) -> Vec<Spoken> {
    lines
        .into_iter()
        .map(|line| Spoken::Line { call, line })
        .collect()
}
