//! Maintenance: the two that the log and the history let through.
//!
//! Retention may delete, the re-seal may rewrite the sealed column, each only between raising its
//! flag and lowering it, in one transaction.

use entity::maintenance;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    Store, assert_let_through, assert_refused,
    immutability::{LOGS, Log, REFUSAL, two_rows_in_each},
    tables,
};

impl Store {
    /// Runs a statement in a transaction that has raised the task's flag, and lowers it after.
    async fn run_as(&self, task: &str, statement: &str) -> Result<(), String> {
        let (raise, lower) = (flag(task, true), flag(task, false));
        self.run(&[&raise, statement, &lower]).await
    }

    pub async fn assert_no_flag_is_up(&self) {
        let raised = maintenance::Entity::find().filter(maintenance::Column::Active.eq(true));
        assert_eq!(raised.count(self.db.read()).await.unwrap(), 0);
    }
}

fn flag(task: &str, active: bool) -> String {
    format!("UPDATE maintenance SET active = {active} WHERE task = '{task}'")
}

#[tokio::test]
async fn retention_deletes_and_does_nothing_else() {
    let store = two_rows_in_each().await;
    for log in LOGS {
        let mut refused = vec![log.rewrite(), log.alter()];
        if store.db.is_postgres() {
            refused.push(log.truncate());
        }
        for change in refused {
            assert_refused(&store.run_as("retention", &change).await, REFUSAL, &change);
        }
        let delete_one = format!("{} WHERE {} = 1", log.delete(), log.key);
        assert_let_through(store.run_as("retention", &delete_one).await, &delete_one);
        let afterwards = store.run(&[&log.delete()]).await;
        assert_refused(&afterwards, REFUSAL, "a DELETE after retention");
    }
    store.close().await;
}

#[tokio::test]
async fn the_reseal_rewrites_the_sealed_column_and_does_nothing_else() {
    let store = two_rows_in_each().await;
    for log in LOGS {
        let with_another_column = format!("{}, created_at = 99", log.rewrite());
        for change in [log.delete(), log.alter(), with_another_column] {
            assert_refused(&store.run_as("reseal", &change).await, REFUSAL, &change);
        }
        let rewrite = log.rewrite();
        assert_let_through(store.run_as("reseal", &rewrite).await, &rewrite);
        let afterwards = store.run(&[&rewrite]).await;
        assert_refused(&afterwards, REFUSAL, "an UPDATE after the re-seal");
    }
    store.assert_holds_both_rows().await;
    store.close().await;
}

#[tokio::test]
async fn the_reseal_cannot_change_any_other_column() {
    let store = two_rows_in_each().await;
    for log in LOGS {
        let described = tables::all();
        let described = described.iter().find(|it| it.name == log.table).unwrap();
        let columns = described.columns.iter().map(|column| column.name);
        for column in columns.filter(|column| *column != log.sealed) {
            let change = log.copy_from_the_second_row(column, store.db.is_postgres());
            assert_refused(&store.run_as("reseal", &change).await, REFUSAL, &change);
        }
    }
    store.close().await;
}

impl Log {
    /// Gives the first row the second one's value. A key has to be new; on PostgreSQL it can only
    /// be set to the next number, by anybody.
    fn copy_from_the_second_row(&self, column: &str, is_postgres: bool) -> String {
        let Self { table, key, .. } = self;
        let value = match (column == *key, is_postgres) {
            (true, true) => "DEFAULT".to_owned(),
            (true, false) => "99".to_owned(),
            (false, _) => format!("(SELECT it.{column} FROM {table} AS it WHERE it.{key} = 2)"),
        };
        format!("UPDATE {table} SET {column} = {value} WHERE {key} = 1")
    }
}

#[tokio::test]
async fn a_flag_that_is_left_up_fails_the_commit_and_all_that_came_with_it() {
    let store = two_rows_in_each().await;
    let work = [
        ("retention", "DELETE FROM call_events"),
        ("reseal", "UPDATE call_events SET payload = {9 bytes}"),
    ];
    for (task, statement) in work {
        let ended = store.run(&[&flag(task, true), statement]).await;
        assert_refused(&ended, "foreign key", task);
    }
    store.assert_holds_both_rows().await;
    store.assert_no_flag_is_up().await;
    store.close().await;
}

#[tokio::test]
async fn the_flags_resting_place_takes_no_raised_flag() {
    let store = Store::open().await;
    let escape = "INSERT INTO maintenance_at_rest (active) VALUES (true)";
    assert_refused(&store.run(&[escape]).await, "active", escape);
    store.close().await;
}

#[tokio::test]
async fn there_is_no_third_task() {
    let store = Store::open().await;
    let third = "INSERT INTO maintenance (task) VALUES ('vacuum')";
    assert_refused(&store.run(&[third]).await, "task", third);
    store.close().await;
}
