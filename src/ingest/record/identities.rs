//! Which events are new: those none of whose identities was kept before.

use std::{collections::HashSet, sync::Arc};

use entity::identities::{ActiveModel, Column};
use sea_orm::ActiveValue::{NotSet, Set};

use crate::{
    delivery::EPOCH,
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
    /// Whoever is told of what is new is looked up as of then: the answer brings it along, which
    /// saves a question of its own. Nothing where nothing was claimed.
    pub epoch: Option<i64>,
}

/// Claims the identities of a batch in one statement, in their order, so that
/// two replicas that claim the same ones cannot wait for each other in a ring.
pub(super) async fn claim(tx: &Tx, events: &[Arc<Event>], now: Millis) -> Result<Claimed> {
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
    let claimed = Rows::new(rows).add_new(tx, Column::Digest, EPOCH).await?;
    let mut unseen = claimed.keys;
    Ok(Claimed {
        new: events
            .iter()
            .map(|event| take_all(&mut unseen, &event.identities))
            .collect(),
        epoch: claimed
            .answer
            .map(|row| row.try_get("", "epoch"))
            .transpose()?,
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
