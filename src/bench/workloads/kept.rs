//! What is kept at a moment, and what a load has cost to keep.

use crate::bench::{bed::Bed, report::Case};

const MIB: f64 = 1_048_576.0;

pub(super) struct Kept {
    events: u64,
    commits: Option<f64>,
    bytes: Option<f64>,
    written_ahead: Option<f64>,
}

/// What a load has added.
pub(super) struct Grown {
    pub events: f64,
    pub commits: Option<f64>,
    pub bytes: Option<f64>,
    /// By PostgreSQL.
    pub written_ahead: Option<f64>,
}

impl Kept {
    pub async fn look(bed: &Bed) -> anyhow::Result<Self> {
        Ok(Self {
            events: bed.next,
            commits: bed.commits().await?,
            bytes: bed.database.bytes().await?,
            written_ahead: bed.database.written_ahead().await?,
        })
    }

    pub fn since(&self, before: &Self) -> Grown {
        let grown = |now: Option<f64>, then: Option<f64>| Some(now? - then?);
        Grown {
            events: (self.events - before.events) as f64,
            commits: grown(self.commits, before.commits),
            bytes: grown(self.bytes, before.bytes),
            written_ahead: grown(self.written_ahead, before.written_ahead),
        }
    }

    /// What each delivery of a case has cost to keep, and the memory that the server has now.
    pub async fn add_to(
        self,
        case: &mut Case,
        bed: &Bed,
        subscribers: usize,
    ) -> anyhow::Result<()> {
        let grown = Self::look(bed).await?.since(&self);
        let deliveries = (grown.events * subscribers as f64).max(1.0);
        let each = |all: Option<f64>| all.map(|all| all / deliveries);
        case.add("commits_per_delivery", "", each(grown.commits));
        case.add("database_per_delivery", "B", each(grown.bytes));
        case.add("memory", "MiB", bed.resident_bytes().map(|it| it / MIB));
        Ok(())
    }
}
