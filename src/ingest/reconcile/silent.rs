//! Of which calls there should have been news.
//!
//! A call that goes on is silent for too long when nothing was heard for as long as it may last, and
//! some rounds more. One that has ended should have been reported within its grace, and a round.

use std::time::Duration;

use entity::{
    CallId,
    calls::{CallStatus, Column, Entity, Model, Origin},
    inquiries::{Column as Inquiry, Entity as Inquiries},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use super::inquiries;
use crate::{
    app::App,
    contact::details::Details,
    error::Result,
    infra::clock::{Millis, millis_of},
};

/// The least that Vapi lets an assistant have.
const MAX_DURATION_MIN: Duration = Duration::from_secs(10);
const ROUNDS_OF_MARGIN: u32 = 4;
/// A report that did not come within a day is not asked for any more.
const REPORTED_WITHIN: Duration = Duration::from_secs(86_400);
const CALLS_PER_READ: u64 = 256;
/// The key may be back by then.
const OPENED_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// How long nothing need be heard.
pub(super) struct Patience {
    pub every: Duration,
    pub grace: Duration,
    pub can_ask: bool,
}

/// A call that Vapi is to be asked about.
pub(super) struct Overdue {
    pub call: Model,
    pub vapi_id: String,
    pub lacks: Lacks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacks {
    /// It should be over by now.
    AnEnd { silent_since: Millis },
    /// It is over, and brought nothing.
    AReport,
}

impl Patience {
    fn margin(&self) -> Duration {
        self.every * ROUNDS_OF_MARGIN
    }

    fn is_tried(&self, silent_since: Millis, max_duration: Duration, now: Millis) -> bool {
        silent_since + millis_of(max_duration + self.margin()) <= now
    }
}

/// At most so many, those first that have been under way for longest.
pub(super) async fn find(
    app: &App,
    patience: &Patience,
    at_most: usize,
    now: Millis,
) -> Result<Vec<Overdue>> {
    let mut found = Vec::new();
    let mut after = None;
    while found.len() < at_most {
        let live = live(patience, after, now).all(app.db.read()).await?;
        let is_last = (live.len() as u64) < CALLS_PER_READ;
        after = live.last().map(|call| (call.created_at, call.id));
        for call in live {
            if let Some(details) = details(app, &call, now).await? {
                found.extend(without_end(patience, call, &details, now));
            }
        }
        if is_last {
            break;
        }
    }
    found.truncate(at_most);
    let room = (at_most - found.len()) as u64;
    if room > 0 && patience.can_ask {
        let ended = ended(patience, now).limit(room).all(app.db.read()).await?;
        for call in ended {
            if details(app, &call, now).await?.is_some() {
                found.extend(without_report(call));
            }
        }
    }
    Ok(found)
}

/// How long a call may last is sealed, so the database can only tell those that may be silent for
/// too long.
fn live(patience: &Patience, after: Option<(Millis, CallId)>, now: Millis) -> Select<Entity> {
    let long_ago = now - millis_of(patience.margin() + MAX_DURATION_MIN);
    let later = after.map(|(created_at, id)| {
        Condition::any()
            .add(Column::CreatedAt.gt(created_at))
            .add(Column::CreatedAt.eq(created_at).and(Column::Id.gt(id)))
    });
    nobody_asks(now)
        .filter(Column::EndedAt.is_null())
        .filter(Column::CreatedAt.lte(long_ago))
        .filter(was_heard_by(long_ago))
        .filter(Condition::all().add_option(later))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(CALLS_PER_READ)
}

fn ended(patience: &Patience, now: Millis) -> Select<Entity> {
    let a_while_ago = now - millis_of(patience.grace + patience.every);
    nobody_asks(now)
        .filter(Column::EndedAt.gt(now - millis_of(REPORTED_WITHIN)))
        .filter(Column::EndedAt.lte(a_while_ago))
        .filter(Column::Result.is_null())
        .filter(Column::ResultDismissedAt.is_null())
        .filter(was_heard_by(a_while_ago))
        .order_by_asc(Column::EndedAt)
}

fn nobody_asks(now: Millis) -> Select<Entity> {
    let asked = Inquiries::find()
        .select_only()
        .column(Inquiry::CallId)
        .filter(Inquiry::DueAt.gt(now));
    Entity::find()
        .filter(Column::VapiCallId.is_not_null())
        .filter(Column::Id.not_in_subquery(asked.into_query()))
}

/// Nothing was heard after that. A session that was claimed before its first word has not begun, and
/// is not waited for.
fn was_heard_by(time: Millis) -> Condition {
    let was_placed = Column::LastEventAt
        .is_null()
        .and(Column::Origin.eq(Origin::Placed))
        .and(Column::UpdatedAt.lte(time));
    Condition::any()
        .add(Column::LastEventAt.lte(time))
        .add(was_placed)
}

/// One that nobody can read is passed by, so that the others do not suffer.
async fn details(app: &App, call: &Model, now: Millis) -> Result<Option<Details>> {
    let error = match Details::of_call(&app.seal, call) {
        Ok(details) => return Ok(Some(details)),
        Err(error) => error,
    };
    // Of several replicas one says so.
    if let Some(answers) = inquiries::claim(app, call.id, now).await? {
        tracing::error!(call = %call.id, %error, "a call cannot be opened, and is not asked about");
        let due_at = now + millis_of(OPENED_AGAIN_AFTER);
        inquiries::put_off(app, call.id, answers, due_at).await?;
    }
    Ok(None)
}

fn without_end(
    patience: &Patience,
    call: Model,
    details: &Details,
    now: Millis,
) -> Option<Overdue> {
    let silent_since = call.last_event_at.unwrap_or(call.updated_at);
    // When it is to begin, Vapi alone knows.
    let may_begin_later = call.status == CallStatus::Scheduled && !patience.can_ask;
    if may_begin_later || !patience.is_tried(silent_since, details.max_duration(), now) {
        return None;
    }
    overdue(call, Lacks::AnEnd { silent_since })
}

fn without_report(call: Model) -> Option<Overdue> {
    overdue(call, Lacks::AReport)
}

fn overdue(call: Model, lacks: Lacks) -> Option<Overdue> {
    let vapi_id = call.vapi_call_id.clone()?;
    Some(Overdue {
        call,
        vapi_id,
        lacks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_be_silent_for_as_long_as_it_may_last_and_four_rounds_more() {
        let patience = Patience {
            every: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            can_ask: true,
        };
        let lasts = Details::default().max_duration();
        let at = |seconds: i64| patience.is_tried(1_000, lasts, 1_000 + seconds * 1_000);
        assert!(!at(719));
        assert!(at(720));
    }
}
