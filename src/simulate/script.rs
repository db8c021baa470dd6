//! One call, written down before it is played: what is sent, when, and what it must come to.

use entity::calls::{CallStatus, Outcome};
use serde_json::Value;

use super::{
    cast::Cast,
    dice::Dice,
    mishap::Mishap,
    stage::{Stage, Step},
    story::Story,
    talk::Speaker,
};
use crate::infra::clock::Millis;

/// Monday, 5 January 2026, 18:00 UTC.
const DAY_OF_SEEDS: Millis = 1_767_636_000_000;
/// From the year 2020 on, a seed is a moment.
const MOMENTS: std::ops::Range<u64> = 1_577_836_800_000..253_402_300_800_000;
/// The longest call, and some.
const CALL_MILLIS_MAX: u64 = 120_000;
const SPREAD_MILLIS: u64 = 3_600_000;

/// Two decks are dealt by a seed, with the dice of these numbers.
const STORIES: u64 = u64::MAX - 1;
const MISHAPS: u64 = u64::MAX - 2;

/// A call. It follows from a seed and a number alone.
#[derive(Clone, Debug)]
pub struct Script {
    pub story: Story,
    pub mishap: Mishap,
    /// Vapi's.
    pub call_id: String,
    pub customer_name: &'static str,
    pub customer_number: String,
    pub steps: Vec<Step>,
    pub expected: Expected,
}

/// What has to be known of a call once all of it was told, in whatever order.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub status: CallStatus,
    pub outcome: Outcome,
    pub is_retryable: bool,
    pub ended_reason: &'static str,
    pub has_report: bool,
    /// What was said, in the order in which it was.
    pub lines: Vec<(Speaker, String)>,
    /// How many different messages there are. A copy is none.
    pub events: usize,
}

impl Script {
    /// The call of this number among those of the seed. Thirteen calls in a row have thirteen
    /// stories, and 143 have each of them with each mishap.
    ///
    /// A seed that is a moment, in epoch milliseconds, is also when: its calls have taken place
    /// within the hour before. Those of every other seed took place on one day.
    pub fn of(seed: u64, number: u64) -> Self {
        let (story, mishap) = cards(seed, number);
        Self::made(seed, number, story, mishap, None)
    }

    /// The call of this number among those that are placed and that nothing befalls on their way,
    /// as if it had begun then. Who is called does not call.
    pub(super) fn placed(seed: u64, number: u64, begins_at: Millis) -> Self {
        let outbound = Story::ALL.map(|story| (!story.is_inbound()).then_some(story));
        let mut deck: Vec<_> = outbound.into_iter().flatten().collect();
        Dice::of(seed, STORIES).shuffle(&mut deck);
        let story = deck[(number % deck.len() as u64) as usize];
        Self::made(seed, number, story, Mishap::None, Some(begins_at))
    }

    fn made(
        seed: u64,
        number: u64,
        story: Story,
        mishap: Mishap,
        begins_at: Option<Millis>,
    ) -> Self {
        let mut dice = Dice::of(seed, number);
        let ending = story.ending(&mut dice);
        let usual = moment(seed, &mut dice);
        let cast = Cast::of(
            seed,
            begins_at.unwrap_or(usual),
            story.is_inbound(),
            story.max_duration_seconds(),
            &mut dice,
        );
        let mut stage = Stage::set_for(cast, dice);
        story.play(&ending, &mut stage);
        let (cast, mut dice, mut steps, spoken) = stage.into_parts();
        mishap.befall(&mut steps, &cast, &mut dice);
        let copies = if mishap == Mishap::Twice { 2 } else { 1 };
        let lines = spoken.into_iter().map(|spoken| (spoken.by, spoken.text));
        Self {
            story,
            mishap,
            customer_name: cast.customer_name,
            customer_number: cast.customer_number,
            call_id: cast.call_id,
            expected: Expected {
                status: ending.status,
                outcome: ending.outcome,
                is_retryable: ending.is_retryable,
                ended_reason: ending.reason,
                has_report: ending.has_report,
                lines: lines.collect(),
                events: steps.len() / copies,
            },
            steps,
        }
    }

    /// The same story, told of a call that was placed.
    pub(super) fn told_of(mut self, call: &Value) -> Self {
        for step in &mut self.steps {
            let message = &mut step.body["message"];
            message["customer"] = call["customer"].clone();
            message["call"] = call.clone();
        }
        self
    }

    /// The same call, in whose metadata its owner is named.
    pub fn owned_by(mut self, owner: &str) -> Self {
        for step in &mut self.steps {
            let overrides = &mut step.body["message"]["call"]["assistantOverrides"];
            overrides["metadata"]["ownerId"] = owner.into();
        }
        self
    }
}

fn cards(seed: u64, number: u64) -> (Story, Mishap) {
    (
        dealt(Story::ALL, seed, STORIES, number),
        dealt(Mishap::DECK, seed, MISHAPS, number),
    )
}

/// The card of this number, of a deck that is dealt again and again in one order.
fn dealt<T: Copy, const N: usize>(mut deck: [T; N], seed: u64, dealer: u64, number: u64) -> T {
    Dice::of(seed, dealer).shuffle(&mut deck);
    deck[(number % N as u64) as usize]
}

/// When a call begins.
fn moment(seed: u64, dice: &mut Dice) -> Millis {
    let until = if MOMENTS.contains(&seed) {
        seed.cast_signed()
    } else {
        DAY_OF_SEEDS
    };
    let before = CALL_MILLIS_MAX + dice.between(0..=SPREAD_MILLIS);
    until - before.cast_signed()
}

#[cfg(test)]
mod tests;
