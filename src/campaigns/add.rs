//! Writing calls down, thousands at a time.
//!
//! They are written in pieces, so that whatever else has to be written comes in between, into a
//! queue that is no campaign's. When all are there they go over into the campaign's in one
//! transaction, together with the counts and the answer. A request that fails on the way has added
//! nothing, and what it has written is swept away.

use entity::{
    CampaignId,
    campaigns::{CampaignState, Model},
};
use uuid::Uuid;

use super::{Campaigns, Desk, store, wire::CreateCampaign};
use crate::{
    auth::Scope,
    calls::{NewCall, queue},
    error::{Error, Result},
    infra::{db::Tx, hub::Wake},
    tally::{Change, may_join},
};

/// Some milliseconds of the one writer that SQLite has.
const CALLS_PER_TRANSACTION: usize = 200;

/// Calls that are written down for a campaign and not part of it yet.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub campaign: CampaignId,
    queue: Uuid,
}

impl Campaigns {
    /// Writes calls down for a campaign, which may be still to come.
    pub(super) async fn write_down(
        &self,
        owner: &str,
        campaign: CampaignId,
        calls: Vec<NewCall>,
    ) -> Result<List> {
        let desk = &self.0;
        let list = List {
            campaign,
            queue: Uuid::now_v7(),
        };
        let mut left = calls.into_iter().peekable();
        while left.peek().is_some() {
            let some = left.by_ref().take(CALLS_PER_TRANSACTION).collect();
            let prepared = desk.calls.prepare(owner, campaign, list.queue, some)?;
            let written = desk
                .app
                .db
                .write(move |tx| async move { queue::write(&tx, prepared).await });
            if let Err(error) = written.await {
                self.throw_away(&list).await?;
                return Err(error);
            }
        }
        Ok(list)
    }

    /// Removes what of a list was not taken in.
    pub(super) async fn throw_away(&self, list: &List) -> Result<()> {
        self.0.forget(list.queue).await
    }

    /// A campaign has something to place, perhaps.
    pub(super) fn have_changed(&self) {
        self.0.app.hub.ring(Wake::Campaigns);
    }
}

impl Desk {
    pub(super) async fn create(
        &self,
        tx: &Tx,
        own: &Scope,
        owner: &str,
        wanted: &CreateCampaign,
        list: &List,
    ) -> Result<Model> {
        let now = self.app.clock.millis();
        let calls = taken_in(tx, list).await?;
        let row = Model {
            id: list.campaign,
            owner: owner.to_owned(),
            name: wanted.name.trim().to_owned(),
            max_concurrency: wanted.max_concurrency,
            state: CampaignState::Draft,
            total: calls,
            queued: calls,
            active: 0,
            completed: 0,
            failed: 0,
            canceled: 0,
            took_millis: 0,
            timed: 0,
            pace: None,
            pace_until: None,
            started_at: None,
            completed_at: None,
            progress_told_at: None,
            created_at: now,
            updated_at: now,
        };
        store::create(&**tx, own, row).await
    }

    /// Makes a list part of its campaign.
    pub(super) async fn add(&self, tx: &Tx, scope: &Scope, list: &List) -> Result<Model> {
        let calls = taken_in(tx, list).await?;
        let campaign = store::hold(&**tx, scope, list.campaign).await?;
        may_join(&campaign, calls)?;
        let now = self.app.clock.millis();
        let counted = Change::joined(calls).count(tx, list.campaign, now).await?;
        counted.ok_or_else(store::no_such_campaign)
    }

    pub(super) async fn forget(&self, queue: Uuid) -> Result<()> {
        let at_most = CALLS_PER_TRANSACTION as u64;
        loop {
            let forgotten = self
                .app
                .db
                .write(move |tx| async move { queue::forget(&tx, queue, at_most).await });
            if forgotten.await? == 0 {
                return Ok(());
            }
        }
    }
}

/// As many as there still are: one may have been canceled meanwhile.
async fn taken_in(tx: &Tx, list: &List) -> Result<i32> {
    let calls = queue::move_over(tx, list.queue, list.campaign).await?;
    i32::try_from(calls).map_err(Error::internal)
}
