//! What a tool is sent, and what becomes of its answers.

use std::iter::repeat_n;

use entity::{Sealed, ToolId, tools};
use ringback::infra::seal::Place;
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use super::{CALL, SECRET, asked, assert_said, call, made, outcome, register};
use crate::support::{ADMIN_KEY, Receiver, Reply, TestApp};

#[tokio::test]
async fn a_tool_gets_the_call_signed_like_a_delivery() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "lookup_order", &tool).await;
    tool.replies([json!({"result": {"state": "shipped"}})]);
    let answer = outcome(&app, &asked(&[call("call_1", "lookup_order")])).await;
    assert_eq!(answer.unwrap(), r#"{"state":"shipped"}"#);

    let heard = &tool.requests()[0];
    let sent = json!({
        "id": "call_1", "name": "lookup_order", "parameters": {"order": "A-1"}, "callId": CALL,
    });
    assert_eq!((heard.path.as_str(), heard.json()), ("/hook", sent));
    heard.assert_signed_by(SECRET);
    assert_eq!(heard.header("content-type"), "application/json");
    assert_eq!(heard.header("x-webhook-event"), "tool.call");
    assert_eq!(heard.header("x-webhook-attempt"), "1");
    assert!(heard.header("x-webhook-id").starts_with("tcl_"));
    let at = app.clock.now().timestamp().to_string();
    assert_eq!(heard.header("x-webhook-timestamp"), at);
    app.finish().await;
}

#[tokio::test]
async fn all_tools_of_a_message_are_asked_at_once_and_answered_in_order() {
    let app = TestApp::spawn().await;
    let (slow, fast) = (Receiver::start().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "slow", &slow).await;
    register(&app, ADMIN_KEY, "fast", &fast).await;
    let (let_go, held) = Reply::from(json!("slow")).held();
    slow.replies([held]);
    fast.replies([json!("fast")]);
    let calls = [call("1", "slow"), call("2", "nobody"), call("3", "fast")];
    let question = asked(&calls);
    let asking = app.tools.answer_all(&question);
    let asked_fast_meanwhile = async {
        fast.heard(1).await;
        let_go.send(()).unwrap();
    };
    let (answers, ()) = futures_util::join!(asking, asked_fast_meanwhile);
    let ids: Vec<_> = answers
        .iter()
        .map(|answered| answered.id.as_deref().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(answers[0].outcome.as_deref(), Ok("slow"));
    assert_said(&answers[1], "Unknown function: nobody");
    assert_eq!(answers[2].outcome.as_deref(), Ok("fast"));
    assert!(answers.iter().all(|answered| answered.kept));
    app.finish().await;
}

#[tokio::test]
async fn whatever_a_tool_does_wrong_becomes_a_sentence() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let huge = |bytes: usize| Reply::with(200, "", format!("\"{}\"", "a".repeat(bytes - 2)));
    let elsewhere = Reply::with(302, "location: http://127.0.0.1:1/\r\n", "{}");
    let cases = [
        (Reply::from(500), "t failed with status 500"),
        (Reply::from(404), "t failed with status 404"),
        (elsewhere, "t failed with status 302"),
        (Reply::with(200, "", "<html>"), "not JSON"),
        (huge((64 << 10) + 1), "too long"),
        (
            Reply::Words(b"nonsense\r\n\r\n".to_vec()),
            "cannot be reached",
        ),
    ];
    for (at, (reply, words)) in cases.into_iter().enumerate() {
        tool.replies([reply]);
        let calls = [call(&at.to_string(), "t")];
        let answers = app.tools.answer_all(&asked(&calls)).await;
        assert_said(&answers[0], words);
    }
    tool.replies([huge(64 << 10), Reply::with(204, "", "")]);
    let whole = outcome(&app, &asked(&[call("whole", "t")])).await;
    assert_eq!(whole.unwrap().len(), (64 << 10) - 2);
    assert_eq!(
        outcome(&app, &asked(&[call("empty", "t")])).await.unwrap(),
        "null"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_silent_tool_is_given_its_own_time() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    let wanted = json!({"name": "t", "url": tool.url(), "timeout_ms": 100, "parameters": {}});
    made(&app, ADMIN_KEY, &wanted).await;
    tool.replies([Reply::Silence]);
    let answers = app.tools.answer_all(&asked(&[call("1", "t")])).await;
    assert_said(&answers[0], "t did not answer within 0.1 seconds");
    app.finish().await;
}

/// Registered while it was allowed, or under a name that leads elsewhere now.
#[tokio::test]
async fn no_packet_goes_where_none_may_go() {
    let app = TestApp::with(&[("RINGBACK_ALLOW_NETWORKS", "none")]).await;
    let tool = Receiver::start().await;
    let id = ToolId::from_uuid(Uuid::now_v7());
    let place = Place {
        table: "tools",
        column: "secret",
        row: id.as_bytes(),
    };
    let row = tools::Model {
        id,
        name: "t".to_owned(),
        owner: "alice".to_owned(),
        scope: tools::ToolScope::All,
        url: tool.url(),
        timeout_ms: 5_000,
        parameters: "{}".to_owned(),
        secret: Sealed(app.app.seal.seal(place, SECRET.as_bytes())),
        created_at: 0,
    };
    let inserted = app.app.db.write(async move |tx| {
        row.into_active_model().reset_all().insert(&*tx).await?;
        Ok(())
    });
    inserted.await.unwrap();
    let answers = app.tools.answer_all(&asked(&[call("1", "t")])).await;
    assert_said(&answers[0], "t cannot be reached just now");
    assert!(tool.requests().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn no_message_asks_more_than_a_few_dozen_tools() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    tool.replies(repeat_n(json!(1), 40).map(Reply::from));
    let calls: Vec<_> = (0..40).map(|n| call(&n.to_string(), "t")).collect();
    let answers = app.tools.answer_all(&asked(&calls)).await;
    assert_eq!(answers.len(), 40);
    assert!(
        answers[..32]
            .iter()
            .all(|answered| answered.outcome.is_ok())
    );
    assert_said(&answers[32], "Only 32 functions");
    assert_eq!(tool.requests().len(), 32);
    app.finish().await;
}
