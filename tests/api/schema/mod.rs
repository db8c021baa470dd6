//! The schema, below the product: what its tables let in, what they keep, what they give back.
//!
//! No server is started. The database is spoken to as the product does it, through its own `Db`,
//! so that the settings of its connections are tested along.

mod added;
mod constraints;
mod copy;
mod db;
mod ids;
mod immutability;
mod legal_rows;
mod maintenance;
mod migrations;
mod plans;
mod restore;
mod row_level_security;
mod rows;
mod sample;
mod seal_sweep;
mod seal_sweep_cut_off;
mod sealed_values;
mod sql;
mod states;
mod tables;

use ringback::{
    config::{Config, Environment},
    infra::db::{Db, migrate},
};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait,
};
use tempfile::TempDir;

use crate::support::TestDatabase;

/// A database that holds the schema and nothing else.
struct Store {
    db: Db,
    database: TestDatabase,
    folder: TempDir,
}

impl Store {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(folder.path()).await;
        let storage = config(&database, &folder, &[]).storage;
        migrate::up(&storage.database).await.unwrap();
        let db = Db::open(&storage).await.unwrap();
        Self {
            db,
            database,
            folder,
        }
    }

    fn config(&self, settings: &[(&str, &str)]) -> Config {
        config(&self.database, &self.folder, settings)
    }

    /// Runs the statements in one writing transaction; a refusal is told in the database's words.
    async fn run(&self, statements: &[&str]) -> Result<(), String> {
        let backend = self.db.backend();
        let statements: Vec<String> = statements
            .iter()
            .map(|statement| sql::filled_in(backend, statement))
            .collect();
        let ended = self.db.write(|tx| async move {
            for statement in &statements {
                tx.execute_unprepared(statement).await?;
            }
            Ok(())
        });
        ended
            .await
            .map_err(|error| error.source_chain().unwrap_or_default())
    }

    /// Inserts whole rows. A key that the database counts up is left to it.
    async fn insert<A>(&self, rows: impl IntoIterator<Item = impl IntoActiveModel<A>>)
    where
        A: ActiveModelTrait + Send + 'static,
    {
        let rows: Vec<A> = rows.into_iter().map(as_insert).collect();
        let inserted = self.db.write(|tx| async move {
            let insert = A::Entity::insert_many(rows);
            Ok(insert.exec_without_returning(&*tx).await?)
        });
        inserted.await.unwrap();
    }

    /// A connection of the test's own, for what the product never does.
    async fn plain_connection(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.database.url());
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    async fn close(self) {
        self.db.close().await;
        self.database.drop().await;
    }
}

fn config(database: &TestDatabase, folder: &TempDir, settings: &[(&str, &str)]) -> Config {
    let defaults = [
        ("RINGBACK_LISTEN", "127.0.0.1:0"),
        ("RINGBACK_DATA_DIR", folder.path().to_str().unwrap()),
        ("DATABASE_URL", database.url()),
        ("RINGBACK_KEYS", sealed_values::KEY_A),
        ("WEBHOOK_SHARED_SECRET", "a-shared-secret"),
    ];
    let pairs = defaults.into_iter().chain(settings.iter().copied());
    Config::read(&Environment::of_pairs(pairs)).unwrap()
}

fn as_insert<A: ActiveModelTrait>(row: impl IntoActiveModel<A>) -> A {
    type Key<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;
    let mut row = row.into_active_model().reset_all();
    if Key::<A>::auto_increment() {
        for key in Key::<A>::iter() {
            row.not_set(key.into_column());
        }
    }
    row
}

/// `what` was refused, and by what is named: the databases differ in the case of their words.
#[track_caller]
fn assert_refused(ended: &Result<(), String>, by: &str, what: &str) {
    match ended {
        Ok(()) => panic!("{what}\nwas let through"),
        Err(words) => assert!(
            words.to_lowercase().contains(by),
            "{what}\nwas refused, but not by {by}: {words}"
        ),
    }
}

#[track_caller]
fn assert_let_through(ended: Result<(), String>, what: &str) {
    if let Err(words) = ended {
        panic!("{what}\nwas refused: {words}");
    }
}
