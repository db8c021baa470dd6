//! The worker that keeps campaigns going.
//!
//! It is woken by what makes room or brings calls, here or in another process. Apart from that it
//! sleeps until the time of the next call that waits, or until a pace ends; where there are
//! replicas it also looks once a second, for what nobody could tell it of.

use std::time::Duration;

use entity::campaigns::{CampaignState, Model};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{Campaigns, Desk};
use crate::{
    calls::queue,
    error::Result,
    infra::{
        clock::Millis,
        hub::{Listener, Wake},
    },
    tally::pace,
};

const LOOK_FOR_OTHERS_EVERY: Duration = Duration::from_secs(1);
/// Where nothing is due, a change wakes us; this is only a backstop.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(300);
/// Another process has in hand what is due, or it could not be done.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

impl Campaigns {
    /// The worker, until it is stopped.
    pub async fn keep_going(self, stop: CancellationToken) -> anyhow::Result<()> {
        // It listens before it looks, so that no change between the two is missed.
        let mut hub = self.0.app.hub.listen();
        loop {
            self.place_due().await?;
            let pause = self.0.pause().await?;
            let waited = async {
                tokio::select! {
                    () = self.0.app.clock.sleep(pause) => {}
                    () = woken(&mut hub) => {}
                }
            };
            if stop.run_until_cancelled(waited).await.is_none() {
                return Ok(());
            }
        }
    }
}

/// Becomes ready when campaigns are to be looked after; several calls for that are one.
async fn woken(hub: &mut Listener) {
    while let Some(wake) = hub.next().await {
        if matches!(wake, Wake::Campaigns | Wake::All) {
            while hub.next().now_or_never().flatten().is_some() {}
            return;
        }
    }
    // The process ends.
    std::future::pending::<()>().await;
}

impl Desk {
    async fn pause(&self) -> Result<Duration> {
        let at_most = match self.app.db.is_postgres() {
            true => LOOK_FOR_OTHERS_EVERY,
            false => LOOK_AT_LEAST_EVERY,
        };
        if self.calls.assert_can_place().is_err() {
            return Ok(at_most);
        }
        let now = self.app.clock.millis();
        let mut next = None;
        for campaign in self.all_queued(CampaignState::Running).await? {
            let due = self.next_look(&campaign, now).await?;
            next = next.into_iter().chain(due).min();
        }
        Ok(
            match next.map(|due| u64::try_from(due - now).unwrap_or(0)) {
                None => at_most,
                Some(0) => LOOK_AGAIN_AFTER,
                Some(millis) => Duration::from_millis(millis).min(at_most),
            },
        )
    }

    /// Nothing where a call has to end first.
    async fn next_look(&self, campaign: &Model, now: Millis) -> Result<Option<Millis>> {
        if pace::room(campaign, now) > 0 {
            return queue::next_due(self.app.db.read(), campaign.id.uuid()).await;
        }
        let is_full = campaign.active >= campaign.max_concurrency;
        let pace = pace::of(campaign).filter(|_| !is_full);
        Ok(pace.map(|pace| pace.until).filter(|until| *until > now))
    }
}
