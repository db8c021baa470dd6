//! The schema, one file a change, in the order in which the changes are applied.
//!
//! Conventions, on both databases:
//! - Every time is a BIGINT of epoch milliseconds in a column named `*_at`.
//! - Ids are native `uuid` on PostgreSQL and sixteen bytes on SQLite. They are version 7, so an
//!   index on an id is an index by time as well, and no `created_at` is indexed beside one.
//! - A column whose comment says *sealed* holds ciphertext, bound to its table, row and column.
//! - State is text with a CHECK: an illegal row cannot exist.
//! - The hot tables (queue, attempts, events, call events) have no foreign keys.
//!
//! Whoever runs the migrator holds the lock that keeps two processes from migrating at once.

mod append_only;
mod change;
mod m0001_instances;
mod m0002_access;
mod m0003_calls;
mod m0004_events;
mod m0005_delivery;
mod m0006_row_level_security;
mod m0007_tools;
mod m0008_messages;
mod m0009_subscriptions;
mod m0010_dismissals;
mod m0010_placements;
mod m0011_schedules;
mod m0012_campaigns;
mod m0013_reconcile;
mod m0014_dashboard;
mod m0015_attempt_timings;
mod m0016_rows_in_line;
mod m0017_rewound;
mod m0018_replays_by_event;
mod m0019_not_all_by_event;
mod m0020_next_probe;
mod sql;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_instances::change()),
            Box::new(m0002_access::change()),
            Box::new(m0003_calls::change()),
            Box::new(m0004_events::change()),
            Box::new(m0005_delivery::change()),
            Box::new(m0006_row_level_security::change()),
            Box::new(m0007_tools::change()),
            Box::new(m0008_messages::change()),
            Box::new(m0009_subscriptions::change()),
            Box::new(m0010_dismissals::change()),
            Box::new(m0010_placements::change()),
            Box::new(m0011_schedules::change()),
            Box::new(m0012_campaigns::change()),
            Box::new(m0013_reconcile::change()),
            Box::new(m0014_dashboard::change()),
            Box::new(m0015_attempt_timings::change()),
            Box::new(m0016_rows_in_line::change()),
            Box::new(m0017_rewound::change()),
            Box::new(m0018_replays_by_event::change()),
            Box::new(m0019_not_all_by_event::change()),
            Box::new(m0020_next_probe::change()),
        ]
    }
}
