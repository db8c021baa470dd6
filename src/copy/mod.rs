//! From one database to another: for whoever outgrows one machine.
//!
//! ```text
//!   two places at rest ─▶ the target says that it is not whole ─▶ table by table,
//!                                                                 in transactions
//!        whole ◀─ both sides counted and digested ◀─ counters ◀─────────┘
//! ```
//!
//! Rows are read through the kinds that their columns have on both databases
//! and written as they are, the sealed ones too: the new place needs the same
//! sealing keys. A copy that was cut off goes on where it was, because each
//! transaction adds the rows that follow the highest key; the mark on the
//! target keeps servers away until both sides are known to be the same.
//! Either database may be either side.

mod compare;
mod counter;
mod fill;
mod place;
mod row;
mod table;

use anyhow::{Context, bail, ensure};
use sea_orm::{ConnectionTrait, Statement};

pub use compare::{Compared, Sum, UnknownKeys};
pub use fill::Manner;
pub use row::ROWS_PER_READ_MAX;
pub use table::{LEFT_OUT, Table, all as tables};

use crate::{
    config::{Database, StorageConfig},
    error::Error,
    infra::{
        db::{Tx, unfinished},
        seal::{
            Seal,
            sweep::{self, Fit},
        },
    },
    run::spooled,
};
use place::Place;

/// Told how far it has come.
pub type Watch<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// So many rows of a table were copied, or compared.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub doing: &'static str,
    pub table: &'static str,
    pub done: u64,
    /// Unknown where counting takes too long.
    pub of: Option<u64>,
}

/// What is to be done.
pub struct Order {
    pub from: Database,
    pub to: Database,
    /// Everything else that is set: where the spool lies, and the limits of connections.
    pub storage: StorageConfig,
    /// The sealing keys, where they are known.
    pub seal: Option<Seal>,
    pub manner: Manner,
    /// Copy nothing: compare what is there.
    pub compares_only: bool,
}

/// How both sides stand at the end.
#[derive(Debug)]
pub struct Report {
    pub from: String,
    pub to: String,
    pub tables: Vec<Compared>,
    pub unknown_keys: UnknownKeys,
}

impl Report {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.target.rows).sum()
    }

    /// Both sides are the same, and the new one can be read.
    pub fn is_good(&self) -> bool {
        self.tables.iter().all(Compared::is_same) && self.unknown_keys.is_empty()
    }
}

/// Copies what is missing and compares both sides.
pub async fn copy(order: &Order, watch: Watch<'_>) -> anyhow::Result<Report> {
    ensure!(
        place::name(&order.from)? != place::name(&order.to)?,
        "--from and --to are the same database, {}",
        place::name(&order.from)?
    );
    let source = Place::source(&order.from, &order.storage).await?;
    assert_readable(&source, order.seal.as_ref()).await?;
    spooled::assert_nothing_waits(&order.storage.data_dir, &order.from, order.seal.as_ref())?;
    let target = Place::target(&order.to, &order.storage).await?;
    if !order.compares_only {
        begin(&source, &target).await?;
        fill_all(&source, &target, &order.manner, watch).await?;
    }
    let report = compare_all(&source, &target, order.seal.as_ref(), watch).await?;
    // Servers that came up meanwhile have changed what was compared.
    source.assert_at_rest("--from").await?;
    target.assert_at_rest("--to").await?;
    if !order.compares_only && report.is_good() {
        unfinished::unmark(&target.db).await?;
    }
    source.db.close().await;
    target.db.close().await;
    Ok(report)
}

/// Better now than after an hour.
async fn assert_readable(source: &Place, seal: Option<&Seal>) -> anyhow::Result<()> {
    match sweep::fit(&source.db, seal).await? {
        Fit::Fits => Ok(()),
        Fit::OfOthers(why) => {
            Err(why).context("the sealing keys that are set are not those of --from")
        }
        Fit::Missing => bail!(
            "the sealing keys of --from are not known: set RINGBACK_KEYS, \
             or RINGBACK_DATA_DIR to the folder that holds its sealing-keys"
        ),
    }
}

/// The target is empty, and marked in the same transaction; or it is marked already.
async fn begin(source: &Place, target: &Place) -> anyhow::Result<()> {
    if let Some(began) = unfinished::marked(target.db.read()).await? {
        return unfinished::assert_same(&began, &source.name);
    }
    let name = source.name.clone();
    let begun = target.db.write(move |tx| async move {
        let found = first_with_rows(&tx).await?;
        if found.is_none() {
            unfinished::mark(&tx, &name).await?;
        }
        Ok(found)
    });
    match begun.await.map_err(Error::into_cause)? {
        Some(table) => bail!(
            "--to holds data already (in {table}), and it did not come from here: give an empty \
             database. Whether both are the same, --check tells"
        ),
        None => Ok(()),
    }
}

async fn first_with_rows(tx: &Tx) -> crate::error::Result<Option<&'static str>> {
    for table in table::all().iter().filter(|table| !table.is_seeded) {
        let sql = format!("SELECT 1 AS one FROM \"{}\" LIMIT 1", table.name);
        let ask = Statement::from_string(tx.get_database_backend(), sql);
        if tx.query_one_raw(ask).await?.is_some() {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

async fn fill_all(
    source: &Place,
    target: &Place,
    manner: &Manner,
    watch: Watch<'_>,
) -> anyhow::Result<()> {
    let mut commits = 0;
    for table in table::all() {
        fill::fill(&table, (source, target), manner, &mut commits, watch).await?;
        if table.is_counted {
            table.bring_up_counter(&source.db, &target.db).await?;
        }
        if target.db.is_postgres() {
            analyze(&table, target).await?;
        }
    }
    Ok(())
}

/// So that the first questions are planned for a full table and not for an empty one.
async fn analyze(table: &Table, target: &Place) -> anyhow::Result<()> {
    let sql = format!("ANALYZE \"{}\"", table.name);
    let analyzed = target.db.write(|tx| async move {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
        tx.execute_unprepared(&sql).await?;
        Ok(())
    });
    analyzed.await.map_err(Error::into_cause)
}

async fn compare_all(
    source: &Place,
    target: &Place,
    seal: Option<&Seal>,
    watch: Watch<'_>,
) -> anyhow::Result<Report> {
    let (mut tables, mut unknown_keys) = (Vec::new(), UnknownKeys::new());
    for table in table::all() {
        let both = (source, target);
        let compared = compare::compare(&table, both, seal, &mut unknown_keys, watch);
        tables.push(
            compared
                .await
                .with_context(|| format!("{} cannot be compared", table.name))?,
        );
    }
    Ok(Report {
        from: source.name.clone(),
        to: target.name.clone(),
        tables,
        unknown_keys,
    })
}
