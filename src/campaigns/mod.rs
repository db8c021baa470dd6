//! Campaigns: many calls, so many at a time.
//!
//! ```text
//!   http ─▶ settings ─▶ add ─────────▶ place ──────────▶ calls ─▶ Vapi
//!           may it be?  written down   one leaves its    asked for by
//!                       in pieces,     queue for each    the timer, as
//!                       joined at once place that is     any call
//!                                      free
//! ```
//!
//! ```text
//!   DRAFT ──start──▶ RUNNING ◀──resume── PAUSED      COMPLETED: its last call has ended
//!     │                │ │  ───pause───▶   │            ▲
//!     │                │ └──────────────────────────────┘
//!     └──── cancel ────┴───── cancel ──────┴──▶ CANCELED: what waits is called off
//! ```
//!
//! Who takes a call out of its queue counts it as active in the same transaction, under the
//! campaign's lock and only while there is room; so the limit is exact on any number of replicas,
//! and a process that dies between that and the dialling leaves a call that is due, which the next
//! one places. How it is counted from there on is told in `tally`.

mod add;
mod change;
pub mod http;
mod place;
mod settings;
mod store;
mod sweep;
mod wire;
mod worker;

use std::sync::Arc;

use tokio::sync::Mutex;

pub use sweep::{sweep, sweep_once};

use crate::{app::App, calls::Calls, delivery::Deliveries};

/// The desk at which campaigns are kept.
#[derive(Clone)]
pub struct Campaigns(Arc<Desk>);

struct Desk {
    app: App,
    calls: Calls,
    deliveries: Deliveries,
    /// Held by who is through with what there is to place.
    round: Mutex<()>,
}

impl Campaigns {
    pub fn open(app: &App, calls: &Calls, deliveries: &Deliveries) -> Self {
        Self(Arc::new(Desk {
            app: app.clone(),
            calls: calls.clone(),
            deliveries: deliveries.clone(),
            round: Mutex::new(()),
        }))
    }
}
