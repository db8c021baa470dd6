//! One case: its name, its bar, and what is to be said of it.

use std::fmt::Write;

use super::{Headline, MARGIN, WIDTH, text};
use crate::bench::{
    report::{Benchmark, Bound, Case, Target, numbers::number},
    store::Kind,
};

const BARS_AT: f64 = 330.0;
const BAR_WIDTH_MAX: f64 = 330.0;
const BAR: f64 = 14.0;
const SHARES_END: f64 = 806.0;
/// A target this much beyond all bars is not marked, or they would all look alike.
const MARK_BEYOND_MAX: f64 = 4.0;

/// What the longest bar, or the farthest mark, stands for.
pub fn longest(benchmark: &Benchmark, headline: &Headline) -> f64 {
    let drawn = benchmark.cases.iter().flat_map(|case| {
        let figures = case.figures.iter();
        figures.filter(|figure| figure.name == headline.figure)
    });
    let bars = drawn.map(|figure| figure.summary.max).fold(0.0, f64::max);
    let marks = benchmark.cases.iter().filter_map(|it| headline.mark(it));
    let near = marks.filter(|mark| *mark <= bars * MARK_BEYOND_MAX);
    near.fold(bars, f64::max)
}

pub fn draw(out: &mut String, case: &Case, headline: &Headline, y: f64, longest: f64) {
    let (base, name) = (y + BAR - 3.0, case.name());
    text(out, BARS_AT - 10.0, base, "text-anchor=\"end\"", &name);
    bar(out, case, headline, y, longest);
    if let Some(share) = case.median("of_null").filter(|_| case.store != Kind::Null) {
        let share = format!("{:.0} % of null", share * 100.0);
        let style = "class=\"quiet\" text-anchor=\"end\"";
        text(out, SHARES_END, base, style, &share);
    }
    if let Some((class, words)) = verdict(case) {
        let style = format!("class=\"{class}\" text-anchor=\"end\"");
        text(out, WIDTH - MARGIN, base, &style, &words);
    }
}

fn bar(out: &mut String, case: &Case, headline: &Headline, y: f64, longest: f64) {
    let mut figures = case.figures.iter();
    let Some(figure) = figures.find(|it| it.name == headline.figure) else {
        return;
    };
    let scaled = |value: f64| match longest > 0.0 {
        true => value / longest * BAR_WIDTH_MAX,
        false => 0.0,
    };
    let summary = figure.summary;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<rect class=\"track\" x=\"{BARS_AT}\" y=\"{y}\" width=\"{BAR_WIDTH_MAX}\" height=\"{BAR}\" rx=\"2\"/>\
         <rect class=\"{}\" x=\"{BARS_AT}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>\
         <path class=\"spread\" d=\"M{:.1} {middle}H{:.1}\"/>",
        class(case.store),
        scaled(summary.median),
        BARS_AT + scaled(summary.min),
        BARS_AT + scaled(summary.max),
        middle = y + BAR / 2.0,
    );
    if let Some(at) = headline.mark(case).filter(|at| *at <= longest) {
        mark(out, BARS_AT + scaled(at), y - 2.0);
    }
    let value = number(summary.median);
    let end = BARS_AT + BAR_WIDTH_MAX + 8.0;
    text(out, end, y + BAR - 3.0, "", &value);
}

/// Where something is to be.
pub fn mark(out: &mut String, x: f64, y: f64) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<path class=\"mark\" stroke-width=\"2\" d=\"M{x:.1} {y:.1}v{:.1}\"/>",
        BAR + 4.0
    );
}

/// Whether it reached all that it should; what it missed first.
fn verdict(case: &Case) -> Option<(&'static str, String)> {
    let mut missed = case.targets.iter().filter(|target| !target.reached);
    let Some(first) = missed.next() else {
        let words = match case.targets.len() {
            0 => return None,
            1 => "✓ reached".to_owned(),
            all => format!("✓ {all} of {all} reached"),
        };
        return Some(("reached", words));
    };
    let more = match missed.count() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(("missed", format!("✗ {}{more}", missing(case, first))))
}

/// `of null 0.480 < 0.600`.
fn missing(case: &Case, target: &Target) -> String {
    let is = case.median(target.figure).map(number).unwrap_or_default();
    let than = match target.bound {
        Bound::AtLeast => '<',
        Bound::AtMost => '>',
    };
    let name = target.figure.replace('_', " ");
    format!("{name} {is} {than} {}", number(target.limit))
}

fn class(store: Kind) -> &'static str {
    match store {
        Kind::Null => "null",
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{store::Store, workload::Workload};

    fn case() -> Case {
        let mut case = Case::new(&Store::Sqlite, "<one> & only");
        case.add("acks", "/s", 10.0);
        case.add("of_null", "", 0.5);
        case
    }

    fn drawn(case: &Case) -> String {
        let headline = Headline::of(Workload::B1);
        let mut benchmark = Benchmark::new(Workload::B1);
        benchmark.cases.push(case.clone());
        let (mut out, longest) = (String::new(), longest(&benchmark, &headline));
        draw(&mut out, case, &headline, 0.0, longest);
        out
    }

    #[test]
    fn the_longest_bar_is_as_long_as_there_is_room() {
        let out = drawn(&case());
        assert!(
            out.contains("class=\"sqlite\" x=\"330\" y=\"0\" width=\"330.0\""),
            "{out}"
        );
        assert!(out.contains("SQLite, &lt;one> &amp; only"), "{out}");
        assert!(out.contains("50 % of null"), "{out}");
    }

    #[test]
    fn a_target_has_its_mark_and_makes_room_for_it() {
        let mut case = case();
        case.wants("of_null", Bound::AtLeast, 0.6);
        let out = drawn(&case);
        assert!(out.contains("width=\"275.0\""), "{out}");
        assert!(
            out.contains("class=\"mark\" stroke-width=\"2\" d=\"M660.0"),
            "{out}"
        );
        assert!(out.contains("✗ of null 0.500 &lt; 0.600"), "{out}");
    }

    #[test]
    fn what_is_reached_is_said_in_few_words() {
        let mut case = case();
        case.wants("of_null", Bound::AtLeast, 0.4);
        assert_eq!(verdict(&case), Some(("reached", "✓ reached".to_owned())));
        case.wants("acks", Bound::AtLeast, 11.0);
        case.wants("acks", Bound::AtLeast, 12.0);
        let words = "✗ acks 10.0 < 11.0, and 1 more";
        assert_eq!(verdict(&case), Some(("missed", words.to_owned())));
    }
}
