//! A server's life: it starts with nothing, stops in order, and survives
//! being killed.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::Home;

#[tokio::test]
async fn with_nothing_set_it_starts_and_shows_the_first_key_once() {
    let home = Home::embedded();
    let first = home.serve();
    let key = first.greeted("admin key").unwrap().to_owned();
    assert_eq!(first.get("/api/v1/keys", Some(&key)).await, 200);
    first.signal("TERM");
    assert!(first.wait().0);

    let second = home.serve();
    assert_eq!(second.greeted("admin key"), None, "the key is shown once");
    assert_eq!(
        second.get("/api/v1/keys", Some(&key)).await,
        200,
        "and good for ever"
    );
    assert!(!home.log().contains(&key), "a key came into the log");
}

#[tokio::test]
async fn what_it_keeps_is_for_its_owner_alone() {
    let home = Home::embedded();
    let _server = home.serve();
    let mode = |name: &str| {
        std::fs::metadata(home.file(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("ringback-data"), 0o700);
    assert_eq!(mode("ringback-data/ringback.db"), 0o600);
    for secret in [
        "sealing-keys",
        "webhook-shared-secret",
        "vapi-webhook-secret",
    ] {
        assert_eq!(mode(&format!("ringback-data/{secret}")), 0o600, "{secret}");
    }
}

#[tokio::test]
async fn being_killed_loses_nothing_and_leaves_no_lock() {
    let home = Home::configured().await;
    let admin = "an-admin-key-that-only-the-tests-have";
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    let killed = home.serve();
    let made = killed.post("/api/v1/keys", admin, "k1", &wanted).await;
    killed.signal("KILL");
    assert!(!killed.wait().0);

    let again = home.serve();
    assert_eq!(
        again.post("/api/v1/keys", admin, "k1", &wanted).await,
        made,
        "answered, so kept"
    );
    drop(again);
    home.leave().await;
}

#[tokio::test]
async fn it_stops_in_order_when_told_to() {
    for signal in ["TERM", "INT"] {
        let home = Home::configured().await;
        let server = home.serve();
        assert_eq!(server.get("/health/ready", None).await, 200);
        server.signal(signal);
        assert!(server.wait().0, "{signal}: {}", home.log());
        assert!(home.log().contains("stopped"), "{}", home.log());
        home.leave().await;
    }
}

#[tokio::test]
async fn two_servers_on_one_file_are_refused() {
    let home = Home::embedded();
    let _first = home.serve();
    let told = home.refusal(&["serve"]);
    assert!(
        told.contains("another ringback") && told.contains("RINGBACK_DATA_DIR"),
        "{told}"
    );
}

#[tokio::test]
async fn two_processes_may_migrate_at_once() {
    let home = Home::configured().await;
    let both = std::thread::scope(|scope| {
        let runs = [(); 2].map(|()| scope.spawn(|| home.told(&["migrate"])));
        runs.map(|run| run.join().unwrap())
    });
    for told in both {
        assert!(told.contains("up to date"), "{told}");
    }
    assert!(
        home.told(&["migrate"])
            .starts_with("The schema is up to date.")
    );
    home.leave().await;
}

#[test]
fn an_old_schema_is_not_served_and_the_way_out_is_named() {
    let home = Home::embedded().with("RINGBACK_MIGRATE", "off");
    assert!(home.refusal(&[]).contains("ringback migrate"));
    home.told(&["migrate"]);
    drop(home.serve());
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_left_alone() {
    let home = Home::embedded();
    home.told(&["migrate"]);
    let file = format!(
        "sqlite:{}",
        home.file("ringback-data/ringback.db").display()
    );
    let database = sea_orm::Database::connect(file).await.unwrap();
    let future = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    database.execute_unprepared(future).await.unwrap();
    database.close().await.unwrap();
    assert!(home.refusal(&["migrate"]).contains("a newer ringback"));
}

#[test]
fn a_port_that_is_taken_is_told_by_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::embedded().with("RINGBACK_LISTEN", &taken.local_addr().unwrap().to_string());
    let told = home.last_words(&[]);
    assert!(told.contains("RINGBACK_LISTEN"), "{told}");
}

#[tokio::test]
async fn a_command_says_whether_it_takes_requests() {
    let home = Home::configured().await;
    let server = home.serve();
    let base = server.base();
    let ask = ["health", "--server", base.as_str()];
    assert_eq!(home.told(&ask), "ok\n");
    server.signal("KILL");
    server.wait();
    assert!(home.refusal(&ask).contains("/health/ready"));
    let told = home.refusal(&["health"]);
    assert!(told.contains("--server"), "nobody knows the port: {told}");
    home.leave().await;
}

/// Where cores are few, an answer does not wait until all that is recorded and sent had its turn.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_serves_requests_goes_before_who_records_and_sends() {
    let home = Home::configured().await;
    let server = home.serve();
    assert_eq!(server.get("/health", None).await, 200);
    let threads = threads(server.id());
    let niceness = |name: &str| -> BTreeSet<i32> {
        let ours = threads.iter().filter(|(is, _)| is.starts_with(name));
        ours.map(|(_, niceness)| *niceness).collect()
    };
    let (serving, recording) = (niceness("actix-server"), niceness("tokio-rt-worker"));
    assert_eq!((serving.len(), recording.len()), (1, 1), "{threads:?}");
    let (serving, recording) = (serving.first().unwrap(), recording.first().unwrap());
    assert_eq!(*recording, (serving + 10).min(19), "{threads:?}");
    drop(server);
    home.leave().await;
}

/// Its threads, by what they are called, and how nice they are.
#[cfg(target_os = "linux")]
fn threads(pid: u32) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stats = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")));
    let told = |stat: String| {
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        // The nineteenth field of the line; the third follows the name.
        let niceness = rest.split_whitespace().nth(16)?.parse().ok()?;
        Some((name.to_owned(), niceness))
    };
    // A thread may have ended meanwhile.
    stats.filter_map(|stat| told(stat.ok()?)).collect()
}
