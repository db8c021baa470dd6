//! A call's log through the rules once more: what the call would be if all
//! that Vapi said of it came again, in the same order.

use std::time::Duration;

use entity::calls::{CallStatus, Model, Origin};
use sea_orm::ConnectionTrait;

use super::{log, progress};
use crate::{
    error::{Code, Error, Result},
    infra::seal::Seal,
    vapi::message::{Message, understand},
};

const ROWS_PER_READ: usize = 100;
/// More than a call has that was ever answered.
const ROWS_MAX: usize = 20_000;

/// A call that is told of anew, from nothing.
struct Rerun {
    row: Model,
    is_new: bool,
    grace: Duration,
}

/// The call's row as its log makes it.
pub async fn rerun(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: &Model,
    grace: Duration,
) -> Result<Model> {
    let mut rerun = Rerun::of(call, grace);
    let (mut after, mut rows) = (0, 0);
    loop {
        let heard = log::read(conn, seal, call.id, after, ROWS_PER_READ).await?;
        for one in &heard {
            let message = understand(&one.payload).map_err(|error| {
                Error::internal(anyhow::anyhow!(
                    "{} is not understood: {error:?}",
                    one.row.id
                ))
            })?;
            rerun.hear(&message, one.row.created_at);
            after = one.row.position;
        }
        rows += heard.len();
        if heard.len() < ROWS_PER_READ {
            return Ok(rerun.row);
        }
        if rows >= ROWS_MAX {
            let message = format!("The call's log is longer than {ROWS_MAX} entries.");
            return Err(Error::new(Code::Conflict, message));
        }
    }
}

/// Whether two rows say the same of how the call stands. Times differ by how
/// long recording took.
pub fn is_same_state(one: &Model, other: &Model) -> bool {
    let state = |call: &Model| {
        (
            call.status,
            call.outcome,
            call.ended_reason.clone(),
            call.retryable,
        )
    };
    state(one) == state(other)
}

impl Rerun {
    /// One that we placed had a row before anything was heard of it.
    fn of(call: &Model, grace: Duration) -> Self {
        Self {
            is_new: call.origin == Origin::Announced,
            grace,
            row: Model {
                status: match call.scheduled_at {
                    Some(_) => CallStatus::Scheduled,
                    None => CallStatus::Queued,
                },
                outcome: None,
                ended_reason: None,
                retryable: None,
                sequence: 0,
                started_at: None,
                ended_at: None,
                announce_due_at: None,
                announced_at: None,
                last_event_at: None,
                ..call.clone()
            },
        }
    }

    fn hear(&mut self, message: &Message, at: i64) {
        let is_new = std::mem::take(&mut self.is_new);
        progress::apply(&mut self.row, message, is_new, self.grace, at);
        self.row.last_event_at = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use entity::calls::Outcome;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn call(origin: Origin) -> Model {
        Model {
            id: entity::CallId::from_uuid(Uuid::nil()),
            vapi_call_id: Some("call_abc123".to_owned()),
            request_id: None,
            owner: None,
            origin,
            kind: None,
            status: CallStatus::Ended,
            outcome: Some(Outcome::Completed),
            ended_reason: Some("customer-ended-call".to_owned()),
            retryable: Some(false),
            sequence: 4,
            phone: None,
            phone_index: None,
            details: None,
            result: None,
            result_version: 0,
            result_dismissed_at: None,
            campaign_id: None,
            recorder: None,
            scheduled_at: None,
            started_at: Some(1),
            ended_at: Some(2),
            announce_due_at: None,
            announced_at: Some(2),
            last_event_at: Some(2),
            created_at: 1,
            updated_at: 2,
        }
    }

    fn heard(call: &Model, messages: &[Value]) -> Model {
        let mut rerun = Rerun::of(call, Duration::from_secs(5));
        for message in messages {
            let body = json!({ "message": message }).to_string();
            rerun.hear(&understand(body.as_bytes()).unwrap(), 10);
        }
        rerun.row
    }

    fn status(status: &str) -> Value {
        json!({"type": "status-update", "status": status, "call": {"id": "call_abc123"}})
    }

    #[test]
    fn the_same_messages_bring_a_call_to_the_same_state() {
        let mut end = status("ended");
        end["endedReason"] = json!("customer-ended-call");
        for origin in [Origin::Announced, Origin::Placed] {
            let call = call(origin);
            let again = heard(
                &call,
                &[status("ringing"), status("in-progress"), end.clone()],
            );
            assert!(is_same_state(&call, &again), "{again:?}");
        }
    }

    #[test]
    fn a_log_without_the_end_leaves_the_call_where_it_was_heard_of_last() {
        let call = call(Origin::Announced);
        let again = heard(&call, &[status("ringing")]);
        assert_eq!(again.status, CallStatus::Ringing);
        assert!(!is_same_state(&call, &again));
    }
}
