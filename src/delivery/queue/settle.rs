//! Settling: what came of a batch of attempts, in one transaction.
//!
//! ```text
//!   lock the lanes   those we no longer own are left alone, with all their rows;
//!                    where all went well they are counted at once
//!   take the rows    those that were delivered are deleted, those that were
//!                    not are locked; what is not as it was when it was sent
//!                    is left alone
//!   then, in order   the attempt is added to the history, the row is due
//!                    again or goes, the lane's health and counters move on
//! ```
//!
//! A row is only settled if its number of attempts is still what it was. So a
//! batch whose commit was not heard of can be settled again, and a process
//! that lost its lanes changes nothing. Most rows were delivered, and to lock
//! them first would write each of them once more.
//!
//! While a row is under way somebody may ask for it to be sent again. If it is
//! delivered then, that is what was asked for; if it is not, it stays due as
//! they have made it, with the whole schedule before it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use entity::{
    DeliveryId, SubscriptionId, delivery_attempts, delivery_queue,
    lanes::{self, LaneState},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect,
};

use super::{stats::Stats, steady};
use crate::{
    delivery::{
        Deliveries,
        deactivated::{self, GivenUp},
        report::Report,
        retry::Next,
        tell::Handoff,
    },
    error::Result,
    infra::{
        clock::Millis,
        db::{
            Tx,
            rows::{Rows, padded},
        },
    },
    subscriptions::health::{Did, Health, Heard, Patience},
};

/// What was written.
pub struct Settled {
    /// The rows of the lanes, as they are now; none where a lane is not ours.
    pub lanes: HashMap<SubscriptionId, lanes::Model>,
    /// When those are due that wait on, whoever has said so.
    pub due: HashMap<DeliveryId, Millis>,
    /// Those that were left alone.
    pub fenced: HashSet<DeliveryId>,
    /// Lanes that were given up.
    pub given_up: Vec<GivenUp>,
    pub handoff: Handoff,
}

/// All that the batch writes.
#[derive(Default)]
struct Books {
    lanes: BTreeMap<SubscriptionId, lanes::Model>,
    /// As the database has them by now.
    written: BTreeMap<SubscriptionId, lanes::Model>,
    attempts: Vec<delivery_attempts::ActiveModel>,
    again: BTreeMap<DeliveryId, delivery_queue::Model>,
    /// What was tried for the last time.
    ended: Vec<DeliveryId>,
    due: HashMap<DeliveryId, Millis>,
    stats: Stats,
    fenced: HashSet<DeliveryId>,
    given_up: Vec<GivenUp>,
}

/// The rows of what was sent.
struct Taken {
    /// Those that were delivered and as they were when they were sent: they were deleted.
    gone: HashSet<DeliveryId>,
    /// Those that were not delivered, as they are now.
    left: HashMap<DeliveryId, delivery_queue::Model>,
}

pub async fn settle(
    tx: &Tx,
    deliveries: &Deliveries,
    patience: &Patience,
    reports: &[Report],
) -> Result<Settled> {
    let mut books = Books::default();
    books.open(tx, reports).await?;
    let ours = reports
        .iter()
        .filter(|report| books.lanes.contains_key(&report.job.subscription));
    let (done, failed): (Vec<_>, Vec<_>) = ours.partition(|report| report.next == Next::Done);
    let mut rows = Taken {
        gone: delete(tx, &done).await?,
        left: lock_rows(tx, &failed).await?,
    };
    for report in reports {
        books.enter(report, &mut rows, patience);
    }
    books.write(tx, deliveries).await
}

async fn lock_lanes(
    tx: &Tx,
    reports: impl Iterator<Item = &Report>,
) -> Result<BTreeMap<SubscriptionId, lanes::Model>> {
    let owners: HashMap<_, _> = reports
        .map(|report| (report.job.subscription, report.job.owner))
        .collect();
    if owners.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = lanes::Entity::find()
        .filter(lanes::Column::SubscriptionId.is_in(padded(owners.keys().copied())))
        .order_by_asc(lanes::Column::SubscriptionId)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let ours = rows.into_iter().filter(|row| {
        let owner = owners.get(&row.subscription_id);
        row.owner.as_ref() == owner
    });
    Ok(ours.map(|row| (row.subscription_id, row)).collect())
}

/// Deletes what was delivered and is as it was when it was sent; which it were.
async fn delete(tx: &Tx, done: &[&Report]) -> Result<HashSet<DeliveryId>> {
    let mut by_attempt: BTreeMap<i16, Vec<DeliveryId>> = BTreeMap::new();
    for report in done {
        let row = &report.job.row;
        by_attempt.entry(row.attempt).or_default().push(row.id);
    }
    let mut gone = HashSet::new();
    for (attempt, ids) in by_attempt {
        let deleted = delivery_queue::Entity::delete_many()
            .filter(delivery_queue::Column::Id.is_in(padded(ids)))
            .filter(delivery_queue::Column::Attempt.eq(attempt))
            .exec_with_returning(&**tx)
            .await?;
        gone.extend(deleted.into_iter().map(|row| row.id));
    }
    Ok(gone)
}

async fn lock_rows(
    tx: &Tx,
    failed: &[&Report],
) -> Result<HashMap<DeliveryId, delivery_queue::Model>> {
    if failed.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = failed.iter().map(|report| report.job.row.id);
    let rows = delivery_queue::Entity::find()
        .filter(delivery_queue::Column::Id.is_in(padded(ids)))
        .order_by_asc(delivery_queue::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

impl Books {
    /// Locks the lanes.
    async fn open(&mut self, tx: &Tx, reports: &[Report]) -> Result<()> {
        for counted in steady::count(tx, reports).await? {
            let (lane, mut before) = (counted.row.subscription_id, counted.row.clone());
            before.delivered_total -= counted.count;
            self.lanes.insert(lane, before);
            self.written.insert(lane, counted.row);
        }
        let others = reports
            .iter()
            .filter(|report| !self.lanes.contains_key(&report.job.subscription));
        let others = lock_lanes(tx, others).await?;
        self.written.extend(others.clone());
        self.lanes.extend(others);
        Ok(())
    }

    fn enter(&mut self, report: &Report, rows: &mut Taken, patience: &Patience) {
        let sent = &report.job.row;
        let is_taken = match report.next {
            Next::Done => rows.gone.remove(&sent.id),
            Next::Again { .. } | Next::End => match rows.left.remove(&sent.id) {
                Some(row) => self.enter_failed(row, report),
                None => false,
            },
        };
        let lane = self.lanes.get_mut(&report.job.subscription);
        let Some(lane) = lane.filter(|_| is_taken) else {
            self.fenced.insert(sent.id);
            return;
        };
        self.given_up.extend(judge(lane, report, patience));
        self.stats.count(report.job.subscription, &report.attempted);
        let is_last = !self.again.contains_key(&sent.id);
        self.attempts.push(attempt(report, is_last));
    }

    /// Whether its row is as it was when it was sent, or made due since and nothing else.
    fn enter_failed(&mut self, row: delivery_queue::Model, report: &Report) -> bool {
        let sent = &report.job.row;
        if row.attempt != sent.attempt {
            self.due.insert(row.id, row.due_at);
            return false;
        }
        match after_failure(row, report) {
            Some(row) => {
                self.due.insert(row.id, row.due_at);
                self.again.insert(row.id, row);
            }
            None => self.ended.push(sent.id),
        }
        true
    }

    async fn write(self, tx: &Tx, deliveries: &Deliveries) -> Result<Settled> {
        Rows::new(self.attempts).add_soon(tx).await?;
        let written = &self.written;
        let is_news = |lane: &&lanes::Model| written.get(&lane.subscription_id) != Some(*lane);
        write_lanes(tx, self.lanes.values().filter(is_news)).await?;
        write_rows(tx, self.again.into_values()).await?;
        delete_ended(tx, self.ended).await?;
        self.stats.write(tx).await?;
        let told = deactivated::told(tx, deliveries.subscriptions(), &self.given_up).await?;
        Ok(Settled {
            handoff: deliveries.tell(tx, told).await?,
            lanes: self.lanes.into_iter().collect(),
            due: self.due,
            fenced: self.fenced,
            given_up: self.given_up,
        })
    }
}

/// The row of a failed delivery as it waits on; none where it was tried for the last time. Whoever
/// has made it due since it was sent is not overruled by the schedule.
fn after_failure(row: delivery_queue::Model, report: &Report) -> Option<delivery_queue::Model> {
    let sent = &report.job.row;
    let is_as_sent = row.due_at == sent.due_at && u32::try_from(row.steps) == Ok(sent.steps);
    let tried = delivery_queue::Model {
        attempt: sent.attempt.saturating_add(1),
        ..row
    };
    match report.next {
        _ if !is_as_sent => Some(tried),
        Next::Again {
            due_at,
            steps,
            asked_to_wait,
        } => Some(delivery_queue::Model {
            due_at,
            steps: i32::try_from(steps).unwrap_or(i32::MAX),
            asked_to_wait,
            ..tried
        }),
        Next::Done | Next::End => None,
    }
}

/// Moves a lane on by one result.
fn judge(lane: &mut lanes::Model, report: &Report, patience: &Patience) -> Option<GivenUp> {
    let attempted = &report.attempted;
    let at = attempted.ended_at;
    let mut health = Health::of(lane).after(
        &Heard {
            did: attempted.did,
            at,
            was_probe: report.job.is_probe,
        },
        patience,
    );
    // Somebody may have asked for a probe while this one was under way: it is made at once.
    let asked_for = lane
        .next_probe_at
        .filter(|asked_at| *asked_at > attempted.began_at);
    if health.is_open() && report.job.is_probe {
        health.next_probe_at = asked_for.or(health.next_probe_at);
    }
    health.write_to(lane, at);
    if attempted.did == Did::Take {
        lane.delivered_total += 1;
        lane.last_success_at = Some(at);
    } else {
        lane.failed_total += 1;
        lane.last_failure_at = Some(at);
        lane.last_error.clone_from(&attempted.hint);
    }
    debug_assert!((lane.state == LaneState::Deactivated) == lane.deactivated_at.is_some());
    health.given_up.map(|reason| GivenUp {
        subscription: lane.subscription_id,
        reason,
        failures: health.failures,
        at,
    })
}

fn attempt(report: &Report, is_last: bool) -> delivery_attempts::ActiveModel {
    let (row, attempted) = (&report.job.row, &report.attempted);
    let status = attempted
        .status
        .and_then(|status| i16::try_from(status).ok());
    let timings = &attempted.timings;
    delivery_attempts::ActiveModel {
        id: NotSet,
        delivery_id: Set(row.id),
        subscription_id: Set(report.job.subscription),
        event_id: Set(row.event),
        call_id: Set(row.call),
        kind: Set(row.kind.to_string()),
        attempt: Set(Some(row.attempt.saturating_add(1))),
        outcome: Set(attempted.outcome.to_owned()),
        status_code: Set(status),
        duration_ms: Set(Some(attempted.took_ms())),
        dns_us: Set(micros(timings.dns)),
        connect_us: Set(micros(timings.connect)),
        tls_us: Set(micros(timings.tls)),
        first_byte_us: Set(micros(timings.first_byte)),
        error: Set(attempted.hint.clone()),
        response: Set(attempted.excerpt.clone()),
        r#final: Set(is_last),
        created_at: Set(attempted.ended_at),
    }
}

fn micros(part: Option<Duration>) -> Option<i32> {
    part.map(|part| i32::try_from(part.as_micros()).unwrap_or(i32::MAX))
}

/// The lanes are locked and known whole, so all of them go in one statement.
async fn write_lanes(tx: &Tx, rows: impl Iterator<Item = &lanes::Model>) -> Result<()> {
    let all_but_id =
        lanes::Column::iter().filter(|column| !matches!(column, lanes::Column::SubscriptionId));
    Rows::new(rows.map(|row| row.clone().into_active_model().reset_all()))
        .replacing(lanes::Column::SubscriptionId, all_but_id)
        .add_soon(tx)
        .await?;
    Ok(())
}

/// They are locked.
async fn delete_ended(tx: &Tx, ended: Vec<DeliveryId>) -> Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    delivery_queue::Entity::delete_many()
        .filter(delivery_queue::Column::Id.is_in(padded(ended)))
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn write_rows(tx: &Tx, rows: impl Iterator<Item = delivery_queue::Model>) -> Result<()> {
    use delivery_queue::Column;
    let changed = [
        Column::Attempt,
        Column::Steps,
        Column::DueAt,
        Column::AskedToWait,
    ];
    Rows::new(rows.map(|row| row.into_active_model().reset_all()))
        .replacing(Column::Id, changed.into_iter())
        .add_soon(tx)
        .await?;
    Ok(())
}
