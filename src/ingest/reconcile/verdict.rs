//! What follows from an answer of Vapi's. Pure.

use std::time::Duration;

use super::silent::{Lacks, Overdue};
use crate::{
    calls::progress::goes_forward,
    infra::clock::Millis,
    vapi::{message::Results, news::News},
};

/// From an answer without news to the next question.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
    Duration::from_secs(7_200),
    Duration::from_secs(43_200),
];
/// Somebody may wait for the end of a call that goes on.
const PAUSE_MAX_WHILE_IT_GOES_ON: Duration = Duration::from_secs(3_600);
/// Past the time in which a report is asked for.
const NEVER: Duration = Duration::from_secs(86_400);

#[derive(Debug)]
pub(super) enum Verdict {
    Record(Box<News>),
    TimeOut { silent_since: Millis },
    AskAgain { after: Duration },
}

impl Verdict {
    /// For a counter.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Record(_) => "recovered",
            Self::TimeOut { .. } => "unknown",
            Self::AskAgain { .. } => "nothing_new",
        }
    }
}

/// `answers` are those before this one.
pub(super) fn verdict(overdue: &Overdue, answers: i32, news: Option<News>) -> Verdict {
    let stands_at = overdue.call.status;
    match (overdue.lacks, news) {
        (Lacks::AnEnd { silent_since }, None) => Verdict::TimeOut { silent_since },
        (Lacks::AnEnd { .. }, Some(news)) => match news.message.status() {
            Some(status) if goes_forward(stands_at, status) => Verdict::Record(Box::new(news)),
            _ => Verdict::AskAgain {
                after: while_it_goes_on(answers),
            },
        },
        (Lacks::AReport, None) => Verdict::AskAgain { after: NEVER },
        (Lacks::AReport, Some(news)) => match &news.message.results {
            Some(results) if is_enough(results, answers) => Verdict::Record(Box::new(news)),
            _ => Verdict::AskAgain {
                after: pause(answers).unwrap_or(NEVER),
            },
        },
    }
}

/// The analysis comes some time after the call, and may not come. So it is waited for once, and
/// after that what there is must do.
fn is_enough(results: &Results, answers: i32) -> bool {
    let is_analysed = results.summary.is_some()
        || results.structured_data.is_some()
        || results.success_evaluation.is_some();
    let was_spoken = results.transcript.is_some() || !results.messages.is_empty();
    is_analysed || (was_spoken && answers > 0)
}

fn while_it_goes_on(answers: i32) -> Duration {
    let pause = pause(answers).unwrap_or(PAUSE_MAX_WHILE_IT_GOES_ON);
    pause.min(PAUSE_MAX_WHILE_IT_GOES_ON)
}

fn pause(answers: i32) -> Option<Duration> {
    let answers = usize::try_from(answers).ok()?;
    PAUSES.get(answers).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn is_enough_of(brought: Value, answers: i32) -> bool {
        let mut call = brought;
        (call["id"], call["status"]) = (json!("c"), json!("ended"));
        let results = News::of(call).unwrap().message.results.unwrap();
        is_enough(&results, answers)
    }

    #[test]
    fn an_analysis_is_waited_for_once_and_nothing_is_never_enough() {
        let analysed = json!({"analysis": {"summary": "Short."}});
        let spoken = json!({"artifact": {"transcript": "User: Hello."}});
        assert!(is_enough_of(analysed, 0));
        assert!(!is_enough_of(spoken.clone(), 0));
        assert!(is_enough_of(spoken, 1));
        assert!(!is_enough_of(json!({"cost": 0}), 4));
    }

    #[test]
    fn it_is_asked_more_and_more_rarely_and_about_a_report_not_for_ever() {
        let of_report: Vec<_> = (0..6).map(|answers| pause(answers).is_some()).collect();
        assert_eq!(of_report, [true, true, true, true, true, false]);
        let of_end: Vec<_> = (0..6)
            .map(|answers| while_it_goes_on(answers).as_secs())
            .collect();
        assert_eq!(of_end, [60, 300, 1_800, 3_600, 3_600, 3_600]);
    }
}
