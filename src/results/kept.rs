//! What was reported of a call, sealed with it.
//!
//! Reports may come twice, fuller the second time, and in any order: what
//! Vapi wrote later wins, and what it left out stays as it was.

use anyhow::Context;
use entity::{Sealed, calls::Model};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    infra::{
        clock::Millis,
        seal::{Place, Seal},
    },
    vapi::message::Results,
};

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// When Vapi wrote the last of it.
    reported_at: Option<Millis>,
    results: Results,
}

/// Keeps results with the call, completing those that it has; all that there
/// is of them now.
pub fn keep(
    seal: &Seal,
    call: &mut Model,
    results: &Results,
    reported_at: Option<Millis>,
) -> Result<Results> {
    let before = open_kept(seal, call)?.unwrap_or_default();
    let is_later = reported_at >= before.reported_at;
    let kept = Kept {
        results: match is_later {
            true => completed(results.clone(), before.results),
            false => completed(before.results, results.clone()),
        },
        reported_at: reported_at.max(before.reported_at),
    };
    let plain = serde_json::to_vec(&kept).map_err(Error::internal)?;
    call.result = Some(Sealed(seal.seal(place(call), &plain)));
    call.result_version += 1;
    Ok(kept.results)
}

/// What was reported, or nothing where nothing was.
pub fn open(seal: &Seal, call: &Model) -> Result<Option<Results>> {
    Ok(open_kept(seal, call)?.map(|kept| kept.results))
}

fn open_kept(seal: &Seal, call: &Model) -> Result<Option<Kept>> {
    let Some(sealed) = &call.result else {
        return Ok(None);
    };
    let plain = seal.open(place(call), &sealed.0).map_err(Error::internal)?;
    let kept = serde_json::from_slice(&plain).context("a call's results do not parse");
    kept.map(Some).map_err(Error::internal)
}

/// `first`, and what it lacks from `second`.
fn completed(first: Results, second: Results) -> Results {
    Results {
        transcript: first.transcript.or(second.transcript),
        messages: if first.messages.is_empty() {
            second.messages
        } else {
            first.messages
        },
        summary: first.summary.or(second.summary),
        structured_data: first.structured_data.or(second.structured_data),
        structured_outputs: first.structured_outputs.or(second.structured_outputs),
        success_evaluation: first.success_evaluation.or(second.success_evaluation),
        cost: first.cost.or(second.cost),
        duration_millis: first.duration_millis.or(second.duration_millis),
        recording_url: first.recording_url.or(second.recording_url),
        presigned_recording_url: first
            .presigned_recording_url
            .or(second.presigned_recording_url),
        presigned_until: first.presigned_until.or(second.presigned_until),
        started_at: first.started_at.or(second.started_at),
        ended_at: first.ended_at.or(second.ended_at),
    }
}

fn place(call: &Model) -> Place<'_> {
    Place {
        table: "calls",
        column: "result",
        row: call.id.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(summary: Option<&str>, cost: Option<f64>) -> Results {
        Results {
            summary: summary.map(str::to_owned),
            cost,
            ..Results::default()
        }
    }

    #[test]
    fn a_fuller_report_completes_and_the_later_one_wins() {
        let early = results(Some("early"), Some(0.1));
        let late = results(Some("late"), None);
        let both = results(Some("late"), Some(0.1));
        assert_eq!(completed(late, early), both);
    }
}
