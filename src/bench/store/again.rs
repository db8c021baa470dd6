//! A database as it is after years: what was taken in through the door is repeated, under other keys.
//!
//! The rows are those of the product, as large and as many a call as it makes them. Ids keep their
//! random half and take another time, a second before that of the next copy, so that they lie in
//! their indexes as ids of version 7 do; digests are random, as digests are. Copies of what is sealed
//! cannot be opened, for a seal is bound to its row: nobody may ask for what stands in them.

use entity::{call_events, calls, events, identities, messages};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic,
    Iterable, TransactionTrait,
};

use crate::infra::clock::Millis;

const SECOND: Millis = 1_000;
/// The last copy is so much older than now: what came through the door came later, and no copy has
/// the time, and with it the id, of its own original.
const GAP: Millis = 24 * 3_600 * SECOND;

pub struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
}

/// All that is kept of calls.
pub fn calls() -> Vec<Table> {
    vec![
        Table::of::<calls::Entity>(),
        Table::of::<call_events::Entity>(),
        Table::of::<identities::Entity>(),
        Table::of::<messages::Entity>(),
        Table::of::<events::Entity>(),
    ]
}

/// What was told, alone.
pub fn events() -> Vec<Table> {
    vec![Table::of::<events::Entity>()]
}

impl Table {
    fn of<E: EntityTrait + EntityName>() -> Self {
        let names = E::Column::iter().map(|column| IdenStatic::as_str(&column));
        Self {
            name: E::default().table_name(),
            // The database counts it.
            columns: names.filter(|name| *name != "position").collect(),
        }
    }

    fn keep_first(&self) -> String {
        let name = self.name;
        format!("CREATE TEMPORARY TABLE first_{name} AS SELECT * FROM {name}")
    }

    fn copy(&self, backend: DbBackend, copy: &Copy) -> String {
        let name = self.name;
        let quoted = self.columns.iter().map(|column| format!("\"{column}\""));
        let columns = quoted.collect::<Vec<_>>().join(", ");
        let values = self.columns.iter().map(|column| copy.of(backend, column));
        let values = values.collect::<Vec<_>>().join(", ");
        format!("INSERT INTO {name} ({columns}) SELECT {values} FROM first_{name}")
    }
}

/// Repeats all that is in the tables so many times, in the order of time.
pub async fn repeat(
    db: &DatabaseConnection,
    tables: &[Table],
    times: u64,
    now: Millis,
) -> Result<(), DbErr> {
    for table in tables {
        db.execute_unprepared(&table.keep_first()).await?;
    }
    for number in 1..=times {
        let before = i64::try_from(times - number + 1).unwrap_or(i64::MAX);
        let copy = Copy {
            number,
            since: now - GAP - before.saturating_mul(SECOND),
        };
        let tx = db.begin().await?;
        for table in tables {
            let sql = table.copy(tx.get_database_backend(), &copy);
            tx.execute_unprepared(&sql).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

struct Copy {
    number: u64,
    since: Millis,
}

impl Copy {
    /// What a column of the copy is made of.
    fn of(&self, backend: DbBackend, column: &str) -> String {
        let number = self.number;
        match (column, backend) {
            ("id" | "call_id" | "event_id", DbBackend::Postgres) => format!(
                "('{:012x}' || substr(replace({column}::text, '-', ''), 13))::uuid",
                self.since
            ),
            ("id" | "call_id" | "event_id", _) => format!(
                "unhex('{:012x}' || substr(nullif(hex({column}), ''), 13))",
                self.since
            ),
            ("vapi_call_id", _) => format!("'{number:08x}' || substr({column}, 9)"),
            ("digest" | "phone_index", DbBackend::Postgres) => {
                format!("sha256({column} || '{number}'::bytea)")
            }
            ("digest" | "phone_index", _) => {
                format!("CASE WHEN {column} IS NULL THEN NULL ELSE randomblob(32) END")
            }
            _ => format!("\"{column}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPY: Copy = Copy {
        number: 2,
        since: 0x0198_0000_0001,
    };

    #[test]
    fn a_table_is_copied_but_for_what_the_database_counts() {
        let [events] = <[Table; 1]>::try_from(events()).ok().unwrap();
        let sql = events.copy(DbBackend::Sqlite, &COPY);
        assert!(
            sql.starts_with("INSERT INTO events (\"id\", \"kind\", "),
            "{sql}"
        );
        assert!(sql.contains("unhex('019800000001' || substr("), "{sql}");
        assert!(sql.ends_with(" FROM first_events"), "{sql}");
        assert!(!sql.contains("position"), "{sql}");
    }

    #[test]
    fn a_key_is_another_one_in_each_database() {
        let of = |backend, column| COPY.of(backend, column);
        assert_eq!(of(DbBackend::Postgres, "kind"), "\"kind\"");
        assert_eq!(
            of(DbBackend::Postgres, "digest"),
            "sha256(digest || '2'::bytea)"
        );
        assert_eq!(
            of(DbBackend::Sqlite, "vapi_call_id"),
            "'00000002' || substr(vapi_call_id, 9)"
        );
    }
}
