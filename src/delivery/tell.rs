//! Telling of events: the log, and a row in the queue of each who hears them.
//!
//! All of it is written in the transaction of the fact that is told, so there
//! is no event without its deliveries and no delivery without its event. What
//! was just written need not be read again: it is handed to the lanes once
//! the transaction is through.

use std::{collections::HashMap, sync::Arc};

use anyhow::anyhow;
use bytes::Bytes;
use entity::{
    CallId, DeliveryId, EventId, SubscriptionId,
    delivery_queue::{self, Column as Queued},
    events::{self, Column},
};
use sea_orm::ActiveValue::Set;

use crate::{
    error::{Error, Result},
    events::{Kind, Told},
    infra::{
        clock::Millis,
        db::{Tx, rows::Rows},
        hub::Wake,
        seal::Seal,
    },
    subscriptions::{Facts, Snapshot, Subscription},
};

/// So few events or deliveries go by one statement.
const FEW: usize = 16;
/// What is made before it is written.
const ROWS_IN_HAND: usize = 2_500;
/// What is handed over in memory; whoever hears more reads the queue.
const FRESH_MAX: usize = 16_384;
/// A transaction must stay short. Whoever tells of more is refused, and tells
/// of fewer events at a time; what one message tells is never refused.
const ROWS_PER_TRANSACTION_MAX: usize = 32_768;
const EVENTS_OF_ONE_MESSAGE: usize = 4;

/// What was told in a transaction, to be given to the lanes after it.
#[must_use = "the lanes do not know of it yet"]
#[derive(Default)]
pub struct Handoff {
    pub fresh: Vec<Fresh>,
    /// Those whose rows were too many to hand over.
    pub unread: Vec<SubscriptionId>,
    /// Whether the log has grown, heard or not.
    pub events: usize,
    /// Who else has to look at what the transaction has changed.
    pub wakes: Vec<Wake>,
}

impl Handoff {
    /// What was told later in the same transaction.
    pub fn extend(&mut self, more: Self) {
        self.fresh.extend(more.fresh);
        self.unread.extend(more.unread);
        self.events += more.events;
        self.wakes.extend(more.wakes);
    }
}

/// A delivery that was just queued, with what sending it takes.
#[derive(Clone)]
pub struct Fresh {
    pub delivery: DeliveryId,
    pub subscription: SubscriptionId,
    pub event: EventId,
    pub kind: Kind,
    pub call: Option<CallId>,
    /// When the call was first heard of.
    pub call_since: Option<Millis>,
    pub position: i64,
    pub created_at: Millis,
    pub recorder_was_here: bool,
    pub bytes: Bytes,
}

/// Writes the events and the deliveries of all who hear them. Where the log ends is known to who
/// has asked, and has the database to itself; for many events it is not worth knowing, as SQLite
/// adds at the end by itself, and looks for a place that it is told.
pub(super) async fn tell(
    tx: &Tx,
    seal: &Seal,
    subscriptions: &Snapshot,
    told: Vec<Told>,
    log_end: Option<i64>,
) -> Result<Handoff> {
    let positions = match log_end.filter(|_| told.len() <= FEW) {
        Some(end) => log_behind(tx, seal, &told, end).await?,
        None => match few(subscriptions, &told) {
            Some(fresh) => return tell_few(tx, seal, &told, fresh).await,
            None => log(tx, seal, &told, Rows::new([])).await?,
        },
    };
    let mut queue = Queueing {
        may_be_refused: told.len() > EVENTS_OF_ONE_MESSAGE,
        ..Queueing::default()
    };
    for (event, position) in told.iter().zip(positions) {
        for subscription in subscriptions.hearing(&facts(event)) {
            queue.add(tx, fresh(subscription, event, position)).await?;
        }
    }
    queue.end(tx, told.len()).await
}

/// The deliveries, where they are few; the events have no places yet.
fn few(subscriptions: &Snapshot, told: &[Told]) -> Option<Vec<Fresh>> {
    if told.len() > FEW {
        return None;
    }
    let mut few = Vec::new();
    for event in told {
        for subscription in subscriptions.hearing(&facts(event)) {
            few.push(fresh(subscription, event, 0));
            if few.len() > FEW {
                return None;
            }
        }
    }
    Some(few)
}

/// Queues few by the statement that logs their events: the database knows their places then.
async fn tell_few(tx: &Tx, seal: &Seal, told: &[Told], mut fresh: Vec<Fresh>) -> Result<Handoff> {
    let queued = Rows::new(fresh.iter().map(row)).drawing(
        Queued::Position,
        (events::Entity, Column::Position),
        (Column::Id, Queued::EventId),
    );
    let positions = log(tx, seal, told, queued).await?;
    let positions: HashMap<_, _> = told.iter().map(|event| event.id).zip(positions).collect();
    for delivery in &mut fresh {
        delivery.position = positions[&delivery.event];
    }
    Ok(Handoff {
        fresh,
        events: told.len(),
        ..Handoff::default()
    })
}

/// Deliveries on their way into the queue, some at a time.
#[derive(Default)]
struct Queueing {
    rows: Vec<delivery_queue::ActiveModel>,
    written: usize,
    may_be_refused: bool,
    handoff: Handoff,
}

impl Queueing {
    async fn add(&mut self, tx: &Tx, fresh: Fresh) -> Result<()> {
        self.rows.push(row(&fresh));
        match self.handoff.fresh.len() < FRESH_MAX {
            true => self.handoff.fresh.push(fresh),
            false => self.handoff.unread.push(fresh.subscription),
        }
        if self.rows.len() == ROWS_IN_HAND {
            self.write(tx).await?;
        }
        Ok(())
    }

    async fn write(&mut self, tx: &Tx) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.written += rows.len();
        if self.written > ROWS_PER_TRANSACTION_MAX && self.may_be_refused {
            return Err(Error::internal(anyhow!("too many deliveries at once")));
        }
        Rows::new(rows).add_soon(tx).await?;
        Ok(())
    }

    async fn end(mut self, tx: &Tx, events: usize) -> Result<Handoff> {
        self.write(tx).await?;
        self.handoff.events = events;
        self.handoff.unread.sort_unstable();
        self.handoff.unread.dedup();
        Ok(self.handoff)
    }
}

fn facts(event: &Told) -> Facts<'_> {
    Facts {
        kind: event.kind,
        owner: event.owner.as_deref(),
        campaign_id: event.campaign_id,
        outcome: event.outcome,
        metadata: &event.metadata,
        not_to: event.not_to,
    }
}

fn fresh(subscription: &Arc<Subscription>, event: &Told, position: i64) -> Fresh {
    Fresh {
        delivery: DeliveryId::of(subscription.id, event.id),
        subscription: subscription.id,
        event: event.id,
        kind: event.kind,
        call: event.call.map(|call| call.id),
        call_since: event.call.map(|call| call.since),
        position,
        created_at: event.at,
        recorder_was_here: event.call.is_none_or(|call| call.recorder_was_here),
        bytes: event.bytes.clone(),
    }
}

fn row(fresh: &Fresh) -> delivery_queue::ActiveModel {
    delivery_queue::ActiveModel {
        id: Set(fresh.delivery),
        subscription_id: Set(fresh.subscription),
        event_id: Set(fresh.event),
        call_id: Set(fresh.call),
        position: Set(fresh.position),
        attempt: Set(0),
        due_at: Set(fresh.created_at),
        replay: Set(false),
        created_at: Set(fresh.created_at),
        steps: Set(0),
        asked_to_wait: Set(false),
    }
}

/// Logs the events at the places behind its end: no answer has to be waited for.
async fn log_behind(tx: &Tx, seal: &Seal, told: &[Told], end: i64) -> Result<Vec<i64>> {
    let events = told.iter().zip(end + 1..);
    let rows = events.map(|(event, position)| events::ActiveModel {
        position: Set(position),
        ..event.row(seal)
    });
    Rows::new(rows).add_soon(tx).await?;
    Ok((end + 1..).take(told.len()).collect())
}

/// Logs the events, and queues these deliveries behind them; where the events stand in the log.
async fn log(
    tx: &Tx,
    seal: &Seal,
    told: &[Told],
    queued: Rows<delivery_queue::ActiveModel>,
) -> Result<Vec<i64>> {
    let events = Rows::new(told.iter().map(|event| event.row(seal)));
    let logged = events.add_numbered(tx, Column::Id, Column::Position, queued);
    Ok(logged.await?)
}
