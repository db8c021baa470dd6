//! What was written once stays: the log and the history refuse every change.

use entity::{call_events, delivery_attempts};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::{Store, assert_refused, sample};

pub const REFUSAL: &str = "append-only";

/// A table that is only appended to: its key, its one sealed column, and one of the others.
pub struct Log {
    pub table: &'static str,
    pub key: &'static str,
    pub sealed: &'static str,
    other: &'static str,
}

pub const LOGS: [Log; 2] = [
    Log {
        table: "call_events",
        key: "position",
        sealed: "payload",
        other: "source",
    },
    Log {
        table: "delivery_attempts",
        key: "id",
        sealed: "response",
        other: "outcome",
    },
];

/// Two rows in each log, which differ in every column.
pub async fn two_rows_in_each() -> Store {
    let store = Store::open().await;
    store.insert([1, 2].map(sample::call_event)).await;
    store.insert([1, 2].map(sample::delivery_attempt)).await;
    store
}

impl Store {
    pub async fn assert_holds_both_rows(&self) {
        let events = call_events::Entity::find().count(self.db.read());
        assert_eq!(events.await.unwrap(), 2);
        let attempts = delivery_attempts::Entity::find().count(self.db.read());
        assert_eq!(attempts.await.unwrap(), 2);
    }
}

#[tokio::test]
async fn without_a_flag_nothing_changes_a_row() {
    let store = two_rows_in_each().await;
    for log in LOGS {
        for change in log.changes(&store) {
            assert_refused(&store.run(&[&change]).await, REFUSAL, &change);
        }
    }
    store.assert_holds_both_rows().await;
    store.close().await;
}

impl Log {
    /// The sealed column of each row, as the re-seal changes it.
    pub fn rewrite(&self) -> String {
        format!("UPDATE {} SET {} = {{9 bytes}}", self.table, self.sealed)
    }

    /// Another column of each row, which nobody may change.
    pub fn alter(&self) -> String {
        format!("UPDATE {} SET {} = 'another'", self.table, self.other)
    }

    /// Each row, as retention removes it.
    pub fn delete(&self) -> String {
        format!("DELETE FROM {}", self.table)
    }

    pub fn truncate(&self) -> String {
        format!("TRUNCATE {}", self.table)
    }

    /// Every way to change or remove a row that the database at hand has.
    fn changes(&self, store: &Store) -> Vec<String> {
        let mut changes = vec![self.rewrite(), self.alter(), self.delete()];
        changes.extend(match store.db.is_postgres() {
            true => self.changes_on_postgres(),
            false => self.changes_on_sqlite(),
        });
        changes
    }

    fn changes_on_postgres(&self) -> Vec<String> {
        let Self { table, key, .. } = self;
        let copy = format!("SELECT * FROM {table} WHERE {key} = 1");
        let update = format!("DO UPDATE SET {} = 'another'", self.other);
        vec![
            self.truncate(),
            format!(
                "INSERT INTO {table} OVERRIDING SYSTEM VALUE {copy} ON CONFLICT ({key}) {update}"
            ),
            format!(
                "MERGE INTO {table} USING ({copy}) it ON {table}.{key} = it.{key} WHEN MATCHED THEN DELETE"
            ),
        ]
    }

    fn changes_on_sqlite(&self) -> Vec<String> {
        let Self { table, key, .. } = self;
        let copy = format!("SELECT * FROM {table} WHERE {key} = 1");
        let update = format!("DO UPDATE SET {} = 'another'", self.other);
        vec![
            format!("REPLACE INTO {table} {copy}"),
            format!("INSERT INTO {table} {copy} ON CONFLICT {update}"),
            format!("UPDATE OR REPLACE {table} SET {key} = 2 WHERE {key} = 1"),
            format!("UPDATE {table} SET rowid = 99 WHERE {key} = 1"),
        ]
    }
}
