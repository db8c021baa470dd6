//! What the database does to us: it is cut off in mid-commit, slow, silent, gone and back, read-only,
//! full.
//! Whatever it does, a 200 is true, nothing is told twice for it, and nobody has to help.

use std::time::Duration;

use ringback::{
    bench::{Private, Programs},
    config::{Config, Environment, StorageConfig},
    infra::{db::Db, seal},
};
use sea_orm::TransactionTrait;

use super::{
    disk::Disk,
    full, judge,
    outage::{connect, say},
    plan::Plan,
    proxy::Proxy,
    world::{World, home},
};
use crate::support::Home;

const EVENTS: usize = 400;
const TALKERS: usize = 16;

/// A world that nobody kills, with a proxy in front of its database; none on SQLite.
async fn behind_a_proxy() -> Option<(World, Proxy, String)> {
    let home = home().await;
    if !home.is_on_postgres() {
        home.leave().await;
        return None;
    }
    let url = home.database_url().to_owned();
    let proxy = Proxy::to(&url).await;
    let home = home.with("DATABASE_URL", &proxy.instead_of(&url));
    let world = World::of(&Plan::calm(TALKERS), home).await;
    Some((world, proxy, url))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_is_cut_off_in_mid_commit_loses_nothing_and_tells_nothing_twice() {
    let Some((mut world, proxy, _)) = behind_a_proxy().await else {
        return;
    };
    proxy.cuts_every(5);
    let cuts = proxy.has_cut(2).await;
    proxy.cuts_every(0);
    println!("cut off before the server heard of it, and after it had done it: {cuts:?}");
    world.live_on().await;
    let figures = judge::judge(world).await;
    println!("{figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_is_slow_makes_it_slow_and_nothing_else() {
    let Some((mut world, proxy, _)) = behind_a_proxy().await else {
        return;
    };
    proxy.is_slow_by(Duration::from_millis(60));
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    proxy.is_slow_by(Duration::ZERO);
    world.live_on().await;
    judge::judge(world).await;
}

/// As when its machine is gone, or a firewall has forgotten the connections: nobody says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_says_nothing_any_more_is_taken_for_away() {
    let Some((mut world, proxy, _)) = behind_a_proxy().await else {
        return;
    };
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    proxy.falls_silent();
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    proxy.is_heard_again();
    world.live_on().await;
    judge::judge(world).await;
}

/// As after a failover: who was connected stays so, to a server that only reads now, and then to
/// one that has its old place again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_came_to_be_read_only_is_left_as_soon_as_there_is_another() {
    let Some((mut world, _proxy, url)) = behind_a_proxy().await else {
        return;
    };
    let (server, name) = url.rsplit_once('/').unwrap();
    let other = connect(&format!("{server}/postgres")).await;
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    say(&other, &read_only).await;
    let all = format!("FROM pg_stat_activity WHERE datname = '{name}'");
    say(&other, &format!("SELECT pg_terminate_backend(pid) {all}")).await;
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    // Nobody is thrown out this time.
    let again = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    say(&other, &again).await;
    other.close().await.unwrap();
    world.live_on().await;
    judge::judge(world).await;
}

/// What one write found out, the next one does not find out again.
#[tokio::test]
async fn a_connection_to_a_server_that_only_reads_is_not_lent_again() {
    let home = home().await;
    if !home.is_on_postgres() {
        return home.leave().await;
    }
    let (server, name) = home.database_url().rsplit_once('/').unwrap();
    let other = connect(&format!("{server}/postgres")).await;
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    let again = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    say(&other, &read_only).await;
    let db = Db::open(&storage_at(home.database_url())).await.unwrap();
    let refused = db.write(full::say("CREATE TABLE kept (n INTEGER)")).await;
    assert!(refused.unwrap_err().is_of_a_server_that_only_reads());
    say(&other, &again).await;
    let kept = db.write(full::say("CREATE TABLE kept (n INTEGER)")).await;
    kept.unwrap();
    db.close().await;
    other.close().await.unwrap();
    home.leave().await;
}

/// As after the server was started again. A read is not tried twice.
#[tokio::test]
async fn when_one_connection_is_found_broken_no_other_is_lent() {
    let home = home().await;
    if !home.is_on_postgres() {
        return home.leave().await;
    }
    let (server, name) = home.database_url().rsplit_once('/').unwrap();
    let other = connect(&format!("{server}/postgres")).await;
    let db = Db::open(&storage_at(home.database_url())).await.unwrap();
    borrow_all(&db).await;
    let all = format!("FROM pg_stat_activity WHERE datname = '{name}'");
    say(
        &other,
        &format!("SELECT pg_terminate_backend(pid, 5000) {all}"),
    )
    .await;
    let kept = db.write(full::say("CREATE TABLE kept (n INTEGER)")).await;
    kept.unwrap();
    borrow_all(&db).await;
    db.close().await;
    other.close().await.unwrap();
    home.leave().await;
}

/// As many as the pool for reading has.
async fn borrow_all(db: &Db) {
    let mut lent = Vec::new();
    for _ in 0..8 {
        lent.push(db.read().begin().await.unwrap());
    }
    for connection in lent {
        connection.rollback().await.unwrap();
    }
}

fn storage_at(url: &str) -> StorageConfig {
    let keys = seal::generate();
    let settings = [
        ("DATABASE_URL", url),
        ("RINGBACK_KEYS", keys.expose()),
        ("WEBHOOK_SHARED_SECRET", "what-vapi-proves-itself-with"),
    ];
    let config = Config::read(&Environment::of_pairs(settings)).unwrap();
    config.storage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_falls_and_gets_up_again_takes_nothing_with_it() {
    let Some((private, home)) = on_a_server_of_our_own().await else {
        return;
    };
    let mut world = World::of(&Plan::calm(TALKERS), home).await;
    world.talk.reaches(world.talk.count() + EVENTS).await;
    private.stop_at_once().unwrap();
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    private.start_again().unwrap();
    world.live_on().await;
    judge::judge(world).await;
}

/// The tables have a small disk of their own, so the server itself goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disk_that_is_full_of_others_things_is_waited_for() {
    let Some((private, home)) = on_a_server_of_our_own().await else {
        return;
    };
    let Some(disk) = Disk::mount(64, "postgres") else {
        return home.leave().await;
    };
    let server = private.url().expose().to_owned();
    let ours = connect(&server).await;
    let place = disk.path().display();
    say(
        &ours,
        &format!("CREATE TABLESPACE small LOCATION '{place}'"),
    )
    .await;
    say(&ours, "CREATE DATABASE small TABLESPACE small").await;
    ours.close().await.unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    let home = home.with("DATABASE_URL", &format!("{server}/small"));
    let mut world = World::of(&Plan::calm(TALKERS), home).await;
    world.talk.reaches(world.talk.count() + EVENTS / 4).await;
    disk.fill();
    world.talk.reaches(world.talk.count() + 2 * EVENTS).await;
    disk.free();
    world.live_on().await;
    judge::judge(world).await;
    drop(private);
}

/// As it comes, so that a commit is on the disk; where there is none, nothing is tried.
async fn on_a_server_of_our_own() -> Option<(Private, Home)> {
    let home = home().await;
    let programs = Programs::find().filter(|_| home.is_on_postgres());
    let Some(programs) = programs else {
        home.leave().await;
        return None;
    };
    let started = tokio::task::spawn_blocking(|| Private::start(programs, &std::env::temp_dir()));
    let private = started.await.unwrap().unwrap();
    let home = home.with("DATABASE_URL", private.url().expose());
    Some((private, home))
}
