//! A writing transaction, lent to the work that runs in it.
//!
//! Each way to the database and back wakes two threads, or two processes, and in a small transaction
//! that takes longer than what is done there. So what is only added may wait until something else is
//! added, and then goes with it, as one statement, or on SQLite with the commit. Whatever else is
//! asked or changed finds it there: it goes before that.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait,
};

use super::{
    rows::{Insert, postgres, together},
    sqlite::Session,
};
use crate::error::Error;

/// What has more values than this goes by itself and at once: it keeps the database busy while the
/// next is made.
const WEIGHT_TO_WAIT_MAX: usize = 256;
/// One statement of several tables has another text for each size of each, so it is for small ones.
const WEIGHT_TOGETHER_MAX: usize = 1_024;

#[derive(Clone)]
pub struct Tx(Arc<Transaction>);

/// What the work sees of it.
pub struct Transaction {
    inner: Inner,
    waiting: Mutex<Vec<Insert>>,
}

pub(super) enum Inner {
    /// On one of a pool's connections, to PostgreSQL.
    Pooled(DatabaseTransaction),
    /// On the one that writes to SQLite.
    Session(Session),
}

impl Deref for Tx {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.0
    }
}

impl Tx {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(Transaction {
            inner,
            waiting: Mutex::default(),
        }))
    }

    /// To be ended, where nobody else holds on to it.
    pub(super) fn into_whole(self) -> Option<Transaction> {
        Arc::into_inner(self.0)
    }
}

impl Transaction {
    pub(super) async fn add_soon(&self, insert: Insert) -> Result<(), DbErr> {
        if insert.weight() > WEIGHT_TO_WAIT_MAX {
            return self.add(insert).await;
        }
        self.waiting().push(insert);
        Ok(())
    }

    pub(super) async fn add(&self, insert: Insert) -> Result<(), DbErr> {
        for statement in self.statements([insert]) {
            self.inner.execute(statement).await?;
        }
        Ok(())
    }

    pub(super) async fn add_returning(
        &self,
        inserts: impl IntoIterator<Item = Insert>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let mut returned = Vec::new();
        for statement in self.statements(inserts) {
            returned.extend(self.inner.query(statement).await?);
        }
        Ok(returned)
    }

    /// What it answers that they are added, and the answer to this, which is of another table: on
    /// PostgreSQL it does not see what has just been added.
    pub(super) async fn add_and_ask(
        &self,
        insert: Insert,
        ask: Statement,
    ) -> Result<(Vec<QueryResult>, Vec<QueryResult>), DbErr> {
        self.add_what_waits().await?;
        match &self.inner {
            Inner::Session(session) => {
                let add = together(DbBackend::Sqlite, vec![insert]);
                session.query_both(add, ask).await
            }
            Inner::Pooled(tx) => {
                let both = postgres::add_and_ask(insert, ask);
                postgres::apart(tx.query_all_raw(both).await?)
            }
        }
    }

    async fn add_what_waits(&self) -> Result<(), DbErr> {
        for statement in self.statements([]) {
            self.inner.execute(statement).await?;
        }
        Ok(())
    }

    /// Adds what waits, the last of it in the turn of the commit where that can be. Where either
    /// fails nothing was kept, as far as is known.
    pub(super) async fn commit(self) -> Result<(), Error> {
        let mut statements = self.statements([]);
        let last = statements.pop();
        for statement in statements {
            if let Err(error) = self.inner.execute(statement).await {
                self.roll_back().await;
                return Err(error.into());
            }
        }
        match self.inner {
            Inner::Pooled(tx) => {
                if let Some(last) = last {
                    tx.execute_raw(last).await?;
                }
                tx.commit().await.map_err(Error::of_commit)
            }
            Inner::Session(session) => session.commit(last).await.map_err(Error::of_commit),
        }
    }

    /// A pool does the same with one that is dropped, and need not be waited for.
    pub(super) async fn roll_back(self) {
        if let Inner::Session(session) = self.inner {
            session.roll_back().await;
        }
    }

    /// What waits, and these behind it, by as few statements as may be.
    fn statements(&self, behind: impl IntoIterator<Item = Insert>) -> Vec<Statement> {
        let mut inserts = std::mem::take(&mut *self.waiting());
        inserts.extend(behind);
        let mut groups: Vec<Vec<Insert>> = Vec::new();
        for insert in inserts {
            match groups.last_mut() {
                Some(group) if fits(group, &insert) => group.push(insert),
                _ => groups.push(vec![insert]),
            }
        }
        let backend = self.get_database_backend();
        let statement = |group| together(backend, group);
        groups.into_iter().map(statement).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Insert>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(group: &[Insert], insert: &Insert) -> bool {
    let weight: usize = group.iter().map(Insert::weight).sum();
    weight + insert.weight() <= WEIGHT_TOGETHER_MAX
        && group.iter().all(|other| other.table != insert.table)
}

impl Inner {
    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pooled(tx) => tx.execute_raw(statement).await,
            Self::Session(session) => session.execute(statement).await,
        }
    }

    async fn query(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pooled(tx) => tx.query_all_raw(statement).await,
            Self::Session(session) => session.query(statement).await,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.inner {
            Inner::Pooled(tx) => tx.get_database_backend(),
            Inner::Session(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.add_what_waits().await?;
        self.inner.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.add_what_waits().await?;
        match &self.inner {
            Inner::Pooled(tx) => tx.execute_unprepared(sql).await,
            Inner::Session(session) => session.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.add_what_waits().await?;
        match &self.inner {
            Inner::Pooled(tx) => tx.query_one_raw(statement).await,
            Inner::Session(session) => Ok(session.query(statement).await?.into_iter().next()),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.add_what_waits().await?;
        self.inner.query(statement).await
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sqlx::sqlite::SqliteConnectOptions;

    use super::*;
    use crate::{error::Code, infra::db::sqlite::Desk};

    /// In which these wait to be added.
    async fn transaction(waiting: &[(&str, usize)]) -> Tx {
        let options = SqliteConnectOptions::new().in_memory(true);
        let desk = Desk::open(options).await.unwrap();
        let tx = Tx::new(Inner::Session(desk.session().await.unwrap()));
        let waiting = waiting
            .iter()
            .map(|(table, rows)| Insert::of_numbers(table, *rows));
        tx.waiting().extend(waiting);
        tx
    }

    /// What goes to the database when these have waited.
    async fn statements(waited: &[(&str, usize)]) -> Vec<Statement> {
        transaction(waited).await.statements([])
    }

    /// It would be tried again for ever, if it were said that the database is away.
    #[tokio::test]
    async fn what_goes_with_the_commit_and_is_wrong_is_at_fault_and_not_the_database() {
        let tx = transaction(&[("nowhere", 1)]).await;
        let refused = tx.into_whole().unwrap().commit().await.unwrap_err();
        assert_eq!(refused.code(), Code::Internal, "{refused:?}");
    }

    /// Whoever asked would look for it in vain.
    #[tokio::test]
    async fn what_goes_with_the_commit_and_has_no_room_is_said_to_be_kept_nowhere() {
        let tx = transaction(&[]).await;
        let full = "CREATE TABLE a (id INTEGER); PRAGMA max_page_count = 2";
        tx.execute_unprepared(full).await.unwrap();
        tx.waiting().push(Insert::of_numbers("a", 4_096));
        let refused = tx.into_whole().unwrap().commit().await.unwrap_err();
        assert_eq!(refused.code(), Code::StoreUnavailable, "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("nothing was changed"), "{said}");
    }

    #[tokio::test]
    async fn few_rows_of_several_tables_are_one_statement() {
        let all = statements(&[("a", 1), ("b", 2), ("c", 1)]).await;
        let [one] = &*all else {
            panic!("{all:?}");
        };
        assert_eq!(
            one.sql.matches("INSERT OR FAIL INTO").count(),
            3,
            "{}",
            one.sql
        );
    }

    #[tokio::test]
    async fn what_is_of_one_table_or_too_much_goes_apart() {
        assert_eq!(statements(&[("a", 1), ("a", 1)]).await.len(), 2);
        let much = WEIGHT_TOGETHER_MAX;
        assert_eq!(
            statements(&[("a", much), ("b", 1), ("c", 1)]).await.len(),
            2
        );
    }

    #[test]
    fn on_postgres_each_has_a_name_and_its_own_places() {
        let inserts = ["a", "b"].map(|table| Insert::of_numbers(table, 2));
        let sql = together(DbBackend::Postgres, inserts.into()).sql;
        assert!(
            sql.starts_with("WITH added_0 AS (INSERT INTO \"a\""),
            "{sql}"
        );
        assert!(sql.contains("), added_1 AS (INSERT INTO \"b\""), "{sql}");
        assert!(sql.contains("($1::bigint), ($2)"), "{sql}");
        assert!(sql.contains("($3::bigint), ($4)"), "{sql}");
        assert!(sql.ends_with(") SELECT 1 WHERE FALSE"), "{sql}");
    }

    #[test]
    fn on_postgres_a_question_goes_behind_what_is_added_and_keeps_its_places() {
        let ask = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT * FROM \"b\" WHERE \"id\" IN ($1, $2) FOR UPDATE",
            [7_i64.into(), 8_i64.into()],
        );
        let both = postgres::add_and_ask(Insert::of_numbers("a", 2).answering(), ask);
        let added = "WITH added AS (INSERT INTO \"a\"";
        assert!(both.sql.starts_with(added), "{}", both.sql);
        assert!(both.sql.contains("($3::bigint), ($4)"), "{}", both.sql);
        assert!(
            both.sql.contains("), asked AS (SELECT * FROM \"b\""),
            "{}",
            both.sql
        );
        let values = [7, 8, 1, 1].map(|value: i64| value.into());
        assert_eq!(both.values.unwrap().0, values);
    }

    #[test]
    fn a_row_finds_another_one_where_that_has_just_been_added() {
        let inserts = || {
            let log = Insert::of_numbers("log", 1).answering();
            vec![log, Insert::of_numbers("queue", 1).drawing_from("log")]
        };
        let sql = together(DbBackend::Postgres, inserts()).sql;
        let drawn = "(SELECT \"id\" FROM added_0 WHERE \"id\" = added.column1)";
        assert!(sql.contains(drawn), "{sql}");
        assert!(sql.ends_with(") SELECT * FROM added_0"), "{sql}");
        let sql = together(DbBackend::Sqlite, inserts()).sql;
        let drawn = "(SELECT \"id\" FROM \"log\" WHERE \"id\" = added.column1)";
        assert!(sql.contains(drawn), "{sql}");
    }
}
