//! Copies from one database to another: all rows of all tables, to the byte, in either direction.

use std::collections::BTreeSet;

use chrono::DateTime;
use ringback::{
    config::Database,
    copy::{self, LEFT_OUT, Manner, Order, Report},
    infra::{
        clock::Clock,
        db::{Db, unfinished},
        seal::Seal,
    },
};
use sea_orm::Statement;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    Store, legal_rows,
    sealed_values::{KEY_A, KEY_B, call_event, fill, keys},
    tables,
};

/// Tables whose legal row has nothing sealed in it.
const PLAIN: [&str; 11] = [
    "api_keys",
    "calls",
    "campaigns",
    "delivery_attempts",
    "delivery_queue",
    "identities",
    "inquiries",
    "lanes",
    "schedule_runs",
    "stats_minutes",
    "tool_calls",
];

/// A database with some rows in each table, and a folder for the next one.
struct Copies {
    store: Store,
    folder: TempDir,
    seal: Seal,
}

impl Copies {
    async fn filled() -> Self {
        let (store, seal) = (Store::open().await, keys(&[KEY_A]));
        fill(&store, &seal).await;
        let events = (0..7).map(|_| call_event(&seal, Uuid::now_v7()));
        store.insert(events).await;
        for table in PLAIN {
            let rows = [(); 3].map(|()| legal_rows::insert(table, ""));
            let statements = rows.each_ref().map(String::as_str);
            super::assert_let_through(store.run(&statements).await, table);
        }
        Self {
            store,
            folder: tempfile::tempdir().unwrap(),
            seal,
        }
    }

    /// A file that does not exist yet.
    fn file(&self, name: &str) -> Database {
        Database::Sqlite {
            file: self.folder.path().join(name),
        }
    }

    fn order(&self, from: &Database, to: &Database) -> Order {
        Order {
            from: from.clone(),
            to: to.clone(),
            storage: self.store.config(&[]).storage,
            seal: Some(self.seal.clone()),
            manner: Manner {
                rows_per_transaction_max: 2,
                ..Manner::default()
            },
            compares_only: false,
        }
    }

    fn here(&self) -> Database {
        self.store.config(&[]).storage.database
    }

    async fn copy(&self, from: &Database, to: &Database) -> anyhow::Result<Report> {
        copy::copy(&self.order(from, to), &|_| {}).await
    }

    async fn compare(&self, from: &Database, to: &Database) -> Report {
        let order = Order {
            compares_only: true,
            ..self.order(from, to)
        };
        copy::copy(&order, &|_| {}).await.unwrap()
    }

    /// Speaks to another database than the store's.
    async fn run(&self, database: &Database, sql: &str) {
        let mut storage = self.store.config(&[]).storage;
        storage.database = database.clone();
        let db = Db::open(&storage).await.unwrap();
        let statement =
            Statement::from_string(db.backend(), super::sql::filled_in(db.backend(), sql));
        let ended = db.write(|tx| async move {
            use sea_orm::ConnectionTrait;
            tx.execute_raw(statement).await?;
            Ok(())
        });
        ended.await.unwrap();
        db.close().await;
    }

    async fn close(self) {
        self.store.close().await;
    }
}

#[test]
fn every_table_is_copied_or_left_out_for_a_reason() {
    let known = tables::all();
    let there: BTreeSet<&str> = known.iter().map(|table| table.name).collect();
    let tables = copy::tables();
    let copied = tables.iter().map(|table| table.name);
    let left_out = LEFT_OUT.iter().map(|(table, _)| *table);
    let of_no_entity = ["maintenance_at_rest", "seaql_migrations"];
    let dealt_with: BTreeSet<&str> = copied.chain(left_out).collect();
    assert_eq!(
        there
            .into_iter()
            .chain(of_no_entity)
            .collect::<BTreeSet<_>>(),
        dealt_with
    );
}

#[tokio::test]
async fn all_rows_of_all_tables_arrive_there_and_come_back() {
    let copies = Copies::filled().await;
    let there = copies.file("there.db");
    let report = copies.copy(&copies.here(), &there).await.unwrap();
    assert!(report.is_good(), "{report:?}");
    for table in &report.tables {
        assert_ne!(table.target.rows, 0, "{} had nothing to copy", table.table);
    }

    let other = Store::open().await;
    let back = other.config(&[]).storage.database;
    let returned = copies.copy(&there, &back).await.unwrap();
    assert!(returned.is_good(), "{returned:?}");
    let digests = |report: &Report| -> Vec<_> {
        let tables = report.tables.iter();
        tables
            .map(|it| (it.table, it.source.clone(), it.target.clone()))
            .collect()
    };
    assert_eq!(digests(&report), digests(&returned));
    other.close().await;
    copies.close().await;
}

#[tokio::test]
async fn a_number_is_not_given_again_though_its_row_is_gone() {
    let copies = Copies::filled().await;
    let gone = ["DELETE FROM events"];
    super::assert_let_through(copies.store.run(&gone).await, gone[0]);
    let there = copies.file("there.db");
    assert!(copies.copy(&copies.here(), &there).await.unwrap().is_good());
    let next =
        "INSERT INTO events (id, kind, payload, created_at) VALUES ({uuid}, 'k', {40 bytes}, 1)";
    copies.run(&there, next).await;
    let compared = copies.compare(&copies.here(), &there).await;
    let events = compared
        .tables
        .iter()
        .find(|it| it.table == "events")
        .unwrap();
    assert_eq!((events.source.rows, events.target.rows), (0, 1));
    let given = |it: &copy::Sum| it.highest.unwrap();
    assert_eq!(given(&events.target), given(&events.source) + 1);
    copies.close().await;
}

#[tokio::test]
async fn one_changed_value_is_found() {
    let copies = Copies::filled().await;
    let there = copies.file("there.db");
    assert!(copies.copy(&copies.here(), &there).await.unwrap().is_good());
    copies.run(&there, "UPDATE lanes SET last_error = ''").await;
    let compared = copies.compare(&copies.here(), &there).await;
    let differing = compared.tables.iter().filter(|table| !table.is_same());
    assert_eq!(
        differing.map(|table| table.table).collect::<Vec<_>>(),
        ["lanes"]
    );
    assert!(!compared.is_good());
    copies.close().await;
}

#[tokio::test]
async fn a_database_that_holds_something_else_is_not_copied_into() {
    let copies = Copies::filled().await;
    let there = copies.file("there.db");
    assert!(copies.copy(&copies.here(), &there).await.unwrap().is_good());
    let refused = copies.copy(&copies.here(), &there).await.unwrap_err();
    assert!(
        refused.to_string().contains("holds data already"),
        "{refused}"
    );
    let refused = copies.copy(&there, &there).await.unwrap_err();
    assert!(
        refused.to_string().contains("the same database"),
        "{refused}"
    );
    copies.close().await;
}

#[tokio::test]
async fn what_was_begun_is_served_by_nobody_and_finished_from_nowhere_else() {
    let copies = Copies::filled().await;
    let (there, store) = (copies.file("there.db"), &copies.store);
    let begun = store
        .db
        .write(|tx| async move { Ok(unfinished::mark(&tx, "somewhere else").await?) });
    begun.await.unwrap();
    let refused = copies
        .copy(&there_with(&copies).await, &copies.here())
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("from somewhere else, not from"),
        "{refused}"
    );
    let refused = copies.copy(&copies.here(), &there).await.unwrap_err();
    assert!(format!("{refused:#}").contains("not whole"), "{refused:#}");
    let clock = Clock::stepped(DateTime::UNIX_EPOCH);
    let refused = ringback::run::start(store.config(&[]), clock)
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("not whole"), "{refused}");
    copies.close().await;
}

/// An empty database that is whole.
async fn there_with(copies: &Copies) -> Database {
    let empty = copies.file("empty.db");
    ringback::infra::db::migrate::up(&empty).await.unwrap();
    empty
}

#[tokio::test]
async fn nothing_is_copied_that_the_keys_at_hand_do_not_open() {
    let copies = Copies::filled().await;
    let there = copies.file("there.db");
    for (seal, told) in [
        (None, "are not known"),
        (Some(keys(&[KEY_B])), "not those of --from"),
    ] {
        let order = Order {
            seal,
            ..copies.order(&copies.here(), &there)
        };
        let refused = copy::copy(&order, &|_| {}).await.unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
    copies.close().await;
}
