//! A rate: so many a second, with one second's worth at once.

use crate::infra::clock::Millis;

const SECOND: Millis = 1_000;

/// Counted in thousandths, so that no part of a token is lost to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    per_second: Millis,
    thousandths: Millis,
    at: Millis,
}

impl Bucket {
    pub fn full(per_second: u32, now: Millis) -> Self {
        let per_second = Millis::from(per_second.max(1));
        Self {
            per_second,
            thousandths: per_second * SECOND,
            at: now,
        }
    }

    /// The same rate as before keeps what is in it.
    pub fn at_rate(before: Option<Self>, per_second: Option<u32>, now: Millis) -> Option<Self> {
        let wanted = Self::full(per_second?, now);
        before
            .filter(|bucket| bucket.per_second == wanted.per_second)
            .or(Some(wanted))
    }

    pub fn has_one(&mut self, now: Millis) -> bool {
        let passed = (now - self.at).clamp(0, SECOND);
        self.thousandths =
            (self.thousandths + passed * self.per_second).min(self.per_second * SECOND);
        self.at = now;
        self.thousandths >= SECOND
    }

    pub fn take_one(&mut self) {
        self.thousandths -= SECOND;
    }

    /// When there is one again.
    pub fn next_at(&self) -> Millis {
        let missing = (SECOND - self.thousandths).max(0);
        self.at + (missing + self.per_second - 1) / self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &mut Bucket, now: Millis) -> usize {
        let mut count = 0;
        while bucket.has_one(now) {
            bucket.take_one();
            count += 1;
        }
        count
    }

    #[test]
    fn a_second_holds_its_rate_and_no_more_is_saved_up() {
        let mut bucket = Bucket::full(10, 0);
        assert_eq!(taken(&mut bucket, 0), 10);
        assert_eq!(taken(&mut bucket, 99), 0);
        assert_eq!(bucket.next_at(), 100);
        assert_eq!(taken(&mut bucket, 100), 1);
        assert_eq!(taken(&mut bucket, 1_100), 10);
        assert_eq!(taken(&mut bucket, 3_600_000), 10);
    }

    #[test]
    fn time_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::full(1, 5_000);
        assert_eq!(taken(&mut bucket, 5_000), 1);
        assert_eq!(taken(&mut bucket, 4_000), 0);
    }

    #[test]
    fn settings_that_name_the_same_rate_do_not_fill_it() {
        let mut bucket = Bucket::full(2, 0);
        taken(&mut bucket, 0);
        let mut same = Bucket::at_rate(Some(bucket), Some(2), 0).unwrap();
        assert!(!same.has_one(0));
        let mut other = Bucket::at_rate(Some(bucket), Some(3), 0).unwrap();
        assert!(other.has_one(0));
        assert_eq!(Bucket::at_rate(Some(bucket), None, 0), None);
    }
}
