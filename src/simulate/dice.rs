//! Chance that can be had again: the same seed gives the same throws.
//!
//! This is SplitMix64, written out because its numbers must stay what they are, and the generators
//! of a library do not promise that. It is no source of secrets.

use std::ops::RangeInclusive;

use uuid::{Builder, Uuid};

use crate::infra::clock::Millis;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one call, or of whatever else has a number of its own, among those of a seed.
    pub fn of(seed: u64, number: u64) -> Self {
        let place = Self(seed).throw().wrapping_add(number);
        Self(Self(place).throw())
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        let scaled = (u128::from(self.throw()) * end as u128) >> 64;
        scaled as usize
    }

    pub fn between(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (first, last) = range.into_inner();
        first + self.below((last - first) as usize + 1) as u64
    }

    pub fn percent(&mut self, likely: u64) -> bool {
        self.between(1..=100) <= likely
    }

    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }

    /// Eight letters and digits.
    pub fn word(&mut self) -> String {
        format!("{:08x}", self.throw() >> 32)
    }

    pub fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect()
    }

    /// As Vapi numbers its calls: version 7, which begins with the time.
    pub fn uuid_at(&mut self, at: Millis) -> Uuid {
        let random = self.bytes();
        let [_, _, _, _, _, _, rest @ ..] = random;
        Builder::from_unix_timestamp_millis(at.unsigned_abs(), &rest).into_uuid()
    }

    pub fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    fn bytes(&mut self) -> [u8; 16] {
        let both = (u128::from(self.throw()) << 64) | u128::from(self.throw());
        both.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut dice = Dice(1_234_567);
        let thrown = [dice.throw(), dice.throw(), dice.throw()];
        assert_eq!(
            thrown,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn a_throw_stays_in_its_range_and_reaches_both_ends() {
        let mut dice = Dice::of(1, 1);
        let thrown: Vec<u64> = (0..200).map(|_| dice.between(3..=6)).collect();
        assert_eq!(thrown.iter().min(), Some(&3));
        assert_eq!(thrown.iter().max(), Some(&6));
    }

    #[test]
    fn a_calls_id_has_its_time_and_version() {
        let id = Dice::of(1, 2).uuid_at(1_763_567_200_120);
        assert_eq!(id.get_version_num(), 7);
        let (seconds, _) = id.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, 1_763_567_200);
        assert_eq!(Dice::of(1, 2).uuid().get_version_num(), 4);
    }

    #[test]
    fn neighbours_share_nothing() {
        let first = |seed, number| Dice::of(seed, number).throw();
        let mut thrown: Vec<u64> = (0..20)
            .flat_map(|seed| (0..20).map(move |number| first(seed, number)))
            .collect();
        thrown.sort_unstable();
        thrown.dedup();
        assert_eq!(thrown.len(), 400);
    }
}
