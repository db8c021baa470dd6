//! Every step of a call, in and out of order.

use std::time::Duration;

use entity::calls::Origin;
use serde_json::{Value, json};

use super::*;
use crate::vapi::message::understand;

const GRACE: Duration = Duration::from_secs(5);
const NOW: Millis = 1_767_603_600_000;

fn said(message: Value) -> Message {
    let mut message = message;
    message["call"] = json!({"id": "v1"});
    understand(json!({ "message": message }).to_string().as_bytes()).unwrap()
}

fn status(word: &str) -> Message {
    said(json!({"type": "status-update", "status": word, "timestamp": NOW}))
}

fn ended(reason: &str) -> Message {
    said(
        json!({"type": "status-update", "status": "ended", "endedReason": reason, "timestamp": NOW}),
    )
}

fn report(reason: &str) -> Message {
    said(json!({
        "type": "end-of-call-report", "endedReason": reason, "timestamp": NOW,
        "startedAt": "2026-01-05T09:00:00Z", "endedAt": "2026-01-05T09:01:00Z",
        "artifact": {"transcript": "AI: Hi.\nUser: Hello."}, "analysis": {"summary": "Short."},
    }))
}

/// A call that this message was the first word of.
fn first(message: &Message) -> (Model, Step) {
    let mut call = Model {
        id: entity::CallId::from_uuid(uuid::Uuid::nil()),
        vapi_call_id: Some("v1".to_owned()),
        request_id: None,
        owner: None,
        origin: Origin::Announced,
        kind: None,
        status: message.first_status(),
        outcome: None,
        ended_reason: None,
        retryable: None,
        sequence: 0,
        phone: None,
        phone_index: None,
        details: None,
        result: None,
        result_version: 0,
        result_dismissed_at: None,
        campaign_id: None,
        recorder: None,
        scheduled_at: None,
        started_at: None,
        ended_at: None,
        announce_due_at: None,
        announced_at: None,
        last_event_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    let step = apply(&mut call, message, true, GRACE, NOW);
    (call, step)
}

fn then(call: &mut Model, message: &Message) -> Step {
    apply(call, message, false, GRACE, NOW)
}

#[test]
fn a_status_moves_forward_and_never_back() {
    let (mut call, step) = first(&status("queued"));
    assert_eq!(
        (call.status, step.announcements),
        (CallStatus::Queued, vec![Kind::CallStatusChanged])
    );
    let step = then(&mut call, &status("in-progress"));
    assert_eq!(
        (call.status, step.previous),
        (CallStatus::InProgress, Some(CallStatus::Queued))
    );
    let late = then(&mut call, &status("ringing"));
    assert_eq!(
        (call.status, late.applied, late.announcements),
        (CallStatus::InProgress, false, vec![])
    );
}

#[test]
fn the_same_status_again_changes_nothing_and_is_not_late() {
    let (mut call, _) = first(&status("ringing"));
    let again = then(&mut call, &status("ringing"));
    assert_eq!(
        (again.applied, again.previous, again.announcements),
        (true, None, vec![])
    );
}

#[test]
fn a_call_that_ends_well_waits_for_its_report_and_is_told_of_once() {
    let (mut call, _) = first(&status("in-progress"));
    let step = then(&mut call, &ended("customer-ended-call"));
    assert_eq!(step.announcements, [Kind::CallStatusChanged]);
    assert_eq!(call.announce_due_at, Some(NOW + 5_000));
    let step = then(&mut call, &report("customer-ended-call"));
    assert_eq!(step.announcements, [Kind::CallCompleted]);
    assert_eq!((call.announce_due_at, call.announced_at), (None, Some(NOW)));
    assert_eq!(
        then(&mut call, &report("customer-ended-call")).announcements,
        [Kind::CallReport]
    );
}

#[test]
fn without_a_report_it_is_told_of_when_its_time_is_up_and_not_before() {
    let (mut call, _) = first(&ended("customer-ended-call"));
    assert_eq!(announce_without_report(&mut call, NOW + 4_999), None);
    assert_eq!(
        announce_without_report(&mut call, NOW + 5_000),
        Some(Kind::CallCompleted)
    );
    assert_eq!(
        announce_without_report(&mut call, NOW + 9_000),
        None,
        "once"
    );
    assert_eq!(
        then(&mut call, &report("customer-ended-call")).announcements,
        [Kind::CallReport]
    );
}

#[test]
fn a_report_that_comes_first_ends_the_call_with_its_results() {
    let (mut call, step) = first(&report("customer-ended-call"));
    assert_eq!(
        step.announcements,
        [Kind::CallStatusChanged, Kind::CallCompleted]
    );
    let late = then(&mut call, &ended("customer-ended-call"));
    assert_eq!(
        (late.applied, late.announcements),
        (true, vec![]),
        "it says what is known"
    );
    let late = then(&mut call, &status("ringing"));
    assert_eq!((late.applied, call.status), (false, CallStatus::Ended));
}

#[test]
fn a_failure_is_told_of_at_once_and_its_report_afterwards() {
    let (mut call, step) = first(&ended("customer-did-not-answer"));
    assert_eq!(call.status, CallStatus::Failed);
    assert_eq!(
        (call.outcome, call.retryable),
        (Some(Outcome::NoContact), Some(true))
    );
    assert_eq!(
        step.announcements,
        [Kind::CallStatusChanged, Kind::CallFailed]
    );
    assert_eq!(
        then(&mut call, &report("customer-did-not-answer")).announcements,
        [Kind::CallReport]
    );
}

#[test]
fn a_canceled_call_is_neither_completed_nor_failed() {
    let (mut call, step) = first(&ended("manually-canceled"));
    assert_eq!(
        (call.status, step.announcements),
        (CallStatus::Canceled, vec![Kind::CallStatusChanged])
    );
    assert_eq!(
        then(&mut call, &report("manually-canceled")).announcements,
        []
    );
    assert_eq!(announce_without_report(&mut call, Millis::MAX), None);
}

#[test]
fn what_comes_late_still_fills_in_when_the_call_began() {
    let (mut call, _) = first(&ended("customer-ended-call"));
    then(&mut call, &status("in-progress"));
    assert_eq!(call.started_at, Some(NOW));
    then(&mut call, &report("customer-ended-call"));
    let minute = call.ended_at.unwrap() - call.started_at.unwrap();
    assert_eq!(minute, 60_000, "a report knows best");
}

#[test]
fn only_final_lines_are_told() {
    let line = |kind| {
        said(
            json!({"type": "transcript", "transcriptType": kind, "role": "user", "transcript": "Hi", "timestamp": NOW}),
        )
    };
    let (mut call, step) = first(&line("final"));
    assert_eq!(call.status, CallStatus::InProgress, "somebody speaks");
    assert_eq!(
        step.announcements,
        [Kind::CallStatusChanged, Kind::CallTranscript]
    );
    assert_eq!(then(&mut call, &line("partial")).announcements, []);
}

#[test]
fn what_says_nothing_of_the_status_leaves_it() {
    let (mut call, step) = first(&said(json!({"type": "speech-update", "status": "started"})));
    assert_eq!((call.status, step.applied), (CallStatus::Queued, true));
    assert_eq!(
        then(&mut call, &said(json!({"type": "hang"}))).announcements,
        []
    );
}

#[test]
fn a_silence_ends_a_call_only_if_nothing_was_heard_since() {
    let silence = json!({"type": "call.timeout", "timestamp": NOW, "call": {"id": "v1"}});
    let silence = understand(silence.to_string().as_bytes()).unwrap();
    for (last_event_at, outcome) in [(NOW, Some(Outcome::Timeout)), (NOW + 1, None)] {
        let (mut call, _) = first(&status("in-progress"));
        call.last_event_at = Some(last_event_at);
        let step = apply(&mut call, &silence, false, GRACE, NOW + 2);
        assert_eq!((call.outcome, step.applied), (outcome, outcome.is_some()));
        assert_eq!(call.ended_at, outcome.map(|_| NOW));
        assert_eq!(step.announcements.is_empty(), outcome.is_none());
    }
}
