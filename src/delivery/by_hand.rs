//! The steps of the queue, one at a time and with whatever outcome: own a lane, read what is due on
//! it, settle what came of it.
//!
//! `dispatch` takes the same steps by itself and goes the way over the network between them. Whoever
//! holds the queue against a model must be able to stop between any two of them, to come late with
//! a result, and to be several processes at once.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::anyhow;
use entity::{DeliveryId, SubscriptionId};
use uuid::Uuid;

use super::{
    Deliveries,
    lane::{Floor, Look, Scope},
    queue::{
        look,
        own::{self, Which},
        settle,
    },
    receiver::Receiver,
    report::Report,
    row::Row,
    send::{Attempted, Job},
};
use crate::{
    app::App,
    error::{Error, Result},
    infra::{clock::Millis, egress::Timings},
    subscriptions::health::{Did, Patience},
};

const BYTES_MAX: usize = 1 << 20;

/// A delivery that was read from the queue, as if it had been sent.
#[derive(Clone)]
pub struct Sent(Job);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    Taken,
    Failed,
    Gone,
}

/// What waits on a lane of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub has_untried: bool,
    pub next_due: Option<Millis>,
}

impl Sent {
    pub fn delivery(&self) -> DeliveryId {
        self.0.row.id
    }

    /// How many attempts were made before this one.
    pub fn attempt(&self) -> i16 {
        self.0.row.attempt
    }
}

/// Takes a lane that has no living owner; whether it is now this one's.
pub async fn take(app: &App, me: Uuid, lane: SubscriptionId) -> Result<bool> {
    let taken = own::take_these(app, me, vec![lane]).await?;
    Ok(taken.contains(&lane))
}

/// Nothing where the lane is another's.
pub async fn waits(app: &App, me: Uuid, lane: SubscriptionId) -> Result<Option<Waits>> {
    let found = own::survey(app, me, Which::These(&[lane])).await?;
    Ok(found.first().map(|found| Waits {
        has_untried: found.untried.is_some(),
        next_due: found.next_due,
    }))
}

/// What is due on a lane and not in hand already, in order.
pub async fn read(
    app: &App,
    deliveries: &Deliveries,
    (me, lane): (Uuid, SubscriptionId),
    in_hand: HashSet<DeliveryId>,
) -> Result<Vec<Sent>> {
    let asked = Look {
        scope: Scope::Due,
        is_strict: false,
        bytes_max: BYTES_MAX,
        skip: in_hand,
        floor: Floor::default(),
        firm: 0,
    };
    let looked = look::look(app, lane, &asked).await?;
    let receiver = receiver(app, deliveries, lane).await?;
    let sent = |row: Row| {
        Sent(Job {
            subscription: lane,
            owner: me,
            row,
            receiver: receiver.clone(),
            is_probe: false,
            is_slow: false,
        })
    };
    let rows = looked.map(|looked| looked.rows).unwrap_or_default();
    Ok(rows.into_iter().map(sent).collect())
}

async fn receiver(
    app: &App,
    deliveries: &Deliveries,
    lane: SubscriptionId,
) -> Result<Arc<Receiver>> {
    let known = deliveries.subscriptions().fresh(app.db.read()).await?;
    let subscription = known
        .get(lane)
        .ok_or_else(|| Error::internal(anyhow!("no such lane")))?;
    let receiver = Receiver::open(&app.seal, subscription).map_err(Error::internal)?;
    Ok(Arc::new(receiver))
}

/// Settles a batch in one transaction. Those come back that were left alone.
pub async fn settle(
    app: &App,
    deliveries: &Deliveries,
    batch: Vec<(Sent, Came)>,
) -> Result<HashSet<DeliveryId>> {
    let reports: Vec<Report> = batch
        .into_iter()
        .map(|(Sent(job), came)| report(app, job, came))
        .collect();
    let (lanes, patience) = (deliveries.clone(), Patience::of(&app.config.delivery));
    let write = app
        .db
        .write(move |tx| async move { settle::settle(&tx, &lanes, &patience, &reports).await });
    let settled = write.await?;
    deliveries.take(settled.handoff);
    Ok(settled.fenced)
}

fn report(app: &App, job: Job, came: Came) -> Report {
    let (did, outcome, status) = match came {
        Came::Taken => (Did::Take, "delivered", 200),
        Came::Failed => (Did::Fail, "status", 500),
        Came::Gone => (Did::Leave, "status", 410),
    };
    let attempted = Attempted {
        did,
        outcome,
        status: Some(status),
        timings: Timings {
            dns: None,
            connect: None,
            tls: None,
            first_byte: None,
            total: Duration::ZERO,
        },
        began_at: app.clock.millis(),
        ended_at: app.clock.millis(),
        arrived_after: Duration::ZERO,
        hint: None,
        excerpt: None,
        asked_wait: None,
    };
    let next = job.next(&app.config.delivery.retry_schedule, &attempted);
    Report {
        job,
        attempted,
        next,
    }
}
