//! Reading sessions, and what was said in them.

use std::time::Duration;

use entity::calls;
use ringback::vapi::message::Results;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    SESSIONS, announced, at, conversation, ended, insert, of_owner, record, singly, update,
    with_result,
};
use crate::support::{ADMIN_KEY, TestApp};

fn result() -> Results {
    Results {
        summary: Some("An appointment was made.".to_owned()),
        structured_data: Some(json!({ "day": "Tuesday" })),
        ..Results::default()
    }
}

#[tokio::test]
async fn a_session_is_read_by_either_id() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let by_vapis = app.get(&at("web-1", "")).by(&alice).await;
    let by_ours = app.get(&at(&call.id.to_string(), "")).by(&alice).await;
    assert_eq!(by_vapis.status, 200, "{by_vapis:?}");
    assert_eq!(by_vapis.body, by_ours.body);
    assert_eq!(by_vapis.body["session"]["status"], "active");
    assert_eq!(
        by_vapis.body["session"]["started_at"],
        "2026-01-05T09:00:00.000Z"
    );
    for unknown in [
        "web-2",
        "call_abc",
        "a%00b",
        "call_0192f0c1-0000-7000-8000-000000000000",
    ] {
        let refused = app.get(&at(unknown, "")).by(&alice).await;
        refused.assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_vapi_does_not_know_yet_goes_by_our_id() {
    let app = TestApp::spawn().await;
    let scheduled = calls::ActiveModel {
        vapi_call_id: Set(None),
        ..of_owner(&app, "", "alice")
    };
    let call = insert(&app, scheduled).await;
    let read = app.get(&at(&call.id.to_string(), "")).by(ADMIN_KEY).await;
    assert_eq!(read.body["session"]["id"], json!(call.id), "{read:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_is_over_has_what_the_analysis_found() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    app.advance(Duration::from_secs(70));
    let call = update(&app, ended(&app, call)).await;
    let call = update(&app, with_result(&app, call, &result())).await;
    let read = app.get(&at("web-1", "")).by(ADMIN_KEY).await;
    assert_eq!(
        read.body["session"],
        json!({
            "id": "web-1", "call_id": call.id, "status": "completed",
            "started_at": "2026-01-05T09:00:00.000Z", "ended_at": "2026-01-05T09:01:10.000Z",
            "ended_reason": "customer-ended-call",
            "transcript_summary": "An appointment was made.", "key_insights": { "day": "Tuesday" },
            "created_at": "2026-01-05T09:00:00.000Z",
        })
    );
    app.finish().await;
}

#[tokio::test]
async fn a_dismissed_result_is_not_shown() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let call = update(&app, with_result(&app, call, &result())).await;
    let dismissed = calls::ActiveModel {
        result_dismissed_at: Set(Some(app.clock.millis())),
        ..call.into_active_model()
    };
    update(&app, dismissed).await;
    let read = app.get(&at("web-1", "")).by(ADMIN_KEY).await;
    assert_eq!(read.body["session"]["transcript_summary"], Value::Null);
    assert_eq!(read.body["session"]["key_insights"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn the_list_has_ones_own_newest_first_page_by_page() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    for id in ["web-1", "web-2", "web-3"] {
        insert(&app, of_owner(&app, id, "alice")).await;
    }
    insert(&app, of_owner(&app, "web-4", "bob")).await;
    insert(&app, announced(&app, "web-5")).await;
    let page = async |token: &str, query: &str| {
        let list = app.get(&format!("{SESSIONS}?{query}")).by(token).await;
        let sessions = list.body["sessions"].as_array().unwrap().clone();
        let ids: Vec<Value> = sessions
            .iter()
            .map(|session| session["id"].clone())
            .collect();
        (ids, list.body["next_cursor"].as_str().map(str::to_owned))
    };
    let (ids, cursor) = page(&alice, "limit=2").await;
    assert_eq!(ids, ["web-3", "web-2"]);
    let next = format!("limit=2&cursor={}", cursor.unwrap());
    assert_eq!(page(&alice, &next).await, (vec![json!("web-1")], None));
    assert_eq!(page(ADMIN_KEY, "").await.0.len(), 5);
    app.finish().await;
}

#[tokio::test]
async fn messages_are_read_oldest_first_page_by_page() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let mut spoken = singly(call.id, conversation());
    spoken.reverse();
    record(&app, spoken).await;

    let (mut texts, mut cursor) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let path = at("web-1", &format!("/messages?limit=2{cursor}"));
        let page = app.get(&path).by(&alice).await;
        assert_eq!(page.status, 200, "{page:?}");
        let messages = page.body["messages"].as_array().unwrap();
        texts.extend(messages.iter().map(|message| message["text"].clone()));
        pages += 1;
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = conversation()
        .into_iter()
        .map(|line| json!(line.text))
        .collect();
    assert_eq!((pages, texts), (3, expected));
    app.finish().await;
}

#[tokio::test]
async fn a_message_says_who_spoke_what_and_when() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await;
    let mut lines = conversation();
    lines.truncate(1);
    record(&app, singly(call.id, lines)).await;
    let list = app.get(&at("web-1", "/messages")).by(ADMIN_KEY).await;
    let message = &list.body["messages"][0];
    assert!(
        message["id"].as_str().unwrap().starts_with("msg_"),
        "{list:?}"
    );
    assert_eq!(
        message,
        &json!({
            "id": message["id"], "role": "assistant", "text": "Hello!",
            "spoken_at": "1970-01-01T00:00:01.000Z",
        })
    );
    assert_eq!(list.body["next_cursor"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn a_question_that_is_not_understood_is_refused() {
    let app = TestApp::spawn().await;
    insert(&app, of_owner(&app, "web-1", "alice")).await;
    for query in ["limit=0", "limit=101", "cursor=x", "offset=1"] {
        for what in ["/messages", ""] {
            let path = match what {
                "" => format!("{SESSIONS}?{query}"),
                _ => at("web-1", &format!("{what}?{query}")),
            };
            let refused = app.get(&path).by(ADMIN_KEY).await;
            refused.assert_refused(400, "INVALID_REQUEST");
        }
    }
    let foreign = uuid::Uuid::from_u128(u128::MAX);
    let foreign = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, foreign);
    let path = at("web-1", &format!("/messages?cursor={foreign}"));
    assert_eq!(app.get(&path).by(ADMIN_KEY).await.status, 200);
    app.finish().await;
}
