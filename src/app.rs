//! The parts that everything shares. No behaviour lives here.

use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    infra::{clock::Clock, db::Db, egress::Egress, hub::Hub, seal::Seal},
};

/// One running ringback.
#[derive(Clone, Debug)]
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Clock,
    pub seal: Seal,
    pub egress: Egress,
    pub hub: Hub,
    /// Cancelled when the process is told to stop: from then on it is not
    /// ready for new work, and finishes what it has.
    pub stopping: CancellationToken,
}
