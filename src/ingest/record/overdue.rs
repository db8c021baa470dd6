//! Telling of calls that ended well and whose report did not come in time.

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
    error::{Error, Result},
    infra::{clock::Millis, db::Tx, seal::Seal},
    results::reported,
    vapi::message::Results,
};

const CALLS_PER_TRANSACTION: u64 = 200;

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
        let (mut calls, mut over) = (Vec::new(), Vec::new());
        let due = self.due(tx).await?;
        let reported = reported::of(&**tx, &self.seal, &due).await?;
        for mut call in due {
            let results = reported.get(&call.id).map(|reported| &*reported.results);
            if let Some(session) = self.announce(&mut call, results, &mut rows)? {
                over.push(session);
                calls.push(call);
            }
        }
        let told = calls.len() as u64;
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

    /// Nothing where another process was faster.
    fn announce(
        &self,
        call: &mut Model,
        results: Option<&Results>,
        rows: &mut Added,
    ) -> Result<Option<Over>> {
        let Some(kind) = progress::announce_without_report(call, self.now) else {
            return Ok(None);
        };
        let details = match &call.details {
            Some(sealed) => Details::open(&self.seal, call.id, sealed).map_err(Error::internal)?,
            None => Details::default(),
        };
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
        Ok(Some(Over {
            call: call.clone(),
            details,
            recorder_was_here: false,
        }))
    }
}
