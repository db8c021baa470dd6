//! Medians, spreads and percentiles. Pure.

use std::time::Duration;

use serde::Serialize;

/// What several runs of the same came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Summary {
    /// None where nothing was measured.
    pub fn of(runs: &[f64]) -> Option<Self> {
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        };
        Some(Self { median, min, max })
    }

    /// How far the runs lie from the median, as a share of it.
    pub fn spread(&self) -> f64 {
        let farthest = (self.max - self.median).max(self.median - self.min);
        match self.median > 0.0 {
            true => farthest / self.median,
            false => 0.0,
        }
    }
}

/// How long things took, to be asked for percentiles.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl FromIterator<Duration> for Latencies {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut sorted: Vec<_> = durations.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

impl Latencies {
    /// The shortest time within which that share of them was through, in milliseconds; zero where
    /// there are none.
    pub fn millis_at(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        let at = rank.clamp(1, self.0.len().max(1)) - 1;
        self.0.get(at).map_or(0.0, |it| it.as_secs_f64() * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(range: std::ops::RangeInclusive<u64>) -> Latencies {
        range.rev().map(Duration::from_millis).collect()
    }

    #[test]
    fn a_median_is_the_one_in_the_middle_or_between_the_two() {
        let of = |runs: &[f64]| Summary::of(runs).map(|it| (it.min, it.median, it.max));
        assert_eq!(of(&[5.0, 1.0, 3.0]), Some((1.0, 3.0, 5.0)));
        assert_eq!(of(&[4.0, 1.0]), Some((1.0, 2.5, 4.0)));
        assert_eq!(of(&[7.0]), Some((7.0, 7.0, 7.0)));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_spread_is_the_way_to_the_farthest_run() {
        let spread = |runs: &[f64]| Summary::of(runs).unwrap().spread();
        assert_eq!(spread(&[90.0, 100.0, 120.0]), 0.2);
        assert_eq!(spread(&[100.0]), 0.0);
        assert_eq!(spread(&[0.0, 0.0]), 0.0);
    }

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let hundred = millis(1..=100);
        assert_eq!(hundred.millis_at(0.5), 50.0);
        assert_eq!(hundred.millis_at(0.99), 99.0);
        assert_eq!(hundred.millis_at(0.999), 100.0);
        assert_eq!(hundred.millis_at(0.0), 1.0);
        assert_eq!(hundred.millis_at(1.0), 100.0);
    }

    #[test]
    fn a_single_time_is_every_percentile_and_none_is_nothing() {
        assert_eq!(millis(7..=7).millis_at(0.5), 7.0);
        assert_eq!(millis(7..=7).millis_at(0.999), 7.0);
        assert_eq!(Latencies::default().millis_at(0.99), 0.0);
    }
}
