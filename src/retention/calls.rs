//! Old calls, with what was said in them.
//!
//! Calls are gone through in the order of their ids, which is that of their
//! beginnings. One that has not ended stays, however old, and is passed by.

use std::sync::{Arc, Mutex, PoisonError};

use entity::{
    CallId,
    calls::{Column, Entity, Origin},
    messages,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::batch::{Left, ROWS_MAX, count, until_nothing_is_left};
use crate::{
    app::App,
    error::Result,
    infra::{clock::Millis, db::Tx},
};

/// The call that was looked at last.
type Passed = Arc<Mutex<Option<CallId>>>;

/// Removes the calls that were over before then.
pub async fn remove(app: &App, before: Millis) -> Result<()> {
    let passed = Passed::default();
    until_nothing_is_left(app, move |tx| remove_some(tx, before, passed.clone())).await
}

async fn remove_some(tx: Tx, before: Millis, passed: Passed) -> Result<Left> {
    let after = *passed.lock().unwrap_or_else(PoisonError::into_inner);
    let calls = next(&tx, after, before).await?;
    let Some(last) = calls.last().map(|call| call.id) else {
        return Ok(Left::Nothing);
    };
    let over: Vec<_> = calls
        .iter()
        .filter(|call| call.was_over(before))
        .map(|call| call.id)
        .collect();
    // Their calls stay until all lines are gone.
    if remove_lines(&tx, &over).await? == Left::More {
        return Ok(Left::More);
    }
    let removed = Entity::delete_many()
        .filter(Column::Id.is_in(over))
        .exec(&*tx)
        .await?;
    count("calls", removed.rows_affected);
    *passed.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    Ok(Left::More)
}

/// What of a call decides whether it goes.
#[derive(Clone, Copy)]
struct Call {
    id: CallId,
    origin: Origin,
    ended_at: Option<Millis>,
    last_event_at: Option<Millis>,
}

impl Call {
    /// It has ended and was not heard of since; or it was claimed before
    /// anything was heard of it, and nothing ever was.
    fn was_over(&self, before: Millis) -> bool {
        let is_old = |at: Option<Millis>| at.is_none_or(|at| at < before);
        let never_came = self.origin == Origin::Announced && self.last_event_at.is_none();
        (self.ended_at.is_some() || never_came)
            && is_old(self.ended_at)
            && is_old(self.last_event_at)
    }
}

/// With when it began, and how and when it was heard of.
type Row = (CallId, Millis, Origin, Option<Millis>, Option<Millis>);

async fn next(tx: &Tx, after: Option<CallId>, before: Millis) -> Result<Vec<Call>> {
    let beyond = after.map(|after| Column::Id.gt(after));
    let rows: Vec<Row> = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::CreatedAt,
            Column::Origin,
            Column::EndedAt,
            Column::LastEventAt,
        ])
        .filter(Condition::all().add_option(beyond))
        .order_by_asc(Column::Id)
        .limit(ROWS_MAX as u64)
        .lock_exclusive()
        .into_tuple()
        .all(&**tx)
        .await?;
    // Asked of the database, it would go through all younger ones to find no more.
    let old = rows.into_iter().take_while(|(_, at, ..)| *at < before);
    let call = |(id, _, origin, ended_at, last_event_at)| Call {
        id,
        origin,
        ended_at,
        last_event_at,
    };
    Ok(old.map(call).collect())
}

async fn remove_lines(tx: &Tx, calls: &[CallId]) -> Result<Left> {
    let lines = messages::Entity::find()
        .select_only()
        .column(messages::Column::Position)
        .filter(messages::Column::CallId.is_in(calls.iter().copied()))
        .limit(ROWS_MAX as u64);
    let removed = messages::Entity::delete_many()
        .filter(messages::Column::Position.in_subquery(lines.into_query()))
        .exec(&**tx)
        .await?
        .rows_affected;
    count("messages", removed);
    Ok(match removed < ROWS_MAX as u64 {
        true => Left::Nothing,
        false => Left::More,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn was_over(origin: Origin, ended_at: Option<Millis>, last_event_at: Option<Millis>) -> bool {
        let call = Call {
            id: CallId::from_uuid(uuid::Uuid::nil()),
            origin,
            ended_at,
            last_event_at,
        };
        call.was_over(100)
    }

    #[test]
    fn a_call_goes_once_its_end_and_all_that_came_after_it_are_old() {
        use Origin::{Announced, Placed};
        assert!(was_over(Announced, Some(99), Some(99)));
        assert!(was_over(Placed, Some(99), None));
        assert!(!was_over(Announced, Some(100), Some(99)));
        assert!(!was_over(Announced, Some(99), Some(100)));
    }

    #[test]
    fn one_that_has_not_ended_stays_unless_it_never_came() {
        assert!(!was_over(Origin::Announced, None, Some(1)));
        assert!(!was_over(Origin::Placed, None, None));
        assert!(was_over(Origin::Announced, None, None));
    }
}
