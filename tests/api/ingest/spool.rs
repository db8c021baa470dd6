//! While the database is away nothing is lost, and nobody waits.

use std::time::Duration;

use super::*;
use crate::support::Away;

#[tokio::test]
async fn what_comes_while_the_database_is_away_is_kept_and_recorded_in_order() {
    let app = TestApp::spawn().await;
    app.hears(status("v1", "queued", 1)).await;
    let away = Away::take(&app).await;
    for (word, at) in [("ringing", 2), ("in-progress", 3)] {
        let answer = app.hears(status("v1", word, at)).await;
        assert_eq!(answer.body["queued"], true, "{answer:?}");
    }
    let question = json!({"type": "tool-calls", "timestamp": 4, "call": {"id": "v1"}, "toolCallList": [{"id": "t1", "name": "nobody_knows", "arguments": {}}]});
    let answered = app.hears(question).await;
    assert_eq!(
        answered.body["results"][0]["error"], "Unknown function: nobody_knows",
        "a caller waits for the answer"
    );
    let told = app.get("/health/ready").await;
    assert_eq!(
        (told.status, &told.body["status"]),
        (200, &json!("degraded"))
    );
    away.give_back().await;
    app.drained().await;
    app.hears(report("v1", "customer-ended-call", "Short.", 5))
        .await;
    let call = app.call("v1").await;
    assert_eq!(call.status, CallStatus::Ended);
    let log = app.log_of(&call).await;
    let at: Vec<_> = log.iter().map(|row| row.occurred_at.unwrap()).collect();
    assert_eq!(
        (at, log.iter().all(|row| row.applied)),
        (vec![1_000, 2_000, 3_000, 4_000, 5_000], true)
    );
    app.finish().await;
}

/// More than a task may do in one turn of the runtime, which then takes up the rest as it likes.
#[tokio::test]
async fn much_that_waited_is_recorded_in_order_too() {
    let app = TestApp::spawn().await;
    let away = Away::take(&app).await;
    let calls: Vec<_> = (0..40).map(|number| format!("v{number}")).collect();
    for (word, at) in [("queued", 1), ("ringing", 2), ("in-progress", 3)] {
        for call in &calls {
            let answer = app.hears(status(call, word, at)).await;
            assert_eq!(answer.body["queued"], true, "{answer:?}");
        }
    }
    away.give_back().await;
    app.drained().await;
    for call in &calls {
        let log = app.log_of(&app.call(call).await).await;
        let at: Vec<_> = log.iter().map(|row| row.occurred_at.unwrap()).collect();
        assert_eq!(at, [1_000, 2_000, 3_000], "{call}");
    }
    app.finish().await;
}

/// The second queues behind the first, which waits for the lock that another has. It is free again as
/// soon as the first was turned back.
#[tokio::test]
async fn nothing_overtakes_what_found_the_database_away() {
    let app = TestApp::spawn().await;
    if app.app.db.is_postgres() {
        return app.finish().await; // nobody waits there: whoever comes is refused
    }
    let away = Away::take(&app).await;
    let first = async {
        let answer = app.hears(status("v1", "queued", 1)).await;
        away.give_back().await;
        answer
    };
    let second = async {
        app.get("/health/live").await;
        app.hears(status("v1", "ringing", 2)).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.body["queued"], true, "{first:?}");
    assert_eq!(second.body["queued"], true, "{second:?}");
    app.drained().await;
    let log = app.log_of(&app.call("v1").await).await;
    let at: Vec<_> = log.iter().map(|row| row.occurred_at.unwrap()).collect();
    assert_eq!(at, [1_000, 2_000]);
    app.finish().await;
}

#[tokio::test]
async fn without_a_spool_vapi_is_told_to_try_again() {
    let app = TestApp::with(&[("RINGBACK_SPOOL", "off")]).await;
    let away = Away::take(&app).await;
    let body = json!({"message": status("v1", "queued", 1)});
    app.say(VAPI, &body)
        .await
        .assert_refused(500, "STORE_UNAVAILABLE");
    away.give_back().await;
    app.finish().await;
}

impl TestApp {
    /// Steps the clock over the drainer's pauses until the spool is empty.
    async fn drained(&self) {
        while self.get("/health/ready").await.body["status"] != "ok" {
            self.advance(Duration::from_secs(30));
        }
    }
}
