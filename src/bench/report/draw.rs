//! The report as a drawing: for each case a bar, as long as its first figure, with a line from the
//! least run to the greatest.

use std::fmt::Write;

use super::{Benchmark, Case, Report, numbers::number};
use crate::bench::store::Kind;

const WIDTH: f64 = 860.0;
const BARS_AT: f64 = 330.0;
const BAR_WIDTH_MAX: f64 = 400.0;
const ROW: f64 = 22.0;
const BAR: f64 = 14.0;
const TITLE: f64 = 44.0;

pub fn svg(report: &Report) -> String {
    let rows: usize = report.benchmarks.iter().map(|it| it.cases.len()).sum();
    let height = rows as f64 * ROW + report.benchmarks.len() as f64 * TITLE + ROW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut y = 0.0;
    for benchmark in &report.benchmarks {
        y = draw(&mut out, benchmark, y);
    }
    out.push_str("</svg>\n");
    out
}

/// Draws a benchmark from here on, and gives where the next one begins.
fn draw(out: &mut String, benchmark: &Benchmark, from: f64) -> f64 {
    let first = benchmark.cases.iter().find_map(|case| case.figures.first());
    let what = first.map_or_else(String::new, |figure| {
        format!("{} {}", figure.name.replace('_', " "), figure.unit)
    });
    let title = format!("{} {}: {}", benchmark.name, benchmark.title, what.trim());
    let y = from + TITLE - ROW / 2.0;
    text(
        out,
        12.0,
        y,
        "font-weight=\"bold\" font-size=\"14\"",
        &title,
    );
    let figures = benchmark
        .cases
        .iter()
        .filter_map(|case| case.figures.first());
    let longest = figures.map(|figure| figure.summary.max).fold(0.0, f64::max);
    for (at, case) in benchmark.cases.iter().enumerate() {
        row(out, case, from + TITLE + at as f64 * ROW, longest);
    }
    from + TITLE + benchmark.cases.len() as f64 * ROW
}

fn row(out: &mut String, case: &Case, y: f64, longest: f64) {
    let Some(figure) = case.figures.first() else {
        return;
    };
    let scaled = |value: f64| match longest > 0.0 {
        true => value / longest * BAR_WIDTH_MAX,
        false => 0.0,
    };
    let (summary, base) = (figure.summary, y + BAR - 3.0);
    let label = format!("{}, {}", case.store.name(), case.what);
    text(out, BARS_AT - 8.0, base, "text-anchor=\"end\"", &label);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<rect x=\"{BARS_AT}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{}\"/>\
         <path d=\"M{:.1} {middle}H{:.1}\" stroke=\"#222\"/>",
        scaled(summary.median),
        colour(case.store),
        BARS_AT + scaled(summary.min),
        BARS_AT + scaled(summary.max),
        middle = y + BAR / 2.0,
    );
    let end = BARS_AT + scaled(summary.max) + 8.0;
    text(out, end, base, "", &number(summary.median));
}

fn text(out: &mut String, x: f64, y: f64, style: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{text}</text>");
}

fn colour(store: Kind) -> &'static str {
    match store {
        Kind::Null => "#b8bec6",
        Kind::Sqlite => "#3f7fb5",
        Kind::Postgres => "#5f9e6e",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::store::Store;

    #[test]
    fn the_longest_bar_is_as_long_as_there_is_room() {
        let mut case = Case::new(&Store::Sqlite, "<one> & only");
        case.add("acks", "/s", 10.0);
        let benchmark = Benchmark {
            name: "B1".to_owned(),
            title: "taking in",
            cases: vec![case],
        };
        let mut out = String::new();
        draw(&mut out, &benchmark, 0.0);
        assert!(out.contains("width=\"400.0\""), "{out}");
        assert!(out.contains("SQLite, &lt;one> &amp; only"), "{out}");
    }
}
