//! Telling of calls that ended well and whose report did not come in time.

use std::time::Duration;

use entity::calls::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    over::{self, Over},
    rows::{self, Added},
};
use crate::{
    app::App,
    calls::{
        announce::{self, Telling},
        progress,
    },
    contact::details::Details,
    delivery::{Deliveries, Handoff},
    error::Result,
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
        seal::Seal,
    },
    results::reported,
    vapi::message::Results,
};

const CALLS_PER_TRANSACTION: u64 = 200;
/// The key may be back by then.
const OPENED_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// A bounded number at a time; how many it were.
pub(super) async fn announce_due(app: &App, deliveries: &Deliveries) -> Result<u64> {
    let announcer = Announcer {
        deliveries: deliveries.clone(),
        seal: app.seal.clone(),
        now: app.clock.millis(),
    };
    let announced = app
        .db
        .write(move |tx| async move { announcer.announce_some(&tx).await });
    let (told, handoff) = announced.await?;
    deliveries.take(handoff);
    Ok(told)
}

struct Announcer {
    deliveries: Deliveries,
    seal: Seal,
    now: Millis,
}

impl Announcer {
    async fn announce_some(&self, tx: &Tx) -> Result<(u64, Handoff)> {
        let mut rows = Added::default();
        let (mut calls, mut over, mut due) = (Vec::new(), Vec::new(), Vec::new());
        for call in self.due(tx).await? {
            match Details::of_call(&self.seal, &call) {
                Ok(details) => due.push((call, details)),
                Err(error) => calls.push(self.put_off(call, &error)),
            }
        }
        let all = due.iter().map(|(call, _)| call);
        let reported = reported::of(&**tx, &self.seal, all).await?;
        for (mut call, details) in due {
            let results = reported.get(&call.id).map(|reported| &*reported.results);
            if let Some(session) = self.announce(&mut call, details, results, &mut rows) {
                over.push(session);
                calls.push(call);
            }
        }
        let told = over.len() as u64;
        rows::write_calls(tx, calls).await?;
        let subscribers = self.deliveries.subscribers(tx).await?;
        let ended = over::tell(tx, &self.seal, &subscribers, over, self.now).await?;
        rows.told.extend(ended);
        let handoff = rows.write(tx, &self.deliveries).await?;
        Ok((told, handoff))
    }

    async fn due(&self, tx: &Tx) -> Result<Vec<Model>> {
        let due = Entity::find()
            .filter(Column::AnnounceDueAt.is_not_null())
            .filter(Column::AnnounceDueAt.lte(self.now))
            .order_by_asc(Column::Id)
            .limit(CALLS_PER_TRANSACTION)
            .lock_exclusive();
        Ok(due.all(&**tx).await?)
    }

    /// One that nobody can read holds up no other.
    fn put_off(&self, mut call: Model, error: &anyhow::Error) -> Model {
        tracing::error!(call = %call.id, %error, "a call cannot be opened, and its end is not told");
        call.announce_due_at = Some(self.now + millis_of(OPENED_AGAIN_AFTER));
        call
    }

    /// Nothing where another process was faster.
    fn announce(
        &self,
        call: &mut Model,
        details: Details,
        results: Option<&Results>,
        rows: &mut Added,
    ) -> Option<Over> {
        let kind = progress::announce_without_report(call, self.now)?;
        let telling = Telling {
            kind,
            previous: None,
            line: None,
            details: &details,
            results,
            recorder_was_here: false,
            at: self.now,
        };
        rows.told.push(announce::event(call, &telling));
        // The call's recorder goes on meanwhile. What it tells next is read from the
        // queue, as this is, so that neither overtakes the other.
        call.recorder = None;
        call.updated_at = self.now;
        Some(Over {
            call: call.clone(),
            details,
            recorder_was_here: false,
        })
    }
}
