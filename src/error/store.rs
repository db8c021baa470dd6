//! What an error of the database means for who asked.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx::Error as Sqlx};

use super::Error;

impl Error {
    /// A commit that failed may have been made all the same: the connection
    /// can break between the two. Only where the database itself refused it,
    /// for a constraint, for another transaction or for what was said in the
    /// same turn, it was not.
    pub fn of_commit(error: DbErr) -> Self {
        let is_refusal =
            |code: String| is_constraint(&code) || is_in_the_way(&code) || keeps_nothing(&code);
        match refusal_code(&error).is_some_and(is_refusal) {
            true => error.into(),
            false => Self::commit_unknown(error),
        }
    }

    /// Another transaction was in the way, and the same work may well succeed
    /// if it is done again now.
    pub fn was_in_the_way_of_another(&self) -> bool {
        let database = self
            .source
            .as_ref()
            .and_then(|source| source.downcast_ref::<DbErr>());
        database.is_some_and(|error| {
            let unique = matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)));
            unique || refusal_code(error).is_some_and(|code| is_in_the_way(&code))
        })
    }

    /// It takes no writes, as one that was the first before a failover.
    pub fn is_of_a_server_that_only_reads(&self) -> bool {
        let database = self.source.as_ref();
        let database = database.and_then(|source| source.downcast_ref::<DbErr>());
        database.is_some_and(|error| refusal_code(error).as_deref() == Some(ONLY_READS))
    }
}

const ONLY_READS: &str = "25006";
const LOCK_NOT_HAD: &str = "55P03";

/// A database that is away is told apart from a statement that is wrong: the
/// first is answered "try again", the second is a fault of ours.
impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match is_away(&error) {
            true => Self::store_unavailable(error),
            false => Self::internal(error),
        }
    }
}

fn is_away(error: &DbErr) -> bool {
    match (error, driver_error(error)) {
        (DbErr::ConnectionAcquire(_) | DbErr::Conn(_), _) => true,
        (
            _,
            Some(
                Sqlx::Io(_)
                | Sqlx::Tls(_)
                | Sqlx::PoolTimedOut
                | Sqlx::PoolClosed
                | Sqlx::WorkerCrashed,
            ),
        ) => true,
        _ => refusal_code(error).is_some_and(|code| is_away_code(&code)),
    }
}

/// The connection itself is gone: broken off, or closed by the server.
pub fn is_dead_connection(error: &DbErr) -> bool {
    let closed = || refusal_code(error).is_some_and(|code| code.starts_with("57P0"));
    matches!(driver_error(error), Some(Sqlx::Io(_))) || closed()
}

/// Others had the lock for longer than there was time.
pub fn is_lock_not_had(error: &DbErr) -> bool {
    refusal_code(error).as_deref() == Some(LOCK_NOT_HAD)
}

fn driver_error(error: &DbErr) -> Option<&Sqlx> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            Some(error)
        }
        _ => None,
    }
}

/// The code with which the database itself refused a statement.
fn refusal_code(error: &DbErr) -> Option<String> {
    let refusal = driver_error(error)?.as_database_error()?;
    refusal.code().map(Cow::into_owned)
}

/// A deadlock, or a serialisation failure.
fn is_in_the_way(code: &str) -> bool {
    code.len() == 5 && code.starts_with("40")
}

/// SQLite's code without what extends it; PostgreSQL's have five letters.
fn sqlite_primary(code: &str) -> Option<u32> {
    let code: u32 = (code.len() < 5).then(|| code.parse().ok()).flatten()?;
    Some(code & 0xff)
}

/// Class 23 of PostgreSQL, primary code 19 of SQLite.
fn is_constraint(code: &str) -> bool {
    match sqlite_primary(code) {
        Some(primary) => primary == 19,
        None => code.starts_with("23"),
    }
}

/// SQLite, which then has kept nothing, whether it refused to begin, what was
/// to be added, or the commit itself: busy, locked, full (the frame that makes
/// it a commit is written last), wrong as such, too big, of a wrong type, too
/// many values.
fn keeps_nothing(code: &str) -> bool {
    sqlite_primary(code).is_some_and(|primary| [1, 5, 6, 13, 18, 20, 25].contains(&primary))
}

/// SQLite: busy, locked, full, I/O, cannot open. PostgreSQL: classes 08
/// (connection), 40 (deadlock), 53 (resources), 57 (operator intervention,
/// time limits), 58 (system), 25006 (read only, as after a failover) and
/// 55P03 (a lock that others held for too long).
fn is_away_code(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    match sqlite_primary(code) {
        Some(primary) => [5, 6, 10, 13, 14].contains(&primary),
        None => {
            ["08", "40", "53", "57", "58"].contains(&class)
                || [ONLY_READS, LOCK_NOT_HAD].contains(&code)
        }
    }
}
