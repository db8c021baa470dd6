//! What is told of a run, for people and for programs.

use std::time::Duration;

use sea_orm::ActiveEnum;
use serde_json::json;

use crate::simulate::{Run, Script, Tally};

/// A call's line: what is played, what it must come to, with whom, and how it went.
pub(super) fn call(script: &Script, tally: &Tally) -> String {
    let expected = &script.expected;
    let taken = match tally.is_clean() {
        true => format!("{} messages", tally.sent),
        false => format!("{} of {} messages taken", tally.accepted, tally.sent),
    };
    format!(
        "{}  {:<12}  {:<14}  → {:<8} {:<10}  {} ({})  {taken}",
        script.call_id,
        script.story.as_str(),
        script.mishap.as_str(),
        expected.status.to_value(),
        expected.outcome.to_value(),
        script.customer_number,
        script.customer_name,
    )
}

pub(super) fn call_json(script: &Script, tally: &Tally) -> String {
    let expected = &script.expected;
    json!({"call": {
        "vapi_call_id": script.call_id,
        "story": script.story.as_str(),
        "mishap": script.mishap.as_str(),
        "customer": {"name": script.customer_name, "number": script.customer_number},
        "expected": {
            "status": expected.status.to_value(),
            "outcome": expected.outcome.to_value(),
            "ended_reason": expected.ended_reason,
            "retryable": expected.is_retryable,
        },
        "sent": tally.sent,
        "accepted": tally.accepted,
    }})
    .to_string()
}

pub(super) fn summary(run: &Run, total: &Tally) -> String {
    let latency = |percent| total.latency(percent).map_or("-".to_owned(), human);
    format!(
        "\n{} calls, {} messages: {} accepted, {} refused, {} unanswered\n\
         answered within {} (p50), {} (p99)\n\
         the same calls again: --seed {}",
        run.calls,
        total.sent,
        total.accepted,
        refused(total),
        total.unanswered,
        latency(50),
        latency(99),
        run.seed,
    )
}

pub(super) fn summary_json(run: &Run, total: &Tally) -> String {
    let millis = |percent| {
        let latency = total.latency(percent)?;
        Some((latency.as_secs_f64() * 100_000.0).round() / 100.0)
    };
    json!({"summary": {
        "seed": run.seed,
        "calls": run.calls,
        "sent": total.sent,
        "accepted": total.accepted,
        "refused": total.refused,
        "unanswered": total.unanswered,
        "p50_ms": millis(50),
        "p99_ms": millis(99),
    }})
    .to_string()
}

/// Why the run was not a good one.
pub(super) fn complaint(total: &Tally) -> String {
    let lost = total.sent - total.accepted;
    let statuses: Vec<String> = total
        .refused
        .iter()
        .map(|(status, count)| format!("{count} with {status}"))
        .chain((total.unanswered > 0).then(|| format!("{} without an answer", total.unanswered)))
        .collect();
    let hint = match total.refused.contains_key(&401) {
        true => "; 401 says that the secret is not the server's (see --secret-file and --proof)",
        false => "",
    };
    format!(
        "{lost} of {} messages were not taken: {}{hint}",
        total.sent,
        statuses.join(", ")
    )
}

fn refused(total: &Tally) -> u64 {
    total.refused.values().sum()
}

fn human(latency: Duration) -> String {
    format!("{:.1} ms", latency.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_says_what_became_of_the_messages() {
        let mut total = Tally::default();
        (total.sent, total.accepted, total.unanswered) = (10, 6, 1);
        total.refused = [(401, 2), (503, 1)].into();
        assert_eq!(
            complaint(&total),
            "4 of 10 messages were not taken: 2 with 401, 1 with 503, 1 without an answer; \
             401 says that the secret is not the server's (see --secret-file and --proof)"
        );
    }
}
