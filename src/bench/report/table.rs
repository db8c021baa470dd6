//! The report as lines of text.

use super::{Benchmark, Bound, Case, Figure, Report, numbers::number};
use crate::bench::peer::Peer;

const GIB: f64 = 1_073_741_824.0;

pub fn of(report: &Report) -> String {
    let parts = [machine(report)]
        .into_iter()
        .chain(report.benchmarks.iter().map(benchmark));
    parts.collect::<Vec<_>>().join("\n")
}

fn machine(report: &Report) -> String {
    let machine = &report.machine;
    let memory = machine.memory_bytes.map_or_else(String::new, |bytes| {
        format!(", {} GiB", number(bytes as f64 / GIB))
    });
    let processor = machine.processor.as_deref().unwrap_or("unknown processor");
    let databases: Vec<_> = report
        .databases
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let load: Vec<_> = machine.load_average.iter().copied().map(number).collect();
    let mut text = format!(
        "ringback {} on {} cores ({processor}){memory}\n{}; {} fsyncs/s; load average {}\n\
         {} runs of {} s: median, and how far the runs are from it\n",
        report.version,
        machine.cores,
        databases.join(", "),
        number(machine.fsyncs_per_second),
        load.join(" → "),
        report.runs,
        number(report.seconds_per_run),
    );
    if report.debug_build {
        text.push_str("This is a debug build: its figures say nothing about a release.\n");
    }
    text
}

fn benchmark(benchmark: &Benchmark) -> String {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for figure in benchmark.cases.iter().flat_map(|case| &case.figures) {
        if !columns.contains(&(figure.name, figure.unit)) {
            columns.push((figure.name, figure.unit));
        }
    }
    let head = columns
        .iter()
        .map(|(name, unit)| format!("{} {unit}", name.replace('_', " ")));
    let mut rows = vec![
        [String::new(), String::new()]
            .into_iter()
            .chain(head)
            .collect(),
    ];
    rows.extend(benchmark.cases.iter().map(|case| row(case, &columns)));
    let targets = benchmark.cases.iter().flat_map(targets);
    let failures = benchmark.failures.iter();
    let failures = failures.map(|it| format!("  FAILED: {}: {}\n", it.what, it.why));
    format!(
        "{}  {}\n{}{}{}{}",
        benchmark.name,
        benchmark.title,
        benchmark.peer.as_ref().map(peer).unwrap_or_default(),
        aligned(&rows),
        targets.collect::<String>(),
        failures.collect::<String>()
    )
}

/// What the machine is in the peer's eyes, and what the peer would do on it.
fn peer(peer: &Peer) -> String {
    let bare = peer.bare_exchanges_per_second;
    format!(
        "  The peer here: {} ±{:.0}% bare exchanges/s make the machine {} times its own; so it would do {}\n  \
         deliveries/s with {} ms of processor per thousand, and at 200 events/s p50 {} ms, p99 {} ms.\n",
        number(bare.median),
        bare.spread() * 100.0,
        number(peer.machine_factor),
        number(peer.deliveries_per_second),
        number(peer.cpu_millis_per_thousand),
        number(peer.p50_millis),
        number(peer.p99_millis),
    )
}

/// All figures of a case, one after the other.
pub fn line(case: &Case) -> String {
    let figures = case.figures.iter().map(|figure| {
        let name = figure.name.replace('_', " ");
        format!("{name} {} {}", cell(figure), figure.unit)
            .trim_end()
            .to_owned()
    });
    figures.collect::<Vec<_>>().join("; ")
}

fn row(case: &Case, columns: &[(&str, &str)]) -> Vec<String> {
    let cell = |(name, _): &(&str, &str)| {
        let figure = case.figures.iter().find(|figure| figure.name == *name);
        figure.map_or_else(String::new, cell)
    };
    [case.store.name().to_owned(), case.what.clone()]
        .into_iter()
        .chain(columns.iter().map(cell))
        .collect()
}

fn cell(figure: &Figure) -> String {
    let median = number(figure.summary.median);
    match figure.runs.len() {
        1 => median,
        _ => format!("{median} ±{:.0}%", figure.summary.spread() * 100.0),
    }
}

fn targets(case: &Case) -> impl Iterator<Item = String> {
    case.targets.iter().map(|target| {
        let (verdict, bound) = (
            if target.reached { "reached" } else { "MISSED" },
            match target.bound {
                Bound::AtLeast => "at least",
                Bound::AtMost => "at most",
            },
        );
        format!(
            "  {verdict}: {}: {} is {}, wanted {bound} {}\n",
            case.name(),
            target.figure.replace('_', " "),
            case.median(target.figure).map(number).unwrap_or_default(),
            number(target.limit),
        )
    })
}

/// Words to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(at, (cell, width))| match at {
            0 | 1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("  {}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{report::Failure, store::Store, workload::Workload};

    #[test]
    fn cases_are_rows_and_figures_are_columns() {
        let mut null = Case::new(&Store::Null, "64 connections");
        null.add("acks", "/s", 12_000.0);
        let mut sqlite = Case::new(&Store::Sqlite, "64 connections");
        for rate in [9_000.0, 10_000.0, 11_000.0] {
            sqlite.add("acks", "/s", rate);
        }
        sqlite.add("share_of_null", "", 0.83);
        sqlite.wants("share_of_null", Bound::AtLeast, 0.9);
        let mut measured = Benchmark::new(Workload::B1);
        measured.cases = vec![null, sqlite];
        measured.failures.push(Failure {
            what: "SQLite, 512 connections".to_owned(),
            why: "it broke off".to_owned(),
        });
        let text = benchmark(&measured);
        let expected = "\
B1  events taken in, as fast as it goes
                                     acks /s  share of null
  null pipeline  64 connections       12,000
  SQLite         64 connections  10,000 ±10%           0.830
  MISSED: SQLite, 64 connections: share of null is 0.830, wanted at least 0.900
  FAILED: SQLite, 512 connections: it broke off
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_case_alone_is_a_line() {
        let mut case = Case::new(&Store::Sqlite, "one");
        case.add("p99_at_half_rate", "ms", 1.5);
        case.add("of_null", "", 0.5);
        assert_eq!(line(&case), "p99 at half rate 1.50 ms; of null 0.500");
    }
}
