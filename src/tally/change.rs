//! What is added to a campaign's counts.

use std::{collections::BTreeMap, ops::AddAssign};

use entity::{
    CallId, CampaignId,
    calls::{Model, Outcome},
};

/// A call that goes on for longer than this was forgotten by somebody, and says nothing of others.
const TOOK_MILLIS_MAX: i64 = 24 * 3_600_000;

/// Where a call stood until it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stood {
    Queued,
    Active,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub total: i32,
    pub queued: i32,
    pub active: i32,
    pub completed: i32,
    pub failed: i32,
    pub canceled: i32,
    pub took_millis: i64,
    pub timed: i32,
}

impl Change {
    pub fn joined(calls: i32) -> Self {
        Self {
            total: calls,
            queued: calls,
            ..Self::default()
        }
    }

    pub fn placed(calls: i32) -> Self {
        Self {
            queued: -calls,
            active: calls,
            ..Self::default()
        }
    }

    /// It was placed, and there was no line for it.
    pub fn returned() -> Self {
        Self::placed(-1)
    }

    /// A call that has just ended; nothing while it goes on.
    pub fn ended(call: &Model, stood: Stood) -> Option<Self> {
        let outcome = call.outcome?;
        let is_well = outcome == Outcome::Completed;
        let took = call.started_at.zip(call.ended_at);
        let took = took.map(|(start, end)| (end - start).clamp(0, TOOK_MILLIS_MAX));
        Some(Self {
            total: 0,
            queued: -i32::from(stood == Stood::Queued),
            active: -i32::from(stood == Stood::Active),
            completed: i32::from(is_well),
            failed: i32::from(!is_well),
            canceled: i32::from(outcome == Outcome::Canceled),
            took_millis: took.unwrap_or(0),
            timed: i32::from(took.is_some()),
        })
    }

    /// Whether a call has come to its end.
    pub fn ends_some(&self) -> bool {
        self.completed + self.failed > 0
    }
}

impl AddAssign for Change {
    fn add_assign(&mut self, more: Self) {
        self.total += more.total;
        self.queued += more.queued;
        self.active += more.active;
        self.completed += more.completed;
        self.failed += more.failed;
        self.canceled += more.canceled;
        self.took_millis += more.took_millis;
        self.timed += more.timed;
    }
}

/// The calls that a transaction has ended, until they are counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub(super) ended: BTreeMap<CallId, (CampaignId, Change)>,
}

impl Tally {
    /// A call that has just ended, and stood there. One that is of no campaign is nobody's count.
    pub fn ended(&mut self, call: &Model, stood: Stood) {
        if let (Some(campaign), Some(change)) = (call.campaign_id, Change::ended(call, stood)) {
            self.ended.insert(call.id, (campaign, change));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.ended.is_empty()
    }

    /// By campaign, in the order in which they are locked.
    pub(super) fn by_campaign(&self) -> BTreeMap<CampaignId, Change> {
        let mut sums = BTreeMap::<_, Change>::new();
        for (campaign, change) in self.ended.values() {
            *sums.entry(*campaign).or_default() += *change;
        }
        sums
    }
}
