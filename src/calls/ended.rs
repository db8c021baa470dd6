//! A call's end, as it is counted: how it went, how long it took, and what
//! was in the way.

use std::time::Duration;

use entity::calls::{Model, Outcome};
use sea_orm::ActiveEnum;

use crate::vapi::reason;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    outcome: Outcome,
    in_the_way: &'static str,
    took: Option<Duration>,
}

impl Ended {
    /// Nothing while it goes on.
    pub fn of(call: &Model) -> Option<Self> {
        let millis = call
            .ended_at
            .zip(call.started_at)
            .map(|(end, start)| end - start);
        Some(Self {
            outcome: call.outcome?,
            in_the_way: reason::in_a_word(call.ended_reason.as_deref()),
            took: millis
                .and_then(|millis| u64::try_from(millis).ok())
                .map(Duration::from_millis),
        })
    }

    /// Once a call, after its end was committed.
    pub fn count(&self) {
        let outcome = self.outcome.to_value();
        metrics::counter!("ringback_calls_ended_total", "outcome" => outcome).increment(1);
        if matches!(
            self.outcome,
            Outcome::Failed | Outcome::NoContact | Outcome::Timeout
        ) {
            metrics::counter!("ringback_calls_failed_total", "reason" => self.in_the_way)
                .increment(1);
        }
        if let Some(took) = self.took {
            metrics::histogram!("ringback_call_duration_seconds").record(took);
        }
    }
}
