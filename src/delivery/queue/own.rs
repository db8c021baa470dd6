//! Whose lanes are whose.
//!
//! On PostgreSQL a process takes lanes that nobody has, or somebody who is
//! dead by the database's clock, up to its fair share of all; above the share
//! it lets some go. On SQLite there is one process, and it takes them all.

use entity::{
    DeliveryId, SubscriptionId,
    lanes::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QueryResult, Statement, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    app::App,
    error::Result,
    infra::{clock::Millis, db::Tx, failpoint},
};

/// How many lanes are taken at a time; the others follow a second later.
const TAKEN_AT_ONCE_MAX: i64 = 5_000;

const LIVE: &str = "SELECT id FROM instances
     WHERE expires_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// How many lanes there are for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    pub lanes: i64,
    pub mine: i64,
    pub live: i64,
}

/// The end of the log, as it was at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// The last place that anybody can have read by then.
    pub position: i64,
    /// The oldest transaction that was running, by its number.
    pub oldest_running: i64,
    /// The first that had not begun.
    pub not_begun: i64,
}

/// A lane as it is found, with what waits on it.
#[derive(Debug)]
pub struct Found {
    pub row: Model,
    /// The oldest that was never tried, with its place.
    pub untried: Option<(i64, DeliveryId)>,
    pub next_due: Option<Millis>,
    /// What was never tried was looked for from the beginning of the log.
    pub is_whole: bool,
}

impl Shares {
    /// What one process should have at most.
    pub fn fair(&self) -> i64 {
        let live = self.live.max(1);
        (self.lanes + live - 1) / live
    }

    fn wanting(&self) -> i64 {
        (self.fair() - self.mine).clamp(0, TAKEN_AT_ONCE_MAX)
    }

    /// How many are to be let go.
    pub fn excess(&self) -> usize {
        usize::try_from(self.mine - self.fair()).unwrap_or(0)
    }
}

/// Takes lanes that have no living owner up to the fair share, and says how
/// many there are for each.
pub async fn take_share(app: &App, me: Uuid) -> Result<(Vec<SubscriptionId>, Shares)> {
    let now = app.clock.millis();
    if !app.db.is_postgres() {
        return Ok((take_all(app, me, now).await?, Shares::alone()));
    }
    let shares = shares(app, me).await?;
    let wanting = shares.wanting();
    if wanting == 0 {
        return Ok((Vec::new(), shares));
    }
    let sql = take_sql("", "ORDER BY subscription_id LIMIT $3");
    let taken = app.db.write(move |tx| async move {
        take(&tx, &sql, vec![me.into(), now.into(), wanting.into()]).await
    });
    Ok((taken.await?, shares))
}

/// Takes these lanes, as far as they have no living owner.
pub async fn take_these(
    app: &App,
    me: Uuid,
    lanes: Vec<SubscriptionId>,
) -> Result<Vec<SubscriptionId>> {
    let now = app.clock.millis();
    if !app.db.is_postgres() {
        return take_all(app, me, now).await;
    }
    let sql = take_sql("AND subscription_id = ANY($3)", "ORDER BY subscription_id");
    let lanes: Vec<Uuid> = lanes.into_iter().map(SubscriptionId::uuid).collect();
    let taken = app.db.write(move |tx| async move {
        take(&tx, &sql, vec![me.into(), now.into(), lanes.into()]).await
    });
    taken.await
}

fn take_sql(which: &str, order: &str) -> String {
    format!(
        "UPDATE lanes SET owner = $1, owned_at = $2
         WHERE subscription_id IN (
             SELECT subscription_id FROM lanes
             WHERE (owner IS NULL OR owner NOT IN ({LIVE})) AND EXISTS ({LIVE} AND id = $1) {which}
             {order} FOR UPDATE SKIP LOCKED)
         RETURNING subscription_id"
    )
}

async fn take(tx: &Tx, sql: &str, values: Vec<sea_orm::Value>) -> Result<Vec<SubscriptionId>> {
    let take = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let rows = tx.query_all_raw(take).await?;
    let ids = rows.iter().map(|row| row.try_get("", "subscription_id"));
    failpoint::pass("lanes.before-commit");
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

async fn take_all(app: &App, me: Uuid, now: Millis) -> Result<Vec<SubscriptionId>> {
    let taken = app.db.write(move |tx| async move {
        let not_mine = Condition::any()
            .add(Column::Owner.is_null())
            .add(Column::Owner.ne(me));
        let take = Entity::update_many()
            .col_expr(Column::Owner, Expr::value(me))
            .col_expr(Column::OwnedAt, Expr::value(now))
            .filter(not_mine);
        let taken = take.exec_with_returning(&*tx).await?;
        failpoint::pass("lanes.before-commit");
        Ok(taken)
    });
    Ok(taken
        .await?
        .into_iter()
        .map(|row| row.subscription_id)
        .collect())
}

async fn shares(app: &App, me: Uuid) -> Result<Shares> {
    let sql = format!(
        "SELECT (SELECT count(*) FROM lanes) AS lanes,
                (SELECT count(*) FROM lanes WHERE owner = $1) AS mine,
                (SELECT count(*) FROM ({LIVE}) AS live) AS live"
    );
    let db = app.db.read();
    let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, [me.into()]);
    let Some(row) = db.query_one_raw(ask).await? else {
        return Ok(Shares::alone());
    };
    Ok(Shares {
        lanes: row.try_get("", "lanes")?,
        mine: row.try_get("", "mine")?,
        live: row.try_get("", "live")?,
    })
}

impl Shares {
    fn alone() -> Self {
        Self {
            lanes: 0,
            mine: 0,
            live: 1,
        }
    }
}

/// Which lanes of an owner are asked for.
pub enum Which<'a> {
    All,
    These(&'a [SubscriptionId]),
    /// Those on which something waits: a retry, or what was told at this place or later.
    News {
        since: i64,
    },
}

/// The lanes of an owner with what waits on them.
pub async fn survey(app: &App, owner: Uuid, which: Which<'_>) -> Result<Vec<Found>> {
    let mut values = vec![owner.into(), which.since().into()];
    let filter = match &which {
        Which::All => String::new(),
        Which::News { .. } => "WHERE untried IS NOT NULL OR next_due IS NOT NULL".to_owned(),
        Which::These(these) => {
            let places: Vec<_> = (3..these.len() + 3).map(|at| format!("${at}")).collect();
            values.extend(these.iter().map(|id| (*id).into()));
            format!("WHERE subscription_id IN ({})", places.join(", "))
        }
    };
    let sql = format!(
        "SELECT * FROM (
             SELECT l.*, q.id AS untried, q.position AS place,
                    (SELECT min(q.due_at) FROM delivery_queue q
                     WHERE q.subscription_id = l.subscription_id AND q.attempt > 0) AS next_due
             FROM lanes l LEFT JOIN delivery_queue q ON q.id = (
                 SELECT q.id FROM delivery_queue q
                 WHERE q.subscription_id = l.subscription_id AND q.attempt = 0 AND q.position >= $2
                 ORDER BY q.position LIMIT 1)
             WHERE l.owner = $1) AS found {filter}"
    );
    let db = app.db.read();
    let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(ask).await?;
    let found = rows.iter().map(|row| {
        Ok(Found {
            row: Model::from_query_result(row, "")?,
            untried: untried(row)?,
            next_due: row.try_get("", "next_due")?,
            is_whole: !matches!(which, Which::News { .. }),
        })
    });
    found.collect()
}

impl Which<'_> {
    fn since(&self) -> i64 {
        match self {
            Self::All | Self::These(_) => 0,
            Self::News { since } => *since,
        }
    }
}

/// Where the log ends now.
pub async fn log_end(app: &App) -> Result<LogEnd> {
    let running = match app.db.is_postgres() {
        true => {
            "pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_running,
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS not_begun"
        }
        false => "0 AS oldest_running, 0 AS not_begun",
    };
    let sql = format!("SELECT (SELECT max(position) FROM events) AS position, {running}");
    let db = app.db.read();
    let ask = Statement::from_string(db.get_database_backend(), sql);
    let Some(row) = db.query_one_raw(ask).await? else {
        return Ok(LogEnd::default());
    };
    Ok(LogEnd {
        position: row.try_get::<Option<i64>>("", "position")?.unwrap_or(0),
        oldest_running: row.try_get("", "oldest_running")?,
        not_begun: row.try_get("", "not_begun")?,
    })
}

fn untried(row: &QueryResult) -> Result<Option<(i64, DeliveryId)>> {
    let place: Option<i64> = row.try_get("", "place")?;
    let id: Option<DeliveryId> = row.try_get("", "untried")?;
    Ok(place.zip(id))
}

/// Lets lanes go: these, or all that are under this id.
pub async fn release(app: &App, owner: Uuid, these: Option<Vec<SubscriptionId>>) -> Result<()> {
    let mut release = Entity::update_many()
        .col_expr(Column::Owner, Expr::value(Option::<Uuid>::None))
        .col_expr(Column::OwnedAt, Expr::value(Option::<Millis>::None))
        .filter(Column::Owner.eq(owner));
    if let Some(these) = these {
        release = release.filter(Column::SubscriptionId.is_in(these));
    }
    app.db
        .write(move |tx| async move {
            release.exec(&*tx).await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_wants_more_than_an_even_share_and_every_lane_is_wanted() {
        for (lanes, live) in [(0, 1), (1, 1), (1, 3), (10, 3), (9, 3), (10_000, 7)] {
            let shares = Shares {
                lanes,
                mine: 0,
                live,
            };
            assert!(shares.fair() * live >= lanes, "{shares:?}");
            assert!((shares.fair() - 1) * live < lanes.max(1), "{shares:?}");
        }
        let above = Shares {
            lanes: 10,
            mine: 7,
            live: 2,
        };
        assert_eq!((above.wanting(), above.excess()), (0, 2));
    }
}
