//! Rows as they go: read in the order of their keys, written many at once,
//! and told apart by the same bytes on both sides.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::table::{Column, Kind, Table};
use crate::infra::db::{Db, Tx};

/// What one read should bring at most, as far as the last one lets it guess.
const BYTES_PER_READ: usize = 4 * 1024 * 1024;
/// With the columns that there are, less than what a statement takes.
pub const ROWS_PER_READ_MAX: u64 = 512;
/// Where nothing is known of a table yet.
const ROWS_AT_FIRST: u64 = 32;

pub type Row = Vec<Value>;

/// How many rows are read next.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    rows: u64,
    rows_max: u64,
}

impl Pace {
    pub fn up_to(rows_max: u64) -> Self {
        Self {
            rows: ROWS_AT_FIRST.min(rows_max),
            rows_max,
        }
    }

    pub fn rows(self) -> u64 {
        self.rows
    }

    /// Few where they are large, and never suddenly many.
    pub fn after(self, read: &[Row]) -> Self {
        let bytes: usize = read.iter().flatten().map(size).sum();
        let average = bytes / read.len().max(1) + 1;
        let fitting = (BYTES_PER_READ / average) as u64;
        Self {
            rows: fitting.min(self.rows * 2).clamp(1, self.rows_max),
            ..self
        }
    }
}

impl Table {
    /// The next rows behind a key.
    pub async fn read(
        &self,
        db: &Db,
        after: Option<&[Value]>,
        rows: u64,
    ) -> Result<Vec<Row>, DbErr> {
        let keys = names(self.key());
        let beyond = match after {
            Some(_) => format!("WHERE ({keys}) > ({})", places(db.backend(), 0, self.key)),
            None => String::new(),
        };
        let sql = format!(
            "SELECT {} FROM \"{}\" {beyond} ORDER BY {keys} LIMIT {rows}",
            names(&self.columns),
            self.name
        );
        let values = after.unwrap_or_default().iter().cloned();
        let ask = Statement::from_sql_and_values(db.backend(), sql, values);
        let found = db.read().query_all_raw(ask).await?;
        found
            .iter()
            .map(|row| self.columns.iter().map(|it| it.value(row)).collect())
            .collect()
    }

    /// The highest key there is, which says how far a copy has come.
    pub async fn last_key(&self, db: &Db) -> Result<Option<Row>, DbErr> {
        let keys = self.key();
        let down: Vec<_> = keys
            .iter()
            .map(|key| format!("\"{}\" DESC", key.name))
            .collect();
        let sql = format!(
            "SELECT {} FROM \"{}\" ORDER BY {} LIMIT 1",
            names(keys),
            self.name,
            down.join(", ")
        );
        let ask = Statement::from_string(db.backend(), sql);
        let found = db.read().query_one_raw(ask).await?;
        found
            .map(|row| keys.iter().map(|it| it.value(&row)).collect())
            .transpose()
    }

    /// How many rows there are, where that is known before long.
    pub async fn count(&self, db: &Db) -> Option<u64> {
        let sql = format!("SELECT count(*) AS rows FROM \"{}\"", self.name);
        let ask = Statement::from_string(db.backend(), sql);
        let row = db.read().query_one_raw(ask).await.ok()??;
        let rows: i64 = row.try_get("", "rows").ok()?;
        u64::try_from(rows).ok()
    }

    /// Adds rows under the keys that they have.
    pub async fn add(&self, tx: &Tx, rows: Vec<Row>) -> Result<(), DbErr> {
        let (backend, width) = (tx.get_database_backend(), self.columns.len());
        let lists: Vec<_> = (0..rows.len())
            .map(|row| format!("({})", places(backend, row * width, width)))
            .collect();
        let with_their_numbers = match backend {
            DbBackend::Postgres => "OVERRIDING SYSTEM VALUE",
            _ => "",
        };
        let sql = format!(
            "INSERT INTO \"{}\" ({}) {with_their_numbers} VALUES {}{}",
            self.name,
            names(&self.columns),
            lists.join(", "),
            self.ending(),
        );
        let values = rows.into_iter().flatten();
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await?;
        Ok(())
    }

    fn ending(&self) -> String {
        if !self.is_seeded {
            return String::new();
        }
        let set = self.columns[self.key..].iter();
        let set: Vec<_> = set
            .map(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name))
            .collect();
        format!(
            " ON CONFLICT ({}) DO UPDATE SET {}",
            names(self.key()),
            set.join(", ")
        )
    }
}

impl Column {
    fn value(&self, row: &QueryResult) -> Result<Value, DbErr> {
        let name = self.name;
        Ok(match self.kind {
            Kind::Uuid => row.try_get::<Option<Uuid>>("", name)?.into(),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>>("", name)?.into(),
            Kind::Bool => row.try_get::<Option<bool>>("", name)?.into(),
            Kind::Small => row.try_get::<Option<i16>>("", name)?.into(),
            Kind::Int => row.try_get::<Option<i32>>("", name)?.into(),
            Kind::Big => row.try_get::<Option<i64>>("", name)?.into(),
            Kind::Text => row.try_get::<Option<String>>("", name)?.into(),
        })
    }
}

/// A digest of all rows so far and this one, whatever database they lie in.
pub fn chained(before: [u8; 32], row: &[Value]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(before);
    for value in row {
        let bytes = bytes_of(value);
        // Nothing is told from an empty value by its length alone.
        let length = bytes.as_ref().map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(bytes.unwrap_or_default());
    }
    hash.finalize().into()
}

/// Each column has one kind on both sides, so the bytes need not name it.
fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Uuid(uuid) => uuid.map(|uuid| uuid.as_bytes().to_vec()),
        Value::Bytes(bytes) => bytes.clone(),
        Value::String(text) => text.clone().map(String::into_bytes),
        Value::Bool(bool) => bool.map(|bool| vec![u8::from(bool)]),
        Value::SmallInt(number) => number.map(|number| i64::from(number).to_be_bytes().to_vec()),
        Value::Int(number) => number.map(|number| i64::from(number).to_be_bytes().to_vec()),
        Value::BigInt(number) => number.map(|number| number.to_be_bytes().to_vec()),
        other => Some(format!("{other:?}").into_bytes()),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Bytes(Some(bytes)) => bytes.len(),
        Value::String(Some(text)) => text.len(),
        _ => size_of::<Uuid>(),
    }
}

fn names(columns: &[Column]) -> String {
    let names: Vec<_> = columns
        .iter()
        .map(|it| format!("\"{}\"", it.name))
        .collect();
    names.join(", ")
}

/// SQLite looks a numbered place up among all before it, so there they have no numbers.
fn places(backend: DbBackend, before: usize, count: usize) -> String {
    let place = |at: usize| match backend {
        DbBackend::Postgres => format!("${at}"),
        _ => "?".to_owned(),
    };
    let places: Vec<_> = (before + 1..=before + count).map(place).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_anywhere_have_another_digest() {
        let rows: [Row; 6] = [
            vec!["ab".into(), "c".into()],
            vec!["a".into(), "bc".into()],
            vec!["abc".into(), Value::String(None)],
            vec!["abc".into(), "".into()],
            vec![1_i64.into(), "c".into()],
            vec![2_i64.into(), "c".into()],
        ];
        for (at, row) in rows.iter().enumerate() {
            for other in &rows[..at] {
                assert_ne!(chained([0; 32], row), chained([0; 32], other));
            }
        }
        assert_ne!(chained([0; 32], &rows[0]), chained([1; 32], &rows[0]));
    }

    #[test]
    fn a_number_is_the_same_number_in_any_width() {
        let wide = chained([0; 32], &[7_i64.into()]);
        assert_eq!(chained([0; 32], &[7_i16.into()]), wide);
        assert_eq!(chained([0; 32], &[7_i32.into()]), wide);
    }

    #[test]
    fn large_rows_are_read_few_at_a_time() {
        let pace = Pace::up_to(ROWS_PER_READ_MAX);
        let small = vec![vec![Value::from("x")]; 32];
        assert_eq!(pace.after(&small).rows(), 2 * ROWS_AT_FIRST);
        let large = vec![vec![Value::from(vec![0_u8; BYTES_PER_READ])]];
        assert_eq!(pace.after(&large).rows(), 1);
    }
}
