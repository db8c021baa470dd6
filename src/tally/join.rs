//! Which calls may still come to a campaign.

use entity::{
    CampaignId,
    campaigns::{CampaignState, Entity, Model},
};
use sea_orm::{EntityTrait, QuerySelect};

use crate::{
    error::{Code, Error, Result},
    infra::db::Tx,
};

pub const CALLS_PER_CAMPAIGN_MAX: i32 = 100_000;

/// The campaign, locked. Whose it is, the caller has to look at.
pub async fn hold(tx: &Tx, campaign: CampaignId) -> Result<Option<Model>> {
    let row = Entity::find_by_id(campaign).lock_exclusive();
    Ok(row.one(&**tx).await?)
}

pub fn may_join(campaign: &Model, calls: i32) -> Result<()> {
    let refused = |why: String| Err(Error::new(Code::Conflict, why));
    match campaign.state {
        CampaignState::Completed => {
            refused("The campaign is completed: make another one for more calls.".to_owned())
        }
        CampaignState::Canceled => {
            refused("The campaign is canceled: make another one for more calls.".to_owned())
        }
        _ if campaign.total > CALLS_PER_CAMPAIGN_MAX - calls => refused(format!(
            "The campaign has {} calls, and {CALLS_PER_CAMPAIGN_MAX} is the most: make another one.",
            campaign.total
        )),
        CampaignState::Draft | CampaignState::Running | CampaignState::Paused => Ok(()),
    }
}
