//! Where measurements are made: the plan, the stores that there are, and a voice.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    plan::Plan,
    store::{Kind, Postgres, Store, postgres::Programs},
};
use crate::infra::clock::Clock;

/// Told what is being done.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

pub struct Lab {
    pub plan: Plan,
    pub clock: Clock,
    /// The null pipeline first, because the others are compared with it.
    pub stores: Vec<Store>,
    progress: Progress,
}

impl Lab {
    pub async fn open(plan: Plan, progress: Progress) -> anyhow::Result<Self> {
        let mut lab = Self {
            clock: Clock::system(),
            stores: Vec::new(),
            progress,
            plan,
        };
        let asked_for = |kind| lab.plan.stores.contains(&kind);
        let (null, sqlite) = (asked_for(Kind::Null), asked_for(Kind::Sqlite));
        let postgres = match asked_for(Kind::Postgres) {
            true => lab.postgres().await?,
            false => None,
        };
        lab.stores.extend(null.then_some(Store::Null));
        lab.stores.extend(sqlite.then_some(Store::Sqlite));
        lab.stores
            .extend(postgres.map(|it| Store::Postgres(Arc::new(it))));
        Ok(lab)
    }

    async fn postgres(&self) -> anyhow::Result<Option<Postgres>> {
        if let Some(url) = &self.plan.database_url {
            return Ok(Some(Postgres::named(url)));
        }
        let Some(programs) = Programs::find() else {
            self.say("PostgreSQL is left out: there is no initdb here, and no --database-url");
            return Ok(None);
        };
        self.say("starting a PostgreSQL of our own");
        let folder = self.plan.folder();
        Ok(Some(Postgres::private(programs, &folder).await?))
    }

    /// The versions of the databases, by their names.
    pub async fn versions(&self) -> anyhow::Result<BTreeMap<&'static str, String>> {
        let mut versions = BTreeMap::new();
        for store in &self.stores {
            if let Some(version) = store.version().await? {
                versions.insert(store.kind().name(), version);
            }
        }
        Ok(versions)
    }

    /// Those that keep something.
    pub fn databases(&self) -> Vec<Store> {
        let keeping = self.stores.iter().filter(|it| it.kind() != Kind::Null);
        keeping.cloned().collect()
    }

    pub fn say(&self, what: &str) {
        (self.progress)(what);
    }

    /// Leaves a server that was named as it was found, after a case that broke off as at the end.
    pub async fn clean_up(&self) {
        for store in &self.stores {
            if let Store::Postgres(server) = store
                && let Err(why) = server.forget_all().await
            {
                self.say(&format!("databases of ours may be left: {why:#}"));
            }
        }
    }
}
