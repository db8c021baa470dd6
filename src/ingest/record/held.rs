//! The calls that a batch is about, held while it changes them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use entity::{
    CallId, Sealed,
    calls::{Column, Entity, Model, Origin},
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Statement,
};
use uuid::Uuid;

use crate::{
    contact::{details::Details, phone},
    error::{Error, Result},
    infra::{
        clock::Millis,
        db::{Tx, rows::padded},
        seal::{Place, Seal},
    },
    ingest::event::Event,
    results::{kept::Reported, reported},
    vapi::message::{CallFacts, Message},
};

/// A call's row, and what of it was opened.
pub(super) struct Held<'e> {
    pub row: Model,
    /// Nothing was heard of the call before.
    pub is_new: bool,
    /// The row is not what it was, and is written.
    pub is_changed: bool,
    /// This process recorded the call's last event, or there was none.
    pub recorder_was_here: bool,
    /// What identifies the call, once that was completed.
    pub details: Option<Details>,
    /// What was reported, before this batch and in it.
    pub reported: Option<Reported<'e>>,
}

/// The rows of all calls that a batch names, locked in the order of their ids.
#[derive(Default)]
pub(super) struct HeldCalls<'e> {
    by_vapi_id: HashMap<String, Held<'e>>,
}

impl<'e> HeldCalls<'e> {
    /// What is to be asked for them; nothing where no event is of a call.
    pub fn question(backend: DbBackend, events: &[Arc<Event>]) -> Option<Statement> {
        let vapi_ids: BTreeSet<_> = facts(events).map(|call| call.vapi_id.as_str()).collect();
        let request_ids: BTreeSet<_> = facts(events).filter_map(placed_by_us).collect();
        if vapi_ids.is_empty() {
            return None;
        }
        let named = Condition::any()
            .add(Column::VapiCallId.is_in(padded(vapi_ids)))
            .add_option(
                (!request_ids.is_empty()).then(|| Column::RequestId.is_in(padded(request_ids))),
            );
        let question = Entity::find()
            .filter(named)
            .order_by_asc(Column::Id)
            .lock_exclusive();
        Some(question.build(backend))
    }

    /// What was answered, with what was reported of them.
    pub async fn found(
        tx: &Tx,
        seal: &Seal,
        events: &'e [Arc<Event>],
        rows: Vec<QueryResult>,
    ) -> Result<Self> {
        let rows = rows.iter().map(|row| Model::from_query_result(row, ""));
        let rows: Vec<_> = rows.collect::<std::result::Result<_, _>>()?;
        let mut reported = reported::of(&**tx, seal, &rows).await?;
        let mut held = Self::default();
        let (bound, unbound): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.vapi_call_id.is_some());
        for row in bound {
            let reported = reported.remove(&row.id);
            held.keep(row, reported);
        }
        for row in unbound {
            held.bind(row, facts(events));
        }
        Ok(held)
    }

    /// Vapi's word of a call that we placed may come before the answer to our
    /// own request: it brings Vapi's id.
    fn bind<'a>(&mut self, mut row: Model, mut facts: impl Iterator<Item = &'a CallFacts>) {
        let named =
            facts.find(|call| placed_by_us(call).is_some() && call.request_id == row.request_id);
        if let Some(call) = named.filter(|call| !self.by_vapi_id.contains_key(&call.vapi_id)) {
            row.vapi_call_id = Some(call.vapi_id.clone());
            self.keep(row, None);
        }
    }

    /// A session that was claimed before anything was heard of it has a row
    /// already, and its first event is still its first.
    fn keep(&mut self, row: Model, reported: Option<Reported<'e>>) {
        let is_new = row.origin == Origin::Announced && row.last_event_at.is_none();
        if let Some(vapi_id) = row.vapi_call_id.clone() {
            let held = Held {
                row,
                is_new,
                is_changed: false,
                recorder_was_here: false,
                details: None,
                reported,
            };
            self.by_vapi_id.insert(vapi_id, held);
        }
    }

    /// The call a message is about; one that was never seen is made.
    pub fn of(&mut self, message: &Message, facts: &CallFacts, now: Millis) -> &mut Held<'e> {
        self.by_vapi_id
            .entry(facts.vapi_id.clone())
            .or_insert_with(|| Held {
                row: first_seen(message, facts, now),
                is_new: true,
                is_changed: true,
                recorder_was_here: true,
                details: None,
                reported: None,
            })
    }

    pub fn row(&self, vapi_id: &str) -> Option<&Model> {
        self.by_vapi_id.get(vapi_id).map(|held| &held.row)
    }

    /// Those that the batch changed, in the order of their ids.
    pub fn into_changed_rows(self) -> Vec<Model> {
        let held = self.by_vapi_id.into_values().filter(|held| held.is_changed);
        let mut rows: Vec<_> = held.map(|held| held.row).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }
}

fn facts(events: &[Arc<Event>]) -> impl Iterator<Item = &CallFacts> {
    events
        .iter()
        .filter_map(|event| event.message.call.as_ref())
}

impl Held<'_> {
    /// Completes what identifies the call by what this message knows of it.
    pub fn complete(&mut self, seal: &Seal, facts: &CallFacts) -> Result<()> {
        let mut details = match (self.details.take(), &self.row.details) {
            (Some(open), _) => open,
            (None, Some(sealed)) => {
                Details::open(seal, self.row.id, sealed).map_err(Error::internal)?
            }
            (None, None) => Details::default(),
        };
        if details.complete(Details::of(facts)) {
            self.row.details = Some(details.seal(seal, self.row.id).map_err(Error::internal)?);
        }
        if self.row.phone.is_none() {
            self.keep_phone(seal, details.customer_number.as_deref());
        }
        self.details = Some(details);
        Ok(())
    }

    fn keep_phone(&mut self, seal: &Seal, written: Option<&str>) {
        let Some(number) = written.and_then(phone::e164) else {
            return;
        };
        let place = Place {
            table: "calls",
            column: "phone",
            row: self.row.id.as_bytes(),
        };
        self.row.phone = Some(Sealed(seal.seal(place, number.as_bytes())));
        self.row.phone_index = Some(seal.index(phone::INDEX_DOMAIN, &number).to_vec());
    }
}

/// Only of an outbound call is the id in its metadata ours.
fn placed_by_us(call: &CallFacts) -> Option<&str> {
    call.request_id.as_deref().filter(|_| call.is_outbound())
}

fn first_seen(message: &Message, facts: &CallFacts, now: Millis) -> Model {
    Model {
        id: CallId::from_uuid(Uuid::now_v7()),
        vapi_call_id: Some(facts.vapi_id.clone()),
        request_id: None,
        owner: None,
        origin: Origin::Announced,
        kind: facts.kind.clone(),
        status: message.first_status(),
        outcome: None,
        ended_reason: None,
        retryable: None,
        sequence: 0,
        phone: None,
        phone_index: None,
        details: None,
        result: None,
        result_version: 0,
        result_dismissed_at: None,
        campaign_id: None,
        recorder: None,
        scheduled_at: None,
        started_at: None,
        ended_at: None,
        announce_due_at: None,
        announced_at: None,
        last_event_at: None,
        created_at: now,
        updated_at: now,
    }
}
