//! What became of the messages: how many were taken, and how fast.

use std::{collections::BTreeMap, time::Duration};

/// A bucket is so much wider than the one before: 2 to the power of 1/8.
const BUCKETS_PER_OCTAVE: f64 = 8.0;
/// The last one begins after more than an hour.
const BUCKETS: usize = 256;

/// The answer to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Status {
        status: u16,
        within: Duration,
    },
    /// There was no connection to be had.
    NobodyThere,
    /// The connection broke, or time ran out.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    pub sent: u64,
    pub accepted: u64,
    /// By status: whatever is not 2xx.
    pub refused: BTreeMap<u16, u64>,
    pub unanswered: u64,
    /// How many answers took about so long.
    latencies: [u64; BUCKETS],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            sent: 0,
            accepted: 0,
            refused: BTreeMap::new(),
            unanswered: 0,
            latencies: [0; BUCKETS],
        }
    }
}

impl Tally {
    pub(super) fn count(&mut self, answer: &Answer) {
        self.sent += 1;
        match answer {
            Answer::NobodyThere | Answer::None => self.unanswered += 1,
            Answer::Status { status, within } => {
                self.latencies[bucket(*within)] += 1;
                match status {
                    200..300 => self.accepted += 1,
                    _ => *self.refused.entry(*status).or_default() += 1,
                }
            }
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.unanswered += other.unanswered;
        for (status, count) in &other.refused {
            *self.refused.entry(*status).or_default() += count;
        }
        for (mine, more) in self.latencies.iter_mut().zip(other.latencies) {
            *mine += more;
        }
    }

    pub fn is_clean(&self) -> bool {
        self.accepted == self.sent
    }

    /// So long, or less, took this percentage of the answers; exact to a tenth of itself. Nothing
    /// where there were none.
    pub fn latency(&self, percent: u64) -> Option<Duration> {
        let answers: u64 = self.latencies.iter().sum();
        let wanted = (answers * percent).div_ceil(100).max(1);
        let mut so_far = 0;
        let reached = self.latencies.iter().position(|count| {
            so_far += count;
            so_far >= wanted
        });
        reached.map(upper_end)
    }
}

fn bucket(within: Duration) -> usize {
    let micros = (within.as_micros() as f64).max(1.0);
    ((micros.log2() * BUCKETS_PER_OCTAVE) as usize).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> Duration {
    let micros = ((bucket + 1) as f64 / BUCKETS_PER_OCTAVE).exp2();
    Duration::from_secs_f64(micros / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(answers: &[(u16, u64)]) -> Tally {
        let mut tally = Tally::default();
        for (status, millis) in answers {
            let within = Duration::from_millis(*millis);
            tally.count(&Answer::Status {
                status: *status,
                within,
            });
        }
        tally
    }

    #[test]
    fn whatever_is_no_success_is_told_by_its_status() {
        let mut all = tally(&[(200, 1), (204, 1), (401, 1), (401, 1)]);
        all.count(&Answer::None);
        let mut doubled = all.clone();
        doubled.add(&all);
        assert_eq!((doubled.sent, doubled.accepted), (10, 4));
        assert_eq!(
            (&doubled.refused, doubled.unanswered),
            (&[(401, 4)].into(), 2)
        );
        assert!(!all.is_clean() && tally(&[(200, 1)]).is_clean());
    }

    #[test]
    fn a_percentile_is_about_right() {
        let answers: Vec<_> = (1..=1_000).map(|millis| (200, millis)).collect();
        let told = |percent| tally(&answers).latency(percent).unwrap().as_secs_f64();
        assert!((0.5..0.55).contains(&told(50)), "{}", told(50));
        assert!((0.99..1.09).contains(&told(99)), "{}", told(99));
        assert_eq!(Tally::default().latency(50), None);
        assert!(tally(&[(200, 0)]).latency(99).unwrap() < Duration::from_micros(2));
        assert!(tally(&[(200, u64::MAX / 2)]).latency(99).is_some());
    }
}
