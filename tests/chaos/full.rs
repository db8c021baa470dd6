//! A disk that is full, and then is not: the embedded database's own, with the spool on another or
//! on the same.

use futures_util::future::BoxFuture;
use ringback::{
    config::{Config, Environment},
    error::Error,
    infra::db::{Db, Tx},
};
use sea_orm::{ConnectionTrait, Statement};

use super::{
    disk::Disk,
    judge,
    plan::Plan,
    world::{World, home},
};

const TALKERS: usize = 16;
const EVENTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_databases_disk_is_full_events_wait_on_another() {
    let Some((home, disk)) = embedded().await else {
        return;
    };
    let file = disk.path().join("ringback.db");
    let home = home.with("DATABASE_URL", &format!("sqlite:{}", file.display()));
    let mut world = World::of(&Plan::calm(TALKERS), home).await;
    world.talk.reaches(EVENTS).await;
    disk.fill();
    world.talk.reaches(world.talk.count() + 3 * EVENTS).await;
    disk.free();
    world.live_on().await;
    judge::judge(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_no_disk_has_room_everybody_is_told_to_come_again() {
    let Some((home, disk)) = embedded().await else {
        return;
    };
    let file = disk.path().join("ringback.db");
    let home = home
        .with("DATABASE_URL", &format!("sqlite:{}", file.display()))
        .with("RINGBACK_DATA_DIR", &disk.path().display().to_string());
    let mut world = World::of(&Plan::calm(TALKERS), home).await;
    world.talk.reaches(EVENTS).await;
    disk.fill();
    world.talk.refuses(TALKERS).await;
    disk.free();
    world
        .talk
        .open(world.life.as_ref().unwrap().server.speaker());
    world.live_on().await;
    judge::judge(world).await;
}

/// SQLite does that where the disk is full, and the driver does not know of it.
#[tokio::test]
async fn a_transaction_that_the_database_has_ended_by_itself_takes_no_later_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let config = Config::read(&Environment::of_pairs([("DATABASE_URL", url)])).unwrap();
    let db = Db::open(&config.storage).await.unwrap();
    db.write(say("CREATE TABLE kept (n INTEGER)"))
        .await
        .unwrap();
    for sql in ["ROLLBACK", "SELECT 1"] {
        let failed = db.write(move |tx: Tx| async move {
            tx.execute_unprepared(sql).await?;
            Err::<(), _>(Error::internal(anyhow::anyhow!("the disk is full")))
        });
        failed.await.unwrap_err();
    }
    db.write(say("INSERT INTO kept VALUES (1)")).await.unwrap();
    let ask = Statement::from_string(db.backend(), "SELECT n FROM kept");
    let seen_by_others = db.read().query_all_raw(ask).await.unwrap();
    assert_eq!(seen_by_others.len(), 1, "it was told as kept");
    db.close().await;
}

pub(super) fn say(
    sql: &'static str,
) -> impl FnOnce(Tx) -> BoxFuture<'static, ringback::error::Result<()>> {
    move |tx| {
        Box::pin(async move {
            tx.execute_unprepared(sql).await?;
            Ok(())
        })
    }
}

async fn embedded() -> Option<(crate::support::Home, Disk)> {
    let home = home().await;
    let disk = match home.is_on_postgres() {
        true => None,
        false => Disk::mount(32, "root"),
    };
    match disk {
        Some(disk) => Some((home, disk)),
        None => {
            home.leave().await;
            None
        }
    }
}
