//! The dispatcher: one task that holds all lanes of this process.
//!
//! ```text
//!    inbox, hub ──┐                      ┌──▶ look    what is due on a lane
//!    clock ───────┼──▶ a turn: hear, ────┼──▶ send    one attempt
//!    tasks that ──┘    launch, look,     ├──▶ settle  a batch of results
//!    have ended        settle, attend    └──▶ attend  whose lanes are whose
//! ```
//!
//! What waits for anything is a task of its own and comes back as [`Ended`];
//! the dispatcher itself never waits but for the next thing to happen. What
//! may be done is decided by [`Lane`]; what there is room for, here.
//!
//! It may be killed at any moment: memory holds nothing that the queue does
//! not. What was under way then is sent once more by the next owner.

mod attend;
mod firm;
mod gather;
mod inbox;
mod launch;
mod look;
mod rhythm;
mod slots;
mod stop;
mod turns;
mod wait;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use entity::SubscriptionId;
use tokio::{sync::oneshot, task::JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{
    attend::{Attended, Errand},
    firm::Firm,
    gather::Gather,
    slots::Slots,
    turns::Turns,
};
use super::{
    Deliveries,
    lane::{Lane, Looked, Scope},
    receiver::Receiver,
    report::Report,
    settle::Done,
};
use crate::{
    app::App,
    error::Result,
    infra::{clock::Millis, hub::Listener},
    instances::Membership,
    subscriptions::{Snapshot, Subscription, health::Patience},
};

pub(super) use self::inbox::Inbox;

/// Sends that have ended and are not settled: what a crash repeats beside
/// what was under way.
const UNSETTLED_MAX: usize = 512;

/// A lane, and what sending on it takes.
struct Held {
    lane: Lane,
    subscription: Arc<Subscription>,
    receiver: Arc<Receiver>,
    owner: Arc<str>,
    /// It goes to another process as soon as nothing of it is under way.
    is_leaving: bool,
    /// Counts up, so that an answer to a lane that was let go and came back
    /// is known from one to the lane that is here.
    number: u64,
    /// What it held in memory when that was last looked at.
    bytes: usize,
    timer: Option<Millis>,
}

/// A task that has ended.
enum Ended {
    Sent(Box<Report>),
    Looked(SubscriptionId, u64, Scope, Result<Option<Looked>>),
    Settled(Done),
    Attended(Errand, Result<Attended>),
    /// A sign of life was given, or could not be.
    Beaten(Result<()>),
    /// What is under way was given its time to end.
    OutOfTime,
}

pub(super) struct Dispatcher {
    app: App,
    deliveries: Deliveries,
    membership: Membership,
    hub: Listener,
    patience: Patience,
    /// The id under which the lanes are owned.
    me: Uuid,
    lanes: HashMap<SubscriptionId, Held>,
    /// Lanes that are above our share.
    leaving: HashSet<SubscriptionId>,
    /// Lanes that something has happened to.
    touched: HashSet<SubscriptionId>,
    timers: BTreeSet<(Millis, SubscriptionId)>,
    turns: Turns,
    slots: Slots,
    looking: usize,
    /// What the lanes hold in memory, and how many lanes there ever were.
    bytes: usize,
    numbers: u64,
    gather: Gather,
    errand: Errand,
    is_attending: bool,
    /// Lanes that are not asked for until the next share: others have them, or are to take them.
    elsewhere: HashSet<SubscriptionId>,
    /// Lanes that were let go since the last share.
    let_go: HashSet<SubscriptionId>,
    /// No other process lives.
    is_alone: bool,
    next_share: Millis,
    next_audit: Millis,
    next_whole_audit: Millis,
    /// Lanes may look from there on.
    firm: Firm,
    /// And audits from there on: what nobody heard of is seen by two of them.
    audited: Firm,
    /// As they were when the lanes were last brought up to them.
    subscriptions: Option<Arc<Snapshot>>,
    is_beating: bool,
    beat_not_before: Millis,
    tasks: JoinSet<Ended>,
    /// Who waits until nothing is left to do.
    waiters: Vec<oneshot::Sender<()>>,
    is_stopping: bool,
    /// What is still under way has had its time.
    is_out_of_time: bool,
}

impl Dispatcher {
    pub fn new(app: &App, deliveries: &Deliveries, membership: &Membership) -> Self {
        Self {
            app: app.clone(),
            deliveries: deliveries.clone(),
            membership: membership.clone(),
            hub: app.hub.listen(),
            patience: Patience::of(&app.config.delivery),
            me: membership.id(),
            lanes: HashMap::new(),
            leaving: HashSet::new(),
            touched: HashSet::new(),
            timers: BTreeSet::new(),
            turns: Turns::default(),
            slots: Slots::default(),
            looking: 0,
            bytes: 0,
            numbers: 0,
            gather: Gather::default(),
            errand: Errand::first(),
            is_attending: false,
            elsewhere: HashSet::new(),
            let_go: HashSet::new(),
            is_alone: !app.db.is_postgres(),
            next_share: Millis::MAX,
            next_audit: Millis::MAX,
            next_whole_audit: 0,
            firm: Firm::of_age(2),
            audited: Firm::of_age(2),
            subscriptions: None,
            is_beating: false,
            beat_not_before: 0,
            tasks: JoinSet::new(),
            waiters: Vec::new(),
            is_stopping: false,
            is_out_of_time: false,
        }
    }

    /// The worker: until it is stopped and what was under way has ended.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.start_ticking();
        loop {
            self.turn();
            if stop.is_cancelled() && self.is_done() {
                return self.leave().await;
            }
            self.wait(&stop).await?;
        }
    }

    /// All that can be done now.
    fn turn(&mut self) {
        let now = self.app.clock.millis();
        self.hear();
        self.be_who_we_are();
        self.fire_timers(now);
        self.attend(now);
        self.launch(now);
        self.look(now);
        self.settle();
        self.tell_waiters();
    }

    fn touch(&mut self, lane: SubscriptionId) {
        if let Some(held) = self.lanes.get(&lane) {
            self.turns.ask(&held.owner, lane);
            self.touched.insert(lane);
        }
    }

    fn fire_timers(&mut self, now: Millis) {
        while let Some((at, lane)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, lane));
            if let Some(held) = self.lanes.get_mut(&lane) {
                held.timer = None;
            }
            self.touch(lane);
        }
    }

    fn set_timer(&mut self, lane: SubscriptionId, now: Millis) {
        let Some(held) = self.lanes.get_mut(&lane) else {
            return;
        };
        let next = held.lane.timer(now);
        if next == held.timer {
            return;
        }
        let before = std::mem::replace(&mut held.timer, next);
        before.map(|at| self.timers.remove(&(at, lane)));
        next.map(|at| self.timers.insert((at, lane)));
    }

    fn forget(&mut self, lane: SubscriptionId) {
        if let Some(held) = self.lanes.remove(&lane) {
            self.bytes -= held.bytes;
            held.timer.map(|at| self.timers.remove(&(at, lane)));
        }
    }

    fn take_in(&mut self, ended: Ended) {
        match ended {
            Ended::Sent(report) => self.sent(*report),
            Ended::Looked(lane, number, asked, looked) => self.looked(lane, number, asked, looked),
            Ended::Settled(done) => self.settled(done),
            Ended::Attended(errand, attended) => self.attended(errand, attended),
            Ended::Beaten(beaten) => self.beaten(beaten),
            Ended::OutOfTime => self.is_out_of_time = true,
        }
    }

    fn spawn(&mut self, task: impl Future<Output = Ended> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// How long it is until then, by the clock.
    fn millis_until(&self, at: Millis) -> Duration {
        let millis = u64::try_from(at - self.app.clock.millis()).unwrap_or(0);
        Duration::from_millis(millis)
    }
}
