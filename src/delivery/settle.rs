//! Results, on their way into the database: a batch at a time, until they are
//! there.
//!
//! While the database is away a batch is tried again and again, and no more
//! than a bounded number of sends is begun meanwhile. A batch that fails for
//! the sake of one result is halved until that one is found; it is set aside
//! and tried again with the next batches, and its delivery is not sent again
//! by this process until it is settled.

use std::time::{Duration, Instant};

use entity::{DeliveryId, SubscriptionId, lanes};
use futures_util::future::BoxFuture;

use super::{
    Deliveries,
    queue::settle::{self, Settled},
    report::Report,
};
use crate::{
    app::App,
    error::{Code, Error, Result},
    infra::{clock::Millis, failpoint},
    subscriptions::health::{Did, Patience},
};

pub(super) const BATCH_MAX: usize = 256;
/// Another transaction may be in the way.
const TRIES_MAX: usize = 3;
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A result that is dealt with.
pub(super) struct Dealt {
    pub subscription: SubscriptionId,
    pub delivery: DeliveryId,
    pub due_again: Option<Millis>,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Done {
    /// In the order in which they came.
    pub dealt: Vec<Dealt>,
    /// The lanes' rows after it.
    pub lanes: Vec<lanes::Model>,
    /// What could not be written for its own sake.
    pub set_aside: Vec<Report>,
}

/// Writes a batch, however long that takes.
pub(super) async fn settle(app: App, deliveries: Deliveries, reports: Vec<Report>) -> Done {
    let mut done = Done::default();
    settle_some(&app, &deliveries, reports, &mut done).await;
    done
}

fn settle_some<'a>(
    app: &'a App,
    deliveries: &'a Deliveries,
    mut reports: Vec<Report>,
    done: &'a mut Done,
) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        let error = match until_it_answers(app, deliveries, &reports).await {
            Ok(settled) => return enter(deliveries, reports, settled, done),
            Err(error) => error,
        };
        if reports.len() > 1 {
            let back = reports.split_off(reports.len() / 2);
            settle_some(app, deliveries, reports, done).await;
            return settle_some(app, deliveries, back, done).await;
        }
        let why = error.source_chain().unwrap_or_default();
        tracing::error!(why, "the result of a delivery cannot be written");
        done.set_aside.extend(reports);
    })
}

/// Comes back when it is written, or when the fault is in what is to be written.
async fn until_it_answers(
    app: &App,
    deliveries: &Deliveries,
    reports: &[Report],
) -> Result<Settled> {
    let mut pause = PAUSE_MIN;
    let mut tries = 0;
    loop {
        tries += 1;
        let (batch, lanes) = (reports.to_vec(), deliveries.clone());
        let patience = Patience::of(&app.config.delivery);
        let started = Instant::now();
        let written = app.db.write(move |tx| async move {
            let settled = settle::settle(&tx, &lanes, &patience, &batch).await?;
            failpoint::pass("settle.before-commit");
            Ok(settled)
        });
        let written = written.await;
        failpoint::pass("settle.after-commit");
        metrics::histogram!("ringback_settle_commit_seconds").record(started.elapsed());
        match written {
            Err(error) if error.was_in_the_way_of_another() && tries < TRIES_MAX => {}
            Err(error) if error.code() == Code::StoreUnavailable => {
                report_away(&error);
                app.clock.sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
            other => return other,
        }
    }
}

fn report_away(error: &Error) {
    let why = error.source_chain().unwrap_or_default();
    tracing::warn!(why, "results of deliveries wait for the database");
}

fn enter(deliveries: &Deliveries, reports: Vec<Report>, settled: Settled, done: &mut Done) {
    deliveries.take(settled.handoff);
    for given_up in &settled.given_up {
        let (subscription, reason) = (given_up.subscription, given_up.reason);
        metrics::counter!("ringback_deactivations_total").increment(1);
        tracing::warn!(%subscription, %reason, "a subscription was deactivated");
    }
    for report in &reports {
        if settled.fenced.contains(&report.job.row.id) {
            metrics::counter!("ringback_settle_fenced_total").increment(1);
        } else {
            count(report);
        }
        done.dealt.push(Dealt {
            subscription: report.job.subscription,
            delivery: report.job.row.id,
            due_again: settled.due.get(&report.job.row.id).copied(),
        });
    }
    done.lanes.extend(settled.lanes.into_values());
}

fn count(report: &Report) {
    let attempted = &report.attempted;
    metrics::counter!("ringback_deliveries_total", "outcome" => attempted.outcome).increment(1);
    if attempted.did == Did::Take {
        metrics::histogram!("ringback_delivery_arrival_seconds").record(attempted.arrived_after);
    }
}
