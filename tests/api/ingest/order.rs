//! In whatever order a call's events come, and however often, the call ends
//! the same; and what will be told of it is numbered in one order.

use futures_util::{StreamExt, stream};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use super::*;

const INTERLEAVINGS: usize = 24;

/// What must be the same, whatever the order.
#[derive(Debug, PartialEq)]
struct End {
    status: CallStatus,
    outcome: Option<Outcome>,
    reason: Option<String>,
    retryable: Option<bool>,
    began: Option<i64>,
    ended: Option<i64>,
    said: Vec<String>,
    told_of_its_end: usize,
    results: Value,
}

/// The events of whole calls, each in its clean order.
fn calls_of(id: &str) -> Vec<Vec<Value>> {
    let begin = || {
        vec![
            status(id, "queued", 1_000),
            status(id, "ringing", 2_000),
            status(id, "in-progress", 3_000),
        ]
    };
    let lines = [
        line(id, "assistant", "Hi.", 1_767_603_480_000),
        line(id, "user", "Hello.", 1_767_603_482_000),
    ];
    let unknown = json!({"type": "speech-update", "status": "started", "timestamp": 3_500, "call": {"id": id}});
    let well = "customer-ended-call";
    let failed = "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable";
    vec![
        [
            begin(),
            lines.to_vec(),
            vec![ended(id, well, 9_000), report(id, well, "Short.", 9_500)],
        ]
        .concat(),
        [
            begin(),
            vec![
                unknown,
                ended(id, failed, 9_000),
                report(id, failed, "Broken.", 9_500),
            ],
        ]
        .concat(),
        vec![
            status(id, "queued", 1_000),
            status(id, "ringing", 2_000),
            ended(id, "customer-did-not-answer", 9_000),
        ],
        vec![
            status(id, "queued", 1_000),
            ended(id, "manually-canceled", 9_000),
        ],
        [
            begin(),
            vec![
                report(id, well, "Early.", 9_100),
                report(id, well, "Fuller.", 9_900),
                ended(id, well, 9_000),
            ],
        ]
        .concat(),
    ]
}

async fn end_of(app: &TestApp, id: &str) -> End {
    let call = app.call(id).await;
    let told = app.told_of(&call).await;
    let ends = told
        .iter()
        .filter(|told| ["call.completed", "call.failed"].contains(&told.kind.as_str()));
    let last_result = told
        .iter()
        .rev()
        .find(|told| told.payload["data"].get("analysis").is_some());
    let said = app
        .get(&format!("/api/v1/sessions/{id}/messages"))
        .by(crate::support::ADMIN_KEY)
        .await;
    let said = said.body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["text"].as_str().unwrap().to_owned());
    End {
        status: call.status,
        outcome: call.outcome,
        reason: call.ended_reason.clone(),
        retryable: call.retryable,
        began: call.started_at,
        ended: call.ended_at,
        said: said.collect(),
        told_of_its_end: ends.count(),
        results: last_result
            .map(|told| told.payload["data"]["analysis"].clone())
            .unwrap_or_default(),
    }
}

#[tokio::test]
async fn any_interleaving_ends_like_the_clean_order() {
    let app = TestApp::spawn().await;
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    for kind in 0..calls_of("").len() {
        let clean = format!("clean-{kind}");
        for message in &calls_of(&clean)[kind] {
            app.hears(message.clone()).await;
        }
        let expected = end_of(&app, &clean).await;
        for run in 0..INTERLEAVINGS / 4 {
            let id = format!("mixed-{kind}-{run}");
            let events = calls_of(&id)[kind].clone();
            let twice = [events.clone(), events].concat();
            let mixed = Just(twice)
                .prop_shuffle()
                .new_tree(&mut runner)
                .unwrap()
                .current();
            for message in &mixed {
                app.hears(message.clone()).await;
            }
            let order: Vec<_> = mixed
                .iter()
                .map(|m| format!("{} {}", m["type"], m["status"]))
                .collect();
            assert_eq!(end_of(&app, &id).await, expected, "{order:?}");
        }
    }
    app.finish().await;
}

/// Calls side by side over 64 connections, each call's events one after
/// another, as Vapi posts them.
#[tokio::test]
async fn each_calls_events_are_numbered_in_the_order_they_came() {
    let app = TestApp::spawn().await;
    let calls = (0..60).map(|call| {
        let app = &app;
        async move {
            let id = format!("v{call}");
            for (at, word) in ["queued", "ringing", "in-progress", "forwarding"]
                .into_iter()
                .enumerate()
            {
                app.hears(status(&id, word, at as i64)).await;
            }
            app.hears(report(&id, "customer-ended-call", "Short.", 9))
                .await;
        }
    });
    stream::iter(calls)
        .buffer_unordered(64)
        .collect::<Vec<()>>()
        .await;
    for call in 0..60 {
        let call = app.call(&format!("v{call}")).await;
        let told = app.told_of(&call).await;
        let numbers: Vec<_> = told.iter().map(|told| told.sequence.unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        let last = told.last().unwrap();
        assert_eq!(
            (last.kind.as_str(), call.status),
            ("call.completed", CallStatus::Ended)
        );
    }
    app.finish().await;
}
