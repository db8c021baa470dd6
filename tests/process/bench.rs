//! `ringback bench`: that it ends well, what it prints, what it leaves. Never how fast anything is.

use std::process::Command;

use serde_json::Value;

use crate::support::Home;

const SMALL: [&str; 5] = ["bench", "--quick", "--seconds", "0.1", "--json"];

fn measured(home: &Home, more: &[&str]) -> Value {
    let told = home.told(&[&SMALL, more].concat());
    serde_json::from_str(&told).unwrap()
}

fn median(case: &Value, name: &str) -> Option<f64> {
    let mut figures = case["figures"].as_array().unwrap().iter();
    figures.find(|figure| figure["name"] == name)?["median"].as_f64()
}

#[tokio::test]
async fn taking_in_is_measured_beside_the_null_pipeline_and_nothing_is_left() {
    let home = Home::configured().await;
    let folder = home.file("measured");
    std::fs::create_dir(&folder).unwrap();
    let url = home.database_url().to_owned();
    let store = match url.starts_with("postgres") {
        true => vec!["--stores", "null,postgres", "--database-url", &url],
        false => vec!["--stores", "null,sqlite"],
    };
    let more = ["B1", "--signed", "--folder", "measured", "--svg", "b.svg"];
    let report = measured(&home, &[&more[..], &store].concat());

    let cases = report["benchmarks"][0]["cases"].as_array().unwrap();
    let stores: Vec<_> = cases.iter().map(|case| &case["store"]).collect();
    // Null whole, null only answering, and what keeps events.
    assert_eq!(stores, ["null", "null", &store[1]["null,".len()..]]);
    for case in cases {
        for figure in ["acks", "of_null", "p50", "p99"] {
            assert!(median(case, figure).is_some_and(|it| it > 0.0), "{case}");
        }
    }
    assert!(median(&cases[2], "database_per_event").is_some());
    assert_eq!(report["databases"].as_object().unwrap().len(), 1);
    assert_eq!(report["runs"], 1);
    assert!(report["machine"]["fsyncs_per_second"].is_number());
    let drawing = std::fs::read_to_string(home.file("b.svg")).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.ends_with("</svg>\n"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    home.leave().await;
}

#[test]
fn the_null_pipeline_delivers_what_it_takes_in() {
    let report = measured(&Home::embedded(), &["B2", "--stores", "null"]);
    let case = &report["benchmarks"][0]["cases"][0];
    assert!(median(case, "deliveries").is_some_and(|it| it > 0.0));
    assert_eq!(median(case, "repeats"), Some(0.0));
}

#[test]
fn what_the_peer_would_do_is_reckoned_from_what_a_bare_client_and_receiver_exchange() {
    let report = measured(&Home::embedded(), &["B2", "B3", "--stores", "null"]);
    for benchmark in report["benchmarks"].as_array().unwrap() {
        let peer = |name: &str| benchmark["peer"][name].as_f64().unwrap();
        let bare = benchmark["peer"]["bare_exchanges_per_second"]["median"].as_f64();
        assert!(bare.is_some_and(|it| it > 0.0), "{benchmark}");
        let product = peer("deliveries_per_second") * peer("cpu_millis_per_thousand");
        assert!((product - 555.0 * 1_800.0).abs() < 1.0, "{benchmark}");
    }
    let case = &report["benchmarks"][0]["cases"][0];
    assert!(median(case, "times_the_peer").is_some_and(|it| it > 0.0));
}

/// No file may grow beyond some pages, so no database is ever made.
#[test]
fn a_case_that_breaks_off_takes_no_other_with_it_and_is_told_at_the_end() {
    let home = Home::embedded();
    let bench = home.command(&[&SMALL[..], &["B1", "--stores", "null,sqlite"]].concat());
    let mut hampered = Command::new("sh");
    hampered.args(["-c", "ulimit -f 100; exec \"$0\" \"$@\""]);
    hampered.arg(bench.get_program()).args(bench.get_args());
    hampered.current_dir(bench.get_current_dir().unwrap());
    let output = hampered.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();

    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.ends_with("cases that broke off: 1; the others stand\n"),
        "{told}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let benchmark = &report["benchmarks"][0];
    assert_eq!(benchmark["cases"].as_array().unwrap().len(), 2, "{told}");
    let failure = &benchmark["failures"][0];
    assert_eq!(failure["what"], "SQLite, 64 connections, 1 KB");
    assert!(
        failure["why"]
            .as_str()
            .unwrap()
            .contains("the server ended")
    );
    // What was measured is told at once, too.
    assert!(
        told.contains("  null pipeline, 64 connections, 1 KB\n    acks "),
        "{told}"
    );
}

/// What is measured on the database that the tests are run on.
fn on_the_database_of(home: &Home) -> Vec<&str> {
    match home.database_url() {
        url if url.starts_with("postgres") => {
            vec!["--stores", "postgres", "--database-url", url]
        }
        _ => vec!["--stores", "sqlite"],
    }
}

#[tokio::test]
async fn a_backlog_is_written_behind_the_servers_back_and_read_by_its_lanes() {
    let home = Home::configured().await;
    let more = [&["B4"], &on_the_database_of(&home)[..]].concat();
    let report = measured(&home, &more);
    let cases = report["benchmarks"][0]["cases"].as_array().unwrap();
    let whats: Vec<_> = cases.iter().map(|case| &case["what"]).collect();
    assert_eq!(whats, ["20 for 1 dead", "2,100 for 1 dead"]);
    for case in cases {
        assert!(median(case, "claims").is_some_and(|it| it > 0.0), "{case}");
    }
    assert!(median(&cases[1], "claim_growth").is_some_and(|it| it > 0.0));
    home.leave().await;
}

#[tokio::test]
async fn beside_many_stored_calls_more_are_taken_in() {
    let home = Home::configured().await;
    let more = [&["B10"], &on_the_database_of(&home)[..]].concat();
    let report = measured(&home, &more);
    let cases = report["benchmarks"][0]["cases"].as_array().unwrap();
    let whats: Vec<_> = cases.iter().map(|case| &case["what"]).collect();
    assert_eq!(whats, ["300 calls stored", "1,800 calls stored"]);
    assert!(median(&cases[1], "cpu_growth").is_some_and(|it| it > 0.0));
    home.leave().await;
}

#[tokio::test]
async fn an_old_reader_is_there_on_postgresql_alone() {
    let home = Home::configured().await;
    let more = [&["B8"], &on_the_database_of(&home)[..]].concat();
    let report = measured(&home, &more);
    let cases = report["benchmarks"][0]["cases"].as_array().unwrap();
    if !home.database_url().starts_with("postgres") {
        assert!(cases.is_empty());
        return home.leave().await;
    }
    assert_eq!(cases.len(), 3);
    for case in cases {
        let written = median(case, "written_ahead_per_event");
        assert!(written.is_some_and(|it| it > 0.0), "{case}");
    }
    assert!(median(&cases[2], "written_ahead_per_delivery_more").is_some());
    home.leave().await;
}

#[test]
fn a_benchmark_that_there_is_not_is_refused_with_those_that_there_are() {
    let output = Home::embedded().run(&["bench", "B11"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("there are B1, B2"), "{told}");
}
