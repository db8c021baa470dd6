//! What a delivery is waiting for, or why it ended as it did.
//!
//! Pure: rows and the time go in, one reason comes out, the one that would
//! still hold if all others were gone. The order of the questions is the order
//! in which the lane itself would ask them.

use entity::{
    DeliveryId, delivery_queue,
    lanes::{LaneState, Model as Lane},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::status::{DELIVERED, DROPPED, breaker_is_open};
use crate::infra::clock::Millis;

/// A reason in one word, to be matched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaitReason)]
pub enum Reason {
    /// What waited until a moment is being dropped, and this did.
    Dropping,
    Paused,
    Deactivated,
    /// The receiver failed again and again: one probe at a time is sent.
    Breaker,
    /// The receiver named the time of the next attempt.
    RetryAfter,
    /// The next attempt has its time.
    Schedule,
    /// An earlier delivery of the same call goes first.
    Order,
    /// No running process sends for the subscription just now.
    NoSender,
    /// It is due, and goes as soon as there is a free place for it.
    Due,
    Delivered,
    /// The last attempt failed.
    GivenUp,
    Dropped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub reason: Reason,
    pub message: String,
    /// When that changes by itself, where it does.
    pub until: Option<Millis>,
}

/// All that decides about a delivery in the queue.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    pub row: &'a delivery_queue::Model,
    pub lane: Option<&'a Lane>,
    /// An earlier delivery of the call that has to go first.
    pub behind: Option<DeliveryId>,
    /// A process that lives owns the lane.
    pub has_sender: bool,
}

/// How a delivery's last attempt went.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    pub outcome: &'a str,
    pub attempt: Option<i16>,
    pub status_code: Option<i16>,
    pub error: Option<&'a str>,
}

pub fn waits(waiting: Waiting<'_>, now: Millis) -> Why {
    let row = waiting.row;
    if let Some(why) = waiting.lane.and_then(|lane| held(lane, row)) {
        return why;
    }
    if row.due_at > now {
        return later(row);
    }
    if let Some(before) = waiting.behind {
        let message = format!("The call's earlier delivery {before} goes first.");
        return because(Reason::Order, message, None);
    }
    if !waiting.has_sender {
        let message =
            "No running process sends for this subscription; one takes it over within a minute.";
        return because(Reason::NoSender, message, None);
    }
    let message = "It is due, and goes as soon as the subscription's limits \
         (max_in_flight, rate_per_second) leave a place.";
    because(Reason::Due, message, None)
}

fn held(lane: &Lane, row: &delivery_queue::Model) -> Option<Why> {
    if lane
        .drop_before
        .is_some_and(|before| row.created_at <= before)
    {
        let message =
            "It is being dropped: the subscription was deleted, or resumed with \"skip\".";
        return Some(because(Reason::Dropping, message, None));
    }
    match lane.state {
        LaneState::Deactivated => {
            let why = lane.deactivated_reason.as_deref().unwrap_or("it failed");
            let message = format!(
                "The subscription is deactivated ({why}). PATCH it with {{\"is_active\":true}} and this is delivered."
            );
            Some(because(Reason::Deactivated, message, None))
        }
        LaneState::Paused => {
            let message = "The subscription is paused. PATCH it with {\"is_active\":true} and this is delivered.";
            Some(because(Reason::Paused, message, None))
        }
        LaneState::Failing if breaker_is_open(lane) => {
            let message = format!(
                "The receiver failed {} times in a row: deliveries are held, and one at a time is sent as a probe.",
                lane.consecutive_failures
            );
            Some(because(Reason::Breaker, message, lane.next_probe_at))
        }
        LaneState::Healthy | LaneState::Failing => None,
    }
}

fn later(row: &delivery_queue::Model) -> Why {
    let next = i32::from(row.attempt) + 1;
    let (reason, who) = match row.asked_to_wait {
        true => (Reason::RetryAfter, "the receiver asked to wait"),
        false => (Reason::Schedule, "the retry schedule says so"),
    };
    let message = format!("Attempt {next} is made later: {who}.");
    because(reason, message, Some(row.due_at))
}

pub fn ended(end: End<'_>) -> Why {
    let attempt = end.attempt.unwrap_or_default();
    let (reason, message) = match end.outcome {
        DELIVERED => (
            Reason::Delivered,
            format!(
                "The receiver took attempt {attempt}{}.",
                in_brackets(end.status_code)
            ),
        ),
        DROPPED => (Reason::Dropped, sentence(end.error, "It was not sent.")),
        _ => (
            Reason::GivenUp,
            format!(
                "Attempt {attempt} was the last and failed{}: {}",
                in_brackets(end.status_code),
                sentence(end.error, end.outcome)
            ),
        ),
    };
    because(reason, message, None)
}

fn in_brackets(status: Option<i16>) -> String {
    status.map_or(String::new(), |status| format!(" ({status})"))
}

fn sentence(text: Option<&str>, otherwise: &str) -> String {
    text.unwrap_or(otherwise).to_owned()
}

fn because(reason: Reason, message: impl Into<String>, until: Option<Millis>) -> Why {
    Why {
        reason,
        message: message.into(),
        until,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::log::tests::{lane, queued};

    const NOW: Millis = 1_000;

    fn reason(row: &delivery_queue::Model, lane: &Lane) -> (Reason, Option<Millis>) {
        let waiting = Waiting {
            row,
            lane: Some(lane),
            behind: None,
            has_sender: true,
        };
        let why = waits(waiting, NOW);
        assert!(!why.message.is_empty());
        (why.reason, why.until)
    }

    #[test]
    fn the_lane_comes_before_the_delivery() {
        let later = delivery_queue::Model {
            due_at: NOW + 1,
            ..queued(0)
        };
        let open = Lane {
            next_probe_at: Some(7),
            ..lane(LaneState::Failing)
        };
        let dropping = Lane {
            drop_before: Some(later.created_at),
            ..lane(LaneState::Paused)
        };
        let dropping_older = Lane {
            drop_before: Some(later.created_at - 1),
            ..lane(LaneState::Healthy)
        };
        for (lane, expected) in [
            (lane(LaneState::Paused), (Reason::Paused, None)),
            (lane(LaneState::Deactivated), (Reason::Deactivated, None)),
            (open, (Reason::Breaker, Some(7))),
            (dropping, (Reason::Dropping, None)),
            (dropping_older, (Reason::Schedule, Some(NOW + 1))),
            (lane(LaneState::Healthy), (Reason::Schedule, Some(NOW + 1))),
            (lane(LaneState::Failing), (Reason::Schedule, Some(NOW + 1))),
        ] {
            assert_eq!(reason(&later, &lane), expected, "{lane:?}");
        }
    }

    #[test]
    fn a_wait_that_the_receiver_asked_for_is_told_from_ours() {
        let asked = delivery_queue::Model {
            due_at: NOW + 9,
            asked_to_wait: true,
            ..queued(2)
        };
        let healthy = lane(LaneState::Healthy);
        assert_eq!(
            reason(&asked, &healthy),
            (Reason::RetryAfter, Some(NOW + 9))
        );
    }

    #[test]
    fn what_is_due_waits_for_those_before_it_for_a_sender_or_for_a_place() {
        let (row, healthy) = (queued(0), lane(LaneState::Healthy));
        let due = |behind, has_sender| {
            let waiting = Waiting {
                row: &row,
                lane: Some(&healthy),
                behind,
                has_sender,
            };
            waits(waiting, NOW)
        };
        let before = queued(0).id;
        let behind = due(Some(before), false);
        assert_eq!(behind.reason, Reason::Order);
        assert!(behind.message.contains(&before.to_string()));
        assert_eq!(due(None, false).reason, Reason::NoSender);
        assert_eq!(due(None, true).reason, Reason::Due);
    }

    #[test]
    fn an_end_says_how_it_came_about() {
        let end = |outcome, status_code, error| {
            let why = ended(End {
                outcome,
                attempt: Some(10),
                status_code,
                error,
            });
            (why.reason, why.message)
        };
        assert_eq!(
            end("delivered", Some(204), None),
            (
                Reason::Delivered,
                "The receiver took attempt 10 (204).".to_owned()
            )
        );
        assert_eq!(
            end("status", Some(500), Some("the receiver's own fault")),
            (
                Reason::GivenUp,
                "Attempt 10 was the last and failed (500): the receiver's own fault".to_owned()
            )
        );
        assert_eq!(
            end("dropped", None, Some("The subscription was deleted.")),
            (Reason::Dropped, "The subscription was deleted.".to_owned())
        );
    }
}
