//! What is told of a campaign: that a call of it has ended, and that the last one has.
//!
//! Of a campaign with many calls that is told once a second at most. What is left out is told by
//! what comes next, and the last state always: it comes with the end.

use std::time::Duration;

use entity::{
    EventId,
    campaigns::{CampaignState, Model},
};
use sea_orm::{ActiveEnum, ActiveModelTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use super::progress::{Progress, is_done, is_empty};
use crate::{
    error::{Error, Result},
    events::{Kind, Payload, Told},
    infra::{
        clock::{Millis, millis_of, rfc3339},
        db::Tx,
    },
};

const PROGRESS_TOLD_EVERY: Duration = Duration::from_secs(1);

/// A call has ended; the campaign's row is locked.
pub(super) async fn after_an_end(
    tx: &Tx,
    mut campaign: Model,
    now: Millis,
) -> Result<Option<Told>> {
    if let Some(told) = end_if_done(tx, &mut campaign, now).await? {
        return Ok(Some(told));
    }
    let every = millis_of(PROGRESS_TOLD_EVERY);
    let is_time = campaign.progress_told_at.is_none_or(|at| now - at >= every);
    let was_last = campaign.state == CampaignState::Canceled && is_empty(&campaign);
    if !is_time && !was_last {
        return Ok(None);
    }
    campaign.progress_told_at = Some(now);
    let told = told(&campaign, Kind::CampaignProgress, now)?;
    save(tx, campaign).await?;
    Ok(Some(told))
}

/// Completes a campaign of which nothing is left, and tells of it.
pub async fn end_if_done(tx: &Tx, campaign: &mut Model, now: Millis) -> Result<Option<Told>> {
    if !is_done(campaign) {
        return Ok(None);
    }
    campaign.state = CampaignState::Completed;
    campaign.completed_at = Some(now);
    campaign.updated_at = now;
    save(tx, campaign.clone()).await?;
    tracing::info!(campaign_id = %campaign.id, calls = campaign.total, "a campaign is completed");
    told(campaign, Kind::CampaignCompleted, now).map(Some)
}

async fn save(tx: &Tx, campaign: Model) -> Result<()> {
    let all_of_it = campaign.into_active_model().reset_all();
    all_of_it.update(&**tx).await?;
    Ok(())
}

fn told(campaign: &Model, kind: Kind, now: Millis) -> Result<Told> {
    let progress = serde_json::to_value(Progress::of(campaign, now)).map_err(Error::internal)?;
    let data = [
        ("campaign_id", json!(campaign.id)),
        ("name", json!(campaign.name)),
        ("status", json!(campaign.state.to_value().to_lowercase())),
        ("progress", progress),
        ("completed_at", json!(campaign.completed_at.map(rfc3339))),
    ];
    let payload = Payload {
        id: EventId::from_uuid(Uuid::now_v7()),
        kind,
        call: None,
        timestamp: now,
        data: data
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    };
    Ok(Told {
        campaign_id: Some(campaign.id),
        ..Told::without_call(payload, Some(campaign.owner.clone()))
    })
}
