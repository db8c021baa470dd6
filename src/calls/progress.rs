//! What one message changes in a call, and what is to be told of it.
//!
//! Pure: a row, a message and the time go in; the row is changed, and a list
//! of announcements comes out. A status never goes back and a terminal one is
//! final, so that the end is the same in whatever order the messages come;
//! what comes late still fills in what was not known.

use std::time::Duration;

use entity::calls::{CallStatus, Model, Outcome};

use crate::{
    events::Kind,
    infra::clock::{Millis, millis_of},
    vapi::{
        message::{Message, Said},
        outcome::End,
    },
};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// False where it came too late to be the call's status.
    pub applied: bool,
    /// The status before, where this message changed it.
    pub previous: Option<CallStatus>,
    /// In the order in which they are told.
    pub announcements: Vec<Kind>,
    /// Whether all is told of the call but what reports may add.
    pub is_over: bool,
}

/// Applies a message to a call. `is_new`: the row was made for this message.
pub fn apply(
    call: &mut Model,
    message: &Message,
    is_new: bool,
    grace: Duration,
    now: Millis,
) -> Step {
    let said = if is_new {
        Some(message.first_status())
    } else {
        message.status()
    };
    let previous = call.status;
    let changes = said.is_some_and(|status| is_new || goes_forward(previous, status))
        && !was_heard_since(call, message);
    let applied =
        said.is_none_or(|status| changes || status == previous) || brings_results(message);
    let mut announcements = Vec::new();
    if let (true, Some(status)) = (changes, said) {
        call.status = status;
        announcements.push(Kind::CallStatusChanged);
        if let Some(end) = message.end() {
            ended(call, end, message, now);
        }
    }
    keep_times(call, message);
    announcements.extend(announce_end(call, message, changes, grace, now));
    if matches!(message.said, Said::Transcript { is_final: true, .. }) {
        announcements.push(Kind::CallTranscript);
    }
    Step {
        applied,
        previous: (changes && !is_new).then_some(previous),
        is_over: announcements.iter().any(|kind| kind.ends_call())
            || changes && call.status == CallStatus::Canceled,
        announcements,
    }
}

/// That nothing was heard of the call is not true any more.
fn was_heard_since(call: &Model, message: &Message) -> bool {
    let is_silence = |end: &End| end.outcome == Outcome::Timeout;
    let silent_since = message
        .occurred_at
        .filter(|_| message.end().is_some_and(is_silence));
    silent_since.is_some_and(|since| call.last_event_at > Some(since))
}

/// A call of ours is due at a later time, which is told when it is stored.
pub fn scheduled(call: &mut Model) -> Step {
    call.status = CallStatus::Scheduled;
    changed(None)
}

/// Vapi has taken a call of ours. Its webhooks may have said more by then.
pub fn placed(call: &mut Model) -> Step {
    let previous = call.status;
    match previous {
        CallStatus::Scheduled => {
            call.status = CallStatus::Queued;
            changed(Some(previous))
        }
        CallStatus::Queued if call.sequence == 0 => changed(None),
        _ => unchanged(),
    }
}

/// A call of ours has come to its end before Vapi had anything to say of it.
pub fn ended_unplaced(call: &mut Model, end: &End, now: Millis) -> Step {
    if is_terminal(call.status) {
        return unchanged();
    }
    // Who has heard nothing of the call before has not heard of a status before.
    let previous = (call.sequence > 0).then_some(call.status);
    call.status = end.status();
    call.outcome = Some(end.outcome);
    call.ended_reason.clone_from(&end.reason);
    call.retryable = Some(end.retryable);
    call.ended_at = Some(now);
    let mut step = changed(previous);
    if end.outcome != Outcome::Canceled {
        step.announcements
            .push(announced(call, now, Kind::CallFailed));
    }
    step
}

fn unchanged() -> Step {
    Step {
        applied: false,
        previous: None,
        announcements: Vec::new(),
        is_over: false,
    }
}

fn changed(previous: Option<CallStatus>) -> Step {
    Step {
        applied: true,
        previous,
        announcements: vec![Kind::CallStatusChanged],
        // Where Vapi has said nothing, there was no session.
        is_over: false,
    }
}

/// Time is up for a report that did not come.
pub fn announce_without_report(call: &mut Model, now: Millis) -> Option<Kind> {
    let due = call.announce_due_at.is_some_and(|due| due <= now) && call.announced_at.is_none();
    due.then(|| announced(call, now, Kind::CallCompleted))
}

pub fn is_terminal(status: CallStatus) -> bool {
    rank(status) == TERMINAL
}

pub fn goes_forward(from: CallStatus, to: CallStatus) -> bool {
    rank(from) != TERMINAL && rank(to) > rank(from)
}

const TERMINAL: u8 = 5;

fn rank(status: CallStatus) -> u8 {
    match status {
        CallStatus::Scheduled => 0,
        CallStatus::Queued => 1,
        CallStatus::Ringing => 2,
        CallStatus::InProgress => 3,
        CallStatus::Forwarding => 4,
        CallStatus::Ended | CallStatus::Failed | CallStatus::Canceled | CallStatus::Timeout => {
            TERMINAL
        }
    }
}

fn brings_results(message: &Message) -> bool {
    message.results.is_some()
}

fn ended(call: &mut Model, end: &End, message: &Message, now: Millis) {
    call.outcome = Some(end.outcome);
    call.ended_reason.clone_from(&end.reason);
    call.retryable = Some(end.retryable);
    call.ended_at = Some(message.occurred_at.unwrap_or(now));
}

/// A report knows best when a call began and ended. Without one it began when
/// it was heard to be in progress, be that heard late.
fn keep_times(call: &mut Model, message: &Message) {
    let facts = message.call.as_ref();
    let results = message.results.as_ref();
    let told_start = results
        .and_then(|r| r.started_at)
        .or(facts.and_then(|f| f.started_at));
    let told_end = results
        .and_then(|r| r.ended_at)
        .or(facts.and_then(|f| f.ended_at));
    if told_start.is_some() {
        call.started_at = told_start;
    } else if message.said == Said::Status(CallStatus::InProgress) && call.started_at.is_none() {
        call.started_at = message.occurred_at;
    }
    if told_end.is_some() && is_terminal(call.status) {
        call.ended_at = told_end;
    }
}

/// Each call that ends is told of exactly once, a canceled one not at all: a
/// failure at once, a success with its results or when the grace has passed.
/// What is reported after that is told as a report.
fn announce_end(
    call: &mut Model,
    message: &Message,
    ends_now: bool,
    grace: Duration,
    now: Millis,
) -> Option<Kind> {
    let reports = brings_results(message);
    match call.outcome? {
        Outcome::Canceled => None,
        _ if call.announced_at.is_some() => reports.then_some(Kind::CallReport),
        Outcome::Completed if reports => Some(announced(call, now, Kind::CallCompleted)),
        Outcome::Completed => {
            if ends_now {
                call.announce_due_at = Some(now + millis_of(grace));
            }
            None
        }
        Outcome::Failed | Outcome::NoContact | Outcome::Timeout => {
            Some(announced(call, now, Kind::CallFailed))
        }
    }
}

fn announced(call: &mut Model, now: Millis, kind: Kind) -> Kind {
    call.announced_at = Some(now);
    call.announce_due_at = None;
    kind
}

#[cfg(test)]
mod tests;
