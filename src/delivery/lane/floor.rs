//! Where a lane's rows begin that were never tried.
//!
//! What was delivered is deleted. But as long as a transaction somewhere may still see it, a backup
//! or a forgotten `psql`, PostgreSQL keeps its entry in the index, and whoever looks from the first
//! place on walks past all of them: a million after half an hour. So a look begins where the last
//! one found something.
//!
//! Below that something may still appear in two ways. A transaction may have drawn a place and
//! commit later; so the floor is never above where the log is *firm*, which is known of the log as
//! a whole. And something old may be queued once more; then the lane's row is counted up.

use entity::lanes;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// Nothing that was never tried has a lower place.
    pub position: i64,
    /// How often the lane was rewound by then.
    rewound: i64,
}

impl Floor {
    /// Nothing is known but the row.
    pub fn of(row: &lanes::Model) -> Self {
        Self {
            position: 0,
            rewound: row.rewound,
        }
    }

    /// Where it is now that the lane's row says this.
    pub fn under(self, row: &lanes::Model) -> Self {
        match self.is_under(row) {
            true => self,
            false => Self::of(row),
        }
    }

    pub fn is_under(&self, row: &lanes::Model) -> bool {
        self.rewound == row.rewound
    }

    pub fn lowered_to(self, position: i64) -> Self {
        Self { position, ..self }
    }

    /// After a look from here on: at the oldest that it found, if any, and not above firm ground.
    pub fn after(self, oldest: Option<i64>, firm: i64) -> Self {
        let begins = oldest.map_or(firm, |oldest| oldest.min(firm));
        Self {
            position: self.position.max(begins),
            ..self
        }
    }
}
