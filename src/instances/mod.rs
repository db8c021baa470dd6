//! The running processes, a row each.
//!
//! On PostgreSQL a process writes a sign of life every few seconds, by the
//! database's clock; one that has been silent for `RINGBACK_INSTANCE_TTL` is
//! dead to the others, and if it lives all the same it takes a new id, as
//! whoever it was has lost what it held. The same beat measures how far the
//! database's clock is from ours. On SQLite there is one process, the lock
//! file says so, and its row needs no sign of life.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use entity::instances::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::App,
    error::Result,
    infra::{
        clock::{Millis, millis_of},
        db::{Db, Tx},
    },
};

const BEAT_EVERY: Duration = Duration::from_secs(5);
/// On SQLite a row lives as long as its process.
const FOR_EVER: Millis = Millis::MAX;

/// This process among the others.
#[derive(Clone, Debug)]
pub struct Membership {
    life: Arc<RwLock<Life>>,
    /// How long the others believe a sign of life; none where there are none.
    ttl: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Life {
    id: Uuid,
    /// When we last began to give a sign that was heard.
    sign: Instant,
}

impl Membership {
    /// Writes this process's row, and on SQLite removes those of processes
    /// that can only be dead.
    pub async fn join(app: &App) -> Result<Self> {
        let sign = Instant::now();
        let now = measure(app).await?;
        let id = insert(app, now).await?;
        let ttl = app.config.delivery.instance_ttl;
        Ok(Self {
            life: Arc::new(RwLock::new(Life { id, sign })),
            ttl: app.db.is_postgres().then_some(ttl),
        })
    }

    /// The id under which this process holds what it holds.
    pub fn id(&self) -> Uuid {
        self.life.read().unwrap_or_else(PoisonError::into_inner).id
    }

    /// Whether the others will take this process for alive for so long still,
    /// by a clock that nobody can set.
    pub fn is_sure_for(&self, time: Duration) -> bool {
        let life = *self.life.read().unwrap_or_else(PoisonError::into_inner);
        self.ttl.is_none_or(|ttl| life.sign.elapsed() + time < ttl)
    }

    fn lives(&self, id: Uuid, sign: Instant) {
        let mut life = self.life.write().unwrap_or_else(PoisonError::into_inner);
        *life = Life { id, sign };
    }

    /// The worker: a beat every few seconds, until it is stopped.
    pub async fn beat(self, app: App, stop: CancellationToken) -> anyhow::Result<()> {
        if !app.db.is_postgres() {
            return Ok(());
        }
        while stop
            .run_until_cancelled(app.clock.sleep(BEAT_EVERY))
            .await
            .is_some()
        {
            self.beat_once(&app).await?;
        }
        Ok(())
    }

    /// One sign of life; where it comes too late, a new life.
    pub async fn beat_once(&self, app: &App) -> Result<()> {
        let sign = Instant::now();
        let now = measure(app).await?;
        let (id, until) = (self.id(), now + millis_of(app.config.delivery.instance_ttl));
        let renewed = app
            .db
            .write(move |tx| async move {
                let beat = Entity::update_many()
                    .col_expr(Column::ExpiresAt, Expr::value(until))
                    .filter(Column::Id.eq(id))
                    .filter(Column::ExpiresAt.gt(now));
                Ok(beat.exec(&*tx).await?.rows_affected == 1)
            })
            .await?;
        if renewed {
            self.lives(id, sign);
        } else {
            let fresh = insert(app, now).await?;
            self.lives(fresh, sign);
            tracing::warn!(lapsed = %id, instance = %fresh, "this process was silent for too long and takes a new id");
        }
        Ok(())
    }

    /// Removes the row, so that nobody waits for it to expire.
    pub async fn leave(&self, app: &App) -> Result<()> {
        let id = self.id();
        app.db
            .write(move |tx| async move {
                Entity::delete_by_id(id).exec(&*tx).await?;
                Ok(())
            })
            .await
    }
}

/// Asks the database for the time and takes it as the truth.
async fn measure(app: &App) -> Result<Millis> {
    let now = app.db.now_millis().await?;
    if app.db.is_postgres() {
        app.clock.follow(now);
    }
    Ok(now)
}

async fn insert(app: &App, now: Millis) -> Result<Uuid> {
    let is_alone = !app.db.is_postgres();
    let id = Uuid::now_v7();
    let row = ActiveModel {
        id: Set(id),
        name: Set(format!("{}:{}", host_name(), std::process::id())),
        version: Set(env!("CARGO_PKG_VERSION").to_owned()),
        started_at: Set(now),
        expires_at: Set(match is_alone {
            true => FOR_EVER,
            false => now + millis_of(app.config.delivery.instance_ttl),
        }),
    };
    app.db
        .write(move |tx: Tx| async move {
            let gone = match is_alone {
                true => Entity::delete_many(),
                false => {
                    Entity::delete_many().filter(Column::ExpiresAt.lte(now - millis_of(REMEMBERED)))
                }
            };
            gone.exec(&*tx).await?;
            Entity::insert(row).exec_without_returning(&*tx).await?;
            Ok(id)
        })
        .await
}

/// Those that are believed to live, by the database's clock.
pub async fn alive(db: &Db) -> Result<Vec<Model>> {
    let now = db.now_millis().await?;
    let alive = Entity::find().filter(Column::ExpiresAt.gt(now));
    Ok(alive.all(db.read()).await?)
}

/// How long a dead process's row is kept for whoever looks for it.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "host".to_owned())
}
