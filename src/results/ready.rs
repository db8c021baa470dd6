//! When a call has a result.
//!
//! From its report on; or, where none comes, from the end of the time that a
//! report is given. A call that ended well is told of at that moment, and its
//! row says when; for any other the time is counted from its end.

use std::time::Duration;

use entity::calls::{Column, Model, Outcome};
use sea_orm::{ColumnTrait, Condition, ExprTrait};

use crate::infra::clock::{Millis, millis_of};

/// How a call stands to whoever asks for its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// It ended, and from then on it has a result, reported or not.
    From(Millis),
    /// It goes on.
    Unknown,
    /// It was dismissed, and never comes back.
    Never,
}

pub fn readiness(call: &Model, grace: Duration, now: Millis) -> Readiness {
    if call.result_dismissed_at.is_some() {
        return Readiness::Never;
    }
    if call.outcome.is_none() {
        return Readiness::Unknown;
    }
    match without_report(call, grace) {
        _ if call.result.is_some() => Readiness::Ready,
        due if due <= now => Readiness::Ready,
        due => Readiness::From(due),
    }
}

fn without_report(call: &Model, grace: Duration) -> Millis {
    let told = (call.outcome == Some(Outcome::Completed)).then_some(call.announced_at);
    // Vapi's clock may be ahead of ours.
    let ended = [call.ended_at, call.last_event_at];
    let ended = ended.into_iter().flatten().min().unwrap_or_default();
    let counted = ended.saturating_add(millis_of(grace));
    call.announce_due_at.or(told.flatten()).unwrap_or(counted)
}

/// The same for a list: the calls that are ready.
pub fn are_ready(grace: Duration, now: Millis) -> Condition {
    let long_ago = now - millis_of(grace);
    let told = Column::Outcome
        .eq(Outcome::Completed)
        .and(Column::AnnouncedAt.is_not_null());
    let counted = Condition::all().add(Column::AnnounceDueAt.is_null()).add(
        Condition::any()
            .add(Column::EndedAt.lte(long_ago))
            .add(Column::LastEventAt.lte(long_ago)),
    );
    Condition::all()
        .add(Column::Outcome.is_not_null())
        .add(Column::ResultDismissedAt.is_null())
        .add(
            Condition::any()
                .add(Column::Result.is_not_null())
                .add(Column::AnnounceDueAt.lte(now))
                .add(told)
                .add(counted),
        )
}
