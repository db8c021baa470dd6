//! Runs that were due while nobody was there. A clock that leaps is an absence.

use ringback::schedule;
use serde_json::json;

use super::{HOUR, House, MINUTE, at, with};

#[tokio::test]
async fn of_the_runs_that_were_missed_the_latest_is_placed() {
    let house = House::open().await;
    let path = house.schedules(&at("*/20 * * * *")).await;
    house.later(HOUR + MINUTE * 4).await;
    house.assert_rang(1).await;
    let expected = [
        "01-05T09:20:00 Missed",
        "01-05T09:40:00 Missed",
        "01-05T10:00:00 Placed",
    ];
    assert_eq!(house.runs().await, expected);

    let page = house.read(&format!("{path}/runs?limit=2")).await;
    assert_eq!(page["runs"][0]["state"], "placed");
    let missed = &page["runs"][1];
    assert!(
        missed["reason"].as_str().unwrap().contains("later run"),
        "{missed}"
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = house.read(&format!("{path}/runs?cursor={cursor}")).await;
    assert_eq!(rest["runs"][0]["due_at"], "2026-01-05T09:20:00.000Z");
    assert_eq!(house.read(&path).await["schedule"]["runs"], json!(1));
    house.finish().await;
}

#[tokio::test]
async fn a_run_that_is_too_late_is_missed_too() {
    let house = House::open().await;
    let path = house
        .schedules(&with(at("0 * * * *"), "grace_seconds", 60))
        .await;
    house.later(HOUR + MINUTE).await;
    house.assert_rang(0).await;
    assert_eq!(house.runs().await, ["01-05T10:00:00 Missed"]);
    let runs = house.read(&format!("{path}/runs")).await;
    assert!(
        runs["runs"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("grace_seconds"),
        "{runs}"
    );
    house.later(HOUR - MINUTE).await;
    house.assert_rang(1).await;
    house.finish().await;
}

#[tokio::test]
async fn a_long_absence_is_noted_run_by_run() {
    let house = House::open().await;
    house.schedules(&at("* * * * *")).await;
    house.later(HOUR * 24).await;
    house.assert_rang(1).await;
    let runs = house.runs().await;
    assert_eq!(runs.len(), 24 * 60);
    assert_eq!(runs.last().unwrap(), "01-06T09:00:00 Placed");
    house.finish().await;
}

#[tokio::test]
async fn runs_are_forgotten_when_history_is() {
    let house = House::open().await;
    house.schedules(&at("0 9 * * *")).await;
    house.later(HOUR * 24 * 91).await;
    // What is older than history was never noted.
    let runs = house.runs().await;
    assert_eq!(
        (runs.len(), runs[0].as_str()),
        (91, "01-06T09:00:00 Missed")
    );
    house.app.advance(HOUR * 24 * 90);
    schedule::sweep_once(&house.app.app).await.unwrap();
    let runs = house.runs().await;
    assert!(!runs.iter().any(|run| run.starts_with("01-06")), "{runs:?}");
    house.finish().await;
}
