//! What was to be called when a backup was made rings nobody a second time once it is restored.

use std::process::Command;

use entity::{
    CallId,
    campaigns::{self, CampaignState},
    placements::{self, PlacementState},
    schedules,
};
use ringback::{
    backup::{self, Held, Restored},
    config::{Config, Database},
    infra::{
        clock::Clock,
        db::{Db, unfinished},
        seal::Seal,
    },
};
use sea_orm::EntityTrait;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    Store, sample,
    sealed_values::{KEY_A, KEY_B, keys},
};
use crate::support::TestDatabase;

const HOUR: i64 = 3_600_000;

/// A database that was put aside, and an empty one to put it back to.
struct Aside {
    store: Store,
    folder: TempDir,
    empty: TestDatabase,
}

impl Aside {
    /// None where the programs of PostgreSQL's client are not here.
    #[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
    async fn put() -> Option<Self> {
        let store = Store::open().await;
        let script = "command -v pg_dump || ls /usr/lib/postgresql/*/bin/pg_dump";
        let found = Command::new("bash").args(["-c", script]).output();
        if store.db.is_postgres() && !found.is_ok_and(|output| output.status.success()) {
            eprintln!("pg_dump is not on this machine, so there is nothing to test");
            store.close().await;
            return None;
        }
        fill(&store).await;
        let folder = tempfile::tempdir().unwrap();
        let (storage, file) = (store.config(&[]).storage, folder.path().join("aside"));
        backup::put_aside(&storage, &file, false, &|_, _| {})
            .await
            .unwrap();
        let empty = TestDatabase::create_empty(folder.path()).await;
        Some(Self {
            store,
            folder,
            empty,
        })
    }

    fn config(&self, keys: &str) -> Config {
        let new = self.folder.path().join("data");
        self.store.config(&[
            ("DATABASE_URL", self.empty.url()),
            ("RINGBACK_DATA_DIR", new.to_str().unwrap()),
            ("RINGBACK_KEYS", keys),
        ])
    }

    async fn back(&self, keys: &str, goes_on: bool) -> anyhow::Result<Restored> {
        let file = self.folder.path().join("aside");
        backup::put_back(&self.config(keys).storage, &file, goes_on).await
    }

    async fn restored(&self) -> Db {
        Db::open(&self.config(KEY_A).storage).await.unwrap()
    }

    async fn close(self) {
        self.empty.drop().await;
        self.store.close().await;
    }
}

fn of_call(seal: &Seal, due_at: i64, queue: Option<Uuid>) -> placements::Model {
    let call_id = CallId::from_uuid(Uuid::now_v7());
    let place = ringback::infra::seal::Place {
        table: "placements",
        column: "new_call",
        row: call_id.as_bytes(),
    };
    placements::Model {
        call_id,
        state: PlacementState::Waiting,
        new_call: entity::Sealed(seal.seal(place, b"{}")),
        asked_at: None,
        instance: None,
        due_at,
        queue,
        ..sample::placement()
    }
}

/// Of each kind one that is due and one that is not.
async fn fill(store: &Store) {
    let (seal, now) = (keys(&[KEY_A]), Clock::system().millis());
    let (past, future) = (now - HOUR, now + HOUR);
    let campaign = campaigns::Model {
        state: CampaignState::Running,
        completed_at: None,
        ..sample::campaign()
    };
    let placements = [
        of_call(&seal, past, None),
        of_call(&seal, future, None),
        of_call(&seal, past, Some(campaign.id.uuid())),
    ];
    store.insert(placements).await;
    store.insert([campaign, sample::campaign()]).await;
    store
        .insert([past, future].map(|next| schedule(&seal, next)))
        .await;
}

fn schedule(seal: &Seal, next_run_at: i64) -> schedules::Model {
    let row = sample::schedule();
    let place = ringback::infra::seal::Place {
        table: "schedules",
        column: "call_template",
        row: row.id.as_bytes(),
    };
    schedules::Model {
        call_template: entity::Sealed(seal.seal(place, b"{}")),
        ends_at: None,
        next_run_at: Some(next_run_at),
        ..row
    }
}

#[tokio::test]
async fn calls_that_may_have_been_placed_since_are_looked_for_and_campaigns_stand_still() {
    let Some(aside) = Aside::put().await else {
        return;
    };
    let restored = aside.back(KEY_A, false).await.unwrap();
    let one_each = Held {
        calls: 1,
        campaigns: 1,
        schedules: 1,
    };
    assert_eq!(restored.held, Some(one_each));

    let (db, now) = (aside.restored().await, Clock::system().millis());
    let placements = placements::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(placements.len(), 3);
    for row in placements {
        let was_due = row.due_at <= now && row.queue.is_none();
        let expected = match was_due {
            true => (PlacementState::Unconfirmed, Some(row.due_at)),
            false => (PlacementState::Waiting, None),
        };
        assert_eq!((row.state, row.asked_at), expected);
    }
    let campaigns = campaigns::Entity::find().all(db.read()).await.unwrap();
    assert!(
        campaigns
            .iter()
            .all(|row| row.state != CampaignState::Running)
    );
    let schedules = schedules::Entity::find().all(db.read()).await.unwrap();
    assert!(
        schedules.iter().all(|row| row.next_run_at > Some(now)),
        "{schedules:?}"
    );
    db.close().await;
    aside.close().await;
}

#[tokio::test]
async fn where_nothing_has_run_since_everything_goes_on_as_it_was() {
    let Some(aside) = Aside::put().await else {
        return;
    };
    assert_eq!(aside.back(KEY_A, true).await.unwrap().held, None);
    let db = aside.restored().await;
    let before = placements::Entity::find()
        .all(aside.store.db.read())
        .await
        .unwrap();
    assert_eq!(
        placements::Entity::find().all(db.read()).await.unwrap(),
        before
    );
    assert_eq!(unfinished::marked(db.read()).await.unwrap(), None);
    db.close().await;
    aside.close().await;
}

#[tokio::test]
async fn with_the_wrong_keys_nothing_is_restored_and_with_the_right_ones_it_still_is() {
    let Some(aside) = Aside::put().await else {
        return;
    };
    let refused = aside.back(KEY_B, false).await.unwrap_err();
    assert!(
        refused.to_string().contains("not those of the backup"),
        "{refused}"
    );
    match &aside.config(KEY_A).storage.database {
        Database::Sqlite { file } => assert!(!file.exists(), "nobody serves from it"),
        Database::Postgres { .. } => {
            let db = aside.restored().await;
            assert!(
                unfinished::refuse(db.read()).await.is_err(),
                "nobody serves from it"
            );
            db.close().await;
        }
    }
    assert!(aside.back(KEY_A, false).await.unwrap().held.is_some());
    aside.close().await;
}
