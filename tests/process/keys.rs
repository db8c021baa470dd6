//! `ringback key …` beside a running server, and without one.

use serde_json::json;

use crate::support::Home;

#[tokio::test]
async fn a_key_is_printed_alone_and_revoked_beside_a_running_server() {
    let home = Home::configured().await;
    let server = home.serve();
    let key = home.told(&[
        "key", "create", "--role", "admin", "--owner", "ops", "--name", "laptop",
    ]);
    let key = key.trim_end();
    assert!(
        key.starts_with("rbk_") && !key.contains(char::is_whitespace),
        "{key}"
    );
    assert_eq!(server.get("/api/v1/keys", Some(key)).await, 200);

    let listed = home.told(&["key", "list"]);
    let line = listed.lines().find(|line| line.contains("laptop")).unwrap();
    assert!(!listed.contains(key), "a list shows no key");
    let id = line.split_whitespace().next().unwrap();
    home.told(&["key", "revoke", id]);
    assert!(
        home.refusal(&["key", "revoke", id])
            .contains("no valid key")
    );
    assert!(home.told(&["key", "list"]).contains("revoked"));
    drop(server);
    home.leave().await;
}

#[test]
fn a_key_can_be_made_before_any_server_has_started() {
    let home = Home::embedded();
    home.told(&[
        "key", "create", "--role", "admin", "--owner", "ops", "--name", "first",
    ]);
    assert_eq!(
        home.serve().greeted("admin key"),
        None,
        "somebody can come in already"
    );
}

#[test]
fn a_key_that_makes_no_sense_is_refused() {
    let home = Home::embedded();
    let told = home.refusal(&[
        "key", "create", "--role", "user", "--owner", "", "--name", "n",
    ]);
    assert!(told.contains("owner"), "{told}");
}

#[tokio::test]
async fn sealing_keys_are_rotated_while_the_server_is_down_and_nothing_is_lost() {
    let home = Home::embedded();
    let server = home.serve();
    let admin = server.greeted("admin key").unwrap().to_owned();
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    let made = server.post("/api/v1/keys", &admin, "k1", &wanted).await;
    assert!(
        home.refusal(&["key", "rotate"])
            .contains("another ringback")
    );
    server.signal("TERM");
    assert!(server.wait().0);

    let kept = std::fs::read_to_string(home.file("ringback-data/sealing-keys")).unwrap();
    assert!(
        home.told(&["key", "rotate"])
            .contains("1 values were sealed again")
    );
    let rotated = std::fs::read_to_string(home.file("ringback-data/sealing-keys")).unwrap();
    let (new, old) = rotated.trim().split_once(',').unwrap();
    assert_eq!(old, kept.trim(), "backups still need the old key");

    std::fs::write(home.file("ringback-data/sealing-keys"), new).unwrap();
    let again = home.serve();
    assert_eq!(
        again.post("/api/v1/keys", &admin, "k1", &wanted).await,
        made
    );
}

/// What waits on other machines cannot be seen from this one.
#[tokio::test]
async fn where_replicas_have_spools_a_rotation_does_not_say_that_everything_is_done() {
    let home = Home::configured().await;
    let told = home.told(&["key", "rotate"]);
    let (of_all, of_each) = ("Everything is under it", "Each replica has a spool");
    assert_ne!(told.contains(of_all), home.is_on_postgres(), "{told}");
    assert_eq!(told.contains(of_each), home.is_on_postgres(), "{told}");
}

#[tokio::test]
async fn lost_sealing_keys_are_never_replaced_by_new_ones() {
    let home = Home::embedded();
    let server = home.serve();
    let admin = server.greeted("admin key").unwrap().to_owned();
    let wanted = json!({"name": "n", "role": "user", "owner": "alice"});
    server.post("/api/v1/keys", &admin, "k1", &wanted).await;
    server.signal("TERM");
    assert!(server.wait().0);
    std::fs::remove_file(home.file("ringback-data/sealing-keys")).unwrap();
    let told = home.last_words(&["serve"]);
    assert!(
        told.contains("sealing-keys is gone") && told.contains("backup"),
        "{told}"
    );
}

#[test]
fn a_list_that_is_full_of_keys_is_left_as_it_is() {
    let home = Home::embedded();
    let full = (0..17).find(|_| !home.run(&["key", "rotate"]).status.success());
    assert_eq!(full, Some(16), "sixteen keys are the most");
    drop(home.serve());
}
