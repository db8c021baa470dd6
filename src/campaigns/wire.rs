//! Campaigns as they look in JSON.

use entity::{CampaignId, campaigns::Model};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    calls::CreateCall,
    infra::clock::{Millis, rfc3339},
    tally::Progress,
};

/// A campaign that is wanted. Nothing is placed until it is started.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCampaign {
    #[schema(max_length = 100, example = "Plumbers of Greenville")]
    pub(super) name: String,
    /// How many calls may go on at once.
    #[schema(minimum = 1, maximum = 1_000, example = 10)]
    pub(super) max_concurrency: i32,
    /// At most 10,000 at a time; more can be added later. Each as in `POST /api/v6/call`, without
    /// `campaign_id`.
    #[serde(default)]
    #[schema(required = false, max_items = 10_000)]
    pub(super) calls: Vec<CreateCall>,
}

/// Calls for a campaign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCalls {
    /// At most 10,000 at a time. All of them are added, or none.
    #[schema(min_items = 1, max_items = 10_000)]
    pub(super) calls: Vec<CreateCall>,
}

/// A campaign, and how far it has come.
#[derive(Serialize, ToSchema)]
pub struct Campaign {
    #[schema(value_type = String, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: CampaignId,
    #[schema(example = "acme")]
    owner: String,
    #[schema(example = "Plumbers of Greenville")]
    name: String,
    /// `DRAFT`, `RUNNING`, `PAUSED`, `COMPLETED` or `CANCELED`.
    #[schema(example = "RUNNING")]
    status: String,
    #[schema(example = 10)]
    max_concurrency: i32,
    progress: Progress,
    #[schema(required = true, format = DateTime)]
    started_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    completed_at: Option<String>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    updated_at: String,
}

/// One campaign.
#[derive(Serialize, ToSchema)]
pub struct OneCampaign {
    #[schema(example = true)]
    success: bool,
    campaign: Campaign,
}

/// A page of campaigns, newest first.
#[derive(Serialize, ToSchema)]
pub struct CampaignList {
    #[schema(example = true)]
    success: bool,
    campaigns: Vec<Campaign>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Campaign {
    fn of(row: Model, now: Millis) -> Self {
        let progress = Progress::of(&row, now);
        Self {
            id: row.id,
            owner: row.owner,
            name: row.name,
            status: row.state.to_value(),
            max_concurrency: row.max_concurrency,
            progress,
            started_at: row.started_at.map(rfc3339),
            completed_at: row.completed_at.map(rfc3339),
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        }
    }
}

impl OneCampaign {
    pub fn of(row: Model, now: Millis) -> Self {
        Self {
            success: true,
            campaign: Campaign::of(row, now),
        }
    }
}

impl CampaignList {
    pub fn of((rows, next_cursor): (Vec<Model>, Option<String>), now: Millis) -> Self {
        let campaigns = rows.into_iter().map(|row| Campaign::of(row, now));
        Self {
            success: true,
            campaigns: campaigns.collect(),
            next_cursor,
        }
    }
}
