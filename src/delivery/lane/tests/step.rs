//! What may happen to a lane, in any order.

use proptest::prelude::*;

use crate::infra::clock::Millis;

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// An event of this call is written; whether it will be handed over as the
    /// next one of its call.
    Tell {
        call: u8,
        may_be_next: bool,
    },
    /// An event draws its place in the log.
    Draw,
    /// The oldest that did so and is not committed is committed.
    Commit,
    /// An old event is queued once more.
    Repeat {
        position: i64,
    },
    /// The oldest that was written is handed over.
    HandOver,
    Ask,
    Answer,
    Send,
    End {
        which: usize,
        is_well: bool,
    },
    Settle,
    /// A delivery leaves the queue, whatever is being done with it: it is dropped, or too old.
    Drop {
        which: usize,
    },
    Pass {
        millis: Millis,
    },
    Pause,
    Resume,
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u8, any::<bool>()).prop_map(|(call, may_be_next)| Step::Tell { call, may_be_next }),
        1 => Just(Step::Draw),
        1 => Just(Step::Commit),
        1 => (1..40_i64).prop_map(|position| Step::Repeat { position }),
        4 => Just(Step::HandOver),
        3 => Just(Step::Ask),
        3 => Just(Step::Answer),
        6 => Just(Step::Send),
        5 => (0..8_usize, prop::bool::weighted(0.6)).prop_map(|(which, is_well)| Step::End { which, is_well }),
        3 => Just(Step::Settle),
        1 => (0..8_usize).prop_map(|which| Step::Drop { which }),
        2 => (1..8_000_i64).prop_map(|millis| Step::Pass { millis }),
        1 => Just(Step::Pause),
        1 => Just(Step::Resume),
    ]
}
