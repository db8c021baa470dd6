//! Scripts by themselves: that they can be had again, and that they are complete.

use std::collections::HashSet;

use serde_json::Value;

use super::*;
use crate::simulate::SECRET_MARK;

const SEED: u64 = 7;

fn scripts(count: u64) -> Vec<Script> {
    (0..count).map(|number| Script::of(SEED, number)).collect()
}

/// One of each story.
fn of(mishap: Mishap) -> Vec<Script> {
    let mut stories = HashSet::new();
    (0..143)
        .filter(|number| {
            let (story, its_mishap) = cards(SEED, *number);
            its_mishap == mishap && stories.insert(story)
        })
        .map(|number| Script::of(SEED, number))
        .collect()
}

fn kinds(script: &Script) -> Vec<&str> {
    let steps = script.steps.iter();
    steps
        .map(|step| step.body["message"]["type"].as_str().unwrap())
        .collect()
}

#[test]
fn the_same_seed_and_number_give_the_same_call_to_the_byte() {
    for number in 0..30 {
        let (one, again) = (Script::of(7, number), Script::of(7, number));
        assert_eq!(one.steps, again.steps);
        assert_eq!(one.expected, again.expected);
        assert_ne!(one.call_id, Script::of(8, number).call_id);
    }
    let ids: HashSet<_> = scripts(100).into_iter().map(|it| it.call_id).collect();
    assert_eq!(ids.len(), 100);
}

/// Whoever plays a seed again, with a later version, wants the calls that it gave before.
#[test]
fn a_seed_gives_the_calls_that_it_always_gave() {
    let script = Script::of(7, 0);
    assert_eq!(script.call_id, "019b8f2d-8ea4-7ede-8121-526f6301f2a2");
    let told = |script: Script| (script.story, script.customer_name, script.customer_number);
    assert_eq!(
        told(script),
        (
            Story::Disqualified,
            "Volt & Sons",
            "+16285550114".to_owned()
        )
    );
}

#[test]
fn a_round_of_calls_has_every_story_with_every_mishap() {
    let pairs: HashSet<_> = (0..143).map(|number| cards(SEED, number)).collect();
    assert_eq!(pairs.len(), 13 * 5);
    let stories: HashSet<_> = (50..63).map(|number| cards(SEED, number).0).collect();
    assert_eq!(stories.len(), 13);
}

#[test]
fn a_clean_call_is_told_from_its_first_status_to_its_report() {
    for script in of(Mishap::None) {
        let kinds = kinds(&script);
        assert_eq!(kinds[0], "status-update");
        assert_eq!(
            kinds.last() == Some(&"end-of-call-report"),
            script.expected.has_report
        );
        assert_eq!(script.expected.events, script.steps.len());
        let times: Vec<i64> = script
            .steps
            .iter()
            .map(|step| step.body["message"]["timestamp"].as_i64().unwrap())
            .collect();
        assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
    }
}

#[test]
fn the_mishaps_do_what_they_are_called() {
    let bodies = |script: &Script| -> Vec<String> {
        let steps = script.steps.iter();
        steps.map(|step| step.body.to_string()).collect()
    };
    for script in of(Mishap::Twice) {
        let distinct: HashSet<_> = bodies(&script).into_iter().collect();
        assert_eq!(distinct.len(), script.expected.events);
        assert_eq!(script.steps.len(), 2 * script.expected.events);
    }
    for script in of(Mishap::ReportFirst) {
        let reports = kinds(&script).ends_with(&["end-of-call-report", "status-update"]);
        assert_eq!(reports, script.expected.has_report);
    }
    for script in of(Mishap::Strangers) {
        assert!(kinds(&script).contains(&"call.mood"));
    }
    let shuffled = of(Mishap::OutOfOrder);
    assert!(
        shuffled
            .iter()
            .any(|it| it.steps[0].body["message"]["status"] != "queued")
    );
}

#[test]
fn no_call_takes_longer_than_the_longest() {
    for script in of(Mishap::None).into_iter().chain(of(Mishap::Twice)) {
        let takes: std::time::Duration = script.steps.iter().map(|step| step.after).sum();
        assert!(
            takes.as_millis() < CALL_MILLIS_MAX.into(),
            "{}",
            script.story.as_str()
        );
    }
}

#[test]
fn calls_of_a_seed_that_is_a_moment_lie_before_it() {
    let now = 1_790_000_000_000;
    for number in 0..30 {
        for step in Script::of(now, number).steps {
            let at = step.body["message"]["timestamp"].as_u64().unwrap();
            assert!((now - 2 * SPREAD_MILLIS..now).contains(&at), "{at}");
        }
    }
}

#[test]
fn an_owner_is_named_in_every_message_and_nothing_else_changes() {
    let (plain, owned) = (Script::of(7, 3), Script::of(7, 3).owned_by("acme"));
    for (one, other) in plain.steps.iter().zip(&owned.steps) {
        let mut expected = one.body.clone();
        expected["message"]["call"]["assistantOverrides"]["metadata"]["ownerId"] = "acme".into();
        assert_eq!(other.body, expected);
    }
}

#[test]
fn every_message_carries_secrets_that_are_marked() {
    for script in scripts(13) {
        for step in &script.steps {
            let message: &Value = &step.body["message"];
            for place in [
                "/phoneNumber/twilioAuthToken",
                "/assistant/server/secret",
                "/call/monitor/controlUrl",
            ] {
                let secret = message.pointer(place).and_then(Value::as_str).unwrap();
                assert!(secret.contains(SECRET_MARK));
            }
        }
    }
}
