//! Whether both sides hold the same rows: counted, and digested in the order
//! of their keys. Both sides are read anew, from the first row to the last,
//! and nothing that was noted on the way is believed.

use std::collections::BTreeSet;

use sea_orm::Value;

use super::{
    Step, Watch,
    place::Place,
    row::{Pace, ROWS_PER_READ_MAX, Row, chained},
    table::Table,
};
use crate::infra::{
    db::Db,
    seal::{Seal, sweep::SEALED_COLUMNS},
};

/// A table on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub table: &'static str,
    pub source: Sum,
    pub target: Sum,
}

/// What a table comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    pub digest: [u8; 32],
    /// The highest number that was ever given, where the database counts.
    pub highest: Option<i64>,
}

impl Compared {
    pub fn is_same(&self) -> bool {
        self.source == self.target
    }
}

/// The keys that sealed values name and that nobody here has.
pub type UnknownKeys = BTreeSet<Vec<u8>>;

/// Reads a table on both sides at once.
pub async fn compare(
    table: &Table,
    (source, target): (&Place, &Place),
    seal: Option<&Seal>,
    unknown: &mut UnknownKeys,
    watch: Watch<'_>,
) -> anyhow::Result<Compared> {
    let mut of_no_interest = BTreeSet::new();
    let (source, target) = tokio::try_join!(
        sum(table, &source.db, seal, &mut of_no_interest, &|_| {}),
        sum(table, &target.db, seal, unknown, watch),
    )?;
    Ok(Compared {
        table: table.name,
        source,
        target,
    })
}

async fn sum(
    table: &Table,
    db: &Db,
    seal: Option<&Seal>,
    unknown: &mut UnknownKeys,
    watch: Watch<'_>,
) -> anyhow::Result<Sum> {
    let (sealed, of) = (sealed_columns(table), table.count(db).await);
    let (mut sum, mut after) = (Sum::default(), None);
    let mut pace = Pace::up_to(ROWS_PER_READ_MAX);
    loop {
        let rows = table.read(db, after.as_deref(), pace.rows()).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last[..table.key].to_vec());
        pace = pace.after(&rows);
        for row in &rows {
            sum.digest = chained(sum.digest, row);
            unknown.extend(unknown_keys(row, &sealed, seal));
        }
        sum.rows += rows.len() as u64;
        watch(Step {
            doing: "comparing",
            table: table.name,
            done: sum.rows,
            of,
        });
    }
    if table.is_counted {
        sum.highest = Some(table.highest_ever(db).await?);
    }
    Ok(sum)
}

fn sealed_columns(table: &Table) -> Vec<usize> {
    let is_sealed = |column: &str| {
        SEALED_COLUMNS
            .iter()
            .any(|sealed| (sealed.table, sealed.column) == (table.name, column))
    };
    let columns = table.columns.iter().enumerate();
    columns
        .filter(|(_, column)| is_sealed(column.name))
        .map(|(at, _)| at)
        .collect()
}

fn unknown_keys(row: &Row, sealed: &[usize], seal: Option<&Seal>) -> Vec<Vec<u8>> {
    let values = sealed.iter().filter_map(|at| match &row[*at] {
        Value::Bytes(Some(bytes)) => Seal::key_id_of(bytes),
        _ => None,
    });
    values
        .filter(|id| !seal.is_some_and(|seal| seal.knows(id)))
        .map(<[u8]>::to_vec)
        .collect()
}
