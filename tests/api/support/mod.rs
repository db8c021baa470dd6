//! The test house: one server a test, its database, its clock.
//!
//! `TestApp::spawn()` starts the whole product in this process on a database
//! of its own. Time stands still until the test steps it. Each test ends with
//! `app.finish()`, which stops everything in order and fails if something was
//! left behind; a test that forgets it fails for that.

mod ask;
mod away;
mod database;
#[allow(dead_code, reason = "some of it is for tests of the whole process")]
pub mod hostile;
pub mod program;
mod receiver;
mod redis;
mod rows;
mod stream;
pub mod vapi;
mod visitor;
mod websocket;

use std::{future::Future, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use entity::instances;
use ringback::{
    app::App,
    calls::Calls,
    campaigns::Campaigns,
    config::{Config, Environment},
    delivery::Deliveries,
    infra::{clock::Clock, db::Db},
    ingest::Ingest,
    instances::Membership,
    results::Desk,
    run::{self, Running},
    schedule::Schedules,
    tools::Tools,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

pub use ask::{Answer, Ask, client};
pub use away::Away;
pub use database::TestDatabase;
pub use receiver::{Receiver, Reply};
pub use redis::RedisServer;
pub use stream::Stream;
pub use visitor::{Visitor, csrf_of, form, hidden_in};
pub use websocket::{Said, WebSocket};

pub const ADMIN_KEY: &str = "an-admin-key-that-only-the-tests-have";
const SEALING_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const START: &str = "2026-01-05T09:00:00Z";

pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub tools: Tools,
    pub calls: Calls,
    pub schedules: Schedules,
    pub campaigns: Campaigns,
    pub ingest: Ingest,
    pub deliveries: Deliveries,
    pub desk: Desk,
    pub membership: Membership,
    base: String,
    client: reqwest::Client,
    running: Option<Running>,
    /// None where the test began it with another server.
    database: Option<TestDatabase>,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl TestApp {
    /// A server with nothing set but what tests need.
    pub async fn spawn() -> Self {
        Self::with(&[]).await
    }

    /// A server that sends nothing, for rows that are made by hand and looked at.
    pub async fn silent() -> Self {
        Self::silent_at(clock(), &[]).await
    }

    pub async fn silent_at(clock: Clock, settings: &[(&str, &str)]) -> Self {
        let app = Self::at(clock, settings).await;
        if let Some(running) = &app.running {
            running.senders.stop().await;
        }
        app
    }

    /// A server with some settings of its own.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(clock(), settings).await
    }

    /// A server whose time is somebody else's too.
    pub async fn at(clock: Clock, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(folder.path()).await;
        let url = database.url().to_owned();
        Self::start(&url, Some(database), folder, clock, settings).await
    }

    async fn start(
        url: &str,
        database: Option<TestDatabase>,
        folder: TempDir,
        clock: Clock,
        settings: &[(&str, &str)],
    ) -> Self {
        let running = run::start(config(url, &folder, settings), clock.clone())
            .await
            .unwrap();
        let owned = settings
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        Self {
            app: running.app.clone(),
            clock,
            tools: running.tools.clone(),
            calls: running.calls.clone(),
            schedules: running.schedules.clone(),
            campaigns: running.campaigns.clone(),
            ingest: running.ingest.clone(),
            deliveries: running.deliveries.clone(),
            desk: running.desk.clone(),
            membership: running.membership.clone(),
            base: format!("http://{}", running.address),
            client: client(),
            running: Some(running),
            database,
            settings: owned.collect(),
            folder,
        }
    }

    /// Stopped in order, and started again on the same database.
    pub async fn restart(mut self) -> Self {
        self.running.take().unwrap().stop().await.unwrap();
        let database = self.database.take().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        let (settings, clock) = (std::mem::take(&mut self.settings), self.clock.clone());
        // What is left of it holds the spool's lock.
        drop(self);
        let settings = settings.iter();
        let settings: Vec<_> = settings.map(|(name, value)| (&**name, &**value)).collect();
        let url = database.url().to_owned();
        Self::start(&url, Some(database), folder, clock, &settings).await
    }

    /// Another server on the same database, where it is one that several can use.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> Option<Self> {
        if !self.app.db.is_postgres() {
            return None;
        }
        let (folder, clock) = (tempfile::tempdir().unwrap(), self.clock.clone());
        Some(Self::start(&self.database_url(), None, folder, clock, settings).await)
    }

    /// Another server on the same database, with the same time.
    pub async fn replica(&self, settings: &[(&str, &str)]) -> Running {
        let folder = self.folder.path().join(Uuid::now_v7().to_string());
        let own = ("RINGBACK_DATA_DIR", folder.to_str().unwrap());
        let settings = [settings, &[own]].concat();
        let config = config(&self.database_url(), &self.folder, &settings);
        run::start(config, self.clock.clone()).await.unwrap()
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
        let Some(database) = self.database.take() else {
            return; // the server it was beside looks
        };
        let rows = processes(&config(database.url(), &self.folder, &[])).await;
        database.drop().await;
        assert_eq!(rows, 0, "a stopped server left its row in instances");
    }
}

/// A clock that stands still until it is stepped.
pub fn clock() -> Clock {
    Clock::stepped(START.parse::<DateTime<Utc>>().unwrap())
}

/// Time passes as long as somebody has to wait for it.
pub async fn as_time_passes<T>(clock: &Clock, waiting: impl Future<Output = T>) -> T {
    let mut waiting = std::pin::pin!(waiting);
    loop {
        tokio::select! {
            biased;
            done = &mut waiting => return done,
            () = tokio::task::yield_now() => clock.advance(Duration::from_millis(1)),
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if self.running.is_some() && !std::thread::panicking() {
            panic!("end the test with app.finish().await");
        }
    }
}

/// How many processes have a row.
pub async fn processes(config: &Config) -> u64 {
    let db = Db::open(&config.storage).await.unwrap();
    let rows = instances::Entity::find().count(db.read()).await.unwrap();
    db.close().await;
    rows
}

pub fn config(url: &str, folder: &TempDir, settings: &[(&str, &str)]) -> Config {
    let defaults = [
        ("RINGBACK_LISTEN", "127.0.0.1:0"),
        ("RINGBACK_DATA_DIR", folder.path().to_str().unwrap()),
        ("DATABASE_URL", url),
        ("RINGBACK_KEYS", SEALING_KEY),
        ("RINGBACK_ADMIN_KEY", ADMIN_KEY),
        ("WEBHOOK_SHARED_SECRET", "a-shared-secret"),
        // A test that steps the clock far says itself whether Vapi is asked meanwhile.
        ("RINGBACK_RECONCILE_EVERY", "0"),
    ];
    let pairs = defaults.into_iter().chain(settings.iter().copied());
    Config::read(&Environment::of_pairs(pairs)).unwrap()
}
