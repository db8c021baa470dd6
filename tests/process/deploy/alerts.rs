//! Whoever is woken is told what to do.

use serde_json::Value;

use super::{document, list, text};

fn alerts() -> Vec<Value> {
    let groups = document("deploy/prometheus/alerts.yaml");
    list(&groups["groups"][0]["rules"]).to_vec()
}

fn name(alert: &Value) -> &str {
    alert["alert"].as_str().unwrap()
}

/// The headings below `## Alerts`, in order, and what stands under each.
fn runbooks() -> Vec<(String, String)> {
    let operations = text("docs/OPERATIONS.md");
    let (_, alerts) = operations.split_once("\n## Alerts\n").unwrap();
    let alerts = alerts.split("\n## ").next().unwrap_or_default();
    let runbooks = alerts.split("\n### ").skip(1).map(|runbook| {
        let (heading, words) = runbook.split_once('\n').unwrap();
        (heading.to_owned(), words.trim().to_owned())
    });
    runbooks.collect()
}

#[test]
fn each_alert_has_a_runbook_and_each_runbook_an_alert() {
    let runbooks = runbooks();
    let headings: Vec<_> = runbooks
        .iter()
        .map(|(heading, _)| heading.as_str())
        .collect();
    let alerts = alerts();
    assert_eq!(headings, alerts.iter().map(name).collect::<Vec<_>>());
    for (heading, words) in &runbooks {
        assert!(!words.is_empty(), "{heading} says nothing");
    }
    for alert in &alerts {
        let anchor = format!("docs/OPERATIONS.md#{}", name(alert).to_lowercase());
        assert_eq!(alert["annotations"]["runbook"], anchor);
    }
}

#[test]
fn each_alert_says_what_is_wrong_and_how_much_it_matters() {
    for alert in alerts() {
        let severity = alert["labels"]["severity"].as_str();
        assert!(
            severity.is_some_and(|one| ["page", "ticket"].contains(&one)),
            "{}",
            name(&alert)
        );
        assert!(
            alert["annotations"]["summary"].is_string(),
            "{}",
            name(&alert)
        );
    }
}

/// They are tried out by `promtool test rules`, and so each must be expected to fire somewhere.
#[test]
fn each_alert_is_tried_out() {
    let tried = text("deploy/prometheus/alerts_test.yaml");
    for alert in alerts() {
        let fires = format!("alertname=\"{}\"", name(&alert));
        assert!(tried.contains(&fires), "{fires}");
    }
}
