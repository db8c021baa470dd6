//! Starting: what is found there is told, and a server that cannot start is never counted by the
//! others.

use std::{fs, net::TcpListener};

use ringback::run;
use tempfile::TempDir;

use crate::support::{TestDatabase, clock, config, processes};

/// Why it does not start with these settings.
async fn refusal(database: &TestDatabase, folder: &TempDir, settings: &[(&str, &str)]) -> String {
    let config = config(database.url(), folder, settings);
    let refused = run::start(config.clone(), clock()).await.err().unwrap();
    assert_eq!(processes(&config).await, 0, "{refused:#}");
    format!("{refused:#}")
}

#[tokio::test]
async fn whoever_finds_its_port_taken_leaves_no_row_behind() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(folder.path()).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let why = refusal(&database, &folder, &[("RINGBACK_LISTEN", &listen)]).await;
    assert!(
        why.contains(&format!("RINGBACK_LISTEN is {listen}")),
        "{why}"
    );
    database.drop().await;
}

#[tokio::test]
async fn whoever_fails_once_its_row_is_there_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(folder.path()).await;
    let spool = folder.path().join("spool");
    fs::write(&spool, "no folder").unwrap();
    let why = refusal(&database, &folder, &[]).await;
    assert!(why.contains("the spool"), "{why}");
    fs::remove_file(&spool).unwrap();
    let settled = run::start(config(database.url(), &folder, &[]), clock()).await;
    settled.unwrap().stop().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn a_secret_that_is_kept_here_is_told_by_its_file_and_one_that_is_set_is_not() {
    let signing = ("VAPI_WEBHOOK_SECRET", "a-signing-secret");
    for shared in ["", "a-shared-secret"] {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(folder.path()).await;
        let settings = [("WEBHOOK_SHARED_SECRET", shared), signing];
        let running = run::start(config(database.url(), &folder, &settings), clock()).await;
        let running = running.unwrap();
        let is_made = shared.is_empty() && !running.app.db.is_postgres();
        let file = folder.path().join("webhook-shared-secret");
        assert_eq!(file.exists(), is_made);
        assert_eq!(running.shared_secret_file, is_made.then_some(file));
        running.stop().await.unwrap();
        database.drop().await;
    }
}
