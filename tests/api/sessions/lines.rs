//! Lines as they are stored: sealed, in order, and none twice, however they came.

use entity::{
    CallId,
    messages::{Column, Entity, Model, Role},
};
use ringback::sessions::{
    Line,
    messages::{Report, Spoken},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::{at, conversation, insert, line, of_owner, record, singly};
use crate::support::{ADMIN_KEY, TestApp};

/// The same conversation as a report has it: a line a turn.
fn report() -> Vec<Line> {
    vec![
        line(Role::Assistant, "Hello! How can I help you today?", 1_100),
        line(Role::User, "I need an appointment.", 3_100),
        line(Role::Assistant, "On Tuesday at ten?", 4_100),
        line(Role::User, "Yes.", 5_100),
        line(Role::Assistant, "See you on Tuesday.", 6_100),
    ]
}

fn reported(call: CallId) -> Spoken {
    of_report(call, report())
}

/// A report of a call that something was heard of before.
fn of_report(call: CallId, lines: Vec<Line>) -> Spoken {
    Spoken::Report(Report {
        call,
        lines,
        is_first: false,
    })
}

async fn rows(app: &TestApp, call: CallId) -> Vec<Model> {
    Entity::find()
        .filter(Column::CallId.eq(call))
        .order_by_asc(Column::OrderedAt)
        .order_by_asc(Column::Position)
        .all(app.app.db.read())
        .await
        .unwrap()
}

/// Texts and times, as they are read.
async fn read(app: &TestApp, id: &str) -> Vec<(String, Value)> {
    let list = app.get(&at(id, "/messages?limit=100")).by(ADMIN_KEY).await;
    let messages = list.body["messages"].as_array().unwrap();
    let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
    messages
        .iter()
        .map(|message| (text(message), message["spoken_at"].clone()))
        .collect()
}

/// What is read where nothing came but the report.
async fn read_of_the_report_alone(app: &TestApp) -> Vec<(String, Value)> {
    let call = insert(app, of_owner(app, "report-alone", "alice")).await;
    record(app, vec![reported(call.id)]).await;
    read(app, "report-alone").await
}

#[tokio::test]
async fn it_makes_no_difference_when_the_report_comes() {
    let app = TestApp::spawn().await;
    let expected = read_of_the_report_alone(&app).await;
    assert_eq!(expected.len(), report().len());
    let singles = conversation().len();
    for before in 0..=singles {
        let id = format!("web-{before}");
        let call = insert(&app, of_owner(&app, &id, "alice")).await.id;
        let mut spoken = singly(call, conversation());
        spoken.insert(before, reported(call));
        for spoken in spoken {
            record(&app, vec![spoken]).await;
        }
        assert_eq!(read(&app, &id).await, expected, "after {before} lines");
    }
    app.finish().await;
}

#[tokio::test]
async fn in_one_batch_the_order_makes_no_difference_either() {
    let app = TestApp::spawn().await;
    let expected = read_of_the_report_alone(&app).await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let other = insert(&app, of_owner(&app, "web-2", "alice")).await.id;
    let mut spoken = vec![reported(call), reported(call)];
    spoken.extend(singly(call, conversation()));
    spoken.extend(singly(other, conversation()));
    record(&app, spoken).await;
    assert_eq!(read(&app, "web-1").await, expected);
    assert_eq!(read(&app, "web-2").await.len(), conversation().len());
    app.finish().await;
}

#[tokio::test]
async fn a_line_that_the_report_has_as_it_was_heard_keeps_its_id() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    record(&app, singly(call, conversation())).await;
    let before = rows(&app, call).await;
    record(&app, vec![reported(call)]).await;
    let after = rows(&app, call).await;
    // The first two became one.
    let ids = |rows: &[Model]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(&after[1..]), ids(&before[2..]));
    assert!(!ids(&before).contains(&after[0].id));
    assert!(before.iter().all(|row| !row.reported) && after.iter().all(|row| row.reported));
    app.finish().await;
}

#[tokio::test]
async fn a_line_that_no_report_has_stays_where_it_was_spoken() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let unheard = |n: i64| line(Role::User, &format!("unheard of {n}"), n);
    record(&app, singly(call, vec![unheard(3_500)])).await;
    record(&app, vec![reported(call)]).await;
    record(&app, singly(call, vec![unheard(4_500)])).await;
    let texts: Vec<_> = read(&app, "web-1")
        .await
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    assert_eq!(texts.len(), report().len() + 2);
    assert_eq!(
        (&*texts[2], &*texts[4]),
        ("unheard of 3500", "unheard of 4500")
    );
    app.finish().await;
}

#[tokio::test]
async fn an_empty_report_takes_nothing_away() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    record(&app, singly(call, conversation())).await;
    let before = rows(&app, call).await;
    record(&app, vec![of_report(call, Vec::new())]).await;
    assert_eq!(rows(&app, call).await, before);
    app.finish().await;
}

#[tokio::test]
async fn one_calls_report_says_nothing_of_another_call() {
    let app = TestApp::spawn().await;
    let one = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let other = insert(&app, of_owner(&app, "web-2", "alice")).await.id;
    record(&app, vec![reported(one)]).await;
    record(&app, singly(other, conversation())).await;
    assert_eq!(rows(&app, other).await.len(), conversation().len());
    app.finish().await;
}

#[tokio::test]
async fn two_reports_of_a_new_call_at_once_say_everything_once() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let other = insert(&app, of_owner(&app, "web-2", "alice")).await.id;
    let first = |call| {
        Spoken::Report(Report {
            call,
            lines: report(),
            is_first: true,
        })
    };
    let mut spoken = singly(other, conversation());
    spoken.extend([first(call), reported(call), first(other)]);
    record(&app, spoken).await;
    assert_eq!(rows(&app, call).await.len(), report().len());
    assert_eq!(rows(&app, other).await.len(), report().len());
    app.finish().await;
}

#[tokio::test]
async fn a_line_without_a_time_stands_where_it_came() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let untimed = Line {
        spoken_at: None,
        ..line(Role::User, "When was that?", 0)
    };
    record(&app, singly(call, vec![untimed])).await;
    record(&app, singly(call, conversation())).await;
    let lines = read(&app, "web-1").await;
    assert_eq!(
        lines.last(),
        Some(&("When was that?".to_owned(), Value::Null))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_very_long_report_is_kept_whole() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let lines: Vec<_> = (0..1_100)
        .map(|n| line(Role::User, &format!("number {n}"), n))
        .collect();
    record(&app, singly(call, lines.clone())).await;
    for _ in 0..2 {
        let lines = lines.clone();
        record(&app, vec![of_report(call, lines)]).await;
        let times: Vec<_> = rows(&app, call)
            .await
            .into_iter()
            .map(|row| row.ordered_at)
            .collect();
        assert_eq!(times, (0..1_100).collect::<Vec<_>>());
    }
    app.finish().await;
}

#[tokio::test]
async fn what_was_said_is_sealed_each_line_for_itself() {
    let app = TestApp::spawn().await;
    let call = insert(&app, of_owner(&app, "web-1", "alice")).await.id;
    let same = || line(Role::User, "Nobody else may know.", 1);
    record(&app, singly(call, vec![same(), same()])).await;
    let rows = rows(&app, call).await;
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].text, rows[1].text);
    let clear = b"Nobody else";
    let shows = |row: &Model| row.text.0.windows(clear.len()).any(|bytes| bytes == clear);
    assert!(!rows.iter().any(shows));
    app.finish().await;
}
