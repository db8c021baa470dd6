//! Us to them: a delivery is one event, told to one subscriber.
//!
//! It is a POST whose headers say what it is and prove whom it is from, and
//! whose body is the event, byte for byte the same at every attempt. The
//! headers are made anew each time, for one of the two signatures is over the
//! moment too, so that a receiver may refuse what was recorded and is played
//! back. What carries it there, to public addresses alone, is `infra::egress`.
//!
//! ```text
//!   event ──▶ tell ──▶ the queue ──▶ lane ──▶ sign ──▶ send ──▶ retry ──▶ settle
//!             the fact's   a row     order,   now      once     when      the row
//!             transaction            slots,                     again     goes, or
//!                                    breaker                              waits
//! ```
//!
//! What becomes of a delivery; each arrow is one transaction:
//!
//! ```text
//!             first try failed         failed, and the schedule goes on
//!   pending ───────────────────▶ retrying ──┐
//!      │ │                          │ │ ▲───┘
//!      │ │                          │ │ failed, and the schedule is used up
//!      │ └────────────┐   ┌─────────┘ └──────────────────────▶ failed
//!      │ delivered    ▼   ▼ delivered
//!      │            delivered
//!      └──▶ dropped: its subscription was deleted, or resumed without it
//! ```
//!
//! `held` is not a state of a delivery but of its lane: while the breaker is
//! open, or the subscription is paused or deactivated, what is due stays where
//! it is, and no attempt is used.
//!
//! **A lane has one owner**, a running process, and the owner alone sends. So
//! the order, the limit of what is under way, the rate and the single probe are
//! kept in one memory, on one process or on twenty. No transaction is open
//! while a receiver is waited for. A process that is killed leaves the queue as
//! it is; what it was sending, and had not settled yet, is sent once more.

mod beforehand;
#[doc(hidden)]
pub mod by_hand;
mod deactivated;
mod dispatch;
pub mod dropping;
pub mod explain;
pub mod figures;
mod gauges;
pub mod http;
mod lane;
pub mod log;
mod queue;
mod receiver;
pub mod replay;
mod report;
pub mod reproduce;
pub mod resend;
pub mod retry;
mod row;
mod send;
mod settle;
pub mod sign;
mod tell;
pub mod wire;

/// Who hears of events, and what tells that they are others now.
pub use crate::subscriptions::Snapshot as Subscribers;
pub use beforehand::Beforehand;
pub use receiver::Receiver;
pub use tell::{Fresh, Handoff};

use std::sync::Arc;

use entity::SubscriptionId;

use self::{
    dispatch::{Dispatcher, Inbox},
    figures::{Past, Span},
    report::Report,
    send::{Job, send},
};
use crate::{
    app::App,
    error::Result,
    events::Told,
    infra::{db::Tx, failpoint, hub::Wake, worker::Workers},
    instances::Membership,
    subscriptions::Index,
};

const LAST_DAY: Span = Span {
    count: 48,
    minutes: 30,
};

/// One delivery, once: signed for this moment, sent, and what comes next. The
/// results of many are settled together.
async fn deliver_one(app: &App, job: Job) -> Report {
    failpoint::pass("send.before");
    let attempted = send(app, &job).await;
    failpoint::pass("send.answered");
    let next = job.next(&app.config.delivery.retry_schedule, &attempted);
    Report {
        job,
        attempted,
        next,
    }
}

/// The way to the lanes of this process, and to those of the others.
#[derive(Clone, Debug)]
pub struct Deliveries {
    app: App,
    index: Index,
    inbox: Arc<Inbox>,
    last_day: Past,
}

impl Deliveries {
    pub fn start(app: &App) -> Self {
        Self {
            app: app.clone(),
            index: Index::default(),
            inbox: Arc::default(),
            last_day: Past::of(LAST_DAY),
        }
    }

    /// The worker that sends, and one that tells how much waits.
    pub fn supervise(&self, app: &App, membership: &Membership, workers: &Workers) {
        let (deliveries, sender, watched) = (self.clone(), membership.clone(), membership.clone());
        let (sending, watching) = (app.clone(), app.clone());
        workers.supervise("deliveries", move |stop| {
            Dispatcher::new(&sending, &deliveries, &sender).run(stop)
        });
        workers.supervise("delivery-gauges", move |stop| {
            gauges::watch(watching.clone(), watched.clone(), stop)
        });
    }

    /// What was delivered in the last day, by half hours.
    pub fn last_day(&self) -> &Past {
        &self.last_day
    }

    /// All subscriptions, as they are in memory.
    pub fn subscriptions(&self) -> &Index {
        &self.index
    }

    /// Writes events and the deliveries of all who hear them; what comes back
    /// is for [`Self::take`], after the commit.
    pub async fn tell(&self, tx: &Tx, told: Vec<Told>) -> Result<Handoff> {
        if told.is_empty() {
            return Ok(Handoff::default());
        }
        let subscribers = self.subscribers(tx).await?;
        let nothing = Beforehand::default();
        self.tell_these(tx, &subscribers, nothing, told).await
    }

    /// Who there is to be told, as this transaction sees it.
    pub async fn subscribers(&self, tx: &Tx) -> Result<Arc<Subscribers>> {
        self.index.fresh(&**tx).await
    }

    /// The same for who has asked already, in this transaction.
    pub async fn subscribers_as_of(
        &self,
        tx: &Tx,
        beforehand: Beforehand,
    ) -> Result<Arc<Subscribers>> {
        match beforehand.epoch {
            Some(epoch) => self.index.at(epoch, &**tx).await,
            None => self.subscribers(tx).await,
        }
    }

    /// As [`Self::tell`], for who has looked already, in this transaction, who there is.
    pub async fn tell_these(
        &self,
        tx: &Tx,
        subscribers: &Subscribers,
        beforehand: Beforehand,
        told: Vec<Told>,
    ) -> Result<Handoff> {
        let log_end = beforehand.log_end;
        tell::tell(tx, &self.app.seal, subscribers, told, log_end).await
    }

    /// Gives the lanes what was told, now that it is committed.
    pub fn take(&self, handoff: Handoff) {
        if handoff.events > 0 {
            self.app.hub.ring(Wake::Events);
        }
        for wake in handoff.wakes {
            self.app.hub.ring(wake);
        }
        self.inbox.give(handoff.fresh, handoff.unread);
    }

    /// What waits on a lane, or its row, was changed in the database: here and
    /// elsewhere, whoever owns it looks.
    pub fn wake(&self, lane: SubscriptionId) {
        self.inbox.wake(lane);
        self.app.hub.ring(Wake::Lane(lane));
    }

    /// What a subscription says was changed.
    pub fn changed(&self, subscription: SubscriptionId) {
        self.inbox.changed(subscription);
        self.app.hub.ring(Wake::Subscriptions);
        self.app.hub.ring(Wake::Lane(subscription));
    }

    /// Comes back when there is nothing to do at this time: nothing is due by
    /// the clock, under way or unsettled.
    pub async fn idle(&self) {
        // A worker that has ended does nothing either.
        let _ = self.inbox.when_idle().await;
    }
}
