//! Two servers on one database: what one has learned, the other does not deny.

use std::time::Duration;

use entity::{
    CallId,
    calls::{Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::*;
use crate::support::vapi::{self, WELL, report};

/// Two servers, one of which has kept a result; none on SQLite, which has one server.
async fn two() -> Option<(TestApp, TestApp)> {
    let here = TestApp::spawn().await;
    if !here.app.db.is_postgres() {
        here.finish().await;
        return None;
    }
    let there = here.beside(&[]).await.unwrap();
    vapi::says(&here, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(summary(&there, ADMIN_KEY, "v1").await, "Short.");
    Some((here, there))
}

async fn finish(here: TestApp, there: TestApp) {
    there.finish().await;
    here.finish().await;
}

/// Comes back when the news has come that there is no result; other news may come before.
async fn until_none(there: &TestApp, call: CallId, id: &str) {
    loop {
        let news = there.desk.news_of(call);
        let answer = result(there, ADMIN_KEY, id).await;
        if answer.status == 404 {
            return assert_none(&answer, id);
        }
        news.await;
    }
}

#[tokio::test]
async fn a_result_that_is_dismissed_here_is_not_given_there() {
    let Some((here, there)) = two().await else {
        return;
    };
    let call = vapi::call(&here, "v1").await.id;
    assert_eq!(here.delete(&at("v1")).by(ADMIN_KEY).await.status, 200);
    until_none(&there, call, "v1").await;
    finish(here, there).await;
}

#[tokio::test]
async fn a_dismissal_that_nobody_told_of_is_found_within_a_second() {
    let Some((here, there)) = two().await else {
        return;
    };
    let call = vapi::call(&here, "v1").await;
    let (id, now) = (call.id, here.clock.millis());
    let dismissed = here.app.db.write(move |tx| async move {
        let rows = Entity::update_many()
            .col_expr(Column::ResultDismissedAt, Expr::value(now))
            .col_expr(Column::ResultVersion, Expr::value(call.result_version + 1))
            .filter(Column::Id.eq(id))
            .exec(&*tx);
        Ok(rows.await?)
    });
    dismissed.await.unwrap();
    there.advance(Duration::from_secs(1));
    until_none(&there, id, "v1").await;
    finish(here, there).await;
}

#[tokio::test]
async fn a_fuller_report_that_comes_here_is_given_there() {
    let Some((here, there)) = two().await else {
        return;
    };
    let news = there.desk.news_of(vapi::call(&here, "v1").await.id);
    vapi::says(&here, report("v1", "alice", WELL, "Longer.")).await;
    news.await;
    assert_eq!(summary(&there, ADMIN_KEY, "v1").await, "Longer.");
    finish(here, there).await;
}

#[tokio::test]
async fn whoever_waits_there_is_answered_when_the_report_comes_here() {
    let Some((here, there)) = two().await else {
        return;
    };
    let asked = there.get(&format!("{}?wait=60s", at("v2"))).by(ADMIN_KEY);
    let asked = tokio::spawn(asked.into_future());
    there
        .desk
        .waiting()
        .wait_for(|now| *now == 1)
        .await
        .unwrap();
    vapi::says(&here, report("v2", "alice", WELL, "Short.")).await;
    assert_eq!(asked.await.unwrap().status, 200);
    finish(here, there).await;
}
