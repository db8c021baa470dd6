//! The test house: one server a test, its database, its clock.
//!
//! `TestApp::spawn()` starts the whole product in this process on a database
//! of its own. Time stands still until the test steps it. Each test ends with
//! `app.finish()`, which stops everything in order and fails if something was
//! left behind; a test that forgets it fails for that.

mod ask;
mod database;
mod receiver;

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use ringback::{
    app::App,
    config::{Config, Environment},
    infra::clock::Clock,
    run::{self, Running},
    tools::Tools,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tempfile::TempDir;

pub use ask::{Answer, Ask};
pub use database::TestDatabase;
pub use receiver::{Receiver, Reply};

pub const ADMIN_KEY: &str = "an-admin-key-that-only-the-tests-have";
const SEALING_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const START: &str = "2026-01-05T09:00:00Z";

pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub tools: Tools,
    base: String,
    client: reqwest::Client,
    running: Option<Running>,
    database: Option<TestDatabase>,
    folder: TempDir,
}

impl TestApp {
    /// A server with nothing set but what tests need.
    pub async fn spawn() -> Self {
        Self::with(&[]).await
    }

    /// A server with some settings of its own.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(folder.path()).await;
        let clock = Clock::stepped(START.parse::<DateTime<Utc>>().unwrap());
        let running = run::start(config(&database, &folder, settings), clock.clone())
            .await
            .unwrap();
        Self {
            app: running.app.clone(),
            clock,
            tools: running.tools.clone(),
            base: format!("http://{}", running.address),
            client: ask::client(),
            running: Some(running),
            database: Some(database),
            folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn database_url(&self) -> String {
        self.database.as_ref().unwrap().url().to_owned()
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    pub fn post(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    pub fn delete(&self, path: &str) -> Ask {
        self.ask("DELETE", path)
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(self.client.request(method.parse().unwrap(), self.url(path)))
    }

    /// An API key of a user who owns what `owner` owns.
    pub async fn user(&self, owner: &str) -> String {
        self.key_of("user", owner).await
    }

    pub async fn key_of(&self, role: &str, owner: &str) -> String {
        let wanted = json!({"name": "test", "role": role, "owner": owner});
        let made = self.post("/api/v1/keys").by(ADMIN_KEY).json(&wanted).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["key"].as_str().unwrap().to_owned()
    }

    /// Like [`finish`](Self::finish), after a test that took the database away.
    pub async fn finish_without_database(mut self) {
        self.running.take().unwrap().stop().await.unwrap_err();
        self.database.take().unwrap().drop().await;
    }

    /// Stops the server in order, and checks that it left nothing behind.
    pub async fn finish(mut self) {
        self.running.take().unwrap().stop().await.unwrap();
        let database = self.database.take().unwrap();
        let config = config(&database, &self.folder, &[]);
        let db = ringback::infra::db::Db::open(&config.storage)
            .await
            .unwrap();
        let rows = entity::instances::Entity::find()
            .count(db.read())
            .await
            .unwrap();
        db.close().await;
        database.drop().await;
        assert_eq!(rows, 0, "a stopped server left its row in instances");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if self.running.is_some() && !std::thread::panicking() {
            panic!("end the test with app.finish().await");
        }
    }
}

fn config(database: &TestDatabase, folder: &TempDir, settings: &[(&str, &str)]) -> Config {
    let defaults = [
        ("RINGBACK_LISTEN", "127.0.0.1:0"),
        ("RINGBACK_DATA_DIR", folder.path().to_str().unwrap()),
        ("DATABASE_URL", database.url()),
        ("RINGBACK_KEYS", SEALING_KEY),
        ("RINGBACK_ADMIN_KEY", ADMIN_KEY),
        ("WEBHOOK_SHARED_SECRET", "a-shared-secret"),
    ];
    let pairs = defaults.into_iter().chain(settings.iter().copied());
    Config::read(&Environment::of_pairs(pairs)).unwrap()
}
