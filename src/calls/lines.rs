//! Where Vapi has no line for a call of a campaign: the call goes back into its queue as if nobody
//! had asked for it, and the campaign asks for fewer.

use entity::placements::PlacementState;

use super::{
    Desk,
    refusal::Refusal,
    settle::{self, Held},
};
use crate::{
    delivery::Handoff,
    error::Result,
    infra::{db::Tx, hub::Wake},
    tally::{self, Change},
};

impl Desk {
    pub(super) async fn return_to_queue(
        &self,
        tx: &Tx,
        mut held: Held,
        refusal: &Refusal,
    ) -> Result<Handoff> {
        let Some(campaign) = held.call.campaign_id else {
            return Ok(Handoff::default());
        };
        tracing::warn!(campaign_id = %campaign, why = refusal.text(), "a campaign is slowed down");
        metrics::counter!("ringback_campaign_refusals_total").increment(1);
        let now = self.app.clock.millis();
        held.placement.state = PlacementState::Waiting;
        held.placement.instance = None;
        held.placement.asked_at = None;
        held.placement.queue = Some(campaign.uuid());
        // It does not lose its place to those that came after it.
        held.placement.due_at = held.call.scheduled_at.unwrap_or(held.call.created_at);
        settle::write(tx, held.placement).await?;
        if let Some(counted) = Change::returned().count(tx, campaign, now).await? {
            tally::slow_down(tx, &counted, refusal.ask_again_after(), now).await?;
        }
        Ok(Handoff {
            wakes: vec![Wake::Campaigns],
            ..Handoff::default()
        })
    }

    /// Vapi has taken a call of a campaign and ended it, for all lines were in use.
    pub(super) async fn keep_to_the_lines(&self, tx: &Tx, held: &Held) -> Result<()> {
        let Some(campaign) = held.call.campaign_id else {
            return Ok(());
        };
        if let Some(mut counted) = tally::hold(tx, campaign).await? {
            counted.active -= 1;
            let pause = super::refusal::RETRY_AFTER;
            tally::slow_down(tx, &counted, pause, self.app.clock.millis()).await?;
        }
        Ok(())
    }
}
