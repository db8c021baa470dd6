//! Whose session it is, where Vapi names nobody.
//!
//! The app learns the id of a session before we hear of it, or just after. So a caller may claim
//! one that nobody has: an unseen one, which is made here and waits for its first event, or one
//! whose first event is at most ten minutes old. Ids of Vapi's cannot be guessed, and in ten
//! minutes they do not leak far. A session that has an owner never gets another, and to all but
//! the owner it looks like one that is not there.
//!
//! The recorder may meet the same call at the same moment. Both find it by Vapi's unique id and
//! lock its row before they look at its owner, and nothing else is locked here, so the first of
//! them decides and none waits in a circle.

use std::time::Duration;

use entity::{
    CallId,
    calls::{ActiveModel, CallStatus, Column, Entity, Model, Origin},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::Session;
use crate::{
    contact::named::is_named,
    error::{Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
    },
};

const CLAIMABLE_FOR: Duration = Duration::from_secs(10 * 60);

/// What a claim came to.
#[derive(Debug)]
pub enum Claimed {
    Now(Session),
    /// It was the caller's before.
    Before(Session),
}

/// Where a call stands towards somebody who claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Own,
    Free,
    Refused(&'static str),
}

/// Claims the session of this id for an owner.
pub async fn claim(tx: &Tx, owner: &str, id: &str, now: Millis) -> Result<Claimed> {
    let call = match locked(tx, id).await? {
        Some(call) => call,
        None => match await_call(tx, owner, id, now).await? {
            Some(call) => return Ok(claimed(call)),
            None => met(tx, id).await?,
        },
    };
    match standing(&call, owner, now) {
        Standing::Own => Ok(Claimed::Before(Session(call))),
        Standing::Free => take(tx, call, owner, now).await,
        Standing::Refused(reason) => {
            tracing::info!(session_id = id, call_id = %call.id, owner, reason, "a session was not given to who claimed it");
            Err(Error::not_found("session"))
        }
    }
}

fn standing(call: &Model, owner: &str, now: Millis) -> Standing {
    match &call.owner {
        Some(first) if first == owner => Standing::Own,
        Some(_) => Standing::Refused("it is somebody else's"),
        None if call.origin == Origin::Placed => Standing::Refused("we placed the call"),
        None if now - call.created_at > millis_of(CLAIMABLE_FOR) => {
            Standing::Refused("nobody claimed it in time")
        }
        None => Standing::Free,
    }
}

async fn locked(tx: &Tx, id: &str) -> Result<Option<Model>> {
    let call = Entity::find().filter(is_named(id)).lock_exclusive();
    Ok(call.one(&**tx).await?)
}

/// Makes the row of a call that was not heard of yet; nothing where it came into being meanwhile.
async fn await_call(tx: &Tx, owner: &str, id: &str, now: Millis) -> Result<Option<Model>> {
    let row = ActiveModel {
        id: Set(CallId::from_uuid(Uuid::now_v7())),
        vapi_call_id: Set(Some(id.to_owned())),
        owner: Set(Some(owner.to_owned())),
        origin: Set(Origin::Announced),
        status: Set(CallStatus::Queued),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let known_already = OnConflict::column(Column::VapiCallId)
        .do_nothing()
        .to_owned();
    let made = Entity::insert(row)
        .on_conflict(known_already)
        .exec_without_returning(&**tx)
        .await?;
    match made {
        0 => Ok(None),
        _ => met(tx, id).await.map(Some),
    }
}

async fn met(tx: &Tx, id: &str) -> Result<Model> {
    let gone = || Error::internal(anyhow::anyhow!("a call that was just met is gone"));
    locked(tx, id).await?.ok_or_else(gone)
}

async fn take(tx: &Tx, mut call: Model, owner: &str, now: Millis) -> Result<Claimed> {
    let taken = Entity::update_many()
        .col_expr(Column::Owner, Expr::value(owner))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(call.id))
        .filter(Column::Owner.is_null())
        .exec(&**tx)
        .await?;
    if taken.rows_affected != 1 {
        return Err(Error::internal(anyhow::anyhow!(
            "a locked call changed hands"
        )));
    }
    call.owner = Some(owner.to_owned());
    call.updated_at = now;
    Ok(claimed(call))
}

fn claimed(call: Model) -> Claimed {
    let session = Session(call);
    let (session_id, call_id) = (session.id(), session.call_id());
    let owner = session.0.owner.as_deref();
    tracing::info!(session_id, %call_id, owner, "a session was claimed");
    Claimed::Now(session)
}
