//! Sealing everything again with the first key, a few rows at a time.
//!
//! After a new key was put first, old values still open, but only while the
//! old key is listed. The sweep walks every sealed column and rewrites what is
//! not under the first key yet; blind indexes are made anew with it. It can
//! run beside servers that know both keys, be cut off, and be run again. The
//! append-only tables let it in while it holds its row of `maintenance`.

use entity::maintenance::{self, Task};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, Statement, Value,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{KEY_ID_SQL_BYTES, KEY_ID_SQL_OFFSET, Place, Seal};
use crate::{
    error::{Error, Result},
    infra::db::{Db, Tx},
};

const ROWS_PER_TRANSACTION: usize = 200;

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
            let (seal, from) = (seal.clone(), after.clone());
            let step = db
                .write(move |tx| async move { column.step(&tx, &seal, from).await })
                .await?;
            resealed += step.rows as u64;
            watch(resealed);
            after = step.last;
            if step.rows < ROWS_PER_TRANSACTION {
                break;
            }
        }
    }
    Ok(resealed)
}

/// Whether there is a sealed value anywhere.
pub async fn anything_is_sealed(db: &Db) -> Result<bool> {
    for SealedColumn { table, column, .. } in SEALED_COLUMNS {
        let sql = format!("SELECT 1 AS one FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
        let found = db
            .read()
            .query_one_raw(Statement::from_string(db.backend(), sql))
            .await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens one value of each column, so that wrong keys are known before anything
/// is built on them.
pub async fn assert_opens(db: &Db, seal: &Seal) -> anyhow::Result<()> {
    for column in SEALED_COLUMNS {
        let SealedColumn {
            table,
            column: name,
            row,
            ..
        } = column;
        let sql = format!(
            "SELECT {} AS bound_to, {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 1",
            row.name()
        );
        let ask = Statement::from_string(db.backend(), sql);
        let Some(found) = db.read().query_one_raw(ask).await? else {
            continue;
        };
        let bound_to = row.bytes(&found).map_err(Error::into_cause)?;
        let place = Place {
            table,
            column: name,
            row: &bound_to,
        };
        let sealed: Vec<u8> = found.try_get("", name)?;
        seal.open(place, &sealed)?;
    }
    Ok(())
}

struct Step {
    rows: usize,
    last: Option<Value>,
}

impl SealedColumn {
    async fn step(&self, tx: &Tx, seal: &Seal, after: Option<Value>) -> Result<Step> {
        let rows = self.stale(tx, seal, after).await?;
        let mut last = None;
        if self.append_only {
            set_active(tx, true).await?;
        }
        for row in &rows {
            let walked = self.walk.value(row)?;
            self.rewrite(tx, seal, row, walked.clone()).await?;
            last = Some(walked);
        }
        if self.append_only {
            set_active(tx, false).await?;
        }
        Ok(Step {
            rows: rows.len(),
            last,
        })
    }

    /// The next rows whose value names another key than the first.
    async fn stale(&self, tx: &Tx, seal: &Seal, after: Option<Value>) -> Result<Vec<QueryResult>> {
        let Self {
            table,
            column,
            walk,
            row,
            ..
        } = self;
        let (walk, row) = (walk.name(), row.name());
        let beyond = after
            .as_ref()
            .map_or(String::new(), |_| format!("AND {walk} > $2"));
        let sql = format!(
            "SELECT {walk}, {row} AS bound_to, {column} FROM {table} \
             WHERE substr({column}, {KEY_ID_SQL_OFFSET}, {KEY_ID_SQL_BYTES}) <> $1 {beyond} \
             ORDER BY {walk} LIMIT {ROWS_PER_TRANSACTION}"
        );
        let key_id = Value::from(seal.sealing_key_id().to_vec());
        let values = [Some(key_id), after].into_iter().flatten();
        let ask = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        Ok(tx.query_all_raw(ask).await?)
    }

    /// Writes the value again, unless somebody else has written it meanwhile.
    async fn rewrite(&self, tx: &Tx, seal: &Seal, row: &QueryResult, walked: Value) -> Result<()> {
        let Self {
            table,
            column,
            walk,
            ..
        } = self;
        let old: Vec<u8> = row.try_get("", column)?;
        let bound_to = self.row.bytes(row)?;
        let place = Place {
            table,
            column,
            row: &bound_to,
        };
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
