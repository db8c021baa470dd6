//! A tool is asked once, however often Vapi asks.

use std::{future::poll_fn, pin::Pin, time::Duration};

use entity::{instances, tool_calls};
use ringback::{
    tools::{Answered, Asked},
    vapi::identity,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{CALL, asked, assert_said, call, outcome, register};
use crate::support::{ADMIN_KEY, Receiver, Reply, TestApp};

#[tokio::test]
async fn a_question_that_comes_later_gets_the_stored_answer() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    tool.replies([Reply::from(json!("first")), Reply::from(500)]);
    for _ in 0..3 {
        let answer = outcome(&app, &asked(&[call("1", "t")])).await;
        assert_eq!(answer.as_deref(), Ok("first"));
    }
    for _ in 0..3 {
        let failed = outcome(&app, &asked(&[call("2", "t")])).await;
        assert_eq!(failed.unwrap_err(), "t failed with status 500.");
    }
    assert_eq!(tool.requests().len(), 2);
    let rows = tool_calls::Entity::find().all(app.app.db.read()).await;
    for row in rows.unwrap() {
        let sealed = row.answer.unwrap().0;
        assert!(!sealed.windows(5).any(|bytes| bytes == b"first"));
    }
    app.finish().await;
}

#[tokio::test]
async fn questions_that_come_meanwhile_wait_for_the_one_answer() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let (let_go, held) = Reply::from(json!("once")).held();
    tool.replies([held]);
    let calls = [call("1", "t"), call("1", "t")];
    let question = asked(&calls);
    let release = async {
        tool.heard(1).await;
        let_go.send(()).unwrap();
    };
    let (first, second, ()) = futures_util::join!(
        app.tools.answer_all(&question),
        app.tools.answer_all(&question),
        release
    );
    for answered in first.iter().chain(&second) {
        assert_eq!(answered.outcome.as_deref(), Ok("once"));
    }
    assert_eq!((first.len() + second.len(), tool.requests().len()), (4, 1));
    app.finish().await;
}

#[tokio::test]
async fn who_hangs_up_and_asks_again_gets_the_answer_of_the_first_question() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let (let_go, held) = Reply::from(json!("once")).held();
    tool.replies([held]);
    let tools = app.tools.clone();
    let hung_up = tokio::spawn(async move { tools.answer_all(&asked(&[call("1", "t")])).await });
    tool.heard(1).await;
    hung_up.abort();
    assert!(hung_up.await.unwrap_err().is_cancelled());
    let_go.send(()).unwrap();
    let answer = outcome(&app, &asked(&[call("1", "t")])).await;
    assert_eq!((answer.as_deref(), tool.requests().len()), (Ok("once"), 1));
    app.finish().await;
}

#[tokio::test]
async fn an_id_is_good_within_its_call_and_without_one_the_body_tells() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let calls = [call("1", "t")];
    let elsewhere = Asked {
        vapi_call_id: "another call",
        ..asked(&calls)
    };
    outcome(&app, &asked(&calls)).await.unwrap();
    outcome(&app, &elsewhere).await.unwrap();
    assert_eq!(tool.requests().len(), 2);

    let mut nameless = call("", "t");
    nameless.id = None;
    let calls = [nameless.clone(), nameless];
    for body in [&b"one"[..], b"two", b"one"] {
        let question = Asked {
            body,
            ..asked(&calls)
        };
        app.tools.answer_all(&question).await;
    }
    let heard = tool.requests();
    assert_eq!(heard.len(), 2 + 4);
    let own_id = heard[5].json()["id"].clone();
    assert_eq!(own_id, heard[5].header("x-webhook-id"));
    app.finish().await;
}

/// Somebody has begun to ask: a row says so.
async fn begun_by(app: &TestApp, instance: Uuid, created_at: i64) {
    let row = tool_calls::ActiveModel {
        digest: Set(digest().to_vec()),
        instance: Set(instance),
        answer: Set(None),
        created_at: Set(created_at),
        finished_at: Set(None),
    };
    let inserted = app.app.db.write(async move |tx| {
        tool_calls::Entity::insert(row)
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    inserted.await.unwrap();
}

fn digest() -> [u8; 32] {
    Sha256::digest(identity::of_tool_call(CALL, "1")).into()
}

/// Another process that lives, or has stopped by the database's clock.
async fn an_instance(app: &TestApp, expires_at: i64) -> Uuid {
    let id = Uuid::now_v7();
    let row = instances::ActiveModel {
        id: Set(id),
        name: Set("another".to_owned()),
        version: Set("0".to_owned()),
        started_at: Set(0),
        expires_at: Set(expires_at),
    };
    let inserted = app.app.db.write(async move |tx| {
        instances::Entity::insert(row)
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    inserted.await.unwrap();
    id
}

async fn gone(app: &TestApp, instance: Uuid) {
    let deleted = app.app.db.write(async move |tx| {
        instances::Entity::delete_by_id(instance).exec(&*tx).await?;
        Ok(())
    });
    deleted.await.unwrap();
}

async fn asked_once(app: &TestApp) -> Vec<Answered> {
    app.tools.answer_all(&asked(&[call("1", "t")])).await
}

/// Steps the clock from look to look, until there is an answer.
async fn as_time_goes_on<T>(app: &TestApp, mut asking: Pin<Box<impl Future<Output = T>>>) -> T {
    poll_fn(|cx| {
        let polled = asking.as_mut().poll(cx);
        if polled.is_pending() {
            app.advance(Duration::from_millis(250));
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
}

#[tokio::test]
async fn what_a_dead_process_asked_is_never_asked_again() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let lapsed = an_instance(&app, 1).await;
    begun_by(&app, lapsed, app.clock.millis()).await;
    for _ in 0..2 {
        let answers = app.tools.answer_all(&asked(&[call("1", "t")])).await;
        assert_said(&answers[0], "its answer did not come back");
        gone(&app, lapsed).await;
    }
    assert!(tool.requests().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_another_process_asks_is_waited_for_but_not_for_ever() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let living = an_instance(&app, i64::MAX).await;
    begun_by(&app, living, app.clock.millis()).await;
    let answers = as_time_goes_on(&app, Box::pin(asked_once(&app))).await;
    assert_said(&answers[0], "its answer did not come back");
    assert!(tool.requests().is_empty());
    gone(&app, living).await;
    app.finish().await;
}

#[tokio::test]
async fn the_answer_that_another_process_gets_is_the_answer() {
    let (app, tool) = (TestApp::spawn().await, Receiver::start().await);
    register(&app, ADMIN_KEY, "t", &tool).await;
    let living = an_instance(&app, i64::MAX).await;
    begun_by(&app, living, app.clock.millis()).await;
    let mut asking = Box::pin(asked_once(&app));
    assert!(futures_util::poll!(&mut asking).is_pending());
    let theirs = Answered {
        id: Some("1".to_owned()),
        name: "t".to_owned(),
        outcome: Ok("theirs".to_owned()),
        kept: false,
    };
    let (calls, tools) = ([call("1", "t")], &app.tools);
    tools.remember(&asked(&calls), &[theirs]).await.unwrap();
    let answers = as_time_goes_on(&app, asking).await;
    assert_eq!(answers[0].outcome.as_deref(), Ok("theirs"));
    assert!(tool.requests().is_empty());
    gone(&app, living).await;
    app.finish().await;
}
