//! One transaction of retention: it holds the key to the immutable tables, and
//! whoever wants it too waits for the few milliseconds.

use std::future::Future;

use entity::maintenance::{Column, Entity, Task};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{app::App, error::Result, infra::db::Tx};

pub const ROWS_MAX: usize = 500;

/// Whether more is left to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    More,
    Nothing,
}

/// Runs `work` in transactions of its own until nothing is left for it.
pub async fn until_nothing_is_left<F, Fut>(app: &App, work: F) -> Result<()>
where
    F: Fn(Tx) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Left>> + Send,
{
    loop {
        let work = work.clone();
        let batch = app.db.write(move |tx| async move {
            set_active(&tx, true).await?;
            let left = work(tx.clone()).await?;
            set_active(&tx, false).await?;
            Ok(left)
        });
        if batch.await? == Left::Nothing {
            return Ok(());
        }
        // Whoever waits to write comes first.
        tokio::task::yield_now().await;
    }
}

async fn set_active(tx: &Tx, active: bool) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Active, Expr::value(active))
        .filter(Column::Task.eq(Task::Retention))
        .exec(&**tx)
        .await?;
    Ok(())
}

pub fn count(table: &'static str, rows: u64) {
    metrics::counter!("ringback_retention_rows_total", "table" => table).increment(rows);
}
