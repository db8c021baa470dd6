//! Vapi to us: everything it says, authenticated, understood, kept once,
//! answered fast.
//!
//! ```text
//!   http ──▶ authenticate ──▶ vapi::understand ──▶ limits ──▶ accept ──▶ replies
//!            who says so       what is said                     │
//!                                                     record ◀──┴──▶ spool
//!                                            one transaction         a file, while the
//!                                            a batch                 database is away
//!                                                     ▲
//!                         reconcile: what Vapi did not say, and was asked for
//! ```
//!
//! Four addresses lead here, because Vapi's server URL was written down in
//! four places before we came; any of them takes any body and any way to
//! authenticate. The shape of the body decides how it is read, the address
//! only how it is answered. A 200 means that the event is on a disk.

pub mod authenticate;
pub mod http;
pub mod limits;

mod accept;
mod address;
mod catch_up;
mod drain;
mod event;
mod grace;
mod reconcile;
mod record;
mod replies;
#[doc(hidden)]
pub mod spool;
mod spooled;
mod synchronous;

use std::sync::Arc;

pub use self::{address::Address, spool::left_behind};
use self::{
    authenticate::Secrets, limits::Limits, reconcile::Reconciler, record::Recorder, spool::Spool,
};
use crate::{
    app::App,
    delivery::Deliveries,
    error::Result,
    infra::{data_dir::DataDir, worker::Workers},
    instances::Membership,
    tools::Tools,
};

/// All that taking events in needs beside the shared parts.
#[derive(Clone)]
pub struct Ingest {
    secrets: Arc<Secrets>,
    limits: Arc<Limits>,
    recorder: Recorder,
    reconciler: Option<Arc<Reconciler>>,
    spool: Option<Spool>,
    tools: Tools,
}

impl Ingest {
    /// Opens the spool where there is to be one.
    pub fn open(
        app: &App,
        membership: &Membership,
        tools: Tools,
        deliveries: Deliveries,
    ) -> anyhow::Result<Self> {
        let config = &app.config.ingest;
        let recorder = Recorder::new(app.db.is_postgres(), deliveries, membership.clone());
        let spool = config.spool.then(|| open_spool(app)).transpose()?;
        Ok(Self {
            secrets: Arc::new(Secrets::new(config)),
            limits: Arc::new(Limits::new(app.clock.clone(), config.session_rate)),
            reconciler: Reconciler::new(app, &recorder, spool.as_ref()).map(Arc::new),
            recorder,
            spool,
            tools,
        })
    }

    /// The workers of taking in: what queued is recorded, the spool drains, what waited for a report
    /// in vain is told, and Vapi is asked for what it did not tell.
    pub fn supervise(&self, app: &App, workers: &Workers) {
        self.recorder.supervise(app, workers);
        let (telling, recorder) = (app.clone(), self.recorder.clone());
        workers.supervise("grace", move |stop| {
            grace::tell_in_time(telling.clone(), recorder.clone(), stop)
        });
        if let Some(reconciler) = self.reconciler.clone() {
            workers.supervise("reconciler", move |stop| {
                reconciler.clone().keep_asking(stop)
            });
        }
        if let Some(spool) = self.spool.clone() {
            let (draining, ingest) = (app.clone(), self.clone());
            workers.supervise("spool", move |stop| {
                catch_up::catch_up(draining.clone(), ingest.clone(), spool.clone(), stop)
            });
        }
    }

    /// Tells of calls whose report is overdue, some at a time; how many it were.
    pub async fn announce_due(&self, app: &App) -> Result<u64> {
        self.recorder.announce_due(app).await
    }

    /// Asks Vapi about calls whose news is overdue, a round's worth of them.
    pub async fn reconcile(&self) -> Result<()> {
        match &self.reconciler {
            Some(reconciler) => reconciler.round().await,
            None => Ok(()),
        }
    }

    /// Events wait in the spool for the database to come back.
    pub fn is_degraded(&self) -> bool {
        self.spool.as_ref().is_some_and(|spool| !spool.is_empty())
    }

    /// There is a way in without the database.
    pub fn has_spool(&self) -> bool {
        self.spool.is_some()
    }
}

fn open_spool(app: &App) -> anyhow::Result<Spool> {
    let kept = DataDir::open(&app.config.storage.data_dir)?;
    Spool::open(
        kept.path(),
        app.seal.clone(),
        app.clock.clone(),
        spool::BYTES_MAX,
    )
}
