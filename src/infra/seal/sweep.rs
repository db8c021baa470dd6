//! Sealing everything again with the first key, a few rows at a time.
//!
//! After a new key was put first, old values still open, but only while the
//! old key is listed. The sweep walks every sealed column and rewrites what is
//! not under the first key yet; blind indexes are made anew with it. It can
//! run beside servers that know both keys, be cut off, and be run again: so
//! many rows are looked at in a step, however few of them are left to do, and
//! only those are written that are. The append-only tables let it in while it
//! holds its row of `maintenance`.

use entity::maintenance::{self, Task};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryResult,
    Statement, TransactionTrait, Value, sea_query::Expr,
};
use uuid::Uuid;

use super::{KEY_ID_SQL_BYTES, KEY_ID_SQL_OFFSET, Place, Seal, SealError};
use crate::{
    error::{Error, Result},
    infra::db::{Db, Tx},
};

const ROWS_PER_STEP: usize = 200;

/// A column that holds sealed values, and how its table is walked.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// A unique column, in whose order the rows are visited.
    walk: Key,
    /// The column whose value the sealed one is bound to.
    row: Key,
    /// The blind index of the value, and the domain it is made for.
    index: Option<(&'static str, &'static str)>,
    append_only: bool,
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Uuid(&'static str),
    Bytes(&'static str),
    Number(&'static str),
}

/// Every sealed column there is; a test compares it with the schema.
pub const SEALED_COLUMNS: [SealedColumn; 17] = [
    of_uuid("calls", "details"),
    SealedColumn {
        index: Some(("phone_index", "phone")),
        ..of_uuid("calls", "phone")
    },
    of_uuid("calls", "result"),
    SealedColumn {
        append_only: true,
        ..of_uuid("call_events", "payload")
    },
    SealedColumn {
        walk: Key::Number("id"),
        row: Key::Uuid("delivery_id"),
        append_only: true,
        ..of_uuid("delivery_attempts", "response")
    },
    of_bytes("dashboard_sessions", "credential", "id"),
    of_uuid("events", "payload"),
    of_bytes("idempotency_keys", "answer", "id"),
    of_bytes("identities", "answer", "digest"),
    of_uuid("messages", "text"),
    of_uuid("subscriptions", "headers"),
    of_uuid("subscriptions", "previous_secret"),
    of_uuid("subscriptions", "secret"),
    SealedColumn {
        walk: Key::Uuid("call_id"),
        row: Key::Uuid("call_id"),
        ..of_uuid("placements", "new_call")
    },
    of_uuid("schedules", "call_template"),
    of_bytes("tool_calls", "answer", "digest"),
    of_uuid("tools", "secret"),
];

const fn of_uuid(table: &'static str, column: &'static str) -> SealedColumn {
    let id = Key::Uuid("id");
    SealedColumn {
        table,
        column,
        walk: id,
        row: id,
        index: None,
        append_only: false,
    }
}

const fn of_bytes(table: &'static str, column: &'static str, key: &'static str) -> SealedColumn {
    let key = Key::Bytes(key);
    SealedColumn {
        table,
        column,
        walk: key,
        row: key,
        index: None,
        append_only: false,
    }
}

/// Rewrites all that is not sealed with the first key; how many values it was,
/// which is told on the way, too.
pub async fn reseal(db: &Db, seal: &Seal, watch: &(dyn Fn(u64) + Send + Sync)) -> Result<u64> {
    let mut resealed = 0;
    for column in SEALED_COLUMNS {
        let mut after = None;
        loop {
            let looked = column.look(db, seal, after).await?;
            resealed += looked.stale.len() as u64;
            if !looked.stale.is_empty() {
                let seal = seal.clone();
                db.write(
                    move |tx| async move { column.rewrite_all(&tx, &seal, looked.stale).await },
                )
                .await?;
            }
            watch(resealed);
            after = looked.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(resealed)
}

/// Whether keys fit what a database holds.
pub enum Fit {
    /// Or nothing is sealed there.
    Fits,
    OfOthers(SealError),
    Missing,
}

/// Opens one value of each column, so that wrong keys are known before anything
/// is built on them.
pub async fn fit(db: &Db, seal: Option<&Seal>) -> anyhow::Result<Fit> {
    let Some(seal) = seal else {
        return Ok(match anything_is_sealed(db).await? {
            true => Fit::Missing,
            false => Fit::Fits,
        });
    };
    let tx = unhurried(db).await?;
    for column in SEALED_COLUMNS {
        let Some(found) = column.any(&tx).await? else {
            continue;
        };
        let bound_to = column.row.bytes(&found).map_err(Error::into_cause)?;
        let sealed: Vec<u8> = found.try_get("", column.column)?;
        if let Err(why) = seal.open(column.place(&bound_to), &sealed) {
            return Ok(Fit::OfOthers(why));
        }
    }
    Ok(Fit::Fits)
}

/// Whether there is a sealed value anywhere.
pub async fn anything_is_sealed(db: &Db) -> anyhow::Result<bool> {
    let tx = unhurried(db).await?;
    for column in SEALED_COLUMNS {
        if column.any(&tx).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where nothing is sealed in a column, all of its table is looked at.
async fn unhurried(db: &Db) -> anyhow::Result<DatabaseTransaction> {
    let tx = db.read().begin().await?;
    if db.is_postgres() {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
    }
    Ok(tx)
}

/// Rows that were looked at.
struct Looked {
    /// Their values name another key than the first.
    stale: Vec<QueryResult>,
    /// From where to look on; nothing at the end.
    next: Option<Value>,
}

impl SealedColumn {
    /// The next rows. What is under the first key is looked at like all else, and left where it is:
    /// one statement that looked for others would walk past any number of those.
    async fn look(&self, db: &Db, seal: &Seal, after: Option<Value>) -> Result<Looked> {
        let Self {
            table,
            column,
            walk,
            row,
            ..
        } = self;
        let (key, bound_to) = (walk.name(), row.name());
        let beyond = after
            .as_ref()
            .map_or(String::new(), |_| format!("WHERE {key} > $2"));
        let sql = format!(
            "SELECT {key}, {bound_to} AS bound_to, \
                    CASE WHEN substr({column}, {KEY_ID_SQL_OFFSET}, {KEY_ID_SQL_BYTES}) <> $1 \
                         THEN {column} END AS {column} \
             FROM {table} {beyond} ORDER BY {key} LIMIT {ROWS_PER_STEP}"
        );
        let key_id = Value::from(seal.sealing_key_id().to_vec());
        let values = [Some(key_id), after].into_iter().flatten();
        let ask = Statement::from_sql_and_values(db.backend(), sql, values);
        let rows = db.read().query_all_raw(ask).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == ROWS_PER_STEP => Some(walk.value(last)?),
            _ => None,
        };
        let mut stale = Vec::new();
        for row in rows {
            if row.try_get::<Option<Vec<u8>>>("", column)?.is_some() {
                stale.push(row);
            }
        }
        Ok(Looked { stale, next })
    }

    async fn rewrite_all(&self, tx: &Tx, seal: &Seal, rows: Vec<QueryResult>) -> Result<()> {
        if self.append_only {
            set_active(tx, true).await?;
        }
        for row in &rows {
            self.rewrite(tx, seal, row).await?;
        }
        if self.append_only {
            set_active(tx, false).await?;
        }
        Ok(())
    }

    async fn any(&self, conn: &impl ConnectionTrait) -> anyhow::Result<Option<QueryResult>> {
        let sql = format!(
            "SELECT {} AS bound_to, {column} FROM {} WHERE {column} IS NOT NULL LIMIT 1",
            self.row.name(),
            self.table,
            column = self.column,
        );
        let ask = Statement::from_string(conn.get_database_backend(), sql);
        Ok(conn.query_one_raw(ask).await?)
    }

    fn place<'a>(&'a self, bound_to: &'a [u8]) -> Place<'a> {
        Place {
            table: self.table,
            column: self.column,
            row: bound_to,
        }
    }

    /// Writes the value again, unless somebody else has written it meanwhile.
    async fn rewrite(&self, tx: &Tx, seal: &Seal, row: &QueryResult) -> Result<()> {
        let Self {
            table,
            column,
            walk,
            ..
        } = self;
        let old: Vec<u8> = row.try_get("", column)?;
        let (walked, bound_to) = (walk.value(row)?, self.row.bytes(row)?);
        let place = self.place(&bound_to);
        let plain = seal.open(place, &old).map_err(Error::internal)?;
        let mut set = format!("{column} = $1");
        let mut values = vec![seal.seal(place, &plain).into(), walked, old.into()];
        if let Some((index, domain)) = self.index {
            let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
            set += &format!(", {index} = $4");
            values.push(seal.index(domain, text).to_vec().into());
        }
        let sql = format!(
            "UPDATE {table} SET {set} WHERE {} = $2 AND {column} = $3",
            walk.name()
        );
        tx.execute_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            sql,
            values,
        ))
        .await?;
        Ok(())
    }
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Uuid(name) | Self::Bytes(name) | Self::Number(name) => name,
        }
    }

    fn value(self, row: &QueryResult) -> Result<Value> {
        Ok(match self {
            Self::Uuid(name) => row.try_get::<Uuid>("", name)?.into(),
            Self::Bytes(name) => row.try_get::<Vec<u8>>("", name)?.into(),
            Self::Number(name) => row.try_get::<i64>("", name)?.into(),
        })
    }

    fn bytes(self, row: &QueryResult) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Uuid(_) => row.try_get::<Uuid>("", "bound_to")?.as_bytes().to_vec(),
            Self::Bytes(_) => row.try_get("", "bound_to")?,
            Self::Number(_) => row.try_get::<i64>("", "bound_to")?.to_be_bytes().to_vec(),
        })
    }
}

/// Raises or lowers the flag that lets the sweep into append-only tables.
async fn set_active(tx: &Tx, active: bool) -> Result<()> {
    maintenance::Entity::update_many()
        .col_expr(maintenance::Column::Active, Expr::value(active))
        .filter(maintenance::Column::Task.eq(Task::Reseal))
        .exec(&**tx)
        .await?;
    Ok(())
}
