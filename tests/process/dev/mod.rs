//! `ringback dev`: nothing is in the way of who is on this machine, and everything in anybody else's.

mod curls;

use reqwest::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use crate::support::{Home, Server, client, still_client};

async fn get(server: &Server, path: &str) -> Value {
    let answer = client()
        .get(format!("{}{path}", server.base()))
        .send()
        .await;
    answer.unwrap().json().await.unwrap()
}

async fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let request = client().post(format!("{}{path}", server.base())).json(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[test]
fn it_is_refused_where_others_reach_it() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let home = Home::embedded().with("RINGBACK_LISTEN", address);
        let line = home.refusal(&["dev"]);
        assert!(
            line.contains("RINGBACK_LISTEN") && line.contains("loopback"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn who_has_no_token_is_the_admin_dev_and_a_wrong_token_is_still_wrong() {
    let home = Home::embedded();
    let server = home.dev();
    let url = json!({"webhook_url": "http://127.0.0.1:3000/hook"});
    let (status, subscribed) = post(&server, "/api/v6/call/webhook/subscribe", &url).await;
    assert_eq!(status, 201, "{subscribed}");
    assert_eq!(server.get("/api/v1/vapi/cache/stats", None).await, 200);
    let wrong = server
        .get("/api/v1/vapi/cache/stats", Some("rbk_wrong"))
        .await;
    assert_eq!(wrong, 401);
}

#[tokio::test]
async fn the_dashboard_asks_for_nothing() {
    let home = Home::embedded();
    let server = home.dev();
    let entered = still_client()
        .get(format!("{}/login?next=/calls", server.base()))
        .send()
        .await
        .unwrap();
    assert_eq!(entered.status(), 303);
    assert_eq!(entered.headers()[LOCATION], "/calls");
    let cookie = entered.headers()[SET_COOKIE].to_str().unwrap();
    let page = client()
        .get(format!("{}/calls", server.base()))
        .header(COOKIE, cookie.split(';').next().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("ringback simulate"));
}

#[tokio::test]
async fn a_webhook_needs_no_proof_and_a_wrong_one_is_still_wrong() {
    let home = Home::embedded();
    let server = home.dev();
    let ringing = json!({"type": "call.ringing", "call": {"id": "call-1"}});
    for path in [
        "/api/webhooks/vapi",
        "/api/v1/sessions/vapi/webhook",
        "/api/v1/vapi/webhook",
        "/api/v1/vapi/webhooks/vapi",
    ] {
        assert_eq!(post(&server, path, &ringing).await.0, 200, "{path}");
        let url = format!("{}{path}", server.base());
        let wrong = client()
            .post(url)
            .header("x-vapi-secret", "wrong")
            .json(&ringing);
        assert_eq!(wrong.send().await.unwrap().status(), 401, "{path}");
    }
}

#[tokio::test]
async fn no_web_page_gets_in() {
    let home = Home::embedded();
    let server = home.dev();
    let url = format!("{}/api/v1/keys", server.base());
    let page = |header, value: &'static str| client().get(&url).header(header, value).send();
    for (header, value, status) in [
        (HOST, "rebound.example.com:8000", 403),
        (ORIGIN, "https://evil.example.com", 403),
        (ORIGIN, "null", 403),
        (HOST, "localhost:8000", 200),
        (ORIGIN, "http://localhost:5173", 200),
    ] {
        let answer = page(header, value).await.unwrap();
        assert_eq!(answer.status(), status, "{value}");
    }
}

#[tokio::test]
async fn a_call_is_placed_with_nobody_and_has_a_result() {
    let home = Home::embedded();
    let server = home.dev();
    let order = json!({"customer": {"number": "+14155550100"}, "assistant_id": "any"});
    let (status, placed) = post(&server, "/api/v6/call", &order).await;
    assert_eq!(status, 201, "{placed}");
    let id = placed["call"]["id"].as_str().unwrap();
    let result = get(&server, &format!("/api/v1/vapi/calls/{id}?wait=60s")).await;
    assert_eq!(result["success"], true, "{result}");
}

#[tokio::test]
async fn it_warns_loudly_and_what_it_kept_is_there_when_the_door_is_shut() {
    let home = Home::embedded();
    let server = home.dev();
    assert!(server.greeted("WARNING:").is_some());
    assert_eq!(server.greeted("admin key"), None);
    let ringing = json!({"type": "call.ringing", "call": {"id": "call-1"}});
    post(&server, "/api/webhooks/vapi", &ringing).await;
    server.signal("TERM");
    assert!(server.wait().0);

    let server = home.serve();
    let key = server.greeted("admin key").unwrap();
    assert_eq!(server.get("/api/v6/call/call-1", None).await, 401);
    assert_eq!(server.get("/api/v6/call/call-1", Some(key)).await, 200);
}
