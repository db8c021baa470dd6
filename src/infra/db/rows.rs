//! Adding many rows by one of few statements.
//!
//! A statement that lists its rows has another text for each number of them,
//! and a text that was not seen before is parsed and planned anew, which costs
//! more than the rows do. So rows go by powers of two: a statement has room
//! for as many, and where fewer come the rest is rows of nulls that its WHERE
//! leaves out. Each database then knows all texts after a moment.

use std::fmt::Write;

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DbBackend, DbErr, EntityName, EntityTrait, Iden,
    Iterable, QueryResult, Statement, Value, sea_query::ColumnType,
};

use super::Tx;

/// What one statement adds at most: a power of two. SQLite takes 32,766 values
/// a statement, and no table of ours has two hundred columns.
const ROWS_PER_STATEMENT: usize = 128;

/// How many texts a connection that writes remembers: each table has one for each power of two, and
/// one that was forgotten is planned anew, which costs more than the rows do.
pub(super) const STATEMENTS_KNOWN_MAX: usize = 512;

/// Rows on their way into their table. All of them set the same columns, the
/// first of which is never null.
pub struct Rows<A: ActiveModelTrait> {
    rows: Vec<A>,
    ending: String,
}

impl<A: ActiveModelTrait> Rows<A> {
    pub fn new(rows: impl IntoIterator<Item = A>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            ending: String::new(),
        }
    }

    /// A row whose key is there already is left out.
    pub fn unless_there(mut self, key: Column<A>) -> Self {
        self.ending = format!(" ON CONFLICT ({}) DO NOTHING", name::<A>(key));
        self
    }

    /// A row whose key is there already takes these columns' place.
    pub fn replacing(mut self, key: Column<A>, columns: impl Iterator<Item = Column<A>>) -> Self {
        let set: Vec<_> = columns
            .map(|column| format!("{0} = excluded.{0}", name::<A>(column)))
            .collect();
        self.ending = format!(
            " ON CONFLICT ({}) DO UPDATE SET {}",
            name::<A>(key),
            set.join(", ")
        );
        self
    }

    pub async fn add(self, tx: &Tx) -> Result<(), DbErr> {
        for insert in self.inserts() {
            tx.add(insert).await?;
        }
        Ok(())
    }

    /// Adds them at the latest before anything else is asked or changed in this transaction: where
    /// they are few they wait, and go with what is added next.
    pub async fn add_soon(self, tx: &Tx) -> Result<(), DbErr> {
        for insert in self.inserts() {
            tx.add_soon(insert).await?;
        }
        Ok(())
    }

    /// Adds them, and asks what they have become.
    pub async fn add_returning(
        mut self,
        tx: &Tx,
        columns: &[Column<A>],
    ) -> Result<Vec<QueryResult>, DbErr> {
        let names: Vec<_> = columns.iter().map(|column| name::<A>(*column)).collect();
        self.ending = format!("{} RETURNING {}", self.ending, names.join(", "));
        let mut returned = Vec::with_capacity(self.rows.len());
        for insert in self.inserts() {
            returned.extend(tx.add_returning(insert).await?);
        }
        Ok(returned)
    }

    fn inserts(self) -> impl Iterator<Item = Insert> {
        let columns: Vec<_> = match self.rows.first() {
            Some(row) => Column::<A>::iter()
                .filter(|column| is_set(row, *column))
                .collect(),
            None => Vec::new(),
        };
        let mut rows = self.rows.into_iter().peekable();
        std::iter::from_fn(move || {
            rows.peek()?;
            let values = rows
                .by_ref()
                .take(ROWS_PER_STATEMENT)
                .flat_map(|row| values(row, &columns));
            let mut values: Vec<_> = values.collect();
            // A row that set fewer would let the next one's values slip into its place.
            debug_assert_eq!(values.len() % columns.len(), 0);
            let room = (values.len() / columns.len()).next_power_of_two();
            let nulls: Vec<_> = values[..columns.len()].iter().map(Value::as_null).collect();
            values.extend(
                nulls
                    .into_iter()
                    .cycle()
                    .take(room * columns.len() - values.len()),
            );
            Some(Insert {
                table: A::Entity::default().table_name().to_owned(),
                columns: columns
                    .iter()
                    .map(|column| (name::<A>(*column), type_of::<A>(*column)))
                    .collect(),
                room,
                values,
                ending: self.ending.clone(),
            })
        })
    }
}

/// Rows of one table, as one statement adds them.
pub(super) struct Insert {
    pub table: String,
    columns: Vec<(String, &'static str)>,
    room: usize,
    values: Vec<Value>,
    ending: String,
}

impl Insert {
    #[cfg(test)]
    pub fn of_numbers(table: &str, rows: usize) -> Self {
        Self {
            table: table.to_owned(),
            columns: vec![("\"id\"".to_owned(), "bigint")],
            room: rows,
            values: vec![Value::from(1_i64); rows],
            ending: String::new(),
        }
    }

    /// In values.
    pub fn weight(&self) -> usize {
        self.values.len()
    }

    /// PostgreSQL takes the types of a list of rows from the first one, and counts places.
    fn write(&self, backend: DbBackend, mut place: usize, sql: &mut String) {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "INSERT INTO \"{}\" ({}) ",
            self.table,
            names.join(", ")
        );
        sql.push_str("SELECT * FROM (VALUES ");
        for row in 0..self.room {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (at, (_, r#type)) in self.columns.iter().enumerate() {
                place += 1;
                let comma = if at == 0 { "" } else { ", " };
                let _ = match backend {
                    DbBackend::Postgres if row == 0 => write!(sql, "{comma}${place}::{type}"),
                    DbBackend::Postgres => write!(sql, "{comma}${place}"),
                    _ => write!(sql, "{comma}?"),
                };
            }
            sql.push(')');
        }
        sql.push_str(") AS added WHERE column1 IS NOT NULL");
        sql.push_str(&self.ending);
    }
}

/// All of them at once, in this order; what the last one returns comes back. They are of different
/// tables: PostgreSQL lets none see what another has done.
pub(super) fn together(backend: DbBackend, inserts: Vec<Insert>) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    let last = inserts.len().saturating_sub(1);
    for (at, insert) in inserts.into_iter().enumerate() {
        let is_postgres = backend == DbBackend::Postgres;
        // Writing to a String cannot fail.
        let _ = match (is_postgres, at) {
            (true, 0) if last > 0 => write!(sql, "WITH added_0 AS ("),
            (true, _) if 0 < at && at < last => write!(sql, "), added_{at} AS ("),
            (true, _) if 0 < at => write!(sql, ") "),
            (false, _) if 0 < at => write!(sql, "; "),
            _ => Ok(()),
        };
        insert.write(backend, values.len(), &mut sql);
        values.extend(insert.values);
    }
    Statement::from_sql_and_values(backend, sql, values)
}

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

fn name<A: ActiveModelTrait>(column: Column<A>) -> String {
    format!("\"{}\"", column.unquoted())
}

fn is_set<A: ActiveModelTrait>(row: &A, column: Column<A>) -> bool {
    !row.get(column).is_not_set()
}

fn values<A: ActiveModelTrait>(
    mut row: A,
    columns: &[Column<A>],
) -> impl Iterator<Item = Value> + use<A> {
    let values: Vec<_> = columns
        .iter()
        .filter_map(|column| match row.take(*column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Some(value),
            ActiveValue::NotSet => None,
        })
        .collect();
    values.into_iter()
}

fn type_of<A: ActiveModelTrait>(column: Column<A>) -> &'static str {
    match column.def().get_column_type() {
        ColumnType::Uuid => "uuid",
        ColumnType::Boolean => "boolean",
        ColumnType::SmallInteger => "smallint",
        ColumnType::Integer => "integer",
        ColumnType::BigInteger => "bigint",
        ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => "bytea",
        _ => "text",
    }
}

/// A list as long as the next power of two, its last one repeated, so that a
/// statement that asks for these has one of few texts.
pub fn padded<T: Clone>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut list: Vec<_> = list.into_iter().collect();
    if let Some(last) = list.last().cloned() {
        list.resize(list.len().next_power_of_two(), last);
    }
    list
}
