//! Committing a batch, and what becomes of one that cannot be committed.
//!
//! Of a batch that is turned back it may not be known whether it was committed, or it may yet be:
//! where the database says nothing, its transaction goes on by itself while its events go to the
//! spool. That harms nothing, whenever it ends. It keeps the batch whole or not at all; in the spool
//! the batch stands in the same order, before all that came later. Each event is recorded by
//! whoever comes to its identity first, and the other finds it known (on PostgreSQL it waits until
//! the first has ended). So by either way an event comes only behind all that stood before it.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use anyhow::anyhow;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Recorded, Recorder, Waiting,
    answer::{self, Kept},
    batch,
};
use crate::{
    app::App,
    delivery::Handoff,
    error::{Code, Error, Result},
    infra::db::{Committed, in_time},
};

/// Another replica may make the same call's row at the same moment.
const TRIES_MAX: usize = 3;
/// Longer than a statement may take on PostgreSQL, or waiting for SQLite's lock; and Vapi, which gives
/// up after 20 s, still hears that the event is in the spool.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);

impl Recorder {
    /// Commits a batch; if it fails for an event's own sake, halves it.
    pub(super) fn commit<'a>(
        &'a self,
        app: &'a App,
        lane: usize,
        mut batch: Vec<Waiting>,
        kept: &'a mpsc::Sender<Kept>,
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Some(behind) = self.behind_what_was_turned_back(lane, &mut batch) {
                self.commit(app, lane, batch, kept).await;
                return self.turn_back(lane, behind, &out_of_order()).await;
            }
            if batch.is_empty() {
                return;
            }
            let committed = in_time(ANSWERS_WITHIN, self.in_one_transaction(app, lane, &batch));
            match committed.await {
                Ok(committed) => {
                    let answers = batch.into_iter().map(|waiting| waiting.answer).collect();
                    // Who answers is there for as long as this may be sent.
                    let _ = kept.send(Kept { committed, answers }).await;
                }
                Err(failed) if batch.len() > 1 && failed.code() == Code::Internal => {
                    let back = batch.split_off(batch.len() / 2);
                    self.commit(app, lane, batch, kept).await;
                    self.commit(app, lane, back, kept).await;
                }
                Err(failed) => self.turn_back(lane, batch, &failed).await,
            }
        })
    }

    /// Takes out what came before others were turned back, and what follows it.
    fn behind_what_was_turned_back(
        &self,
        lane: usize,
        batch: &mut Vec<Waiting>,
    ) -> Option<Vec<Waiting>> {
        let now = self.lanes[lane].turned_back.load(SeqCst);
        let is_behind = |waiting: &Waiting| waiting.arrival.turned_back[lane] != now;
        let first = batch.iter().position(is_behind)?;
        Some(batch.split_off(first))
    }

    /// Only when all have their place elsewhere is it another time: whoever
    /// looks there from then on finds them, and goes behind them.
    async fn turn_back(&self, lane: usize, batch: Vec<Waiting>, failed: &Error) {
        answer::refuse(batch, failed).await;
        if failed.code() == Code::StoreUnavailable {
            self.lanes[lane].turned_back.fetch_add(1, SeqCst);
        }
    }

    /// Under what name calls are recorded. What a commit without an answer may
    /// have queued was handed to no lane; so this process has another name from
    /// then on, and lanes look for what came before, as they do after strangers.
    fn name(&self, lane: usize) -> Uuid {
        let turned_back = self.lanes[lane].turned_back.load(SeqCst);
        Uuid::from_u128(self.membership.id().as_u128() ^ u128::from(turned_back))
    }

    async fn in_one_transaction(
        &self,
        app: &App,
        lane: usize,
        batch: &[Waiting],
    ) -> Result<Committed<(Vec<Recorded>, Handoff)>> {
        let mut tries = 0;
        loop {
            tries += 1;
            let keeper = batch::Keeper::of(app, &self.deliveries, self.name(lane));
            let events: Vec<_> = batch.iter().map(|it| Arc::clone(&it.event)).collect();
            let result = app
                .db
                .write_ahead(move |tx| async move { keeper.record(&tx, &events).await })
                .await;
            match result {
                Err(error) if error.was_in_the_way_of_another() && tries < TRIES_MAX => {}
                other => return other,
            }
        }
    }
}

fn out_of_order() -> Error {
    Error::store_unavailable(anyhow!("an event that came before it was turned back"))
}
