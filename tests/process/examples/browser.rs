//! The page that shows calls: what it gets, and what it never sees.

use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;

use super::program::{Program, file, script};
use crate::support::{Home, client, program::answer};

#[tokio::test]
async fn a_page_hears_of_a_call_and_holds_no_key() {
    let Some(mut command) = script("TEST_NODE", "browser/server.js") else {
        return;
    };
    let home = Home::embedded();
    let server = home.serve();
    let key = server.greeted("admin key").unwrap().to_owned();
    command
        .env("RINGBACK_URL", server.base())
        .env("RINGBACK_KEY", &key);
    let backend = Program::start(command);
    let get = |path: &str| client().get(format!("{}{path}", backend.origin));

    let page = get("/").send().await.unwrap();
    let cookie = page.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let script = get("/page.js").send().await.unwrap().text().await.unwrap();
    let all = page.text().await.unwrap() + &script + &cookie;
    assert!(all.contains("EventSource") && !all.contains(&key), "{all}");

    assert_eq!(get("/events").send().await.unwrap().status(), 401);
    let session = cookie.split(';').next().unwrap();
    let mut events = get("/events").header(COOKIE, session).send().await.unwrap();
    assert_eq!(events.status(), 200);

    let secret = std::fs::read_to_string(server_secret(&home)).unwrap();
    let ringing = json!({"type": "call.ringing", "call": {"id": "call-1"}});
    let said = client().post(format!("{}/api/webhooks/vapi", server.base()));
    let said = said
        .header("x-webhook-secret", secret.trim())
        .json(&ringing);
    assert_eq!(said.send().await.unwrap().status(), 200);

    let mut shown = String::new();
    while !shown.contains("\"status\":\"ringing\"") {
        let piece = events.chunk().await.unwrap();
        shown += std::str::from_utf8(&piece.expect("the stream goes on")).unwrap();
    }
    assert!(shown.contains("event: call.status.changed\n"), "{shown}");
    assert!(!shown.contains(&key), "{shown}");

    // A browser comes back after a broken connection, and never after a status.
    drop(server);
    assert!(get("/events").header(COOKIE, session).send().await.is_err());
}

#[test]
fn a_call_keeps_its_row_when_vapi_names_it() {
    let page = std::fs::read(file("browser/page.js")).unwrap();
    let told = |call_id: &str, status: &str, sequence: i32| {
        let data = json!({"call_id": "call_ours"});
        json!({
            "callId": call_id, "status": status, "sequence": sequence,
            "timestamp": "2026-01-05T09:00:00.000Z", "data": data,
        })
    };
    let events = [
        told("call_ours", "scheduled", 1),
        told("vapis-own", "ringing", 2),
        // It has taken longer than the one above.
        told("call_ours", "queued", 1),
    ];
    let input = json!({"page": String::from_utf8(page).unwrap(), "events": events});
    let input = input.to_string().into_bytes();
    let Some(rows) = answer(&["TEST_NODE"], "process/examples/page.js", input) else {
        return;
    };
    assert_eq!(rows, json!([["vapis-own", "ringing"]]));
}

fn server_secret(home: &Home) -> std::path::PathBuf {
    home.file("ringback-data/webhook-shared-secret")
}
