//! PostgreSQL: a server that was named, or one of our own.

mod old_reader;
mod private;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{ConnectionTrait, TryGetable};
use url::Url;
use uuid::Uuid;

use super::beside::{ask_at, options};
use crate::{bench::server::usage, config::Secret};
pub use old_reader::OldReader;
pub use private::{Private, Programs};

pub struct Postgres {
    url: Secret,
    private: Option<Private>,
    made: Mutex<BTreeSet<String>>,
}

impl Postgres {
    /// The one at this address, which must let us make databases.
    pub fn named(url: &Secret) -> Self {
        Self::of(url.clone(), None)
    }

    /// One of our own, in a new folder below this one; it goes with this value.
    pub async fn private(programs: Programs, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_owned();
        let server = tokio::task::spawn_blocking(move || Private::start(programs, &folder));
        let server = server.await??;
        Ok(Self::of(server.url(), Some(server)))
    }

    fn of(url: Secret, private: Option<Private>) -> Self {
        Self {
            url,
            private,
            made: Mutex::default(),
        }
    }

    /// Makes a database, and gives its name.
    pub async fn fresh(&self) -> anyhow::Result<String> {
        let name = format!("ringback_bench_{}", Uuid::now_v7().simple());
        self.made().insert(name.clone());
        self.run(&format!("CREATE DATABASE {name}")).await?;
        Ok(name)
    }

    pub async fn forget(&self, name: &str) -> anyhow::Result<()> {
        self.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await?;
        self.made().remove(name);
        Ok(())
    }

    /// Those whose server has ended before its time.
    pub async fn forget_all(&self) -> anyhow::Result<()> {
        let left = self.made().clone();
        for name in left {
            self.forget(&name).await?;
        }
        Ok(())
    }

    pub fn url_of(&self, name: &str) -> anyhow::Result<String> {
        let mut url = Url::parse(self.url.expose())?;
        url.set_path(name);
        Ok(url.into())
    }

    pub async fn version(&self) -> anyhow::Result<String> {
        self.ask("SELECT current_setting('server_version') AS it")
            .await
    }

    pub fn cpu(&self) -> Option<Duration> {
        usage::cpu_of_family(self.private.as_ref()?.pid()?)
    }

    pub async fn ask<T: TryGetable>(&self, sql: &str) -> anyhow::Result<T> {
        ask_at(self.url.expose(), sql).await
    }

    async fn run(&self, sql: &str) -> anyhow::Result<()> {
        let connection = sea_orm::Database::connect(options(self.url.expose())).await?;
        let done = connection.execute_unprepared(sql).await;
        connection.close().await?;
        done?;
        Ok(())
    }

    /// A set that is being added to is whole all the same.
    fn made(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
