//! Statements as text, for one database or for both.
//!
//! A statement for both is written once. The few words in which the databases differ stand in
//! braces and are filled in for the one at hand; nothing else of the text is touched.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{DbErr, SchemaManager};

/// Placeholder, PostgreSQL's word, SQLite's word. SQLite's tables are STRICT, so that a value of
/// the wrong type is refused there as well, and STRICT knows only five type names.
const DIALECT: &[(&str, &str, &str)] = &[
    (
        "{identity}",
        "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "INTEGER PRIMARY KEY AUTOINCREMENT",
    ),
    ("{uuid}", "UUID", "BLOB"),
    ("{bytes}", "BYTEA", "BLOB"),
    ("{bool}", "BOOLEAN", "INTEGER"),
    ("{bigint}", "BIGINT", "INTEGER"),
    ("{smallint}", "SMALLINT", "INTEGER"),
    ("{table}", "", "STRICT"),
    // For small rows that are found by their key: SQLite then keeps the row in the key's own tree.
    ("{table by key}", "", "STRICT, WITHOUT ROWID"),
];

pub struct Sql {
    only: Option<DbBackend>,
    text: String,
}

pub fn both(text: impl Into<String>) -> Sql {
    Sql {
        only: None,
        text: text.into(),
    }
}

pub fn postgres(text: impl Into<String>) -> Sql {
    Sql {
        only: Some(DbBackend::Postgres),
        text: text.into(),
    }
}

pub fn sqlite(text: impl Into<String>) -> Sql {
    Sql {
        only: Some(DbBackend::Sqlite),
        text: text.into(),
    }
}

/// Executes the statements meant for this database, one at a time.
pub async fn run(manager: &SchemaManager<'_>, statements: &[Sql]) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in statements {
        if statement.only.is_none_or(|only| only == backend) {
            let text = in_dialect_of(backend, &statement.text);
            manager.get_connection().execute_unprepared(&text).await?;
        }
    }
    Ok(())
}

fn in_dialect_of(backend: DbBackend, text: &str) -> String {
    DIALECT
        .iter()
        .fold(text.to_owned(), |text, (placeholder, postgres, sqlite)| {
            let word = match backend {
                DbBackend::Postgres => postgres,
                _ => sqlite,
            };
            text.replace(placeholder, word)
        })
}
