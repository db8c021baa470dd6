//! How long something took, as a server's own metrics tell it: a sum, a count, and how many were
//! within each of some limits.

const MILLIS: f64 = 1_000.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    pub count: f64,
    seconds: f64,
    /// Limits in seconds, and how many took no longer.
    within: Vec<(f64, f64)>,
}

impl Histogram {
    /// The one of this name, without labels of its own; empty where nothing was measured yet.
    pub fn of(name: &str, metrics: &str) -> Self {
        let mut histogram = Self::default();
        for line in metrics.lines().filter_map(|line| line.strip_prefix(name)) {
            let Some((what, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let Ok(value) = value.parse::<f64>() else {
                continue;
            };
            match what {
                "_count" => histogram.count = value,
                "_sum" => histogram.seconds = value,
                bucket => histogram
                    .within
                    .extend(limit(bucket).map(|limit| (limit, value))),
            }
        }
        histogram
    }

    /// What was measured since an earlier moment.
    pub fn since(&self, before: &Self) -> Self {
        let within = self.within.iter().map(|(limit, count)| {
            let then = before.within.iter().find(|(other, _)| other == limit);
            (*limit, count - then.map_or(0.0, |(_, count)| *count))
        });
        Self {
            count: self.count - before.count,
            seconds: self.seconds - before.seconds,
            within: within.collect(),
        }
    }

    pub fn mean_millis(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.seconds / self.count * MILLIS)
    }

    /// The least of the limits within which that share of them was; none where they were longer
    /// than all limits.
    pub fn millis_within(&self, share: f64) -> Option<f64> {
        let enough = |(_, count): &&(f64, f64)| *count >= share * self.count;
        let found = self.within.iter().find(enough);
        found
            .map(|(limit, _)| limit * MILLIS)
            .filter(|it| it.is_finite() && self.count > 0.0)
    }
}

/// Of `_bucket{le="0.001"}`.
fn limit(bucket: &str) -> Option<f64> {
    let limit = bucket.strip_prefix("_bucket{le=\"")?.strip_suffix("\"}")?;
    limit.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = "# TYPE a_seconds histogram\n\
        a_seconds_bucket{le=\"0.001\"} 90\n\
        a_seconds_bucket{le=\"0.01\"} 99\n\
        a_seconds_bucket{le=\"+Inf\"} 100\n\
        a_seconds_sum 0.5\n\
        a_seconds_count 100\n\
        a_seconds_more_count 7\n";

    #[test]
    fn a_share_was_within_the_least_limit_that_holds_it() {
        let histogram = Histogram::of("a_seconds", METRICS);
        assert_eq!(histogram.mean_millis(), Some(5.0));
        assert_eq!(histogram.millis_within(0.5), Some(1.0));
        assert_eq!(histogram.millis_within(0.99), Some(10.0));
        assert_eq!(histogram.millis_within(1.0), None, "one was longer");
    }

    #[test]
    fn what_was_measured_before_does_not_count() {
        let before = "a_seconds_bucket{le=\"0.001\"} 90\na_seconds_sum 0.1\na_seconds_count 90\n";
        let since = Histogram::of("a_seconds", METRICS).since(&Histogram::of("a_seconds", before));
        assert_eq!(since.mean_millis(), Some(40.0));
        assert_eq!(since.millis_within(0.5), Some(10.0));
        let all = Histogram::of("a_seconds", METRICS);
        assert_eq!(all.since(&Histogram::default()), all);
    }

    #[test]
    fn what_was_not_measured_took_no_time_at_all() {
        let nothing = Histogram::of("b_seconds", METRICS);
        assert_eq!(nothing.mean_millis(), None);
        assert_eq!(nothing.millis_within(0.99), None);
    }
}
