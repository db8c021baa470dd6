//! The calls there are, and one of them with all that is known of it.

use entity::DeliveryId;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{assert_hides, assert_shows};
use crate::support::{
    ADMIN_KEY, TestApp,
    vapi::{self, WELL, ended, report, says, status},
};

/// Rings, is spoken in, ends well and is reported of.
async fn a_whole_call(app: &TestApp, name: &str, owner: &str) -> String {
    says(app, status(name, owner, "ringing")).await;
    says(app, status(name, owner, "in-progress")).await;
    for (at, role, text) in [
        (1, "assistant", "How can I help?"),
        (2, "user", "My sink <b>leaks</b>."),
    ] {
        let line = json!({
            "type": "transcript", "role": role, "transcriptType": "final", "transcript": text,
            "timestamp": 1_767_603_600_000_i64 + at, "call": {"id": name},
        });
        says(app, line).await;
    }
    says(app, ended(name, owner, WELL)).await;
    says(
        app,
        report(name, owner, WELL, "The sink is mended tomorrow."),
    )
    .await;
    vapi::call(app, name).await.id.to_string()
}

#[tokio::test]
async fn where_there_are_no_calls_the_page_says_how_to_get_one() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page("/calls").await;
    assert_shows(
        &page,
        &["No calls yet", "ringback simulate", "VAPI_API_KEY"],
    );
    assert_hides(&page, &["Place a call</a>"]);
    app.finish().await;
}

#[tokio::test]
async fn a_call_is_told_whole_its_log_its_talk_its_result_and_whom_it_was_told_to() {
    let app = TestApp::silent().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let waits = app.paused_subscription_of("alice").await;
    let id = a_whole_call(&app, "call_abc123", "alice").await;

    let page = alice.page(&format!("/calls/{id}")).await;
    assert_shows(
        &page,
        &[
            "+18641234567",
            "call_abc123",
            WELL,
            r#"data-state="ended""#,
            "$0.25",
        ],
    );
    assert_shows(
        &page,
        &["The sink is mended tomorrow.", "<dt>ok</dt><dd>yes</dd>"],
    );
    assert_shows(
        &page,
        &["How can I help?", "My sink &#60;b&#62;leaks&#60;/b&#62;."],
    );
    assert_shows(
        &page,
        &["status-update", "end-of-call-report", "transcript"],
    );
    let to = format!("/subscriptions/{waits}");
    assert_shows(
        &page,
        &[
            "call.status.changed",
            "call.completed",
            &to,
            r#"data-state="held""#,
        ],
    );
    let followed = format!(r#"data-follow="{id}""#);
    assert_shows(&page, &[&followed, "/assets/follow."]);
    // It is over, so it can be told again and not be canceled.
    assert_shows(&page, &["/replay"]);
    assert_hides(&page, &["/cancel", "<b>leaks"]);
    app.finish().await;
}

#[tokio::test]
async fn a_call_shows_what_was_sent_again_of_it() {
    let app = TestApp::silent().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let [hears, hears_too] = [
        app.paused_subscription_of("alice").await,
        app.paused_subscription_of("alice").await,
    ];
    let call = app.call_of("alice").await;
    let event = app.event_of("alice", Some(call.id), "call.failed").await;
    let first = app.ended(hears, &event, "timeout").await;
    let replay = app.replayed(hears, &event, "delivered").await;
    let waits = DeliveryId::of_replay(event.id);
    app.waits(hears_too, &event, 1, |row| {
        row.id = Set(waits);
        row.replay = Set(true);
    })
    .await;
    app.tried(hears_too, &event, |attempt| {
        attempt.delivery_id = Set(waits);
        attempt.response = Set(None);
    })
    .await;
    let page = alice.page(&format!("/calls/{}", call.id)).await;
    let shown = [first, replay, waits].map(|id| id.to_string());
    assert_shows(&page, &shown.each_ref().map(String::as_str));
    app.finish().await;
}

#[tokio::test]
async fn a_call_is_found_by_either_id_and_calls_by_number_and_status() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let id = a_whole_call(&app, "call_abc123", "alice").await;
    says(&app, status("call_live", "alice", "in-progress")).await;

    for name in ["call_abc123", id.as_str()] {
        let found = alice.open(&format!("/calls?find={name}")).await;
        let to = format!("/calls/{id}");
        assert_eq!((found.status, found.header("location")), (303, to.as_str()));
    }
    let live = vapi::call(&app, "call_live").await.id.to_string();
    let by_number = alice.page("/calls?find=864+123+4567").await;
    assert_shows(&by_number, &[&id, &live]);
    let by_status = alice
        .page("/calls?find=&status=IN_PROGRESS&since=&until=")
        .await;
    assert_shows(
        &by_status,
        &[&live, r#"<option value="IN_PROGRESS" selected>in progress"#],
    );
    assert_hides(&by_status, &[&id]);
    let too_early = alice.page("/calls?until=2026-01-05T08%3A00").await;
    assert_shows(&too_early, &["No call is like that"]);
    app.finish().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_said_on_the_page() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    for (query, said) in [
        ("find=nobody", "no call of yours has this id"),
        ("status=BUSY", "give one of SCHEDULED"),
        ("since=yesterday", "give a time such as"),
        ("cursor=%3Cscript%3E", "give the next_cursor"),
    ] {
        let answer = alice.open(&format!("/calls?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        assert_shows(&answer.text, &[said, "<h1>Calls</h1>"]);
        assert_hides(&answer.text, &["<script>"]);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_keeps_what_was_asked() {
    let app = TestApp::silent().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let mut ids = Vec::new();
    for _ in 0..21 {
        ids.push(app.call_of("alice").await.id.to_string());
    }
    let first = alice.page("/calls?status=IN_PROGRESS").await;
    assert_shows(&first, &[&ids[20], &ids[1]]);
    assert_hides(&first, &[&ids[0]]);
    let (before, _) = first.split_once(r#"" rel="next">"#).unwrap();
    let (_, next) = before.rsplit_once("href=\"").unwrap();
    let next = next.replace("&#38;", "&");
    assert!(next.contains("status=IN_PROGRESS&cursor="), "{next}");
    let second = alice.page(&next).await;
    assert_shows(&second, &[&ids[0], "To the first page"]);
    assert_hides(&second, &[&ids[1]]);
    app.finish().await;
}

#[tokio::test]
async fn nobody_sees_or_touches_the_calls_of_another_owner() {
    let app = TestApp::silent().await;
    let bob = app.user("bob").await;
    let id = a_whole_call(&app, "call_abc123", "alice").await;
    let theirs = app.paused_subscription_of("bob").await;
    let mut bob = app.visitor(&bob).await;

    assert_shows(&bob.page("/calls").await, &["No calls yet"]);
    for name in [id.as_str(), "call_abc123"] {
        assert_eq!(bob.open(&format!("/calls/{name}")).await.status, 404);
        let refused = bob.open(&format!("/calls?find={name}")).await;
        assert_eq!(refused.status, 400, "{refused:?}");
    }
    for act in ["cancel", "replay"] {
        let page = bob.page("/calls").await;
        let csrf = crate::support::csrf_of(&page).to_owned();
        let refused = bob
            .send(&format!("/calls/{id}/{act}"), &[("csrf", &csrf)])
            .await;
        assert_eq!(refused.status, 404, "{refused:?}");
    }
    let mut admin = app.visitor(ADMIN_KEY).await;
    let page = admin.page(&format!("/calls/{id}")).await;
    assert_shows(&page, &["The sink is mended tomorrow."]);
    assert_hides(&page, &[&theirs.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn what_a_caller_made_up_is_text_and_no_link_and_no_script() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let mut evil = report("call_evil", "alice", WELL, "<script>alert(1)</script>");
    evil["call"]["customer"]["name"] = json!("<img src=x onerror=alert(2)>");
    evil["call"]["metadata"]["note\"><i>"] = json!({"deep": "</pre><script>"});
    evil["artifact"]["recordingUrl"] = json!("javascript:alert(3)");
    says(&app, status("call_evil", "alice", "in-progress")).await;
    says(&app, evil).await;
    let id = vapi::call(&app, "call_evil").await.id;
    for path in ["/calls".to_owned(), format!("/calls/{id}")] {
        let page = alice.page(&path).await;
        assert_hides(
            &page,
            &["<script>alert", "<img src=x", "</pre><script", "\"><i>"],
        );
        assert_hides(&page, &[r#"href="javascript:"#]);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_call_is_told_again_and_the_page_says_how_much_that_is() {
    let app = TestApp::silent().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let id = a_whole_call(&app, "call_abc123", "alice").await;
    app.paused_subscription_of("alice").await;
    let path = format!("/calls/{id}");
    let told = alice.submit(&path, &format!("{path}/replay"), &[]).await;
    let page = alice.follow(&told).await;
    assert_shows(
        &page,
        &[
            "events were told again",
            "Its log leads to the state that is stored.",
        ],
    );
    assert_shows(&page, &["call.completed", r#"data-state="held""#]);
    app.finish().await;
}
