//! What was found: for people a table and a drawing, for machines JSON.
//!
//! A benchmark has cases, a case has figures, and a figure has a value for every run. What is to be
//! reached stands beside the case that it is said of, with whether it was. A case that broke off has no
//! figures, but its reason stands where they would.

mod draw;
mod numbers;
mod table;

use std::collections::BTreeMap;

use serde::Serialize;

pub(super) use numbers::count;

use super::{
    machine::Machine,
    peer::Peer,
    plan::Plan,
    statistics::Summary,
    store::{Kind, Store},
    workload::Workload,
};

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    /// What is measured in a debug build says nothing about a release.
    pub debug_build: bool,
    pub machine: Machine,
    pub databases: BTreeMap<&'static str, String>,
    pub runs: usize,
    pub seconds_per_run: f64,
    pub signed: bool,
    pub benchmarks: Vec<Benchmark>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Benchmark {
    pub name: String,
    pub title: &'static str,
    #[serde(skip)]
    workload: Workload,
    /// Where it is compared with the peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    pub cases: Vec<Case>,
    pub failures: Vec<Failure>,
}

/// A case of which nothing is known, since something went wrong in it.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    pub what: String,
    pub why: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Case {
    pub store: Kind,
    pub what: String,
    pub figures: Vec<Figure>,
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub unit: &'static str,
    #[serde(flatten)]
    pub summary: Summary,
    pub runs: Vec<f64>,
}

/// What the median of a figure is to be.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    pub figure: &'static str,
    pub bound: Bound,
    pub limit: f64,
    pub reached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast,
    AtMost,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        plan: &Plan,
        databases: BTreeMap<&'static str, String>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            debug_build: cfg!(debug_assertions),
            machine,
            databases,
            runs: plan.runs,
            seconds_per_run: plan.run_for.as_secs_f64(),
            signed: plan.signed,
            benchmarks: Vec::new(),
        }
    }

    pub fn table(&self) -> String {
        table::of(self)
    }

    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// How many cases broke off.
    pub fn failures(&self) -> usize {
        self.benchmarks.iter().map(|it| it.failures.len()).sum()
    }
}

impl Benchmark {
    pub(super) fn new(workload: Workload) -> Self {
        Self {
            name: workload.to_string(),
            title: workload.title(),
            workload,
            peer: None,
            cases: Vec::new(),
            failures: Vec::new(),
        }
    }
}

impl Case {
    pub(super) fn new(store: &Store, what: impl Into<String>) -> Self {
        Self {
            store: store.kind(),
            what: what.into(),
            figures: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// As it is called where it stands alone.
    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.store.name(), self.what)
    }

    /// Its figures in a line.
    pub(super) fn line(&self) -> String {
        table::line(self)
    }

    /// Adds one run's value. What could not be measured is left out.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        unit: &'static str,
        value: impl Into<Option<f64>>,
    ) {
        let Some(value) = value.into() else { return };
        let known = self.figures.iter_mut().find(|figure| figure.name == name);
        let mut runs = known.as_ref().map_or_else(Vec::new, |it| it.runs.clone());
        runs.push(value);
        let Some(summary) = Summary::of(&runs) else {
            return;
        };
        match known {
            Some(figure) => (figure.summary, figure.runs) = (summary, runs),
            None => self.figures.push(Figure {
                name,
                unit,
                summary,
                runs,
            }),
        }
    }

    /// How much of the null pipeline's rate it is, where that was measured before.
    pub(super) fn share_of(&self, null: Option<f64>, rate: f64) -> Option<f64> {
        match self.store {
            Kind::Null => Some(1.0),
            Kind::Sqlite | Kind::Postgres => Some(rate / null?),
        }
    }

    pub(super) fn median(&self, name: &str) -> Option<f64> {
        let figure = self.figures.iter().find(|figure| figure.name == name)?;
        Some(figure.summary.median)
    }

    /// How many times the figure of another case its own is, where both are known.
    pub(super) fn times(&self, other: &Self, figure: &str) -> Option<f64> {
        let then = other.median(figure).filter(|then| *then > 0.0)?;
        Some(self.median(figure)? / then)
    }

    /// Says what a figure is to be. Of what was not measured nothing is said.
    pub(super) fn wants(&mut self, figure: &'static str, bound: Bound, limit: f64) {
        if let Some(median) = self.median(figure) {
            let reached = match bound {
                Bound::AtLeast => median >= limit,
                Bound::AtMost => median <= limit,
            };
            self.targets.push(Target {
                figure,
                bound,
                limit,
                reached,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_keeps_every_run_and_judges_the_median() {
        let mut case = Case::new(&Store::Sqlite, "one");
        for value in [3.0, 1.0, 2.0] {
            case.add("rate", "/s", value);
        }
        case.add("memory", "MB", None);
        assert_eq!(case.figures.len(), 1);
        assert_eq!(case.figures[0].runs, [3.0, 1.0, 2.0]);
        assert_eq!(case.median("rate"), Some(2.0));
        case.wants("rate", Bound::AtLeast, 2.0);
        case.wants("rate", Bound::AtMost, 1.5);
        case.wants("memory", Bound::AtMost, 1.0);
        let reached: Vec<_> = case.targets.iter().map(|target| target.reached).collect();
        assert_eq!(reached, [true, false]);
    }
}
