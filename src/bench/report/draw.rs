//! The report as a drawing: for each case a bar, as long as its first figure, with a line from the
//! least run to the greatest, a mark where it is to be, its share of the null pipeline, and whether it
//! reached what it should. It has its own ground, light or dark as its reader has asked for.

mod headline;
mod row;

use std::fmt::Write;

use self::headline::Headline;
use super::{Benchmark, Report};

const WIDTH: f64 = 1_120.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 104.0;
const TITLE: f64 = 50.0;
const ROW: f64 = 22.0;
const FOOT: f64 = 24.0;
const GIB: f64 = 1_073_741_824.0;

const STYLE: &str = "\
text{fill:#1f2328}.quiet{fill:#59636e}.ground{fill:#fff}.track{fill:#f1f3f5}.rule{stroke:#d8dee4}
.null{fill:#aab4be}.sqlite{fill:#2f7fc4}.postgres{fill:#1f9d83}.spread{stroke:#1f2328}.mark{stroke:#bc4c00}
.reached{fill:#1a7f37}.missed{fill:#cf222e}.name{font-weight:600}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.quiet{fill:#9198a1}.ground{fill:#0d1117}.track{fill:#1a212a}.rule{stroke:#2f3742}
.null{fill:#66717d}.sqlite{fill:#4c9be8}.postgres{fill:#35b597}.spread{stroke:#e6edf3}.mark{stroke:#f0883e}
.reached{fill:#3fb950}.missed{fill:#ff7b72}}";

pub fn svg(report: &Report) -> String {
    let drawn = report.benchmarks.iter().filter(|it| !it.cases.is_empty());
    let whole = drawn.clone().map(height).sum::<f64>() + HEAD + FOOT;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {whole}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', sans-serif\" font-size=\"12\">\n\
         <title>How fast ringback is</title>\n<style>\n{STYLE}\n</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{whole}\" rx=\"8\"/>\n"
    );
    head(&mut out, report);
    let mut y = HEAD;
    for benchmark in drawn {
        draw(&mut out, benchmark, y);
        y += height(benchmark);
    }
    out.push_str("</svg>\n");
    out
}

fn height(benchmark: &Benchmark) -> f64 {
    TITLE + benchmark.cases.len() as f64 * ROW
}

/// What was measured on, and what the colours and marks mean.
fn head(out: &mut String, report: &Report) {
    let machine = &report.machine;
    let mut on = vec![format!("{} cores", machine.cores)];
    on.extend(machine.processor.clone());
    let gib = machine.memory_bytes.map(|it| it as f64 / GIB);
    on.extend(gib.map(|gib| format!("{gib:.1} GiB")));
    let databases = report.databases.iter();
    on.extend(databases.map(|(name, version)| format!("{name} {version}")));
    let how = format!(
        "{} runs of {} s: a bar is the median, the line over its end goes from the least run to the greatest",
        report.runs, report.seconds_per_run
    );
    let build = if report.debug_build {
        " (a debug build)"
    } else {
        ""
    };
    let title = format!("How fast ringback {} is{build}", report.version);
    let name = "class=\"name\" font-size=\"20\"";
    text(out, MARGIN, 34.0, name, &title);
    text(out, MARGIN, 55.0, "class=\"quiet\"", &on.join(" · "));
    text(out, MARGIN, 72.0, "class=\"quiet\"", &how);
    legend(out, 92.0);
}

fn legend(out: &mut String, y: f64) {
    let stores = [
        ("null", "null pipeline: the same with nothing kept", 284.0),
        ("sqlite", "SQLite", 76.0),
        ("postgres", "PostgreSQL", 104.0),
    ];
    let mut x = MARGIN;
    for (class, name, width) in stores {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{:.1}\" width=\"10\" height=\"10\" rx=\"2\"/>",
            y - 9.0
        );
        text(out, x + 16.0, y, "", name);
        x += width;
    }
    row::mark(out, x + 4.0, y - 11.0);
    text(out, x + 14.0, y, "", "what it is to reach");
}

/// Draws a benchmark from here on.
fn draw(out: &mut String, benchmark: &Benchmark, from: f64) {
    let headline = Headline::of(benchmark.workload);
    let base = from + TITLE - 12.0;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<path class=\"rule\" d=\"M{MARGIN} {:.1}H{:.1}\"/>",
        from + 12.0,
        WIDTH - MARGIN
    );
    let title = format!("{}  {}", benchmark.name, benchmark.title);
    text(out, MARGIN, base, "class=\"name\" font-size=\"14\"", &title);
    let right = "class=\"quiet\" text-anchor=\"end\"";
    text(out, WIDTH - MARGIN, base, right, &headline.words(benchmark));
    let longest = row::longest(benchmark, &headline);
    for (at, case) in benchmark.cases.iter().enumerate() {
        let y = from + TITLE + at as f64 * ROW;
        row::draw(out, case, &headline, y, longest);
    }
}

fn text(out: &mut String, x: f64, y: f64, style: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{text}</text>");
}
