//! A transaction of SQLite in as few turns as may be.
//!
//! The driver keeps the connection on a thread of its own. Whatever is said to it wakes that thread,
//! and the answer wakes this one, which takes longer than most statements do. So a transaction begins
//! in the turn of its first statement, and neither beginning nor committing is acknowledged twice, as
//! the driver's own transactions are; and it ends in the turn of its last, where nobody waits for
//! what that one says. There is one connection, and it is lent to one transaction at a time; where it
//! does not come back at rest it is closed, and another is made for the next.
//!
//! Where the disk is full SQLite ends a transaction by itself, and would keep each statement that came
//! after by itself. So nothing is said in a transaction any more once something in it has failed.

use std::sync::Arc;

use futures_util::{TryStreamExt, future::BoxFuture};
use sea_orm::{
    ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value,
    sea_query::Values,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Either, Executor, Sqlite,
        SqliteConnection,
        sqlite::{SqliteConnectOptions, SqliteQueryResult},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

use super::WAIT_FOR_CONNECTION;

/// Where the connection lies while nobody has it.
#[derive(Clone, Debug)]
pub(in crate::infra::db) struct Desk {
    options: Arc<SqliteConnectOptions>,
    place: Arc<Mutex<Place>>,
}

#[derive(Debug)]
enum Place {
    Taken(SqliteConnection),
    /// Whoever had it lost it.
    Empty,
    Closed,
}

/// One transaction.
pub(in crate::infra::db) struct Session(Mutex<Talk>);

struct Talk {
    place: OwnedMutexGuard<Place>,
    connection: SqliteConnection,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was said yet.
    New,
    Begun,
    /// Something in it failed, or was not heard to its end.
    Failed,
}

impl Desk {
    pub async fn open(options: SqliteConnectOptions) -> Result<Self, DbErr> {
        let options = options.disable_statement_logging();
        let connection = connect(&options).await?;
        Ok(Self {
            options: Arc::new(options),
            place: Arc::new(Mutex::new(Place::Taken(connection))),
        })
    }

    pub async fn session(&self) -> Result<Session, DbErr> {
        let place = timeout(WAIT_FOR_CONNECTION, Arc::clone(&self.place).lock_owned());
        let place = place.await;
        let mut place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let connection = match std::mem::replace(&mut *place, Place::Empty) {
            Place::Taken(connection) => connection,
            Place::Empty => connect(&self.options).await?,
            Place::Closed => {
                *place = Place::Closed;
                return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
            }
        };
        Ok(Session(Mutex::new(Talk {
            place,
            connection,
            state: State::New,
        })))
    }

    /// From then on nobody is lent it.
    pub async fn close(&self) -> Result<(), DbErr> {
        let mut place = self.place.lock().await;
        match std::mem::replace(&mut *place, Place::Closed) {
            Place::Taken(connection) => connection.close().await.map_err(told),
            Place::Empty | Place::Closed => Ok(()),
        }
    }
}

impl Session {
    /// How many rows the last of its statements changed.
    pub async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let answer = self.0.lock().await.say(statement).await?;
        Ok(answer.last.into())
    }

    pub async fn query(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let answer = self.0.lock().await.say(statement).await?;
        Ok(answer.rows)
    }

    /// Says the first, asks the second, and comes back with what each answered: in one turn.
    pub async fn query_both(
        &self,
        first: Statement,
        second: Statement,
    ) -> Result<(Vec<QueryResult>, Vec<QueryResult>), DbErr> {
        let both = Statement {
            sql: format!("{}; {}", first.sql, second.sql),
            values: Some(Values(
                [values(first.values), values(second.values)].concat(),
            )),
            ..second
        };
        let mut answer = self.0.lock().await.say(both).await?;
        let of_second = answer.rows.split_off(answer.before_last);
        Ok((answer.rows, of_second))
    }

    /// Statements that are not remembered.
    pub async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut talk = self.0.lock().await;
        let sql = talk.beginning(sql.to_owned())?;
        let answer = talk.ask(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        Ok(answer.last.into())
    }

    /// Says this, if anything, and commits in the same turn. Where the database refuses either,
    /// nothing was kept.
    pub async fn commit(self, last: Option<Statement>) -> Result<(), DbErr> {
        let mut talk = self.0.into_inner();
        let ending = match last {
            None if talk.state == State::New => None,
            None => Some(of_sql("COMMIT")),
            Some(last) => Some(Statement {
                sql: format!("{}; COMMIT", last.sql),
                ..last
            }),
        };
        if let Some(ending) = ending
            && let Err(error) = talk.say(ending).await
        {
            talk.roll_back().await;
            return Err(error);
        }
        talk.give_back();
        Ok(())
    }

    pub async fn roll_back(self) {
        self.0.into_inner().roll_back().await;
    }
}

/// Of statements that were said together.
#[derive(Default)]
struct Answer {
    rows: Vec<QueryResult>,
    /// How many of these are not of the last of them.
    before_last: usize,
    /// What the last of them did: one before it counts what was done before it.
    last: SqliteQueryResult,
}

impl Talk {
    async fn say(&mut self, statement: Statement) -> Result<Answer, DbErr> {
        let sql = self.beginning(statement.sql)?;
        let values = SqlxValues(Values(values(statement.values)));
        self.ask(sqlx::query_with(AssertSqlSafe(sql), values)).await
    }

    /// The statement, and before it what begins the transaction.
    fn beginning(&self, sql: String) -> Result<String, DbErr> {
        match self.state {
            State::New => Ok(format!("BEGIN IMMEDIATE; {sql}")),
            State::Begun => Ok(sql),
            State::Failed => Err(DbErr::Custom(
                "the transaction is over: something in it failed".to_owned(),
            )),
        }
    }

    async fn ask<'q>(
        &mut self,
        query: impl sqlx::Execute<'q, Sqlite> + 'q,
    ) -> Result<Answer, DbErr> {
        let before = std::mem::replace(&mut self.state, State::Failed);
        let mut has_begun = before != State::New;
        let (mut heard, mut heard_before) = (Answer::default(), 0);
        let mut answers = self.connection.fetch_many(query);
        loop {
            match answers.try_next().await {
                Ok(Some(Either::Right(row))) => heard.rows.push(row.into()),
                Ok(Some(Either::Left(done))) => {
                    has_begun = true;
                    heard.last = done;
                    heard.before_last = std::mem::replace(&mut heard_before, heard.rows.len());
                }
                Ok(None) => break,
                Err(error) => {
                    // Where not even the beginning was answered, there is nothing to end.
                    if !has_begun {
                        self.state = State::New;
                    }
                    return Err(told(error));
                }
            }
        }
        self.state = State::Begun;
        Ok(heard)
    }

    async fn roll_back(mut self) {
        let rolled_back = match self.state {
            State::New => Ok(()),
            State::Begun | State::Failed => {
                let query = sqlx::query(AssertSqlSafe("ROLLBACK".to_owned()));
                self.connection.execute(query).await.map(drop)
            }
        };
        match rolled_back {
            Ok(()) => self.give_back(),
            Err(error) => {
                tracing::warn!(%error, "SQLite ended a transaction by itself; its connection is made anew");
            }
        }
    }

    fn give_back(self) {
        let Self {
            mut place,
            connection,
            ..
        } = self;
        *place = Place::Taken(connection);
    }
}

/// Apart from whoever waits for it: each transaction would take its room along.
fn connect(options: &SqliteConnectOptions) -> BoxFuture<'_, Result<SqliteConnection, DbErr>> {
    Box::pin(async { options.connect().await.map_err(told) })
}

fn values(values: Option<Values>) -> Vec<Value> {
    values.map_or_else(Vec::new, |values| values.0)
}

fn of_sql(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Sqlite, sql)
}

fn told(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

#[cfg(test)]
mod tests;
