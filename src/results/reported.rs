//! What was reported of calls, read from where it stands: with the call, or in
//! the log of what Vapi said. A report that is past retention is gone from
//! there, and then nothing is known of it any more.

use std::{borrow::Cow, collections::HashMap};

use entity::{CallId, EventId, call_events, calls::Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::kept::{self, Reported, Whereabouts};
use crate::{
    contact::logged,
    error::Result,
    infra::{clock::Millis, db::rows::padded, seal::Seal},
    vapi::message::{self, Results},
};

/// What was reported of each of these, as far as anything was.
pub async fn of(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    calls: impl IntoIterator<Item = &Model>,
) -> Result<HashMap<CallId, Reported<'static>>> {
    let (mut reported, mut logged) = (HashMap::new(), HashMap::new());
    for call in calls {
        let Some(kept) = kept::open(seal, call)? else {
            continue;
        };
        let at = kept.reported_at;
        match kept.results {
            Whereabouts::Here(results) => {
                let results = Cow::Owned(*results);
                reported.insert(call.id, Reported { results, at });
            }
            Whereabouts::Logged(event) => {
                logged.insert(event, (call.id, at));
            }
        }
    }
    reported.extend(from_log(conn, seal, logged).await?);
    Ok(reported)
}

/// What was reported of one call.
pub async fn of_call(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: &Model,
) -> Result<Option<Reported<'static>>> {
    Ok(of(conn, seal, [call]).await?.remove(&call.id))
}

async fn from_log(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    wanted: HashMap<EventId, (CallId, Option<Millis>)>,
) -> Result<Vec<(CallId, Reported<'static>)>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let rows = call_events::Entity::find()
        .filter(call_events::Column::Id.is_in(padded(wanted.keys().copied())))
        .all(conn)
        .await?;
    let mut reported = Vec::with_capacity(rows.len());
    for row in rows {
        let Some((call, at)) = wanted.get(&row.id) else {
            continue;
        };
        if let Some(results) = results(seal, &row)? {
            let results = Cow::Owned(results);
            reported.push((*call, Reported { results, at: *at }));
        }
    }
    Ok(reported)
}

/// It was understood when it was kept. Should that have changed, all else of the call can still be
/// read.
fn results(seal: &Seal, row: &call_events::Model) -> Result<Option<Results>> {
    let said = logged::open(seal, row)?;
    match message::understand(&said) {
        Ok(message) => Ok(message.results),
        Err(why) => {
            tracing::error!(event = %row.id, reason = why.reason(), "a report in the log is not understood any more");
            Ok(None)
        }
    }
}
