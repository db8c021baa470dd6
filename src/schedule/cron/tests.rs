//! When it runs: by example, in zones whose clocks are moved, and beside a model.

use proptest::prelude::*;

use super::*;

mod model;

fn cron(expression: &str, zone: &str) -> Cron {
    Cron::parse(expression, zone.parse().unwrap()).unwrap()
}

fn refusal(expression: &str) -> String {
    Cron::parse(expression, Tz::UTC).unwrap_err()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The next runs, as a clock in the zone shows them, with its offset.
fn next(expression: &str, zone: &str, after: &str, runs: usize) -> Vec<String> {
    let cron = cron(expression, zone);
    let first = cron.next(at(after));
    let runs = std::iter::successors(first, |run| cron.next(*run)).take(runs);
    let zone: Tz = zone.parse().unwrap();
    runs.map(|run| {
        run.with_timezone(&zone)
            .format("%m-%d %H:%M:%S%z")
            .to_string()
    })
    .collect()
}

#[test]
fn five_fields_are_minutes_and_six_are_seconds() {
    assert_eq!(
        next("30 9 * * *", "UTC", "2026-01-05T09:30:00Z", 2),
        ["01-06 09:30:00+0000", "01-07 09:30:00+0000"]
    );
    assert_eq!(
        next("*/20 30 9 * * *", "UTC", "2026-01-05T09:30:20.5Z", 2),
        ["01-05 09:30:40+0000", "01-06 09:30:00+0000"]
    );
}

#[test]
fn sunday_is_0_and_7_and_has_a_name() {
    let days = |weekday: &str| {
        next(
            &format!("0 0 * * {weekday}"),
            "UTC",
            "2026-01-04T12:00:00Z",
            7,
        )
    };
    // The fourth was a Sunday.
    for sunday in ["0", "7", "SUN", "sunday", "0,7", "7,SUN"] {
        assert_eq!(
            days(sunday)[..2],
            ["01-11 00:00:00+0000", "01-18 00:00:00+0000"],
            "{sunday}"
        );
    }
    for working in ["1-5", "MON-FRI", "mon-fri", "1,2,3,4,5", "monday-5"] {
        let days = days(working);
        assert_eq!(
            days[4..6],
            ["01-09 00:00:00+0000", "01-12 00:00:00+0000"],
            "{working}"
        );
    }
    for weekend in ["6-7", "SAT-SUN", "6,0", "SAT-7", "SAT/1,0"] {
        let days = days(weekend);
        assert_eq!(
            days[..3],
            [
                "01-10 00:00:00+0000",
                "01-11 00:00:00+0000",
                "01-17 00:00:00+0000"
            ],
            "{weekend}"
        );
    }
    assert_eq!(
        days("*/3")[..3],
        [
            "01-07 00:00:00+0000",
            "01-10 00:00:00+0000",
            "01-11 00:00:00+0000"
        ]
    );
    assert_eq!(
        days("2/2")[..3],
        [
            "01-06 00:00:00+0000",
            "01-08 00:00:00+0000",
            "01-10 00:00:00+0000"
        ]
    );
}

#[test]
fn where_both_days_are_named_either_will_do() {
    assert_eq!(
        next("0 9 15 * MON", "UTC", "2026-01-12T12:00:00Z", 3),
        [
            "01-15 09:00:00+0000",
            "01-19 09:00:00+0000",
            "01-26 09:00:00+0000"
        ]
    );
    // A step names no day: both must agree.
    assert_eq!(
        next("0 9 */2 * MON", "UTC", "2026-01-05T12:00:00Z", 2),
        ["01-19 09:00:00+0000", "02-09 09:00:00+0000"]
    );
    // The thirtieth of February never comes, its Mondays do.
    assert_eq!(
        next("0 9 30 2 MON", "UTC", "2026-01-05T12:00:00Z", 1),
        ["02-02 09:00:00+0000"]
    );
}

#[test]
fn what_never_comes_has_no_next_run() {
    assert_eq!(
        cron("0 9 30 2 *", "UTC").next(at("2026-01-05T09:00:00Z")),
        None
    );
    let leap = cron("0 9 29 2 *", "UTC");
    assert_eq!(
        leap.next(at("2026-01-05T09:00:00Z")),
        Some(at("2028-02-29T09:00:00Z"))
    );
    assert_eq!(leap.next(at("2101-01-05T09:00:00Z")), None);
}

#[test]
fn a_named_time_that_is_skipped_comes_at_the_first_moment_after_the_gap() {
    let cases = [
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            "03-29 03:00:00+0200",
            "03-30 02:30:00+0200",
        ),
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            "03-08 03:00:00-0400",
            "03-09 02:30:00-0400",
        ),
        // Half an hour is skipped here.
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00:00Z",
            "10-04 02:30:00+1100",
            "10-05 02:15:00+1100",
        ),
        // And here it was the first hour of a day.
        (
            "0 0 * * *",
            "America/Sao_Paulo",
            "2018-11-03T12:00:00Z",
            "11-04 01:00:00-0200",
            "11-05 00:00:00-0200",
        ),
        // And here a whole day.
        (
            "0 9 30 12 *",
            "Pacific/Apia",
            "2011-12-20T12:00:00Z",
            "12-31 00:00:00+1400",
            "12-30 09:00:00+1400",
        ),
    ];
    for (expression, zone, after, first, second) in cases {
        assert_eq!(next(expression, zone, after, 2), [first, second], "{zone}");
    }
}

#[test]
fn what_is_skipped_twice_runs_once() {
    assert_eq!(
        next("*/10 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3),
        [
            "03-29 03:00:00+0200",
            "03-29 03:10:00+0200",
            "03-29 03:20:00+0200"
        ]
    );
}

#[test]
fn a_named_time_that_comes_twice_runs_the_first_time() {
    let cases = [
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            "10-25 02:30:00+0200",
            "10-26 02:30:00+0100",
        ),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            "11-01 01:30:00-0400",
            "11-02 01:30:00-0500",
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T12:00:00Z",
            "04-05 01:45:00+1100",
            "04-06 01:45:00+1030",
        ),
        (
            "30 23 * * *",
            "America/Sao_Paulo",
            "2018-02-17T12:00:00Z",
            "02-17 23:30:00-0200",
            "02-18 23:30:00-0300",
        ),
    ];
    for (expression, zone, after, first, second) in cases {
        assert_eq!(next(expression, zone, after, 2), [first, second], "{zone}");
    }
}

#[test]
fn an_open_hour_follows_real_time() {
    let cases: [(&str, &str, &str, &[&str]); 4] = [
        (
            "30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &["03-29 01:30:00+0100", "03-29 03:30:00+0200"],
        ),
        (
            "30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            &[
                "10-25 02:30:00+0200",
                "10-25 02:30:00+0100",
                "10-25 03:30:00+0100",
            ],
        ),
        (
            "*/20 * * * *",
            "Australia/Lord_Howe",
            "2026-04-04T14:30:00Z",
            &[
                "04-05 01:40:00+1100",
                "04-05 01:40:00+1030",
                "04-05 02:00:00+1030",
            ],
        ),
        (
            "0 */2 * * *",
            "America/New_York",
            "2026-03-08T05:30:00Z",
            &["03-08 04:00:00-0400", "03-08 06:00:00-0400"],
        ),
    ];
    for (expression, zone, after, runs) in cases {
        assert_eq!(next(expression, zone, after, runs.len()), runs, "{zone}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("* * * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("60 * * * *", "`60` is not understood as the minute"),
        ("* 24 * * *", "`24` is not understood as the hour"),
        ("* * 0 * *", "`0` is not understood as the day of the month"),
        ("* * * 13 *", "`13` is not understood as the month"),
        ("* * * FEBR *", "month"),
        ("* * * * 8", "`8` is not understood as the weekday"),
        ("* * * * 5-1", "weekday"),
        ("* * * * FRI-MON", "weekday"),
        ("* * * * */0", "weekday"),
        ("* * * * L", "weekday"),
        ("*/0 * * * *", "minute"),
        ("61 * * * * *", "second"),
        ("1, 2 * * * *", "`1,` is not understood as the second"),
        ("1,,2 * * * *", "minute"),
        ("99999999999999999999 * * * *", "minute"),
        ("1-99999 * * * *", "minute"),
        ("* * * * ٣", "weekday"),
    ];
    for (expression, named) in cases {
        let said = refusal(expression);
        assert!(said.contains(named), "{expression}: {said}");
    }
    assert!(refusal(&"1,".repeat(200)).contains("200 characters"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[0-9*/,?A-Za-z -]{0,40}|.{0,40}") {
        if let Ok(cron) = Cron::parse(&text, Tz::Europe__Berlin) {
            let _ = cron.next(at("2026-03-28T12:00:00Z"));
        }
    }
}
