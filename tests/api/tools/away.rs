//! Questions are answered while the database is away.

use ringback::tools::Asked;
use serde_json::json;

use super::{asked, assert_said, call, outcome, register};
use crate::support::{ADMIN_KEY, Receiver, TestApp};

#[tokio::test]
async fn tools_in_memory_answer_without_a_database() {
    let (app, everybodys) = (TestApp::spawn().await, Receiver::start().await);
    let (alice, hers) = (app.user("alice").await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &everybodys).await;
    register(&app, &alice, "t", &hers).await;
    everybodys.replies([json!("everybody's")]);
    hers.replies([json!("hers")]);
    app.app.db.clone().close().await;

    let calls = [call("1", "t"), call("2", "nobody")];
    let answers = app.tools.answer_all(&asked(&calls)).await;
    assert_eq!(answers[0].outcome.as_deref(), Ok("everybody's"));
    assert!(!answers[0].kept, "the spool has to keep it");
    assert_said(&answers[1], "Unknown function: nobody");
    let of_alice = [call("3", "t")];
    let question = Asked {
        owner: Some("alice"),
        ..asked(&of_alice)
    };
    assert_eq!(outcome(&app, &question).await.as_deref(), Ok("hers"));
    app.finish_without_database().await;
}

#[tokio::test]
async fn a_question_that_comes_again_meanwhile_is_not_put_again() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    tool.replies([json!("once"), json!("twice")]);
    app.app.db.clone().close().await;
    for _ in 0..2 {
        let answer = outcome(&app, &asked(&[call("1", "t")])).await;
        assert_eq!(answer.as_deref(), Ok("once"));
    }
    assert_eq!(tool.requests().len(), 1);
    app.finish_without_database().await;
}

#[tokio::test]
async fn what_was_answered_meanwhile_is_remembered_later() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    tool.replies([json!("first"), json!("second")]);
    let calls = [call("1", "t")];
    let mut answers = app.tools.answer_all(&asked(&calls)).await;
    let again = [call("2", "t")];
    answers[0].id = Some("2".to_owned());
    app.tools.remember(&asked(&again), &answers).await.unwrap();
    assert_eq!(outcome(&app, &asked(&again)).await.as_deref(), Ok("first"));
    answers[0].outcome = Ok("changed".to_owned());
    app.tools.remember(&asked(&again), &answers).await.unwrap();
    assert_eq!(outcome(&app, &asked(&again)).await.as_deref(), Ok("first"));
    assert_eq!(tool.requests().len(), 1);
    app.finish().await;
}
