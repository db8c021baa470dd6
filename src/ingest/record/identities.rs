//! Which events are new: those none of whose identities was kept before.

use std::{collections::HashSet, sync::Arc};

use entity::identities::{ActiveModel, Column};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, QueryResult, Statement,
};

use crate::{
    delivery::Beforehand,
    error::Result,
    infra::{
        clock::Millis,
        db::{Tx, rows::Rows},
    },
    ingest::event::{Event, IdentityDigest},
};

/// What came of it.
pub(super) struct Claimed {
    /// For each event, whether it is new; of two alike in a batch the first is.
    pub new: Vec<bool>,
    /// What telling of what is new takes to know.
    pub beforehand: Beforehand,
    /// What was asked behind it.
    pub found: Vec<QueryResult>,
}

/// Claims the identities of a batch in one statement, in their order, so that
/// two replicas that claim the same ones cannot wait for each other in a ring;
/// and asks this behind it, which mostly goes along.
pub(super) async fn claim(
    tx: &Tx,
    events: &[Arc<Event>],
    then_ask: Option<Statement>,
    now: Millis,
) -> Result<Claimed> {
    let mut rows: Vec<(IdentityDigest, &Event)> = events
        .iter()
        .flat_map(|event| event.identities.iter().map(move |id| (*id, &**event)))
        .collect();
    rows.sort_by_key(|(digest, _)| *digest);
    rows.dedup_by_key(|(digest, _)| *digest);
    let rows = rows.into_iter().map(|(digest, event)| ActiveModel {
        digest: Set(digest.to_vec()),
        call_id: NotSet,
        event_id: Set(Some(event.id)),
        answer: NotSet,
        created_at: Set(now),
    });
    let question = Beforehand::question(tx.get_database_backend());
    let claimed = Rows::new(rows)
        .add_new(tx, Column::Digest, &question, then_ask)
        .await?;
    let mut unseen = claimed.keys;
    Ok(Claimed {
        new: events
            .iter()
            .map(|event| take_all(&mut unseen, &event.identities))
            .collect(),
        beforehand: Beforehand::of(claimed.answer.as_ref())?,
        found: claimed.then_heard,
    })
}

/// All of an event's identities go at once, so that a second event with any of
/// them finds it gone.
fn take_all(unseen: &mut HashSet<Vec<u8>>, identities: &[IdentityDigest]) -> bool {
    let taken = identities
        .iter()
        .filter(|id| unseen.remove(id.as_slice()))
        .count();
    taken == identities.len()
}
