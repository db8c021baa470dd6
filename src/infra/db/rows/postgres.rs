//! How PostgreSQL is told to add rows, and what it says of them.
//!
//! Rows of several tables are one statement, in which none sees what another has done but for what
//! that one answers: each has a name, by which the others find it. It says of each row that it was
//! added, in an order of its own, and in one answer; which may have that of a question behind it.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use sea_orm::{DbBackend, DbErr, QueryResult, Statement};
use uuid::Uuid;

use super::insert::{Answer, Insert, New, quoted, unnumbered};

/// All of them at once.
pub fn statement(mut inserts: Vec<Insert>) -> Statement {
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
        write(&insert, source, values.len(), &mut sql);
        sql.push(')');
        if !matches!(insert.answer, Answer::Nothing) {
            answer = format!("SELECT * FROM added_{at}");
        }
        values.extend(insert.values);
    }
    let _ = write!(sql, " {answer}");
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

fn alone(insert: Insert) -> Statement {
    let mut sql = String::new();
    write(&insert, quoted, 0, &mut sql);
    Statement::from_sql_and_values(DbBackend::Postgres, sql, insert.values)
}

/// Adds these, then asks that; both may take locks, and what is listed first is made first. A row of
/// the one has nothing in the columns of the other.
pub fn add_and_ask(insert: Insert, ask: Statement) -> Statement {
    let mut values = ask.values.map_or_else(Vec::new, |values| values.0);
    let (mut adding, asking) = (String::new(), ask.sql);
    write(&insert, quoted, values.len(), &mut adding);
    let sql = format!(
        "WITH added AS ({adding}), asked AS ({asking})
         SELECT TRUE AS was_added, added.*, asked.* FROM added LEFT JOIN asked ON FALSE
         UNION ALL
         SELECT FALSE AS was_added, added.*, asked.* FROM asked LEFT JOIN added ON FALSE"
    );
    values.extend(insert.values);
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// What was said of those that were added, and what was answered.
pub fn apart(rows: Vec<QueryResult>) -> Result<(Vec<QueryResult>, Vec<QueryResult>), DbErr> {
    let (mut added, mut answered) = (Vec::new(), Vec::new());
    for row in rows {
        match row.try_get("", "was_added")? {
            true => added.push(row),
            false => answered.push(row),
        }
    }
    Ok((added, answered))
}

fn write(insert: &Insert, source: impl Fn(&str) -> String, place: usize, sql: &mut String) {
    let rows = |sql: &mut String| write_rows(insert, place, sql);
    insert.write("INSERT", source, rows, sql);
    // Writing to a String cannot fail.
    let _ = match &insert.answer {
        Answer::Nothing => Ok(()),
        Answer::New { key, question } => write!(sql, " RETURNING {key}, {question}"),
        Answer::Numbers { key, number } => write!(sql, " RETURNING {key}, {number}"),
    };
}

/// The types are taken from the first row; places are counted.
fn write_rows(insert: &Insert, mut place: usize, sql: &mut String) {
    for row in 0..insert.room {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (at, (_, r#type)) in insert.columns.iter().enumerate() {
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

/// Those that are new are named, each with the answer.
pub fn new(heard: Vec<Vec<QueryResult>>, key: &str) -> Result<New, DbErr> {
    let (mut keys, mut answer) = (HashSet::new(), None);
    for row in heard.into_iter().flatten() {
        keys.insert(row.try_get("", key)?);
        answer = Some(row);
    }
    Ok(New {
        keys,
        answer,
        then_heard: Vec::new(),
    })
}

/// The numbers of these, which are named with theirs.
pub fn numbers(
    ids: &[Uuid],
    heard: &[QueryResult],
    key: &str,
    number: &str,
) -> Result<Vec<i64>, DbErr> {
    let pair = |row: &QueryResult| Ok((row.try_get("", key)?, row.try_get("", number)?));
    let numbers: HashMap<Uuid, i64> = heard.iter().map(pair).collect::<Result<_, DbErr>>()?;
    let of = |id: &Uuid| numbers.get(id).copied();
    let numbers: Option<_> = ids.iter().map(of).collect();
    numbers.ok_or_else(unnumbered)
}
