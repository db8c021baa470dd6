//! How much waits, and how long the oldest has: looked at now and then, for
//! the lanes of this process, and never counted beyond a limit. Where that
//! takes long, it is done less often.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Statement};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{app::App, error::Result, infra::clock::Millis, instances::Membership};

const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Looking takes no more of the time than one part in so many.
const LOOKING_SHARE: u32 = 50;

const WAITING: &str = "SELECT count(*) AS number FROM (
     SELECT 1 FROM lanes l JOIN delivery_queue q ON q.subscription_id = l.subscription_id
     WHERE l.owner = $1 LIMIT 100000) AS waiting";

/// Each lane's first untried row, by index; the retries are there by design, and so is what waits
/// behind an open breaker or for a subscription that is not active.
const OLDEST: &str = "SELECT min((
     SELECT q.created_at FROM delivery_queue q
     WHERE q.subscription_id = l.subscription_id AND q.attempt = 0
     ORDER BY q.position LIMIT 1)) AS number FROM lanes l
     WHERE l.owner = $1 AND l.next_probe_at IS NULL AND l.state IN ('healthy', 'failing')";

const STATES: &str = "SELECT CASE WHEN next_probe_at IS NULL THEN state ELSE 'open' END AS state,
        count(*) AS number FROM lanes WHERE owner = $1 GROUP BY 1";

/// The states of a lane, and that of one whose breaker is open.
const KNOWN_STATES: [&str; 5] = ["healthy", "failing", "open", "paused", "deactivated"];

/// The worker, until it is stopped.
pub(super) async fn watch(
    app: App,
    membership: Membership,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut pause = LOOK_EVERY;
    while stop
        .run_until_cancelled(app.clock.sleep(pause))
        .await
        .is_some()
    {
        let began = Instant::now();
        look(&app, membership.id()).await?;
        pause = LOOK_EVERY.max(began.elapsed() * LOOKING_SHARE);
    }
    Ok(())
}

async fn look(app: &App, me: Uuid) -> Result<()> {
    let waiting = number(app, WAITING, me).await?.unwrap_or(0);
    let oldest = number(app, OLDEST, me).await?;
    let age = oldest.map_or(0, |at| (app.clock.millis() - at).max(0));
    metrics::gauge!("ringback_deliveries_waiting").set(float(waiting));
    metrics::gauge!("ringback_deliveries_oldest_seconds").set(float(age) / 1_000.0);
    count_states(app, me).await
}

async fn count_states(app: &App, me: Uuid) -> Result<()> {
    let db = app.db.read();
    let ask = Statement::from_sql_and_values(db.get_database_backend(), STATES, [me.into()]);
    let mut counts: HashMap<String, i64> = HashMap::new();
    for row in db.query_all_raw(ask).await? {
        counts.insert(row.try_get("", "state")?, row.try_get("", "number")?);
    }
    for state in KNOWN_STATES {
        let lanes = counts.get(state).copied().unwrap_or(0);
        metrics::gauge!("ringback_lanes", "state" => state).set(float(lanes));
    }
    Ok(())
}

async fn number(app: &App, sql: &str, me: Uuid) -> Result<Option<Millis>> {
    let db = app.db.read();
    let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, [me.into()]);
    let row = db.query_one_raw(ask).await?;
    Ok(row
        .map(|row| row.try_get("", "number"))
        .transpose()?
        .flatten())
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn float(number: i64) -> f64 {
    number as f64
}
