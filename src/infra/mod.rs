//! What the domain stands on and what knows nothing of it: time, storage,
//! sealing, the network, workers, telemetry.

pub mod body;
pub mod clock;
pub mod data_dir;
pub mod db;
pub mod debts;
pub mod egress;
pub mod failpoint;
pub mod hub;
pub mod open_files;
pub mod page;
pub mod peer;
pub mod postgres_programs;
pub mod priority;
pub mod seal;
pub mod telemetry;
pub mod walk;
pub mod worker;
