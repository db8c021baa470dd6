//! A request that is held until there is a result.

use std::time::Duration;

use super::*;
use crate::support::{
    Ask,
    vapi::{self, WELL, ended, report, status},
};

fn waits(app: &TestApp, id: &str, wait: &str) -> Ask {
    app.get(&format!("{}?wait={wait}", at(id))).by(ADMIN_KEY)
}

async fn until_waiting(app: &TestApp, count: usize) {
    let mut waiting = app.desk.waiting();
    waiting.wait_for(|now| *now == count).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_for_a_call_that_nobody_knows_is_answered_when_its_report_comes() {
    let app = TestApp::spawn().await;
    let asked: Vec<_> = (0..20)
        .map(|_| tokio::spawn(waits(&app, "v1", "60s").into_future()))
        .collect();
    until_waiting(&app, 20).await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    for answer in asked {
        let answer = answer.await.unwrap();
        assert_eq!(
            answer.body["data"]["analysis"]["summary"], "Short.",
            "{answer:?}"
        );
    }
    until_waiting(&app, 0).await;
    app.finish().await;
}

#[tokio::test]
async fn whoever_waits_for_a_call_that_goes_on_is_answered_when_its_report_comes() {
    let app = TestApp::spawn().await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    let ours = vapi::call(&app, "v1").await.id.to_string();
    let asked = ["v1", ours.as_str()].map(|id| tokio::spawn(waits(&app, id, "30").into_future()));
    until_waiting(&app, 2).await;
    vapi::says(&app, ended("v1", "alice", WELL)).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    for answer in asked {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    app.finish().await;
}

#[tokio::test]
async fn whoever_waits_for_a_report_that_does_not_come_is_answered_when_its_time_is_over() {
    let app = TestApp::spawn().await;
    vapi::says(&app, ended("v1", "alice", "customer-busy")).await;
    let asked = tokio::spawn(waits(&app, "v1", "30s").into_future());
    until_waiting(&app, 1).await;
    app.advance(Duration::from_secs(5));
    let answer = asked.await.unwrap();
    assert_eq!(answer.body["data"]["status"], "no_answer", "{answer:?}");
    app.finish().await;
}

#[tokio::test]
async fn whoever_waits_in_vain_is_told_so_when_the_time_is_up() {
    let app = TestApp::spawn().await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    let asked = ["v1", "v2"].map(|id| tokio::spawn(waits(&app, id, "2500ms").into_future()));
    until_waiting(&app, 2).await;
    app.advance(Duration::from_millis(2_500));
    for (answer, id) in asked.into_iter().zip(["v1", "v2"]) {
        assert_none(&answer.await.unwrap(), id);
    }
    app.finish().await;
}

#[tokio::test]
async fn somebody_elses_call_is_waited_for_like_one_that_is_not_there() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    let asked = app.get(&format!("{}?wait=5s", at("v1"))).by(&mallory);
    let asked = tokio::spawn(asked.into_future());
    until_waiting(&app, 1).await;
    vapi::says(&app, report("v1", "alice", WELL, "Hers.")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Hers.");
    assert_eq!(
        *app.desk.waiting().borrow(),
        1,
        "mallory must not learn of it"
    );
    app.advance(Duration::from_secs(5));
    assert_none(&asked.await.unwrap(), "v1");
    app.finish().await;
}

#[tokio::test]
async fn whoever_hangs_up_waits_no_more() {
    let app = TestApp::spawn().await;
    let asked = tokio::spawn(waits(&app, "v1", "60s").into_future());
    until_waiting(&app, 1).await;
    asked.abort();
    until_waiting(&app, 0).await;
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_lets_everybody_go() {
    let app = TestApp::spawn().await;
    let asked = tokio::spawn(waits(&app, "v1", "60s").into_future());
    until_waiting(&app, 1).await;
    app.finish().await;
    assert_none(&asked.await.unwrap(), "v1");
}
