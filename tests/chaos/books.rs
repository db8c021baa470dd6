//! The database's own books, read when no process is up.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::outage::{connect, say};

/// What was ordered may still be asked about when all is over; of this nothing is left.
const TALKED_OF: &str = "vapi_call_id LIKE 'chaos-%'";
/// What the subscriber hears of it.
const CHANGES: &str = "SELECT t.* FROM events t JOIN calls c ON c.id = t.call_id
    WHERE t.kind = 'call.status.changed' AND vapi_call_id LIKE 'chaos-%'";

/// Says of all who gave a sign of life that they are dead, which time would do.
pub async fn bury_the_dead(url: &str) {
    if url.starts_with("postgres") {
        let database = connect(url).await;
        say(&database, "UPDATE instances SET expires_at = 1").await;
        database.close().await.unwrap();
    }
}

pub struct Books(DatabaseConnection);

impl Books {
    pub async fn open(url: &str) -> Self {
        Self(connect(url).await)
    }

    /// Of each call that was talked of: its status, how many events of it are logged, and of how
    /// many changes of its status was told.
    pub async fn calls(&self) -> BTreeMap<String, (String, i64, i64)> {
        let sql = format!(
            "SELECT vapi_call_id AS call, status,
                (SELECT count(*) FROM call_events e WHERE e.call_id = c.id) AS logged,
                (SELECT count(*) FROM ({CHANGES}) e WHERE e.call_id = c.id) AS told
            FROM calls c WHERE {TALKED_OF}"
        );
        let rows = self.0.query_all_raw(self.of(&sql)).await.unwrap();
        let rows = rows.into_iter().map(|row| {
            let number = |name: &str| row.try_get::<i64>("", name).unwrap();
            let text = |name: &str| row.try_get::<String>("", name).unwrap();
            let counted = (number("logged"), number("told"));
            (text("call"), (text("status"), counted.0, counted.1))
        });
        rows.collect()
    }

    /// That nothing waits, each event ended once, no number is missing, and every page and index
    /// is whole.
    pub async fn assert_sound(&self) {
        let calls = format!("SELECT c.id FROM calls c WHERE {TALKED_OF}");
        let waiting = format!("SELECT id FROM delivery_queue WHERE call_id IN ({calls})");
        self.assert_none(&waiting).await;
        let ended = "SELECT count(*) FROM delivery_attempts a WHERE a.final AND a.event_id = e.id";
        let other = format!("SELECT id FROM ({CHANGES}) e WHERE ({ended}) <> 1");
        self.assert_none(&other).await;
        let gaps = "HAVING count(*) <> max(sequence) OR count(DISTINCT sequence) <> count(*)";
        let gaps = format!("SELECT call_id FROM ({CHANGES}) e GROUP BY call_id {gaps}");
        self.assert_none(&gaps).await;
        match self.0.get_database_backend() {
            DbBackend::Sqlite => {
                let told = self.text("PRAGMA integrity_check", "integrity_check").await;
                assert_eq!(told, "ok");
            }
            _ => self.check_indexes().await,
        }
    }

    async fn assert_none(&self, what: &str) {
        let rows = self.0.query_all_raw(self.of(what)).await.unwrap();
        assert_eq!(rows.len(), 0, "{what}");
    }

    /// An error where an index and its table do not agree. The module comes with most packages of
    /// PostgreSQL; where it is missing, this is left out.
    #[expect(clippy::print_stdout, reason = "a notice where something is missing")]
    async fn check_indexes(&self) {
        let made = "CREATE EXTENSION IF NOT EXISTS amcheck";
        if self.0.execute_unprepared(made).await.is_err() {
            println!("skipped: PostgreSQL has no amcheck here");
            return;
        }
        let check = "SELECT count(bt_index_check(i.indexrelid, true))::text AS n
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_am a ON a.oid = c.relam
            JOIN pg_namespace s ON s.oid = c.relnamespace
            WHERE a.amname = 'btree' AND s.nspname = 'public'";
        self.text(check, "n").await;
    }

    async fn text(&self, sql: &str, column: &str) -> String {
        let row = self.0.query_one_raw(self.of(sql)).await.unwrap().unwrap();
        row.try_get("", column).unwrap()
    }

    fn of(&self, sql: &str) -> Statement {
        Statement::from_string(self.0.get_database_backend(), sql)
    }

    pub async fn close(self) {
        self.0.close().await.unwrap();
    }
}
