//! `ringback copy`: from a file to the suite's database, cut off as often as one likes.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::{ADMIN, Home};

/// A home on SQLite whose server has taken something in, and was stopped; and what it answered
/// last.
async fn lived_in() -> (Home, Value) {
    let home = Home::embedded()
        .with("WEBHOOK_SHARED_SECRET", "a-shared-secret")
        .with("RINGBACK_ADMIN_KEY", ADMIN);
    let server = home.serve();
    for n in 0..20 {
        let said = json!({"message": {"type": "status-update", "status": "ringing", "timestamp": n,
            "call": {"id": format!("v{n}")}}});
        assert_eq!(server.hear(&said).await, 200);
    }
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    let answer = server.post("/api/v1/keys", ADMIN, "k1", &wanted).await;
    server.signal("TERM");
    assert!(server.wait().0);
    (home, answer)
}

/// The copy from one home to the other's database, by the first one's keys.
fn copy(from: &Home, to: &Home, more: &[&str]) -> Command {
    let mut command = from.command(&["copy", "--to", to.database_url(), "--json"]);
    command.args(more).stdin(Stdio::null());
    command
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Lets it come to a commit, and kills it there.
fn kill_at(mut command: Command, commit: u64) {
    let commit = commit.to_string();
    let mut child = command
        .args([
            "--rows-per-transaction",
            "3",
            "--hang-before-commit",
            &commit,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "hanging before a commit\n");
    child.kill().unwrap();
    child.wait().unwrap();
    stderr.read_to_string(&mut line).unwrap();
}

#[tokio::test]
async fn a_copy_that_is_killed_again_and_again_ends_with_the_same_rows() {
    let ((old, _), new) = (lived_in().await, Home::configured().await);
    for commit in [1, 2, 5, 9, 3] {
        kill_at(copy(&old, &new, &[]), commit);
        let refused = new.last_words(&["serve"]);
        assert!(refused.contains("not whole"), "{refused}");
    }
    let ended = copy(&old, &new, &["--rows-per-transaction", "3"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let report = json_of(&ended);
    assert_eq!(report["same"], true, "{report}");
    let calls = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["table"] == "calls");
    assert_eq!(calls.unwrap()["to"]["rows"], 20, "{report}");
    new.leave().await;
}

#[tokio::test]
async fn a_server_goes_on_in_the_new_place_with_the_old_keys() {
    let ((old, answer), new) = (lived_in().await, Home::configured().await);
    let ended = copy(&old, &new, &[]).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let keys = std::fs::read_to_string(old.file("ringback-data/sealing-keys")).unwrap();
    let new = new.with("RINGBACK_KEYS", keys.trim());
    let server = new.serve();
    for n in [0, 19] {
        let path = format!("/api/v1/sessions/v{n}");
        assert_eq!(server.get(&path, Some(ADMIN)).await, 200, "v{n}");
    }
    // What was answered under a sealed idempotency key is answered again.
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    let repeated = server.post("/api/v1/keys", ADMIN, "k1", &wanted).await;
    assert_eq!(repeated, answer);
    drop(server);
    new.leave().await;
}

#[tokio::test]
async fn nothing_is_copied_while_a_server_runs_on_either_side() {
    let ((old, _), new) = (lived_in().await, Home::configured().await);
    let running = old.serve();
    let refused = copy(&old, &new, &[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("another ringback already serves"),
        "{refused:?}"
    );
    drop(running);

    let running = new.serve();
    let refused = copy(&old, &new, &[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("stop"), "{refused:?}");
    running.signal("TERM");
    assert!(running.wait().0);
    assert_eq!(
        copy(&old, &new, &[]).output().unwrap().status.code(),
        Some(0)
    );
    new.leave().await;
}

#[tokio::test]
async fn what_waits_in_the_spool_is_not_left_behind() {
    let ((old, _), new) = (lived_in().await, Home::configured().await);
    let aside = old.file("ringback-data/spool/aside/00000000000000000001.unreadable");
    std::fs::write(&aside, "garbage").unwrap();
    let refused = copy(&old, &new, &[]).output().unwrap();
    assert!(
        said(&refused).contains("1 events wait in the spool"),
        "{refused:?}"
    );
    std::fs::remove_file(&aside).unwrap();
    assert_eq!(
        copy(&old, &new, &[]).output().unwrap().status.code(),
        Some(0)
    );
    new.leave().await;
}

#[tokio::test]
async fn scripts_can_tell_a_difference_from_a_failure() {
    let ((old, _), new) = (lived_in().await, Home::configured().await);
    assert_eq!(
        copy(&old, &new, &[]).output().unwrap().status.code(),
        Some(0)
    );
    assert_eq!(
        copy(&old, &new, &["--check"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(0)
    );
    new.told(&[
        "key", "create", "--role", "user", "--owner", "o", "--name", "n",
    ]);
    let different = copy(&old, &new, &["--check"]).output().unwrap();
    assert_eq!(different.status.code(), Some(3), "{different:?}");
    assert_eq!(json_of(&different)["same"], false);
    let again = copy(&old, &new, &[]).output().unwrap();
    assert_eq!(
        again.status.code(),
        Some(1),
        "it holds something else: {again:?}"
    );
    assert_eq!(old.run(&["copy"]).status.code(), Some(2));
    assert_eq!(old.run(&["copy", "--to", "nowhere"]).status.code(), Some(2));
    new.leave().await;
}
