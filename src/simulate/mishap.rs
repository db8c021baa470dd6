//! What happens to a call's messages on the way, none of which may change what the call comes to.

use std::time::Duration;

use serde_json::json;

use super::{cast::Cast, dice::Dice, stage::Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mishap {
    None,
    /// The messages come in any order.
    OutOfOrder,
    /// Each comes again, the same to the byte, at any time after.
    Twice,
    /// The report overtakes the end of the call.
    ReportFirst,
    /// Among them are some of types that nobody has heard of.
    Strangers,
}

/// For what was not there before, so that a call takes no longer for it.
const NO_PAUSE: Duration = Duration::ZERO;
/// Of types that Vapi has without saying what is in them, and that it does not have.
const STRANGERS: [&str; 3] = ["assistant.started", "call.mood", "latency-report"];

impl Mishap {
    /// Most calls go without.
    pub(super) const DECK: [Self; 11] = [
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::OutOfOrder,
        Self::Twice,
        Self::ReportFirst,
        Self::Strangers,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::OutOfOrder => "out of order",
            Self::Twice => "twice",
            Self::ReportFirst => "report first",
            Self::Strangers => "with strangers",
        }
    }

    /// The pauses stay where they were; only what is sent after each changes.
    pub(super) fn befall(self, steps: &mut Vec<Step>, cast: &Cast, dice: &mut Dice) {
        match self {
            Self::None => {}
            Self::OutOfOrder => {
                let mut bodies: Vec<_> = steps.iter().map(|step| step.body.clone()).collect();
                dice.shuffle(&mut bodies);
                for (step, body) in steps.iter_mut().zip(bodies) {
                    step.body = body;
                }
            }
            Self::Twice => {
                // From the last to the first, so that no copy is copied.
                for first in (0..steps.len()).rev() {
                    let body = steps[first].body.clone();
                    let later = first + 1 + dice.below(steps.len() - first);
                    steps.insert(
                        later,
                        Step {
                            after: NO_PAUSE,
                            body,
                        },
                    );
                }
            }
            Self::ReportFirst => {
                if let [.., end, report] = steps.as_mut_slice()
                    && report.body["message"]["type"] == "end-of-call-report"
                {
                    std::mem::swap(&mut end.body, &mut report.body);
                }
            }
            Self::Strangers => {
                for (number, kind) in STRANGERS.into_iter().enumerate() {
                    let own = json!({"anything": [{"at": {"any": "depth"}}, number]});
                    let body = cast.envelope(kind, cast.created_at, own);
                    let place = dice.below(steps.len() + 1);
                    steps.insert(
                        place,
                        Step {
                            after: NO_PAUSE,
                            body,
                        },
                    );
                }
            }
        }
    }
}
