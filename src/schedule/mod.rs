//! Schedules: calls that are placed again and again, by a cron expression.
//!
//! ```text
//!   http ─▶ settings ─▶ store      cron ─▶ plan      place ─▶ calls::enter ─▶ Vapi
//!           may it be?             when?   what of   claim, run and call      by the timer
//!                                          it is due in one transaction       of calls
//! ```
//!
//! **Each run is placed once.** Whoever finds a schedule due takes its row,
//! passing over those that another process has taken, and writes three things
//! in one transaction: the run, its call, and when the next one is. So there
//! is no moment in which a process can die between a run that is noted and a
//! call that is not. From there on it is a call like any other: `SCHEDULED`,
//! and asked for by the timer of `calls`, which never asks twice.
//!
//! Of the runs that were due while nobody was there, only the latest can be
//! worth placing, and only if it is not too late. The others are noted as
//! missed, so that nobody has to wonder.

mod change;
#[doc(hidden)]
pub mod cron;
pub mod http;
mod place;
mod plan;
mod settings;
pub mod store;
mod sweep;
mod template;
mod wire;
mod worker;

use std::sync::Arc;

use tokio::sync::{Mutex, Notify};

pub use plan::preview;
pub use sweep::{sweep, sweep_once};
pub use template::open as open_template;
pub use wire::{ChangeSchedule, CreateSchedule};

use crate::{app::App, calls::Calls};

/// The desk at which schedules are kept.
#[derive(Clone)]
pub struct Schedules(Arc<Desk>);

struct Desk {
    app: App,
    calls: Calls,
    /// A schedule was made or changed, and may be due sooner than was known.
    changed: Notify,
    /// Held by who is through with what is due.
    round: Mutex<()>,
}

impl Schedules {
    pub fn start(app: &App, calls: &Calls) -> Self {
        Self(Arc::new(Desk {
            app: app.clone(),
            calls: calls.clone(),
            changed: Notify::new(),
            round: Mutex::new(()),
        }))
    }
}
