//! One table, from here to there.
//!
//! A transaction holds the next rows in the order of their keys, so what the
//! target has is always the beginning of what the source has: after a crash
//! the target's highest key says where to go on, and nothing else is kept.

use std::sync::Arc;

use anyhow::Context;

use super::{
    Step, Watch,
    place::Place,
    row::{Pace, ROWS_PER_READ_MAX, Row},
    table::Table,
};
use crate::error::Error;

/// How rows are moved.
#[derive(Clone)]
pub struct Manner {
    pub rows_per_transaction_max: u64,
    /// Told the number of each commit before it is made.
    pub before_commit: Arc<dyn Fn(u64) + Send + Sync>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            rows_per_transaction_max: ROWS_PER_READ_MAX,
            before_commit: Arc::new(|_| {}),
        }
    }
}

/// Copies what is missing in the target; `commits` counts on.
pub async fn fill(
    table: &Table,
    (source, target): (&Place, &Place),
    manner: &Manner,
    commits: &mut u64,
    watch: Watch<'_>,
) -> anyhow::Result<()> {
    let of_table = || format!("{} cannot be copied", table.name);
    let mut pace = Pace::up_to(manner.rows_per_transaction_max);
    let mut after = match table.is_seeded {
        true => None,
        false => table.last_key(&target.db).await.with_context(of_table)?,
    };
    let of = table.count(&source.db).await;
    let mut done = table.count(&target.db).await.unwrap_or(0);
    loop {
        let read = table.read(&source.db, after.as_deref(), pace.rows());
        let rows = read.await.with_context(of_table)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(last[..table.key].to_vec());
        pace = pace.after(&rows);
        done += rows.len() as u64;
        *commits += 1;
        let written = write(table, target, rows, manner, *commits);
        written.await.with_context(of_table)?;
        watch(Step {
            doing: "copying",
            table: table.name,
            done,
            of,
        });
    }
}

async fn write(
    table: &Table,
    target: &Place,
    rows: Vec<Row>,
    manner: &Manner,
    commit: u64,
) -> anyhow::Result<()> {
    let (table, before_commit) = (table.clone(), manner.before_commit.clone());
    let written = target.db.write(move |tx| async move {
        table.add(&tx, rows).await?;
        before_commit(commit);
        Ok(())
    });
    written.await.map_err(Error::into_cause)
}
