//! A POST that is sent again makes its thing once.

use std::time::Duration;

use actix_web::http::StatusCode;
use entity::{api_keys, idempotency_keys};
use futures_util::future::join_all;
use ringback::idempotency::{Begun, Create};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Ask, TestApp};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn wanted(name: &str) -> Value {
    json!({"name": name, "role": "user", "owner": "alice"})
}

fn create(app: &TestApp, key: &str, name: &str) -> Ask {
    app.post("/api/v1/keys")
        .by(ADMIN_KEY)
        .header("idempotency-key", key)
        .json(&wanted(name))
}

async fn keys_named(app: &TestApp, name: &str) -> u64 {
    let named = api_keys::Entity::find().filter(api_keys::Column::Name.eq(name));
    named.count(app.app.db.read()).await.unwrap()
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    let app = TestApp::spawn().await;
    let first = create(&app, "k1", "once").await;
    let again = create(&app, "k1", "once").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["key"], again.body["key"]);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            again.header("idempotent-replayed")
        ),
        ("", "true")
    );
    assert_eq!(keys_named(&app, "once").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn without_a_key_every_request_is_its_own() {
    let app = TestApp::spawn().await;
    for _ in 0..2 {
        assert_eq!(
            app.post("/api/v1/keys")
                .by(ADMIN_KEY)
                .json(&wanted("twice"))
                .await
                .status,
            201
        );
    }
    assert_eq!(keys_named(&app, "twice").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict() {
    let app = TestApp::spawn().await;
    create(&app, "k1", "a").await;
    create(&app, "k1", "b")
        .await
        .assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(keys_named(&app, "b").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn another_callers_key_is_another_key() {
    let app = TestApp::spawn().await;
    let other = app.key_of("admin", "other").await;
    let mine = create(&app, "k1", "mine").await;
    let theirs = app
        .post("/api/v1/keys")
        .by(&other)
        .header("idempotency-key", "k1")
        .json(&wanted("mine"))
        .await;
    assert_eq!(theirs.status, 201);
    assert_ne!(
        mine.body["key"], theirs.body["key"],
        "a stored answer went to somebody else"
    );
    app.finish().await;
}

#[tokio::test]
async fn requests_side_by_side_wait_for_the_first() {
    let app = TestApp::spawn().await;
    let answers = join_all((0..8).map(|_| create(&app, "k1", "race").into_future())).await;
    let made = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(made.count(), 1);
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.body["key"]),
            (201, &answers[0].body["key"])
        );
    }
    assert_eq!(keys_named(&app, "race").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let app = TestApp::spawn().await;
    create(&app, "k1", "")
        .await
        .assert_refused(400, "INVALID_REQUEST");
    assert_eq!(create(&app, "k1", "mended").await.status, 201);
    app.finish().await;
}

#[tokio::test]
async fn after_a_day_a_key_is_forgotten() {
    let app = TestApp::spawn().await;
    let first = create(&app, "k1", "old").await;
    app.advance(DAY - Duration::from_millis(1));
    assert_eq!(
        create(&app, "k1", "old").await.body["key"],
        first.body["key"]
    );
    app.advance(Duration::from_millis(1));
    let fresh = create(&app, "k1", "new").await;
    assert_eq!(
        (fresh.status, fresh.header("idempotent-replayed")),
        (201, "")
    );
    app.finish().await;
}

#[tokio::test]
async fn old_answers_are_swept_away_and_young_ones_kept() {
    let app = TestApp::spawn().await;
    create(&app, "old", "a").await;
    app.advance(DAY);
    create(&app, "young", "b").await;
    ringback::idempotency::sweep_once(&app.app).await.unwrap();
    let left = idempotency_keys::Entity::find()
        .count(app.app.db.read())
        .await
        .unwrap();
    assert_eq!(left, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_stored_answer_is_sealed() {
    let app = TestApp::spawn().await;
    let made = create(&app, "k1", "sealed").await;
    let secret = made.body["key"].as_str().unwrap();
    let row = idempotency_keys::Entity::find()
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let found = row
        .answer
        .0
        .windows(8)
        .any(|window| window == &secret.as_bytes()[..8]);
    assert!(!found, "a key lies in clear in idempotency_keys");
    app.finish().await;
}

/// What a crash in the middle of the transaction leaves: neither the thing nor
/// the answer, so the repeat makes both.
#[tokio::test]
async fn a_failure_after_the_work_leaves_neither_the_thing_nor_the_answer() {
    let app = TestApp::spawn().await;
    refuse_answers(&app).await;
    create(&app, "k1", "crash")
        .await
        .assert_refused(500, "INTERNAL");
    assert_eq!(keys_named(&app, "crash").await, 0);
    accept_answers(&app).await;
    assert_eq!(create(&app, "k1", "crash").await.status, 201);
    assert_eq!(keys_named(&app, "crash").await, 1);
    app.finish().await;
}

/// Makes the last statement of the transaction fail.
async fn refuse_answers(app: &TestApp) {
    let statements: &[&str] = match app.app.db.is_postgres() {
        true => &[
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$",
            "CREATE TRIGGER refuse BEFORE UPDATE ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
        false => &[
            "CREATE TRIGGER refuse BEFORE UPDATE ON idempotency_keys BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ],
    };
    run(app, statements).await;
}

async fn accept_answers(app: &TestApp) {
    let statements: &[&str] = match app.app.db.is_postgres() {
        true => &["DROP TRIGGER refuse ON idempotency_keys"],
        false => &["DROP TRIGGER refuse"],
    };
    run(app, statements).await;
}

async fn run(app: &TestApp, statements: &[&str]) {
    for statement in statements {
        let sql = (*statement).to_owned();
        let done = app.app.db.write(move |tx| async move {
            tx.execute_unprepared(&sql).await?;
            Ok(())
        });
        done.await.unwrap();
    }
}

/// Begins what is not made yet when its transaction ends.
async fn begin(app: &TestApp, note: &'static str) -> Begun<()> {
    let create = Create::of_form("/somewhere", "k1", b"written", ());
    let work = move |_, ()| async move { Ok((note.as_bytes().to_vec(), ())) };
    create.begin(&app.app, "alice", work).await.unwrap()
}

#[tokio::test]
async fn whoever_comes_late_neither_forgets_nor_answers_what_was_begun_anew() {
    let app = TestApp::spawn().await;
    let Begun::First((), refused) = begin(&app, "one").await else {
        panic!("there was nothing before it");
    };
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let Begun::Again(note, ticket) = begin(&app, "another").await else {
            panic!("it was begun before");
        };
        assert_eq!(note, b"one");
        waiting.push(ticket);
    }
    waiting.pop().unwrap().forget(&app.app).await.unwrap();
    let Begun::First((), placed) = begin(&app, "two").await else {
        panic!("it was forgotten");
    };
    waiting.pop().unwrap().forget(&app.app).await.unwrap();
    let late = refused.answer(&app.app, StatusCode::CREATED, &"one");
    late.await.unwrap();
    let answer = placed.answer(&app.app, StatusCode::CREATED, &"two");
    answer.await.unwrap();
    let Begun::Answered(answer) = begin(&app, "three").await else {
        panic!("it was answered");
    };
    assert_eq!(answer.body(), b"\"two\"");
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_is_no_plain_word_is_refused() {
    let app = TestApp::spawn().await;
    for key in ["", "two words", &"x".repeat(256)] {
        create(&app, key, "x")
            .await
            .assert_refused(400, "INVALID_REQUEST");
    }
    app.finish().await;
}
