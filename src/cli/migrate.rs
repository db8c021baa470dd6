//! `ringback migrate`: for those who bring the schema up to date apart.

use crate::{
    config::{Config, Database},
    infra::{clock::Clock, data_dir::DataDir, db::migrate},
};

pub(super) async fn migrate(config: Config) -> anyhow::Result<()> {
    if let Database::Sqlite { .. } = config.storage.database {
        DataDir::open(&config.storage.data_dir)?;
    }
    let (database, clock) = (&config.storage.database, Clock::system());
    let told = |waiting: &migrate::Waiting| eprintln!("{waiting}");
    match migrate::up_telling(database, &clock, &told).await? {
        0 => println!("The schema is up to date."),
        1 => println!("The schema is up to date; 1 migration was applied."),
        n => println!("The schema is up to date; {n} migrations were applied."),
    }
    Ok(())
}
