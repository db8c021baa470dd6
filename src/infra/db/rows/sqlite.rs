//! How SQLite is told to add rows, and what it says of them.
//!
//! Rows of several tables are statements behind each other in one text. Each row that comes back
//! wakes whoever waits for it, so as few come as may be: the keys that were there already, and the
//! last of the numbers, which have no gaps, as a transaction has the database to itself.
//!
//! After a failure nothing is left of a transaction, so SQLite need not keep what each page was before
//! a statement (`OR FAIL`), as it does to undo the half of one.

use std::{collections::HashSet, fmt::Write};

use sea_orm::{DbBackend, DbErr, QueryResult, Statement, Value};

use super::{
    ROWS_PER_STATEMENT,
    insert::{Answer, Insert, New, quoted, unnumbered},
};

/// One behind the other.
pub fn statement(inserts: Vec<Insert>) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    for insert in inserts {
        if !sql.is_empty() {
            sql.push_str("; ");
        }
        write(insert, &mut sql, &mut values);
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

fn write(insert: Insert, sql: &mut String, values: &mut Vec<Value>) {
    if let Answer::New { key, question } = &insert.answer {
        let place = insert.columns.iter().position(|(name, _)| name == key);
        let keys = insert.values.iter().skip(place.unwrap_or(0));
        values.extend(keys.step_by(insert.columns.len()).cloned());
        let (table, places) = (&insert.table, places(insert.room));
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "SELECT {question}; SELECT {key} FROM \"{table}\" WHERE {key} IN ({places}); "
        );
    }
    let row = format!("({})", places(insert.columns.len()));
    let rows = |sql: &mut String| sql.push_str(&vec![&*row; insert.room].join(", "));
    insert.write("INSERT OR FAIL", quoted, rows, sql);
    if matches!(insert.answer, Answer::Numbers { .. }) {
        sql.push_str("; SELECT last_insert_rowid() AS last");
    }
    values.extend(insert.values);
}

fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// The answer comes first, and those that were there behind it.
pub fn new(all: Vec<Vec<u8>>, heard: Vec<Vec<QueryResult>>, key: &str) -> Result<New, DbErr> {
    let (mut there, mut answer) = (HashSet::<Vec<u8>>::new(), None);
    for rows in heard {
        let mut rows = rows.into_iter();
        answer = rows.next();
        for row in rows {
            there.insert(row.try_get("", key)?);
        }
    }
    let keys = all.into_iter().filter(|key| !there.contains(key)).collect();
    Ok(New {
        keys,
        answer,
        then_heard: Vec::new(),
    })
}

/// The numbers of so many, of which each statement names its last.
pub fn numbers(rows: usize, heard: &[QueryResult]) -> Result<Vec<i64>, DbErr> {
    let mut numbers = Vec::with_capacity(rows);
    for row in heard {
        let last: i64 = row.try_get("", "last")?;
        let of_statement = ROWS_PER_STATEMENT.min(rows - numbers.len());
        numbers.extend((0..of_statement as i64).rev().map(|before| last - before));
    }
    match numbers.len() == rows {
        true => Ok(numbers),
        false => Err(unnumbered()),
    }
}
