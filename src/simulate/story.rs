//! The kinds of calls there are, and how each of them ends.
//!
//! What a call comes to is written down here for each story, and not worked out by the rules that
//! read Vapi's reasons: so a test that plays a story finds out whether those rules are right.

use entity::calls::{CallStatus, Outcome};
use serde_json::json;

use super::{
    cast::Cast,
    dice::Dice,
    report::Findings,
    stage::Stage,
    talk::{self, Cue},
};

/// A call that runs out of time is given little of it, so that nobody has to wait.
const SHORT_CALL_SECONDS: u32 = 60;
const CALL_SECONDS: u32 = 600;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Story {
    Qualified,
    Disqualified,
    Helped,
    HungUp,
    WentQuiet,
    RanLong,
    Forwarded,
    NobodySpoke,
    Voicemail,
    Unanswered,
    Busy,
    Failed,
    Canceled,
}
use Story::*;

impl Story {
    pub const ALL: [Self; 13] = [
        Qualified,
        Disqualified,
        Helped,
        HungUp,
        WentQuiet,
        RanLong,
        Forwarded,
        NobodySpoke,
        Voicemail,
        Unanswered,
        Busy,
        Failed,
        Canceled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Qualified => "qualified",
            Disqualified => "disqualified",
            Helped => "helped",
            HungUp => "hung up",
            WentQuiet => "went quiet",
            RanLong => "ran long",
            Forwarded => "forwarded",
            NobodySpoke => "nobody spoke",
            Voicemail => "voicemail",
            Unanswered => "unanswered",
            Busy => "busy",
            Failed => "failed",
            Canceled => "canceled",
        }
    }

    pub(super) fn is_inbound(self) -> bool {
        matches!(self, Helped | Forwarded)
    }

    pub(super) fn max_duration_seconds(self) -> u32 {
        if self == RanLong {
            SHORT_CALL_SECONDS
        } else {
            CALL_SECONDS
        }
    }

    pub(super) fn ending(self, dice: &mut Dice) -> Ending {
        let completed = |reason| Ending::new(reason, CallStatus::Ended, Outcome::Completed);
        let no_contact = |reason| Ending {
            is_retryable: true,
            ..Ending::new(reason, CallStatus::Failed, Outcome::NoContact)
        };
        match self {
            Qualified => completed("assistant-ended-call"),
            Disqualified => completed("assistant-ended-call-after-message-spoken"),
            Helped | HungUp => completed("customer-ended-call"),
            WentQuiet => completed("silence-timed-out"),
            RanLong => completed("exceeded-max-duration"),
            Forwarded => completed("assistant-forwarded-call"),
            NobodySpoke => no_contact("silence-timed-out"),
            Voicemail => no_contact("voicemail"),
            Unanswered => no_contact("customer-did-not-answer").after(Reached::Ringing),
            Busy => no_contact("customer-busy").after(Reached::Ringing),
            Failed => {
                let (reason, reached, is_retryable) = dice.one_of(&FAULTS);
                let failed = Ending::new(reason, CallStatus::Failed, Outcome::Failed);
                Ending {
                    is_retryable,
                    has_report: dice.percent(50),
                    ..failed
                }
                .after(reached)
            }
            Canceled => {
                let reason = "manually-canceled";
                let canceled = Ending::new(reason, CallStatus::Canceled, Outcome::Canceled);
                Ending {
                    has_report: false,
                    ..canceled
                }
                .after(Reached::Queue)
            }
        }
    }

    /// What is said, if the call is answered and nothing comes between.
    fn cues(self) -> &'static [Cue] {
        match self {
            Qualified => talk::QUALIFIED,
            Disqualified => talk::DISQUALIFIED,
            Helped => talk::HELPED,
            HungUp => talk::HUNG_UP,
            WentQuiet => talk::WENT_QUIET,
            RanLong => talk::RAN_LONG,
            Forwarded => talk::FORWARDED,
            NobodySpoke => talk::NOBODY_SPOKE,
            Voicemail => talk::VOICEMAIL,
            Failed => talk::CUT_OFF,
            Unanswered | Busy | Canceled => &[],
        }
    }

    /// Plays it from the first status to the report.
    pub(super) fn play(self, ending: &Ending, stage: &mut Stage) {
        if !self.is_inbound() {
            stage.pass(100..=400);
            stage.status("queued");
        }
        if ending.reached >= Reached::Ringing {
            stage.pass(500..=1_500);
            stage.status("ringing");
        }
        stage.pass(2_000..=6_000);
        if ending.reached == Reached::Talk {
            stage.answer();
            stage.act(self.cues());
        }
        match self {
            Forwarded => stage.forward(),
            RanLong => stage.pass_until(SHORT_CALL_SECONDS),
            WentQuiet | NobodySpoke => stage.pass(20_000..=20_000),
            Unanswered => stage.pass(25_000..=30_000),
            _ => stage.pass(300..=900),
        }
        stage.end(ending.reason);
        if ending.has_report {
            let findings = self.findings(&stage.cast);
            stage.report(ending.reason, findings.as_ref());
        }
    }

    /// Nothing where the conversation was too short to be analysed.
    fn findings(self, cast: &Cast) -> Option<Findings> {
        let (outcome, summary) = match self {
            Qualified => (
                "qualified",
                "{company} can come {day} at nine, for {price}.",
            ),
            Disqualified => (
                "disqualified",
                "{company} does not meet a criterion: {criterion}?",
            ),
            Helped => (
                "helped",
                "{client} asked about order {order}, which arrives {day}.",
            ),
            RanLong => (
                "callback_requested",
                "{person} of {company} talked about vans.",
            ),
            Forwarded => ("forwarded", "{client} wanted to speak to a person."),
            _ => return None,
        };
        let is_qualified = self == Qualified;
        Some(Findings {
            summary: cast.fill(summary),
            structured_data: json!({
                "call_outcome": outcome,
                "availability": if is_qualified { cast.fill("{day} at nine") } else { String::new() },
                "rate_text": if is_qualified { cast.fill("{price}") } else { String::new() },
                "criteria": [{"name": cast.fill("{criterion}"), "met": is_qualified}],
                "all_criteria_met": is_qualified,
                "disqualified": self == Disqualified,
            }),
            is_success: matches!(self, Qualified | Helped),
        })
    }
}

/// How far a call comes before it ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    Queue,
    Ringing,
    Talk,
}

/// What Vapi says went wrong, how far the call had come, and whether another try may go better.
/// The last of them is none that Vapi has, yet.
const FAULTS: [(&str, Reached, bool); 7] = [
    (
        "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable",
        Reached::Ringing,
        true,
    ),
    (
        "call.in-progress.error-vapifault-worker-died",
        Reached::Talk,
        true,
    ),
    (
        "call.start.error-subscription-concurrency-limit-reached",
        Reached::Queue,
        true,
    ),
    (
        "call.start.error-subscription-insufficient-credits",
        Reached::Queue,
        false,
    ),
    ("call.start.error-get-assistant", Reached::Queue, false),
    ("assistant-join-timed-out", Reached::Ringing, false),
    (
        "call.in-progress.error-of-a-kind-to-come",
        Reached::Talk,
        false,
    ),
];

/// How a call ends, and what is known of it then.
pub(super) struct Ending {
    pub reason: &'static str,
    pub status: CallStatus,
    pub outcome: Outcome,
    pub is_retryable: bool,
    pub has_report: bool,
    reached: Reached,
}

impl Ending {
    /// Of a call that was answered.
    fn new(reason: &'static str, status: CallStatus, outcome: Outcome) -> Self {
        Self {
            reason,
            status,
            outcome,
            is_retryable: false,
            has_report: true,
            reached: Reached::Talk,
        }
    }

    fn after(self, reached: Reached) -> Self {
        Self { reached, ..self }
    }
}
