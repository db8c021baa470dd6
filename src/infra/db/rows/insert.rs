//! One statement that adds: the rows of one table, or few of several at once.

use std::{collections::HashSet, fmt::Write};

use sea_orm::{DbErr, QueryResult, Value};

/// Rows of one table, as one statement adds them.
pub(in crate::infra::db) struct Insert {
    pub table: String,
    /// Their names and types.
    pub columns: Vec<(String, &'static str)>,
    /// For so many rows.
    pub room: usize,
    pub values: Vec<Value>,
    pub ending: String,
    pub answer: Answer,
    pub drawn: Option<Drawn>,
}

/// What is wanted back.
#[derive(Clone)]
pub(in crate::infra::db) enum Answer {
    Nothing,
    /// Which keys were new, and with them the answer to this.
    New {
        key: String,
        question: String,
    },
    /// What number each row was given.
    Numbers {
        key: String,
        number: String,
    },
}

/// What came of adding rows unless they were there.
pub struct New {
    /// The keys of those that were not.
    pub keys: HashSet<Vec<u8>>,
    /// To what was asked with it; PostgreSQL says nothing where no row was new.
    pub answer: Option<QueryResult>,
    /// To what was asked then.
    pub then_heard: Vec<QueryResult>,
}

/// A column whose value stands in a row of another table.
#[derive(Clone)]
pub(in crate::infra::db) struct Drawn {
    pub into: String,
    pub table: String,
    pub column: String,
    pub key: String,
    /// The column that names the other row.
    pub by: String,
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
            answer: Answer::Nothing,
            drawn: None,
        }
    }

    #[cfg(test)]
    pub fn answering(mut self) -> Self {
        let id = || "\"id\"".to_owned();
        self.answer = Answer::Numbers {
            key: id(),
            number: id(),
        };
        self
    }

    #[cfg(test)]
    pub fn drawing_from(mut self, table: &str) -> Self {
        let id = || "\"id\"".to_owned();
        self.drawn = Some(Drawn {
            into: id(),
            table: table.to_owned(),
            column: id(),
            key: id(),
            by: id(),
        });
        self
    }

    /// In values.
    pub fn weight(&self) -> usize {
        self.values.len()
    }

    /// Adds these rows, as the database lists them; `source` is what another table's rows of this
    /// statement are called in it.
    pub fn write(
        &self,
        insert: &str,
        source: impl Fn(&str) -> String,
        rows: impl FnOnce(&mut String),
        sql: &mut String,
    ) {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let (table, names) = (&self.table, names.join(", "));
        // Writing to a String cannot fail.
        let _ = write!(sql, "{insert} INTO \"{table}\" ({names}) SELECT ");
        self.write_wanted(source, sql);
        sql.push_str(" FROM (VALUES ");
        rows(sql);
        sql.push_str(") AS added WHERE column1 IS NOT NULL");
        sql.push_str(&self.ending);
    }

    /// What it takes of the rows that are listed behind it.
    fn write_wanted(&self, source: impl Fn(&str) -> String, sql: &mut String) {
        let Some(drawn) = &self.drawn else {
            return sql.push('*');
        };
        let place = |wanted: &String| self.columns.iter().position(|(name, _)| name == wanted);
        let by = place(&drawn.by).map_or(0, |at| at + 1);
        for (at, (name, _)) in self.columns.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = match *name == drawn.into {
                true => write!(
                    sql,
                    "{comma}(SELECT {} FROM {} WHERE {} = added.column{by})",
                    drawn.column,
                    source(&drawn.table),
                    drawn.key,
                ),
                false => write!(sql, "{comma}added.column{}", at + 1),
            };
        }
    }
}

pub(super) fn quoted(table: &str) -> String {
    format!("\"{table}\"")
}

pub(super) fn unnumbered() -> DbErr {
    DbErr::RecordNotFound("a row that was added has no number".to_owned())
}
