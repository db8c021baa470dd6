//! One statement that adds: the rows of one table, or few of several at once.

use std::fmt::Write;

use sea_orm::{DbBackend, Statement, Value};

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

    /// What an `INSERT` takes of the rows that are listed behind it, where `source` is what another
    /// table's rows of this statement are called in it.
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

    /// After a failure nothing is left of a transaction, so SQLite need not keep what each page was
    /// before a statement (`OR FAIL`), as it does to undo the half of one.
    fn write(
        &self,
        backend: DbBackend,
        source: impl Fn(&str) -> String,
        place: usize,
        sql: &mut String,
    ) {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let insert = match backend {
            DbBackend::Postgres => "INSERT",
            _ => "INSERT OR FAIL",
        };
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "{insert} INTO \"{}\" ({}) SELECT ",
            self.table,
            names.join(", ")
        );
        self.write_wanted(source, sql);
        sql.push_str(" FROM (VALUES ");
        match backend {
            DbBackend::Postgres => self.write_rows_for_postgres(place, sql),
            _ => {
                let row = format!("({})", places(self.columns.len()));
                sql.push_str(&vec![&*row; self.room].join(", "));
            }
        }
        sql.push_str(") AS added WHERE column1 IS NOT NULL");
        sql.push_str(&self.ending);
        match &self.answer {
            Answer::New { key, question } if backend == DbBackend::Postgres => {
                let _ = write!(sql, " RETURNING {key}, {question}");
            }
            Answer::Numbers { key, number } if backend == DbBackend::Postgres => {
                let _ = write!(sql, " RETURNING {key}, {number}");
            }
            _ => {}
        }
    }

    /// It takes the types of a list of rows from the first one, and counts places.
    fn write_rows_for_postgres(&self, mut place: usize, sql: &mut String) {
        for row in 0..self.room {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (at, (_, r#type)) in self.columns.iter().enumerate() {
                place += 1;
                let comma = if at == 0 { "" } else { ", " };
                // Writing to a String cannot fail.
                let _ = match row {
                    0 => write!(sql, "{comma}${place}::{type}"),
                    _ => write!(sql, "{comma}${place}"),
                };
            }
            sql.push(')');
        }
    }

    /// On SQLite each row that comes back wakes whoever waits for it, so as few come as may be: the
    /// keys that are there already, and the last of the numbers, which have no gaps.
    fn write_for_sqlite(self, sql: &mut String, values: &mut Vec<Value>) {
        if let Answer::New { key, question } = &self.answer {
            let place = self.columns.iter().position(|(name, _)| name == key);
            let keys = self.values.iter().skip(place.unwrap_or(0));
            values.extend(keys.step_by(self.columns.len()).cloned());
            let places = places(self.room);
            let table = &self.table;
            // Writing to a String cannot fail.
            let _ = write!(
                sql,
                "SELECT {question}; SELECT {key} FROM \"{table}\" WHERE {key} IN ({places}); "
            );
        }
        self.write(DbBackend::Sqlite, quoted, values.len(), sql);
        if matches!(self.answer, Answer::Numbers { .. }) {
            sql.push_str("; SELECT last_insert_rowid() AS last");
        }
        values.extend(self.values);
    }
}

fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// All of them at once, in this order; what one of them answers comes back. They are of different
/// tables: PostgreSQL lets none see what another has done, but for what it answers.
pub(in crate::infra::db) fn together(backend: DbBackend, inserts: Vec<Insert>) -> Statement {
    match backend {
        DbBackend::Postgres => named(inserts),
        _ => one_by_one(inserts),
    }
}

fn one_by_one(inserts: Vec<Insert>) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    for insert in inserts {
        if !sql.is_empty() {
            sql.push_str("; ");
        }
        insert.write_for_sqlite(&mut sql, &mut values);
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

fn alone(insert: Insert) -> Statement {
    let mut sql = String::new();
    insert.write(DbBackend::Postgres, quoted, 0, &mut sql);
    Statement::from_sql_and_values(DbBackend::Postgres, sql, insert.values)
}

/// Each has a name, by which another one finds what it answers.
fn named(mut inserts: Vec<Insert>) -> Statement {
    if inserts.len() == 1
        && let Some(only) = inserts.pop()
    {
        return alone(only);
    }
    let (mut sql, mut values) = (String::new(), Vec::new());
    let tables: Vec<_> = inserts.iter().map(|insert| insert.table.clone()).collect();
    let source = |table: &str| match tables.iter().position(|other| other == table) {
        Some(at) => format!("added_{at}"),
        None => quoted(table),
    };
    let mut answer = "SELECT 1 WHERE FALSE".to_owned();
    for (at, insert) in inserts.into_iter().enumerate() {
        sql.push_str(if at == 0 { "WITH " } else { ", " });
        // Writing to a String cannot fail.
        let _ = write!(sql, "added_{at} AS (");
        insert.write(DbBackend::Postgres, source, values.len(), &mut sql);
        sql.push(')');
        if !matches!(insert.answer, Answer::Nothing) {
            answer = format!("SELECT * FROM added_{at}");
        }
        values.extend(insert.values);
    }
    let _ = write!(sql, " {answer}");
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

fn quoted(table: &str) -> String {
    format!("\"{table}\"")
}
