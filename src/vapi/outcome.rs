//! How a call ended, judged by Vapi's `endedReason`.
//!
//! Vapi has some six hundred reasons and adds to them without notice, so they are kept as text and
//! judged by rule: the few that mean a success, a cancellation or that nobody was reached are named,
//! and every other one, unknown ones too, is a failure. Whether to try again is part of the verdict:
//! a fault of Vapi or of its providers may pass, a frozen account or a wrong number will not.

use entity::calls::{CallStatus, Outcome};

const CANCELED: &[&str] = &[
    "manually-canceled",
    "scheduled-call-deleted",
    "call-deleted",
];

const NO_CONTACT: &[&str] = &[
    "customer-did-not-answer",
    "customer-busy",
    "voicemail",
    "call.forwarding.operator-busy",
    "call.forwarding.no-answer",
    "call.ringing.sip-inbound-caller-hungup-before-call-connect",
];

/// Nobody was reached, and nobody will be at that number.
const NO_CONTACT_EVER: &[&str] = &["twilio-reported-customer-misdialed", "vonage-rejected"];

const COMPLETED: &[&str] = &[
    "assistant-ended-call",
    "assistant-ended-call-after-message-spoken",
    "assistant-ended-call-with-hangup-task",
    "assistant-said-end-call-phrase",
    "assistant-forwarded-call",
    "customer-ended-call",
    "customer-ended-call-before-warm-transfer",
    "customer-ended-call-after-warm-transfer-attempt",
    "customer-ended-call-during-transfer",
    "vonage-completed",
    "call.in-progress.twilio-completed-call",
    "call.in-progress.sip-completed-call",
    "call.ringing.hook-executed-say",
    "call.ringing.hook-executed-transfer",
    "call.ending.hook-executed-say",
    "call.ending.hook-executed-transfer",
];

/// The call ran out. That is an end like another if somebody spoke, and else nobody was there.
const RAN_OUT: &[&str] = &["silence-timed-out", "exceeded-max-duration"];

/// SIP 408 and 480: no answer, and not available at the moment.
const UNREACHED: &[&str] = &["outbound-sip-408-", "outbound-sip-480-"];

/// What to try again after. `call.start.error-get-*`, a missing resource, is none of these.
const PASSING: &[&str] = &[
    "-vapifault-",
    "-providerfault-",
    "worker-shutdown",
    "concurrency-limit-reached",
];

/// Ours, of a call that nobody could be asked about until it must have been over.
pub const NO_NEWS: &str = "no-news-from-vapi";

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub outcome: Outcome,
    /// The same call, placed again, may go better.
    pub retryable: bool,
    /// As Vapi has it.
    pub reason: Option<String>,
}

impl End {
    /// Judges an end. `user_spoke` is `None` where what was said is not known.
    pub fn judged(reason: Option<String>, user_spoke: Option<bool>) -> Self {
        let (outcome, retryable) = match &reason {
            Some(reason) => verdict(reason, user_spoke),
            None => (Outcome::Completed, false),
        };
        Self {
            outcome,
            retryable,
            reason,
        }
    }

    /// An end that was announced as a failure, whatever its reason would say of it.
    pub fn failed(reason: Option<String>) -> Self {
        let end = Self::judged(reason, None);
        match end.outcome {
            Outcome::NoContact => end,
            _ => Self {
                outcome: Outcome::Failed,
                ..end
            },
        }
    }

    /// Nobody knows how it ended. It may well have been held, so it is not to be tried again.
    pub fn timed_out(reason: Option<String>) -> Self {
        Self {
            outcome: Outcome::Timeout,
            retryable: false,
            reason,
        }
    }

    pub fn status(&self) -> CallStatus {
        match self.outcome {
            Outcome::Completed => CallStatus::Ended,
            Outcome::NoContact | Outcome::Failed => CallStatus::Failed,
            Outcome::Canceled => CallStatus::Canceled,
            Outcome::Timeout => CallStatus::Timeout,
        }
    }
}

/// The first rule that fits wins.
fn verdict(reason: &str, user_spoke: Option<bool>) -> (Outcome, bool) {
    let holds_any = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    let nobody_spoke = user_spoke == Some(false);
    if CANCELED.contains(&reason) {
        (Outcome::Canceled, false)
    } else if NO_CONTACT_EVER.contains(&reason) {
        (Outcome::NoContact, false)
    } else if NO_CONTACT.contains(&reason)
        || holds_any(UNREACHED)
        || (RAN_OUT.contains(&reason) && nobody_spoke)
    {
        (Outcome::NoContact, true)
    } else if COMPLETED.contains(&reason) || RAN_OUT.contains(&reason) {
        (Outcome::Completed, false)
    } else {
        (Outcome::Failed, holds_any(PASSING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REASONS: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/vapi/ended-reasons.txt"
    ));

    fn judged(reason: &str, user_spoke: Option<bool>) -> End {
        End::judged(Some(reason.to_owned()), user_spoke)
    }

    #[test]
    fn every_reason_that_vapi_lists_has_its_class() {
        let count = |outcome| {
            let of_it = |reason: &&str| judged(reason, None).outcome == outcome;
            REASONS.lines().filter(of_it).count()
        };
        assert_eq!(REASONS.lines().count(), 595);
        assert_eq!(count(Outcome::Completed), 18);
        assert_eq!(count(Outcome::NoContact), 10);
        assert_eq!(count(Outcome::Canceled), 3);
        assert_eq!(count(Outcome::Failed), 564);
        assert_eq!(count(Outcome::Timeout), 0);
    }

    #[test]
    fn every_named_reason_is_one_of_vapis() {
        let named = [CANCELED, NO_CONTACT, NO_CONTACT_EVER, COMPLETED, RAN_OUT];
        for name in named.into_iter().flatten() {
            assert!(REASONS.lines().any(|reason| reason == *name), "{name}");
        }
    }

    #[test]
    fn only_what_may_pass_is_retryable() {
        for reason in [
            "customer-busy",
            "voicemail",
            "worker-shutdown",
            "call.start.error-subscription-concurrency-limit-reached",
            "call.start.error-vapifault-get-org",
            "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable",
            "call.in-progress.error-vapifault-something-new",
        ] {
            assert!(judged(reason, None).retryable, "{reason}");
        }
        for reason in [
            "assistant-ended-call",
            "manually-canceled",
            "twilio-reported-customer-misdialed",
            "vonage-rejected",
            "call.start.error-get-assistant",
            "call.start.error-get-org",
            "call.start.error-subscription-insufficient-credits",
            "call.start.error-subscription-frozen",
            "call.start.error-vapi-number-international",
            "call.start.error-fraud-check-failed",
            "pipeline-no-available-llm-model",
            "something-new",
        ] {
            assert!(!judged(reason, None).retryable, "{reason}");
        }
    }

    #[test]
    fn a_call_that_ran_out_is_an_end_unless_nobody_is_known_to_have_spoken() {
        for reason in RAN_OUT {
            assert_eq!(judged(reason, None).status(), CallStatus::Ended);
            assert_eq!(judged(reason, Some(true)).status(), CallStatus::Ended);
            let nobody = judged(reason, Some(false));
            assert_eq!(nobody.status(), CallStatus::Failed);
            assert_eq!(
                (nobody.outcome, nobody.retryable),
                (Outcome::NoContact, true)
            );
        }
        let silent = judged("assistant-ended-call", Some(false));
        assert_eq!(silent.outcome, Outcome::Completed);
    }

    #[test]
    fn an_end_without_a_reason_is_a_good_one_and_an_unknown_one_a_failure() {
        assert_eq!(End::judged(None, None).status(), CallStatus::Ended);
        assert_eq!(judged("", None).status(), CallStatus::Failed);
        assert_eq!(judged("call-deleted", None).status(), CallStatus::Canceled);
        let failed = |reason: &str| End::failed(Some(reason.to_owned()));
        assert_eq!(failed("assistant-ended-call").outcome, Outcome::Failed);
        assert_eq!(failed("customer-busy").outcome, Outcome::NoContact);
        assert_eq!(End::failed(None).status(), CallStatus::Failed);
    }

    proptest! {
        #[test]
        fn no_reason_panics(reason in any::<String>(), user_spoke in any::<Option<bool>>()) {
            let end = judged(&reason, user_spoke);
            prop_assert_eq!(end, judged(&reason, user_spoke));
        }
    }
}
