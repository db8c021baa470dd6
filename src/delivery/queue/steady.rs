//! Lanes that are well and stay so: all that came back of a batch was delivered.
//!
//! Nothing is to be judged then, only counted, so such lanes need not be read before they are
//! written: one statement makes sure that they are ours, locks them and counts. Most batches are
//! like that; and beside an old transaction PostgreSQL finds a lane's row behind all that it ever
//! was, each time that it looks for it.

use std::collections::BTreeMap;

use entity::{
    SubscriptionId,
    lanes::{Column, Model},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Iden, Iterable, Statement, Value};
use uuid::Uuid;

use crate::{
    delivery::report::Report,
    error::Result,
    infra::{
        clock::Millis,
        db::{Tx, rows::padded},
    },
    subscriptions::health::Did,
};

/// What is to be counted on a lane.
#[derive(Clone, Copy)]
struct Delivered {
    lane: SubscriptionId,
    owner: Uuid,
    count: i64,
    last_at: Millis,
}

/// A lane's row, after so many deliveries were counted.
pub(super) struct Counted {
    pub row: Model,
    pub count: i64,
}

/// Counts what was delivered, where that is all that these say. Lanes that are not ours or not well
/// are left as they are.
pub(super) async fn count(tx: &Tx, reports: &[Report]) -> Result<Vec<Counted>> {
    let Some(delivered) = delivered(reports) else {
        return Ok(Vec::new());
    };
    let backend = tx.get_database_backend();
    let values = padded(delivered.values().copied());
    let sql = sql(backend, values.len());
    let values = values.iter().flat_map(Delivered::values);
    let rows = tx
        .query_all_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    let counted = rows.iter().map(|row| {
        let row = Model::from_query_result(row, "")?;
        let count = delivered
            .get(&row.subscription_id)
            .map_or(0, |delivered| delivered.count);
        Ok(Counted { row, count })
    });
    counted.collect()
}

/// By lane, in the order in which lanes are locked; nothing where anything else has happened.
fn delivered(reports: &[Report]) -> Option<BTreeMap<SubscriptionId, Delivered>> {
    let mut delivered = BTreeMap::new();
    for report in reports {
        if report.attempted.did != Did::Take || !report.is_through() {
            return None;
        }
        let lane = report.job.subscription;
        let of_lane = delivered.entry(lane).or_insert(Delivered {
            lane,
            owner: report.job.owner,
            count: 0,
            last_at: report.attempted.ended_at,
        });
        of_lane.count += 1;
        of_lane.last_at = report.attempted.ended_at;
    }
    (!delivered.is_empty()).then_some(delivered)
}

fn sql(backend: DbBackend, lanes: usize) -> String {
    let (uuid, bigint) = match backend {
        DbBackend::Postgres => ("::uuid", "::bigint"),
        _ => ("", ""),
    };
    let row = |at: usize| {
        let [lane, owner, count, last_at] = [1, 2, 3, 4].map(|place| at * 4 + place);
        format!("(${lane}{uuid}, ${owner}{uuid}, ${count}{bigint}, ${last_at}{bigint})")
    };
    let rows: Vec<_> = (0..lanes).map(row).collect();
    let columns: Vec<_> = Column::iter()
        .map(|column| column.unquoted().to_owned())
        .collect();
    format!(
        "WITH delivered (lane, by_owner, number, last_at) AS (VALUES {})
         UPDATE lanes SET delivered_total = delivered_total + delivered.number,
                          last_success_at = delivered.last_at
         FROM delivered
         WHERE subscription_id = delivered.lane AND owner = delivered.by_owner
           AND state = 'healthy' AND consecutive_failures = 0 AND probes = 0 AND next_probe_at IS NULL
         RETURNING {}",
        rows.join(", "),
        columns.join(", ")
    )
}

impl Delivered {
    fn values(&self) -> [Value; 4] {
        [
            self.lane.into(),
            self.owner.into(),
            self.count.into(),
            self.last_at.into(),
        ]
    }
}
