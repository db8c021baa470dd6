//! Migrations: up, down, up again, by one process or by two, and none behind the operator's back.

use std::{collections::BTreeSet, time::Duration};

use chrono::DateTime;
use migration::Migrator;
use ringback::infra::{
    clock::Clock,
    db::migrate::{self, Waiting},
};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use tokio::sync::mpsc;

use super::{Store, tables};

/// The migrator's own table, and the counter that SQLite keeps for AUTOINCREMENT.
const OF_NO_MIGRATION: [&str; 2] = ["seaql_migrations", "sqlite_sequence"];

impl Store {
    async fn take_back(&self, migrations: Option<u32>) {
        let connection = self.plain_connection().await;
        Migrator::down(&connection, migrations).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn migrate(&self) -> anyhow::Result<usize> {
        migrate::up(&self.config(&[]).storage.database).await
    }

    /// Migrates; `meanwhile` is given what it waits for, and the clock by which it comes again.
    async fn migrate_while(
        &self,
        meanwhile: impl AsyncFnOnce(mpsc::UnboundedReceiver<String>, Clock),
    ) -> usize {
        let database = self.config(&[]).storage.database;
        let clock = Clock::stepped(DateTime::UNIX_EPOCH);
        let (tell, heard) = mpsc::unbounded_channel();
        let told = move |waiting: &Waiting| tell.send(waiting.to_string()).unwrap();
        let migrating = migrate::up_telling(&database, &clock, &told);
        let (applied, ()) = tokio::join!(migrating, meanwhile(heard, clock.clone()));
        applied.unwrap()
    }

    /// Every table, index, trigger, function and policy, with its definition.
    async fn schema(&self) -> BTreeSet<(String, String)> {
        let sql = if self.db.is_postgres() {
            POSTGRES_SCHEMA
        } else {
            SQLITE_SCHEMA
        };
        let ask = Statement::from_string(self.db.backend(), sql);
        let rows = self.db.read().query_all_raw(ask).await.unwrap();
        rows.iter()
            .map(|row| {
                let name: String = row.try_get("", "name").unwrap();
                (name, row.try_get("", "definition").unwrap())
            })
            .filter(|(name, _)| !OF_NO_MIGRATION.contains(&name.as_str()))
            .collect()
    }
}

const SQLITE_SCHEMA: &str = "SELECT tbl_name AS name, coalesce(sql, name) AS definition
    FROM sqlite_schema";

const POSTGRES_SCHEMA: &str = "
    SELECT table_name::text AS name,
           concat_ws(' ', column_name, data_type, is_nullable, column_default) AS definition
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT proname::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename::text, concat_ws(' ', policyname, cmd, qual) FROM pg_policies
    UNION ALL
    SELECT relname::text, concat_ws(' ', 'row security', relrowsecurity, reloptions) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";

#[tokio::test]
async fn up_and_down_and_up_again_leaves_nothing_behind() {
    let store = Store::open().await;
    let schema = store.schema().await;
    assert!(schema.iter().any(|(name, _)| name == "calls"), "{schema:?}");

    store.take_back(None).await;
    assert_eq!(store.schema().await, BTreeSet::new());

    let applied = store.migrate().await.unwrap();
    assert_eq!(applied, Migrator::migrations().len());
    assert_eq!(store.schema().await, schema);
    store.close().await;
}

#[tokio::test]
async fn each_migration_is_taken_back_alone_and_made_again() {
    let store = Store::open().await;
    let schema = store.schema().await;
    for taken_back in 1..=Migrator::migrations().len() {
        store.take_back(Some(taken_back.try_into().unwrap())).await;
        assert_eq!(store.migrate().await.unwrap(), taken_back);
        assert_eq!(store.schema().await, schema, "{taken_back} taken back");
    }
    store.close().await;
}

#[tokio::test]
async fn a_schema_that_is_up_to_date_is_left_alone() {
    let store = Store::open().await;
    assert_eq!(store.migrate().await.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn two_that_start_together_migrate_once() {
    let store = Store::open().await;
    store.take_back(None).await;
    let (one, other) = tokio::join!(store.migrate(), store.migrate());
    let applied = BTreeSet::from([one.unwrap(), other.unwrap()]);
    assert_eq!(applied, BTreeSet::from([0, Migrator::migrations().len()]));
    store.close().await;
}

#[tokio::test]
async fn a_migration_that_somebody_is_in_the_way_of_lets_all_others_go_first() {
    let store = Store::open().await;
    if store.db.is_postgres() {
        let schema = store.schema().await;
        store.take_back(Some(1)).await;
        let connection = store.plain_connection().await;
        let dump = connection.begin().await.unwrap();
        let names: Vec<_> = tables::all().iter().map(|table| table.name).collect();
        let looks = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
        dump.execute_unprepared(&looks).await.unwrap();
        let applied = store.migrate_while(async |mut heard, clock| {
            let waits_for = heard.recv().await.unwrap();
            let last = Migrator::migrations().pop().unwrap();
            assert!(waits_for.starts_with(last.name()), "{waits_for}");
            store.run(&[&looks]).await.unwrap();
            dump.rollback().await.unwrap();
            clock.advance(Duration::from_secs(60));
        });
        assert_eq!(applied.await, 1);
        assert_eq!(store.schema().await, schema);
        connection.close().await.unwrap();
    } else {
        eprintln!("on SQLite nobody is in the way: who writes waits its turn");
    }
    store.close().await;
}

#[tokio::test]
async fn whoever_waits_for_another_to_migrate_says_so() {
    let store = Store::open().await;
    if store.db.is_postgres() {
        let another = store.plain_connection().await;
        let lock = i64::from_be_bytes(*b"ringback");
        let takes = format!("SELECT pg_advisory_lock({lock})");
        another.execute_unprepared(&takes).await.unwrap();
        let applied = store.migrate_while(async |mut heard, _| {
            let waits_for = heard.recv().await.unwrap();
            assert!(waits_for.contains("another process"), "{waits_for}");
            another.close().await.unwrap();
        });
        assert_eq!(applied.await, 0);
    } else {
        eprintln!("on SQLite the lock is a file, and the wait is short");
    }
    store.close().await;
}

#[tokio::test]
async fn with_migrations_off_an_old_schema_is_refused_with_the_way_out() {
    let store = Store::open().await;
    store.take_back(Some(1)).await;
    let config = store.config(&[("RINGBACK_MIGRATE", "off")]);
    let clock = Clock::stepped(DateTime::UNIX_EPOCH);
    let refusal = ringback::run::start(config, clock).await.err().unwrap();
    let words = refusal.to_string();
    assert!(words.contains("run `ringback migrate`"), "{words}");
    assert!(migrate::assert_current(store.db.read()).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn a_current_schema_is_not_refused() {
    let store = Store::open().await;
    migrate::assert_current(store.db.read()).await.unwrap();
    store.close().await;
}
