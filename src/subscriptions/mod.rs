//! Subscriptions: who is told what, and where.
//!
//! ```text
//!   an event ──▶ index ──▶ filter ──▶ a row in the queue of each that hears it
//!                by owner    which calls,
//!                and kind    outcomes, metadata
//! ```
//!
//! All subscriptions are held in memory, so that an event that nobody hears
//! costs nothing. The memory is never stale: each transaction that tells of
//! events reads one number first, and every change of a subscription raises it.
//!
//! ```text
//!   http ──▶ wire ──▶ settings ──▶ subscribe · change · delete · rotate ──▶ store
//!            what     what it      one transaction each:                  rows and
//!            is said  may be       lane, epoch, row                       lanes
//! ```

mod change;
mod delete;
mod filter;
mod glance;
pub mod health;
pub mod http;
mod index;
mod known;
mod permission;
mod rotate;
pub mod sealed;
mod secret;
mod settings;
mod store;
mod subscribe;
mod wire;

use anyhow::Context;
use entity::{
    Sealed, SubscriptionId,
    subscriptions::{Model, Ordering, SubscriptionScope},
};

use crate::{events::Kind, infra::clock::Millis};

pub use self::{
    change::{Activity, Change, Held, change},
    delete::delete,
    filter::{Facts, Filter, Verdict},
    glance::Glance,
    index::{EPOCH, Index, Snapshot, bump},
    known::Known,
    permission::is_changeable_by,
    rotate::{OVERLAP_DEFAULT, Rotated, Rotation, rotate},
    secret::{SecretError, SigningSecret},
    settings::{FilterWish, Pairs, Settings, Wanted, Wrong},
    store::{addresses, find, find_at, list, read},
    subscribe::{Found, NewSubscription, Subscribed, subscribe},
};

/// A subscription, ready to be asked whether it hears an event. What is
/// sealed in its row is sealed in here.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub owner: String,
    pub scope: SubscriptionScope,
    pub url: String,
    pub events: Vec<Kind>,
    pub filter: Filter,
    pub headers: Option<Sealed>,
    pub ordering: Ordering,
    pub max_in_flight: u32,
    pub rate_per_second: Option<u32>,
    pub secret: Sealed,
    pub previous_secret: Option<Sealed>,
    pub previous_until: Option<Millis>,
    pub created_at: Millis,
}

impl Subscription {
    pub fn of(row: Model) -> anyhow::Result<Self> {
        let names: Vec<String> =
            serde_json::from_str(&row.events).context("a subscription's events do not parse")?;
        Ok(Self {
            id: row.id,
            owner: row.owner,
            scope: row.scope,
            url: row.url,
            // A name that a newer version knew is asked for again once it is known again.
            events: names.iter().filter_map(|name| name.parse().ok()).collect(),
            filter: Filter::read(row.filter.as_deref())
                .context("a subscription's filter does not parse")?,
            headers: row.headers,
            ordering: row.ordering,
            max_in_flight: u32::try_from(row.max_in_flight).unwrap_or(1),
            rate_per_second: row
                .rate_per_second
                .and_then(|rate| u32::try_from(rate).ok()),
            secret: row.secret,
            previous_secret: row.previous_secret,
            previous_until: row.previous_until,
            created_at: row.created_at,
        })
    }

    /// Whether it hears an event, and if not, by which rule.
    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        if facts.not_to == Some(self.id) {
            return Verdict::ToldOfItself;
        }
        let is_its_owners = facts.owner == Some(self.owner.as_str());
        if self.scope == SubscriptionScope::Own && !is_its_owners {
            return Verdict::OtherOwner;
        }
        if !self.events.contains(&facts.kind) {
            return Verdict::NotAskedFor;
        }
        self.filter.judge(facts)
    }
}
