//! What was reported of a call, as it is kept with it.
//!
//! A report stands in the log of what Vapi said, and is not written down a
//! second time: the call knows which event of the log it was. Only where
//! reports complete each other is what they come to kept here, as it stands
//! nowhere else. They may come twice, fuller the second time, and in any
//! order: what Vapi wrote later wins, and what it left out stays as it was.

use std::borrow::Cow;

use anyhow::Context;
use entity::{EventId, Sealed, calls::Model};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    infra::{
        clock::Millis,
        seal::{Place, Seal},
    },
    vapi::message::Results,
};

/// What is sealed with the call.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// When Vapi wrote the last of it.
    pub reported_at: Option<Millis>,
    #[serde(flatten)]
    pub results: Whereabouts,
}

/// Where the results are.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Whereabouts {
    /// In what this event said.
    #[serde(rename = "logged")]
    Logged(EventId),
    /// Here.
    #[serde(rename = "results")]
    Here(Box<Results>),
}

/// What was reported of a call, and when Vapi wrote the last of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reported<'a> {
    pub results: Cow<'a, Results>,
    pub at: Option<Millis>,
}

/// Keeps with the call what an event of the log reports of it, beside what was
/// reported before; all that there is of it now.
pub fn keep<'a>(
    seal: &Seal,
    call: &mut Model,
    before: Option<Reported<'a>>,
    event: EventId,
    news: Reported<'a>,
) -> Result<Reported<'a>> {
    let (found, all) = match before {
        None => (Whereabouts::Logged(event), news),
        Some(before) => {
            let all = before.and(news);
            let here = Box::new(all.results.clone().into_owned());
            (Whereabouts::Here(here), all)
        }
    };
    let kept = Kept {
        reported_at: all.at,
        results: found,
    };
    let plain = serde_json::to_vec(&kept).map_err(Error::internal)?;
    call.result = Some(Sealed(seal.seal(place(call), &plain)));
    call.result_version += 1;
    Ok(all)
}

/// Nothing where nothing was reported.
pub(super) fn open(seal: &Seal, call: &Model) -> Result<Option<Kept>> {
    let Some(sealed) = &call.result else {
        return Ok(None);
    };
    let plain = seal.open(place(call), &sealed.0).map_err(Error::internal)?;
    let kept = serde_json::from_slice(&plain).context("a call's results do not parse");
    kept.map(Some).map_err(Error::internal)
}

impl Reported<'_> {
    fn and(self, news: Self) -> Self {
        let (first, second) = match news.at >= self.at {
            true => (news, self),
            false => (self, news),
        };
        let results = completed(first.results.into_owned(), second.results.into_owned());
        Self {
            results: Cow::Owned(results),
            at: first.at,
        }
    }
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
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn reported(at: Millis, summary: Option<&str>, cost: Option<f64>) -> Reported<'static> {
        let results = Results {
            summary: summary.map(str::to_owned),
            cost,
            ..Results::default()
        };
        Reported {
            results: Cow::Owned(results),
            at: Some(at),
        }
    }

    #[test]
    fn a_fuller_report_completes_and_the_later_one_wins() {
        let early = reported(1, Some("early"), Some(0.1));
        let late = reported(2, Some("late"), None);
        let both = reported(2, Some("late"), Some(0.1));
        assert_eq!(early.clone().and(late.clone()), both);
        assert_eq!(late.and(early), both);
    }

    #[test]
    fn what_is_kept_says_where_the_results_are() {
        let kept = |results| Kept {
            reported_at: Some(1),
            results,
        };
        let in_the_log = kept(Whereabouts::Logged(EventId::from_uuid(Uuid::nil())));
        let written =
            json!({"reported_at": 1, "logged": "evt_00000000-0000-0000-0000-000000000000"});
        assert_eq!(serde_json::to_value(&in_the_log).unwrap(), written);
        let here = kept(Whereabouts::Here(Box::new(
            reported(1, Some("late"), None).results.into_owned(),
        )));
        for kept in [in_the_log, here] {
            let written = serde_json::to_vec(&kept).unwrap();
            assert_eq!(serde_json::from_slice::<Kept>(&written).unwrap(), kept);
        }
    }

    #[test]
    fn what_was_kept_before_there_was_another_place_can_be_read() {
        let written = r#"{"reported_at":null,"results":{"summary":"old"}}"#;
        let kept: Kept = serde_json::from_str(written).unwrap();
        let Whereabouts::Here(results) = kept.results else {
            panic!("{kept:?}");
        };
        assert_eq!(results.summary.as_deref(), Some("old"));
    }
}
