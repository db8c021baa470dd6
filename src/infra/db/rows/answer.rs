//! Adding rows, and hearing what became of them.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, Iden, QueryResult, Value,
};
use uuid::Uuid;

use super::{Answer, Column, ROWS_PER_STATEMENT, Rows, name};
use crate::infra::db::Tx;

/// What came of adding rows unless they were there.
pub struct New {
    /// The keys of those that were not.
    pub keys: HashSet<Vec<u8>>,
    /// To what was asked with it; PostgreSQL says nothing where no row was new.
    pub answer: Option<QueryResult>,
}

impl<A: ActiveModelTrait> Rows<A> {
    /// Adds those whose key is not there yet, and asks the database this with it: an expression, and
    /// `AS` what.
    pub async fn add_new(mut self, tx: &Tx, key: Column<A>, question: &str) -> Result<New, DbErr> {
        let all = self.keys(key);
        self = self.unless_there(key);
        self.answer = Answer::New {
            key: name::<A>(key),
            question: question.to_owned(),
        };
        let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
        let (mut found, mut answer) = (HashSet::new(), None);
        // PostgreSQL names the new ones, each with the answer; SQLite answers first, and names those
        // that were there.
        for insert in self.inserts() {
            let mut rows = tx.add_returning([insert]).await?.into_iter();
            if !is_postgres {
                answer = rows.next();
            }
            for row in rows {
                found.insert(row.try_get("", key.unquoted())?);
                if is_postgres {
                    answer = Some(row);
                }
            }
        }
        let keys = match is_postgres {
            true => found,
            false => all.into_iter().filter(|key| !found.contains(key)).collect(),
        };
        Ok(New { keys, answer })
    }

    /// Adds them, and behind them these of another table; what number each was given, in their order.
    pub async fn add_numbered<B: ActiveModelTrait>(
        mut self,
        tx: &Tx,
        key: Column<A>,
        number: Column<A>,
        behind: Rows<B>,
    ) -> Result<Vec<i64>, DbErr> {
        let ids = self.ids(key);
        self.answer = Answer::Numbers {
            key: name::<A>(key),
            number: name::<A>(number),
        };
        let inserts = self.inserts().chain(behind.inserts());
        let told = tx.add_returning(inserts).await?;
        match tx.get_database_backend() {
            DbBackend::Postgres => by_key(&ids, &told, key.unquoted(), number.unquoted()),
            _ => up_to_the_last(ids.len(), &told),
        }
    }

    fn keys(&self, key: Column<A>) -> Vec<Vec<u8>> {
        let bytes = |row: &A| match row.get(key) {
            ActiveValue::Set(Value::Bytes(Some(bytes))) => Some(bytes),
            _ => None,
        };
        self.rows.iter().filter_map(bytes).collect()
    }

    fn ids(&self, key: Column<A>) -> Vec<Uuid> {
        let id = |row: &A| match row.get(key) {
            ActiveValue::Set(Value::Uuid(Some(id))) => Some(id),
            _ => None,
        };
        self.rows.iter().filter_map(id).collect()
    }
}

/// Nothing says in which order PostgreSQL tells of them.
fn by_key(ids: &[Uuid], told: &[QueryResult], key: &str, number: &str) -> Result<Vec<i64>, DbErr> {
    let pair = |row: &QueryResult| Ok((row.try_get("", key)?, row.try_get("", number)?));
    let numbers: HashMap<Uuid, i64> = told.iter().map(pair).collect::<Result<_, DbErr>>()?;
    let of = |id: &Uuid| numbers.get(id).copied();
    let numbers: Option<_> = ids.iter().map(of).collect();
    numbers.ok_or_else(unnumbered)
}

/// A transaction has the database to itself, and so its rows have numbers without gaps.
fn up_to_the_last(rows: usize, told: &[QueryResult]) -> Result<Vec<i64>, DbErr> {
    let mut numbers = Vec::with_capacity(rows);
    for row in told {
        let last: i64 = row.try_get("", "last")?;
        let of_statement = ROWS_PER_STATEMENT.min(rows - numbers.len());
        numbers.extend((0..of_statement as i64).rev().map(|before| last - before));
    }
    match numbers.len() == rows {
        true => Ok(numbers),
        false => Err(unnumbered()),
    }
}

fn unnumbered() -> DbErr {
    DbErr::RecordNotFound("a row that was added has no number".to_owned())
}
