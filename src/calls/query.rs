//! Which calls are asked for.

use chrono::{DateTime, Utc};
use entity::calls::CallStatus;
use sea_orm::{ActiveEnum, Iterable};
use serde::Deserialize;
use utoipa::IntoParams;

use super::store::Wanted;
use crate::{
    error::{Error, Result},
    infra::page::{Page, PageQuery},
};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CallsQuery {
    /// How many to answer, 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Those of this status alone.
    #[param(example = "QUEUED")]
    pub status: Option<String>,
    /// Those of this campaign alone.
    pub campaign_id: Option<String>,
    /// Those that were made at this time or after it.
    pub since: Option<DateTime<Utc>>,
    /// Those that were made before this time.
    pub until: Option<DateTime<Utc>>,
}

impl CallsQuery {
    pub fn read(self) -> Result<(Wanted, Page)> {
        let page = PageQuery::of(self.limit, self.cursor).page()?;
        let campaign_id = self.campaign_id.map(|id| {
            let wrong = |error| Error::invalid("campaign_id", format!("{error}"));
            id.parse().map_err(wrong)
        });
        let wanted = Wanted {
            status: self.status.as_deref().map(read_status).transpose()?,
            campaign_id: campaign_id.transpose()?,
            since: self.since.map(|at| at.timestamp_millis()),
            until: self.until.map(|at| at.timestamp_millis()),
            phone: None,
        };
        Ok((wanted, page))
    }
}

fn read_status(text: &str) -> Result<CallStatus> {
    let status = CallStatus::iter().find(|status| status.to_value() == text);
    status.ok_or_else(|| {
        let all: Vec<_> = CallStatus::iter().map(|status| status.to_value()).collect();
        Error::invalid("status", format!("give one of {}", all.join(", ")))
    })
}
