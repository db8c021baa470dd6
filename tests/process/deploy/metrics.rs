//! What the dashboard and the alerts ask for is there: metrics, their labels, the values of those.
//!
//! The list of metrics is `src/metrics`; what labels they have stands in docs/OPERATIONS.md, which
//! is compared with the lines that count.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{document, list, text};
use crate::tidy::source::File;

const PREFIX: &str = "ringback_";
/// Set by whoever asks, or made by Prometheus of a histogram.
const LABELS_OF_EVERYTHING: [&str; 3] = ["instance", "job", "le"];
const PARTS_OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// Label by label, the values that are documented; none where they are too many.
type Labels = BTreeMap<String, Vec<String>>;

fn in_quotes(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.split(quote).skip(1).step_by(2)
}

/// The names that `src/metrics` lists.
fn listed() -> BTreeSet<String> {
    let files = File::all_below("src/metrics");
    let entries = files
        .iter()
        .flat_map(|file| file.text.split("(\"ringback_").skip(1));
    let names = entries.filter_map(|entry| entry.split_once("\", "));
    names.map(|(name, _)| format!("{PREFIX}{name}")).collect()
}

/// The table of metrics in docs/OPERATIONS.md.
fn documented() -> BTreeMap<String, Labels> {
    let operations = text("docs/OPERATIONS.md");
    let rows = operations
        .lines()
        .filter(|line| line.starts_with("| `ringback_"));
    let mut documented = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').collect();
        for name in in_quotes(cells[1], '`') {
            documented.insert(name.to_owned(), labels_of(cells[2]));
        }
    }
    documented
}

/// `outcome`: `ok`, `failed`: a label, and its values. `method`, `route`: two labels of many values.
fn labels_of(cell: &str) -> Labels {
    let (names, values) = cell.split_once([':', '(']).unwrap_or((cell, ""));
    let values = match values.contains("such as") {
        true => Vec::new(),
        false => in_quotes(values, '`').map(str::to_owned).collect(),
    };
    in_quotes(names, '`')
        .map(|name| (name.to_owned(), values.clone()))
        .collect()
}

/// The expressions of the dashboard and of the alerts, each with the labels that its words show.
fn expressions() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/dashboard.json")).unwrap();
    for target in list(&dashboard["panels"])
        .iter()
        .flat_map(|panel| list(&panel["targets"]))
    {
        let legend = target["legendFormat"].as_str().unwrap();
        let shown = legend
            .split("{{")
            .skip(1)
            .filter_map(|rest| rest.split_once("}}"));
        let shown = shown.map(|(label, _)| label.to_owned()).collect();
        found.push((target["expr"].as_str().unwrap().to_owned(), shown));
    }
    let alerts = document("deploy/prometheus/alerts.yaml");
    for alert in list(&alerts["groups"][0]["rules"]) {
        let summary = alert["annotations"]["summary"].as_str().unwrap();
        let shown = summary.split("$labels.").skip(1);
        let shown = shown
            .map(|rest| rest.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        found.push((alert["expr"].as_str().unwrap().to_owned(), shown));
    }
    found
}

/// The metrics of an expression, each with what stands in braces behind it.
fn selectors(expression: &str) -> Vec<(String, String)> {
    let starts = expression
        .match_indices(PREFIX)
        .map(|(at, _)| &expression[at..]);
    let selectors = starts.map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let matchers = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'));
        (
            name.to_owned(),
            matchers.map_or_else(String::new, |(matchers, _)| matchers.to_owned()),
        )
    });
    selectors.collect()
}

fn complaints(
    expression: &str,
    shown: &[String],
    metrics: &BTreeMap<String, Labels>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut labels: BTreeSet<&str> = LABELS_OF_EVERYTHING.into();
    for (name, matchers) in selectors(expression) {
        let whole = PARTS_OF_HISTOGRAMS
            .iter()
            .find_map(|part| name.strip_suffix(part));
        let Some(known) = metrics.get(&name).or_else(|| metrics.get(whole?)) else {
            complaints.push(format!("there is no metric {name}"));
            continue;
        };
        labels.extend(known.keys().map(String::as_str));
        complaints.extend(wrong_matchers(&name, &matchers, known));
    }
    let grouped = expression
        .split("by (")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let grouped = grouped.flat_map(|(list, _)| list.split(", "));
    for label in grouped.chain(shown.iter().map(String::as_str)) {
        if !labels.contains(label) {
            complaints.push(format!("nothing in `{expression}` has a label {label}"));
        }
    }
    complaints
}

fn wrong_matchers(name: &str, matchers: &str, known: &Labels) -> Vec<String> {
    let mut complaints = Vec::new();
    for matcher in matchers.split(',').filter(|matcher| !matcher.is_empty()) {
        let (label, wanted) = matcher.split_once(['=', '!']).unwrap();
        let values = match known.get(label) {
            Some(values) => values,
            None if LABELS_OF_EVERYTHING.contains(&label) => continue,
            None => {
                complaints.push(format!("{name} has no label {label}"));
                continue;
            }
        };
        let wanted = in_quotes(wanted, '"').flat_map(|wanted| wanted.split('|'));
        let unknown = wanted
            .filter(|wanted| !values.is_empty() && !values.iter().any(|value| value == wanted));
        complaints.extend(unknown.map(|wanted| format!("{name} has no {label} {wanted}")));
    }
    complaints
}

/// The labels of the lines that count, by metric; where they are put together elsewhere, none.
fn counted() -> BTreeMap<String, BTreeSet<String>> {
    let mut counted = BTreeMap::new();
    for file in File::all_below("src") {
        for call in file.text.split("metrics::").skip(1) {
            let Some((name, rest)) = call.split_once("!(\"").and_then(|(kind, rest)| {
                ["counter", "gauge", "histogram"]
                    .contains(&kind)
                    .then_some(rest)?
                    .split_once('"')
            }) else {
                continue;
            };
            let arguments = rest
                .split_once(").")
                .map_or(rest, |(arguments, _)| arguments);
            let arguments = arguments
                .split_once(")\n")
                .map_or(arguments, |(arguments, _)| arguments);
            if !arguments.contains("&labels") {
                let labels = arguments
                    .split("\" =>")
                    .filter_map(|before| before.rsplit_once(", \""));
                counted.insert(
                    name.to_owned(),
                    labels.map(|(_, label)| label.to_owned()).collect(),
                );
            }
        }
    }
    counted
}

#[test]
fn whatever_is_asked_for_is_there() {
    let metrics = documented();
    for (expression, shown) in expressions() {
        let complaints = complaints(&expression, &shown, &metrics);
        assert!(complaints.is_empty(), "{complaints:?}");
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let dashboard = text("deploy/grafana/dashboard.json");
    for name in listed() {
        assert!(
            dashboard.contains(&name),
            "{name} is nowhere on the dashboard"
        );
    }
}

#[test]
fn operations_tells_of_every_metric_and_its_labels() {
    let (listed, documented) = (listed(), documented());
    assert!(listed.len() > 40, "the list was not found");
    assert_eq!(listed, documented.keys().cloned().collect());
    for (name, labels) in counted() {
        let told: BTreeSet<_> = documented[&name].keys().cloned().collect();
        assert_eq!(labels, told, "the labels of {name}");
    }
}

#[test]
fn each_wrong_word_is_found() {
    let cell = "`outcome`: `ok`, `failed`";
    let metrics = [("ringback_a_total".to_owned(), labels_of(cell))].into();
    let found = |expression: &str, shown: &str| {
        let shown: Vec<_> = shown.split_whitespace().map(str::to_owned).collect();
        complaints(expression, &shown, &metrics).join("; ")
    };
    assert_eq!(
        found(
            "sum by (outcome) (rate(ringback_a_total{outcome=~\"ok|failed\"}[5m]))",
            "outcome"
        ),
        ""
    );
    for (expression, shown, complaint) in [
        (
            "ringback_b_total > 0",
            "",
            "there is no metric ringback_b_total",
        ),
        (
            "ringback_a_total{state=\"ok\"}",
            "",
            "ringback_a_total has no label state",
        ),
        (
            "ringback_a_total{outcome!=\"bad\"}",
            "",
            "ringback_a_total has no outcome bad",
        ),
        (
            "sum by (reason) (ringback_a_total)",
            "",
            "has a label reason",
        ),
        ("ringback_a_total", "worker", "has a label worker"),
    ] {
        assert!(
            found(expression, shown).contains(complaint),
            "{}",
            found(expression, shown)
        );
    }
}
