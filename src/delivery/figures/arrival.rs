//! How soon deliveries arrived, as far as it was counted: in eight classes.

/// How many arrived within 5 ms, 20 ms, and so on, and how many later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals(pub [i64; 8]);

/// An upper bound, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    Millis(u32),
    Longer,
}

const BOUNDS: [Within; 8] = [
    Within::Millis(5),
    Within::Millis(20),
    Within::Millis(100),
    Within::Millis(500),
    Within::Millis(2_000),
    Within::Millis(10_000),
    Within::Millis(60_000),
    Within::Longer,
];

impl Arrivals {
    /// Within what time so many percent of them arrived; nothing where none did.
    pub fn percentile(&self, percent: i64) -> Option<Within> {
        let all: i64 = self.0.iter().sum();
        let mut so_far = 0;
        let reached = self.0.iter().zip(BOUNDS).find(|(count, _)| {
            so_far += **count;
            so_far * 100 >= all * percent
        });
        reached.filter(|_| all > 0).map(|(_, bound)| bound)
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Millis(millis) if *millis < 1_000 => write!(f, "{millis} ms"),
            Self::Millis(millis) => write!(f, "{} s", millis / 1_000),
            Self::Longer => f.write_str("> 60 s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_bound_that_so_many_are_within() {
        let arrivals = Arrivals([50, 40, 0, 9, 0, 0, 0, 1]);
        let said = |percent| arrivals.percentile(percent).unwrap().to_string();
        assert_eq!(said(50), "5 ms");
        assert_eq!(said(90), "20 ms");
        assert_eq!(said(99), "500 ms");
        assert_eq!(said(100), "> 60 s");
        assert_eq!(Arrivals::default().percentile(50), None);
        let one = Arrivals([0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(one.percentile(1).unwrap().to_string(), "2 s");
    }
}
