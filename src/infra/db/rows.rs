//! Adding many rows by one of few statements.
//!
//! A statement that lists its rows has another text for each number of them,
//! and a text that was not seen before is parsed and planned anew, which costs
//! more than the rows do. So rows go by powers of two: a statement has room
//! for as many, and where fewer come the rest is rows of nulls that its WHERE
//! leaves out. Each database then knows all texts after a moment.

mod answer;
mod insert;
pub(super) mod postgres;
mod sqlite;

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DbBackend, DbErr, EntityName, EntityTrait, Iden,
    Iterable, Statement, Value, sea_query::ColumnType,
};

pub(super) use self::insert::Insert;
pub use self::insert::New;
use self::insert::{Answer, Drawn};
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
    answer: Answer,
    drawn: Option<Drawn>,
}

impl<A: ActiveModelTrait> Rows<A> {
    pub fn new(rows: impl IntoIterator<Item = A>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            ending: String::new(),
            answer: Answer::Nothing,
            drawn: None,
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

    /// A row whose key is there already grows by these columns.
    pub fn adding_to(
        mut self,
        key: &[Column<A>],
        columns: impl Iterator<Item = Column<A>>,
    ) -> Self {
        let table = A::Entity::default().table_name().to_owned();
        let grown: Vec<_> = columns
            .map(|column| format!("{0} = \"{table}\".{0} + excluded.{0}", name::<A>(column)))
            .collect();
        let key: Vec<_> = key.iter().map(|column| name::<A>(*column)).collect();
        self.ending = format!(
            " ON CONFLICT ({}) DO UPDATE SET {}",
            key.join(", "),
            grown.join(", ")
        );
        self
    }

    /// What a row says in this column it takes from a row of another table that is added with it:
    /// from the one whose key it names in a column of its own.
    pub fn drawing<B: EntityTrait>(
        mut self,
        column: Column<A>,
        from: (B, B::Column),
        by: (B::Column, Column<A>),
    ) -> Self {
        let name_of = |column: B::Column| format!("\"{}\"", column.unquoted());
        self.drawn = Some(Drawn {
            into: name::<A>(column),
            table: from.0.table_name().to_owned(),
            column: name_of(from.1),
            key: name_of(by.0),
            by: name::<A>(by.1),
        });
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
                answer: self.answer.clone(),
                drawn: self.drawn.clone(),
            })
        })
    }
}

/// All of them at once, in this order; what one of them answers comes back. They are of different
/// tables.
pub(super) fn together(backend: DbBackend, inserts: Vec<Insert>) -> Statement {
    match backend {
        DbBackend::Postgres => postgres::statement(inserts),
        _ => sqlite::statement(inserts),
    }
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
