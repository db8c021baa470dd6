//! `ringback backup` beside a server that is busy, and `ringback restore` into an empty place.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{ADMIN, Heard, Home, Receiver, Server, TestDatabase};

fn said(n: usize) -> Value {
    json!({"message": {"type": "status-update", "status": "ringing", "timestamp": n,
        "call": {"id": format!("v{n}")}}})
}

async fn hear(server: &Server, from: usize, to: usize) {
    for n in from..to {
        assert_eq!(server.hear(&said(n)).await, 200);
    }
}

/// An empty place with the same settings, for what is restored.
struct Elsewhere {
    home: Home,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Elsewhere {
    async fn of(home: &Home) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create_empty(folder.path()).await;
        let url = database.url().to_owned();
        Self {
            home: home.beside().with("DATABASE_URL", &url),
            database,
            _folder: folder,
        }
    }

    async fn leave(self) {
        self.database.drop().await;
    }
}

fn backup(home: &Home, to: &Path, more: &[&str]) -> Value {
    let to = to.to_str().unwrap();
    let told = home.told(&[&["backup", "--to", to, "--json"], more].concat());
    serde_json::from_str(&told).unwrap()
}

fn has_postgres_programs() -> bool {
    let found = Command::new("bash")
        .args([
            "-c",
            "command -v pg_dump || ls /usr/lib/postgresql/*/bin/pg_dump",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

/// On PostgreSQL the programs of its client are needed.
#[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
fn is_possible(home: &Home) -> bool {
    let is_possible = !home.is_on_postgres() || has_postgres_programs();
    if !is_possible {
        eprintln!("pg_dump is not on this machine, so there is nothing to test");
    }
    is_possible
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_backup_began_is_in_it_and_is_delivered() {
    let home = Home::configured().await;
    if !is_possible(&home) {
        return home.leave().await;
    }
    let (server, receiver) = (home.serve(), Receiver::start().await);
    let subscription = paused_subscription(&server, &receiver).await;
    hear(&server, 0, 20).await;

    let speaker = server.speaker();
    let busy = tokio::spawn(async move {
        for n in 20..60 {
            assert_eq!(speaker.say(&said(n)).await.unwrap(), 200);
        }
    });
    let file = home.file("put-aside");
    tokio::task::block_in_place(|| backup(&home, &file, &[]));
    busy.await.unwrap();
    assert_eq!(mode(&file), 0o600);
    server.signal("KILL");
    assert!(!server.wait().0);

    let elsewhere = Elsewhere::of(&home).await;
    let restored = elsewhere
        .home
        .told(&["restore", "--from", file.to_str().unwrap()]);
    assert!(restored.contains("is back"), "{restored}");
    let again = elsewhere.home.serve();
    for n in 0..20 {
        let path = format!("/api/v1/sessions/v{n}");
        assert_eq!(again.get(&path, Some(ADMIN)).await, 200, "v{n} is lost");
    }
    again
        .patch(&subscription, ADMIN, &json!({"is_active": true}))
        .await;
    hear(&again, 100, 101).await;
    let expected: Vec<_> = (0..20)
        .chain([100])
        .map(|n| json!(format!("v{n}")))
        .collect();
    let all_came = |heard: &[Heard]| {
        let came: Vec<_> = heard.iter().map(|it| it.json()["callId"].clone()).collect();
        expected.iter().all(|call| came.contains(call))
    };
    receiver.until(all_came).await;
    drop(again);
    elsewhere.leave().await;
    home.leave().await;
}

/// The path of one that keeps what it hears for later.
async fn paused_subscription(server: &Server, receiver: &Receiver) -> String {
    let wanted =
        json!({"webhook_url": receiver.url(), "events": ["call.status.changed"], "scope": "all"});
    let made = server
        .post("/api/v6/call/webhook/subscribe", ADMIN, "s1", &wanted)
        .await;
    let id = made["subscription_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    let path = format!("/api/v6/call/webhook/subscriptions/{id}");
    server
        .patch(&path, ADMIN, &json!({"is_active": false}))
        .await;
    path
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn nothing_is_written_over_and_nothing_is_left_of_what_failed() {
    let home = Home::configured().await;
    if !is_possible(&home) {
        return home.leave().await;
    }
    home.told(&["migrate"]);
    let folder = home.file("backups");
    std::fs::create_dir(&folder).unwrap();
    let made = backup(&home, &folder, &[]);
    let file = made["file"].as_str().unwrap().to_owned();
    assert!(file.contains("/ringback-20"), "{made}");
    let refused = home.refusal(&["backup", "--to", &file]);
    assert!(refused.contains("nothing is written over"), "{refused}");
    let refused = home.refusal(&["restore", "--from", &file]);
    assert!(refused.contains("nothing is written over"), "{refused}");
    let nonsense = home.file("nonsense");
    std::fs::write(&nonsense, "no database").unwrap();
    let refused = home.refusal(&["restore", "--from", nonsense.to_str().unwrap()]);
    assert!(refused.contains("is no backup"), "{refused}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    home.leave().await;
}

#[tokio::test]
async fn a_backup_without_its_keys_is_not_restored_and_with_them_it_is() {
    let home = Home::embedded();
    let server = home.serve();
    let admin = server.greeted("admin key").unwrap().to_owned();
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    let made = server.post("/api/v1/keys", &admin, "k1", &wanted).await;
    let (bare, whole) = (home.file("bare.db"), home.file("whole.db"));
    backup(&home, &bare, &[]);
    let kept = backup(&home, &whole, &["--with-keys"]);
    let keys = Path::new(kept["keys"].as_str().unwrap());
    assert_eq!(mode(keys), 0o700);
    server.signal("TERM");
    assert!(server.wait().0);

    let empty = Home::embedded();
    let refused = empty.refusal(&["restore", "--from", bare.to_str().unwrap()]);
    assert!(
        refused.contains("keys of the backup are not here"),
        "{refused}"
    );
    empty.told(&["restore", "--from", whole.to_str().unwrap()]);
    let again = empty.serve();
    assert_eq!(again.greeted("admin key"), None, "the old one is good");
    assert_eq!(
        again.post("/api/v1/keys", &admin, "k1", &wanted).await,
        made
    );
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let home = Home::embedded();
    home.told(&["migrate"]);
    let file = home.file("damaged.db");
    backup(&home, &file, &[]);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let empty = Home::embedded();
    let refused = empty.refusal(&["restore", "--from", file.to_str().unwrap()]);
    assert!(refused.contains("is damaged"), "{refused}");
    assert!(!empty.file("ringback-data/ringback.db").exists());
}
