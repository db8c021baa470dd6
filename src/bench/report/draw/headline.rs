//! Of each benchmark, the figure that it is drawn by, and which of its targets has a mark.

use crate::bench::{
    report::{Benchmark, Case},
    workload::Workload,
};

pub struct Headline {
    pub figure: &'static str,
    is_better: &'static str,
    /// The figure that has the target: the same one, or its ratio to something.
    target: &'static str,
}

impl Headline {
    pub fn of(workload: Workload) -> Self {
        let longer = |figure, target| Self {
            figure,
            is_better: "longer is better",
            target,
        };
        let shorter = |figure, target| Self {
            figure,
            is_better: "shorter is better",
            target,
        };
        match workload {
            Workload::B1 => longer("acks", "of_null"),
            Workload::B2 => longer("deliveries", "times_the_peer"),
            Workload::B3 => shorter("p99", "p99"),
            Workload::B4 => longer("deliveries", "rate_share"),
            Workload::B5 => shorter("cpu_per_thousand", "cpu_growth"),
            Workload::B6 => shorter("p99", "p99_growth"),
            Workload::B7 => shorter("memory_after_restart", "memory_after_restart"),
            Workload::B8 => longer("deliveries_at_most", "rate_share"),
            Workload::B9 => shorter("p99", "p99"),
            Workload::B10 => shorter("cpu_per_thousand", "cpu_growth"),
        }
    }

    /// What a bar's length is.
    pub fn words(&self, benchmark: &Benchmark) -> String {
        let mut figures = benchmark.cases.iter().flat_map(|case| &case.figures);
        let unit = figures.find(|it| it.name == self.figure);
        let unit = unit.map_or("", |figure| figure.unit);
        let name = self.figure.replace('_', " ");
        format!("{name} {unit} · {}", self.is_better)
    }

    /// Where the figure would just reach its target. A ratio is as many times its figure everywhere.
    pub fn mark(&self, case: &Case) -> Option<f64> {
        let target = case.targets.iter().find(|it| it.figure == self.target)?;
        let (figure, ratio) = (case.median(self.figure)?, case.median(self.target)?);
        (ratio > 0.0).then(|| figure * target.limit / ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{report::Bound, store::Store};

    #[test]
    fn a_target_is_marked_where_its_ratio_would_be_reached() {
        let mut case = Case::new(&Store::Sqlite, "one");
        case.add("acks", "/s", 5_000.0);
        case.add("of_null", "", 0.5);
        let headline = Headline::of(Workload::B1);
        assert_eq!(headline.mark(&case), None);
        case.wants("of_null", Bound::AtLeast, 0.6);
        assert_eq!(headline.mark(&case), Some(6_000.0));
    }

    #[test]
    fn a_target_of_the_figure_itself_is_marked_at_its_limit() {
        let mut case = Case::new(&Store::Sqlite, "one");
        case.add("p99", "ms", 4.0);
        case.wants("p99", Bound::AtMost, 10.0);
        assert_eq!(Headline::of(Workload::B9).mark(&case), Some(10.0));
    }
}
