//! Transactions on a database in a file, one after another and one beside another.

use std::{path::Path, time::Duration};

use futures_util::FutureExt;
use tempfile::TempDir;

use super::*;
use crate::infra::db::sqlite::{BUSY_TIMEOUT, writer};

/// With a table of numbers, in which there are these.
async fn desk(numbers: &[i64]) -> (TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    let desk = beside(folder.path(), BUSY_TIMEOUT).await;
    let session = desk.session().await.unwrap();
    let table = "CREATE TABLE numbers (number INTEGER PRIMARY KEY, one INTEGER)";
    session.execute_unprepared(table).await.unwrap();
    for number in numbers {
        insert(&session, *number).await.unwrap();
    }
    session.commit(None).await.unwrap();
    (folder, desk)
}

/// A connection that waits so long for another one to the same file.
async fn beside(folder: &Path, patience: Duration) -> Desk {
    let options = SqliteConnectOptions::new().filename(folder.join("database"));
    let options = writer(options.create_if_missing(true)).busy_timeout(patience);
    Desk::open(options).await.unwrap()
}

async fn insert(session: &Session, number: i64) -> Result<ExecResult, DbErr> {
    let sql = "INSERT INTO numbers (number) VALUES ($1)";
    let values = [number.into()];
    let insert = Statement::from_sql_and_values(sea_orm::DbBackend::Sqlite, sql, values);
    session.execute(insert).await
}

/// In a transaction of its own.
async fn keep(desk: &Desk, number: i64) {
    let session = desk.session().await.unwrap();
    insert(&session, number).await.unwrap();
    session.commit(None).await.unwrap();
}

/// What a transaction of its own finds.
async fn numbers(desk: &Desk) -> Vec<i64> {
    let session = desk.session().await.unwrap();
    let rows = session.query(of_sql("SELECT number FROM numbers ORDER BY number"));
    let rows = rows.await.unwrap();
    session.commit(None).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "number").unwrap())
        .collect()
}

#[tokio::test]
async fn what_was_committed_is_there_and_what_was_rolled_back_is_not() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    insert(&session, 2).await.unwrap();
    session.roll_back().await;
    keep(&desk, 3).await;
    assert_eq!(numbers(&desk).await, [1, 3]);
}

#[tokio::test]
async fn the_first_statement_counts_what_it_changed_and_not_what_was_changed_before() {
    let (_folder, desk) = desk(&[1, 2, 3]).await;
    let change = |sql: &str| {
        let (desk, statement) = (desk.clone(), of_sql(sql));
        async move {
            let session = desk.session().await.unwrap();
            let changed = session.execute(statement).await.unwrap();
            session.commit(None).await.unwrap();
            changed.rows_affected()
        }
    };
    assert_eq!(change("UPDATE numbers SET one = 1").await, 3);
    assert_eq!(change("DELETE FROM numbers WHERE number > 3").await, 0);
}

#[tokio::test]
async fn after_something_in_it_failed_nothing_more_is_said_in_a_transaction() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    insert(&session, 2).await.unwrap();
    insert(&session, 1).await.unwrap_err();
    let over = insert(&session, 3).await.unwrap_err();
    assert!(over.to_string().contains("is over"), "{over}");
    let over = session.commit(None).await.unwrap_err();
    assert!(over.to_string().contains("is over"), "{over}");
    assert_eq!(numbers(&desk).await, [1]);
}

#[tokio::test]
async fn what_sqlite_ended_by_itself_takes_nothing_that_comes_after_with_it() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    // As it does where the disk is full, at a statement that it refuses.
    let ended = "INSERT OR ROLLBACK INTO numbers (number) VALUES (1)";
    session.execute(of_sql(ended)).await.unwrap_err();
    insert(&session, 2).await.unwrap_err();
    session.roll_back().await;
    keep(&desk, 3).await;
    assert_eq!(numbers(&desk).await, [1, 3]);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_was_none() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    insert(&session, 2).await.unwrap();
    // Nobody waits for what becomes of this one.
    let _ = insert(&session, 3).now_or_never();
    drop(session);
    assert_eq!(numbers(&desk).await, [1]);
}

#[tokio::test]
async fn a_commit_that_is_refused_keeps_nothing() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    let others =
        "CREATE TABLE others (number INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED)";
    session.execute_unprepared(others).await.unwrap();
    insert(&session, 2).await.unwrap();
    let nobodys = of_sql("INSERT INTO others VALUES (7)");
    session.execute(nobodys).await.unwrap();
    session.commit(None).await.unwrap_err();
    assert_eq!(numbers(&desk).await, [1]);
}

fn insertion(number: i64) -> Option<Statement> {
    Some(of_sql(&format!(
        "INSERT INTO numbers (number) VALUES ({number})"
    )))
}

#[tokio::test]
async fn what_is_said_with_the_commit_is_kept_with_all_else() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    insert(&session, 2).await.unwrap();
    session.commit(insertion(3)).await.unwrap();
    let of_one = desk.session().await.unwrap();
    of_one.commit(insertion(4)).await.unwrap();
    assert_eq!(numbers(&desk).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn where_what_is_said_with_the_commit_is_refused_nothing_is_kept() {
    let (_folder, desk) = desk(&[1]).await;
    let session = desk.session().await.unwrap();
    insert(&session, 2).await.unwrap();
    session.commit(insertion(1)).await.unwrap_err();
    keep(&desk, 3).await;
    assert_eq!(numbers(&desk).await, [1, 3]);
}

#[tokio::test]
async fn of_two_that_are_said_together_each_has_its_own_answer() {
    let (_folder, desk) = desk(&[1, 2, 3]).await;
    let session = desk.session().await.unwrap();
    let (few, all) = ("number < 3", "number < 9");
    let those = |which| of_sql(&format!("SELECT number FROM numbers WHERE {which}"));
    let counted = async |first, second| {
        let (first, second) = session
            .query_both(those(first), those(second))
            .await
            .unwrap();
        (first.len(), second.len())
    };
    assert_eq!(counted(few, all).await, (2, 3));
    assert_eq!(counted(all, few).await, (3, 2));
    assert_eq!(counted("number > 9", all).await, (0, 3));
    assert_eq!(counted(all, "number > 9").await, (3, 0));
    session.roll_back().await;
}

#[tokio::test]
async fn who_cannot_begin_for_another_process_may_begin_after_it() {
    let (folder, desk) = desk(&[1]).await;
    let hasty = beside(folder.path(), Duration::ZERO).await;
    let holding = desk.session().await.unwrap();
    insert(&holding, 2).await.unwrap();
    let session = hasty.session().await.unwrap();
    insert(&session, 3).await.unwrap_err();
    session.roll_back().await;
    let place = hasty.place.lock().await;
    assert!(matches!(*place, Place::Taken(_)), "it was at rest");
    drop(place);
    holding.commit(None).await.unwrap();
    assert_eq!(numbers(&hasty).await, [1, 2]);
}

#[tokio::test]
async fn what_is_closed_is_not_opened_again() {
    let (_folder, desk) = desk(&[1]).await;
    desk.close().await.unwrap();
    for _ in 0..2 {
        let closed = desk.session().await.err().unwrap();
        assert!(matches!(closed, DbErr::ConnectionAcquire(_)), "{closed}");
    }
}
