//! A campaign in the words, times and bars in which a page shows it.

use std::fmt;

use askama::filters::HtmlSafe;
use entity::{
    CampaignId,
    campaigns::{CampaignState, Model},
};

use crate::{
    dashboard::view::{Ago, When, grouped},
    infra::clock::Millis,
    tally::eta,
};

pub struct Shown {
    pub id: CampaignId,
    pub name: String,
    pub state: &'static str,
    pub bar: Bar,
    pub percent: i64,
    /// When it will be over, where that can be told.
    pub eta: Option<Ago>,
    pub total: String,
    pub queued: String,
    pub active: i32,
    pub completed: String,
    pub failed: String,
    pub max_concurrency: i32,
    pub may_start: bool,
    pub may_pause: bool,
    pub may_resume: bool,
    pub may_cancel: bool,
    pub made: When,
    pub started: Option<When>,
    pub ended: Option<When>,
}

impl Shown {
    pub fn of(row: Model, now: Millis) -> Self {
        let bar = Bar::of(&row);
        let is = |state| row.state == state;
        Self {
            percent: bar.percent,
            bar,
            eta: eta(&row, now).map(|at| Ago { at, now }),
            state: state(row.state),
            may_start: is(CampaignState::Draft),
            may_pause: is(CampaignState::Running),
            may_resume: is(CampaignState::Paused),
            may_cancel: !is(CampaignState::Completed) && !is(CampaignState::Canceled),
            total: grouped(row.total),
            queued: grouped(row.queued),
            active: row.active,
            completed: grouped(row.completed),
            failed: grouped(row.failed),
            max_concurrency: row.max_concurrency,
            made: When(row.created_at),
            started: row.started_at.map(When),
            ended: row.completed_at.map(When),
            id: row.id,
            name: row.name,
        }
    }
}

fn state(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "draft",
        CampaignState::Running => "running",
        CampaignState::Paused => "paused",
        CampaignState::Completed => "completed",
        CampaignState::Canceled => "canceled",
    }
}

/// How much of a campaign ended well, ended otherwise, goes on: thousandths of it.
pub struct Bar {
    /// How much of it is over, rounded down.
    percent: i64,
    well: i64,
    ill: i64,
    live: i64,
}

const WHOLE: i64 = 1_000;

impl Bar {
    fn of(row: &Model) -> Self {
        let part = |count: i32| match row.total {
            0 => 0,
            total => i64::from(count) * WHOLE / i64::from(total),
        };
        Self {
            percent: part(row.completed + row.failed) * 100 / WHOLE,
            well: part(row.completed),
            ill: part(row.failed),
            live: part(row.active),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.percent;
        write!(
            f,
            r#"<svg class="progress" viewBox="0 0 {WHOLE} 10" preserveAspectRatio="none" role="img" aria-label="{ended} % of its calls are over">"#
        )?;
        let mut from = 0;
        for (class, width) in [("well", self.well), ("ill", self.ill), ("live", self.live)] {
            if width > 0 {
                write!(
                    f,
                    r#"<rect class="{class}" x="{from}" y="0" width="{width}" height="10"/>"#
                )?;
            }
            from += width;
        }
        f.write_str("</svg>")
    }
}

// It writes nothing but numbers and words of ours.
impl HtmlSafe for Bar {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_stand_beside_one_another() {
        let bar = Bar {
            percent: 75,
            well: 500,
            ill: 250,
            live: 100,
        };
        let drawn = bar.to_string();
        assert!(
            drawn.contains(r#"class="well" x="0" y="0" width="500""#),
            "{drawn}"
        );
        assert!(
            drawn.contains(r#"class="ill" x="500" y="0" width="250""#),
            "{drawn}"
        );
        assert!(
            drawn.contains(r#"class="live" x="750" y="0" width="100""#),
            "{drawn}"
        );
        assert!(drawn.contains("75 % of its calls are over"), "{drawn}");
    }
}
