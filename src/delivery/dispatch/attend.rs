//! Whose lanes are whose, and what their subscriptions say: asked of the
//! database by one errand at a time, and then taken over in memory.
//!
//! On PostgreSQL a share of the lanes is taken every second, and every few
//! seconds all that are ours are looked over, so that a wake that was lost
//! delays a delivery by no more than that. Where one process is alone, only a
//! commit whose answer was lost can go unheard, and looking is seldom.
//!
//! What is let go above the share is left alone until the share after the next,
//! whatever is told meanwhile: others have the time to take it by then.
//!
//! Those are looked over on which something waits that is new since a few
//! audits. Once a minute it is all of them, and their whole queues, for nobody
//! knows everything; but not as often where that takes long.

use std::{collections::HashSet, sync::Arc};

use entity::SubscriptionId;
use uuid::Uuid;

use super::{Dispatcher, Ended, Held};
use crate::{
    app::App,
    delivery::{
        Deliveries,
        lane::{Lane, Terms},
        queue::own::{self, Found, LogEnd, Shares, Which},
        receiver::Receiver,
    },
    error::Result,
    infra::{clock::Millis, failpoint},
    subscriptions::{Snapshot, Subscription},
};

const SHARE_EVERY: Millis = 1_000;
const AUDIT_EVERY: Millis = 5_000;
const AUDIT_ALONE_EVERY: Millis = 15_000;
const WHOLE_AUDIT_EVERY: Millis = 60_000;
/// A whole audit takes no more of the time than one part in so many.
const WHOLE_AUDIT_SHARE: Millis = 50;
const AGAIN_AFTER: Millis = 1_000;

/// What is to be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Errand {
    /// Take a fair share.
    share: bool,
    /// Look those over on which something waits.
    audit: bool,
    /// All of them, from the beginning of their queues.
    is_whole: bool,
    /// Read what subscriptions say.
    settings: bool,
    /// Take these, if they are to be had.
    these: HashSet<SubscriptionId>,
    /// Let these go.
    release: Vec<SubscriptionId>,
    not_before: Millis,
}

/// What was answered.
pub(super) struct Attended {
    me: Uuid,
    found: Vec<Found>,
    /// By then nobody but this process can have read what the found ones hold.
    log_end: LogEnd,
    subscriptions: Arc<Snapshot>,
    shares: Option<Shares>,
    /// How long it took to look them over.
    took: Millis,
}

impl Errand {
    /// A process that starts takes what it can get.
    pub fn first() -> Self {
        Self {
            share: true,
            audit: true,
            is_whole: true,
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        let is_quiet = !self.share && !self.audit && !self.settings;
        is_quiet && self.these.is_empty() && self.release.is_empty()
    }

    pub fn not_before(&self) -> Option<Millis> {
        (!self.is_empty()).then_some(self.not_before)
    }

    /// Much may have gone unheard.
    pub fn look_over(&mut self) {
        self.audit = true;
        self.is_whole = true;
        self.settings = true;
    }

    fn look_for_news(&mut self) {
        self.audit = true;
        self.settings = true;
    }

    pub fn read_settings(&mut self) {
        self.settings = true;
    }

    pub fn ask_for(&mut self, lane: SubscriptionId) {
        self.these.insert(lane);
    }

    fn add(&mut self, other: Self) {
        self.share |= other.share;
        self.audit |= other.audit;
        self.is_whole |= other.is_whole;
        self.settings |= other.settings;
        self.these.extend(other.these);
        self.release.extend(other.release);
    }
}

impl Dispatcher {
    /// Goes on the next errand, if there is one and none is under way.
    pub(super) fn attend(&mut self, now: Millis) {
        if now >= self.next_share {
            self.next_share = now + SHARE_EVERY;
            // Whoever is to take what was let go takes a share as often as we do.
            self.elsewhere = std::mem::take(&mut self.let_go);
            self.errand.share = true;
        }
        if now >= self.next_audit {
            self.next_audit = now + self.audit_every();
            self.errand.look_for_news();
            self.errand.is_whole |= now >= self.next_whole_audit;
        }
        self.let_go_of_leaving();
        let is_time = self.errand.not_before().is_some_and(|at| at <= now);
        if self.is_attending || !is_time || self.app.stopping.is_cancelled() {
            return;
        }
        self.is_attending = true;
        let errand = std::mem::take(&mut self.errand);
        let (app, deliveries, me) = (self.app.clone(), self.deliveries.clone(), self.me);
        let since = self.audited.up_to();
        self.spawn(async move {
            let attended = go(&app, &deliveries, me, &errand, since).await;
            Ended::Attended(errand, attended)
        });
    }

    pub(super) fn audit_every(&self) -> Millis {
        match self.is_alone {
            true => AUDIT_ALONE_EVERY,
            false => AUDIT_EVERY,
        }
    }

    /// Somebody may have come, and not have heard yet of whose the lanes are.
    fn knows_who_lives(&mut self, shares: Shares, now: Millis) {
        self.is_alone = shares.live == 1;
        self.next_audit = self.next_audit.min(now + self.audit_every());
    }

    /// Not while an errand is under way: it may have found them to be ours still, and they would be
    /// held again while another has them.
    fn let_go_of_leaving(&mut self) {
        if self.leaving.is_empty() || self.is_attending {
            return;
        }
        let lanes = &self.lanes;
        let is_quiet =
            |lane: &SubscriptionId| lanes.get(lane).is_none_or(|held| held.lane.is_quiet());
        let leaving = std::mem::take(&mut self.leaving);
        let (quiet, busy): (HashSet<_>, HashSet<_>) = leaving.into_iter().partition(is_quiet);
        self.leaving = busy;
        for lane in &quiet {
            self.forget(*lane);
        }
        // Or the next event that is told here would bring them back, above the share.
        self.let_go.extend(&quiet);
        self.elsewhere.extend(&quiet);
        self.errand.release.extend(quiet);
    }

    pub(super) fn attended(&mut self, errand: Errand, attended: Result<Attended>) {
        self.is_attending = false;
        let now = self.app.clock.millis();
        let attended = match attended {
            Ok(attended) if attended.me == self.me => attended,
            // What was taken under an id that we have lost is not ours.
            Ok(_) => return self.errand.look_over(),
            Err(error) => {
                let why = error.source_chain().unwrap_or_default();
                tracing::warn!(why, "lanes could not be looked after");
                self.errand.add(errand);
                self.errand.not_before = now + AGAIN_AFTER;
                return;
            }
        };
        let found: HashSet<_> = attended
            .found
            .iter()
            .map(|found| found.row.subscription_id)
            .collect();
        let missing = |lane: &SubscriptionId| !found.contains(lane);
        if errand.is_whole {
            let lost: Vec<_> = self
                .lanes
                .keys()
                .copied()
                .filter(|lane| missing(lane))
                .collect();
            lost.into_iter().for_each(|lane| self.forget(lane));
        }
        self.audited(&errand, &attended, now);
        if let Some(shares) = attended.shares {
            self.knows_who_lives(shares, now);
        }
        if attended
            .shares
            .is_some_and(|shares| self.misses_some(shares))
        {
            self.errand.look_over();
        }
        // What nobody else can have is gone.
        if !self.is_alone {
            self.elsewhere
                .extend(errand.these.into_iter().filter(missing));
        }
        self.take_over(&attended.subscriptions, now);
        for found in attended.found {
            self.found(&found, &attended.subscriptions, attended.log_end, now);
        }
        let excess = attended.shares.map_or(0, |shares| shares.excess());
        let excess = excess.saturating_sub(self.leaving.len());
        let staying = self.lanes.iter_mut().filter(|(_, held)| !held.is_leaving);
        for (lane, held) in staying.take(excess) {
            held.is_leaving = true;
            self.leaving.insert(*lane);
        }
    }

    /// Fewer are ours than are held. That can only be told where others take some.
    fn misses_some(&self, shares: Shares) -> bool {
        let mine = usize::try_from(shares.mine).unwrap_or(usize::MAX);
        self.app.db.is_postgres() && mine < self.lanes.len()
    }

    fn audited(&mut self, errand: &Errand, attended: &Attended, now: Millis) {
        self.firm.is_heard(attended.log_end);
        if errand.audit {
            self.audited.is_heard(attended.log_end);
        }
        if errand.is_whole {
            let pause = attended.took.saturating_mul(WHOLE_AUDIT_SHARE);
            self.next_whole_audit = now + pause.max(WHOLE_AUDIT_EVERY);
        }
    }

    /// What subscriptions say may have changed for some.
    fn take_over(&mut self, subscriptions: &Arc<Snapshot>, now: Millis) {
        let before = self.subscriptions.replace(subscriptions.clone());
        if before.is_some_and(|before| Arc::ptr_eq(&before, subscriptions)) {
            return;
        }
        let lanes: Vec<_> = self.lanes.keys().copied().collect();
        for lane in lanes {
            let held = self.lanes.get_mut(&lane);
            match (held, subscriptions.get(lane)) {
                (Some(held), Some(newest)) if !Arc::ptr_eq(&held.subscription, newest) => {
                    let newest = newest.clone();
                    let Some(receiver) = open(&self.app, &newest) else {
                        self.forget(lane);
                        continue;
                    };
                    held.lane.set_terms(Terms::of(&newest), now);
                    held.lane.wake();
                    (held.subscription, held.receiver) = (newest, receiver);
                    self.touch(lane);
                }
                (_, None) => self.forget(lane),
                _ => {}
            }
        }
    }

    fn found(&mut self, found: &Found, subscriptions: &Snapshot, log_end: LogEnd, now: Millis) {
        let lane = found.row.subscription_id;
        // What is not there any more is not sent to.
        let Some(subscription) = subscriptions.get(lane) else {
            return;
        };
        if !self.lanes.contains_key(&lane) {
            let Some(receiver) = open(&self.app, subscription) else {
                return;
            };
            self.numbers += 1;
            let mut fresh = Lane::new(
                &found.row,
                Terms::of(subscription),
                self.patience.clone(),
                now,
                log_end.position,
            );
            // What was told since may be there already, and have found no lane to be handed to.
            if !found.is_whole || self.errand.these.contains(&lane) {
                fresh.wake();
            }
            let held = Held {
                lane: fresh,
                owner: subscription.owner.as_str().into(),
                subscription: subscription.clone(),
                receiver,
                is_leaving: false,
                number: self.numbers,
                bytes: 0,
                timer: None,
            };
            self.lanes.insert(lane, held);
        }
        if let Some(held) = self.lanes.get_mut(&lane) {
            held.lane.saw(&found.row, found.untried, found.next_due);
        }
        self.touch(lane);
    }
}

async fn go(
    app: &App,
    deliveries: &Deliveries,
    me: Uuid,
    errand: &Errand,
    since: i64,
) -> Result<Attended> {
    if !errand.release.is_empty() {
        own::release(app, me, Some(errand.release.clone())).await?;
    }
    let (mut taken, shares) = match errand.share {
        true => {
            let (taken, shares) = own::take_share(app, me).await?;
            (taken, Some(shares))
        }
        false => (Vec::new(), None),
    };
    if !errand.these.is_empty() {
        let these: Vec<_> = errand.these.iter().copied().collect();
        taken.extend(own::take_these(app, me, these.clone()).await?);
        // They may have been ours before.
        taken.extend(these);
        taken.sort_unstable();
        taken.dedup();
    }
    failpoint::pass("lanes.after-commit");
    let began = app.clock.millis();
    let found = match errand.is_whole {
        true => own::survey(app, me, Which::All).await?,
        false => {
            let mut found = Vec::new();
            // Of those that are new all is to be known that waits.
            if !taken.is_empty() {
                found.extend(own::survey(app, me, Which::These(&taken)).await?);
            }
            if errand.audit {
                found.extend(own::survey(app, me, Which::News { since }).await?);
            }
            found
        }
    };
    let took = app.clock.millis() - began;
    Ok(Attended {
        me,
        found,
        log_end: own::log_end(app).await?,
        subscriptions: deliveries.subscriptions().fresh(app.db.read()).await?,
        shares,
        took,
    })
}

fn open(app: &App, subscription: &Subscription) -> Option<Arc<Receiver>> {
    match Receiver::open(&app.seal, subscription) {
        Ok(receiver) => Some(Arc::new(receiver)),
        Err(error) => {
            let why = format!("{error:#}");
            tracing::error!(subscription = %subscription.id, why, "a subscription cannot be opened, and so not be sent to");
            None
        }
    }
}
