//! What becomes of a receiver, failure by failure.

use proptest::prelude::*;

use super::*;

const SECOND: Millis = 1_000;

fn patience() -> Patience {
    Patience {
        breaker_after: 5,
        deactivate_after: 15,
        probes: [10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800]
            .map(Duration::from_secs)
            .into(),
    }
}

const WELL: Health = Health {
    state: LaneState::Healthy,
    failures: 0,
    probes: 0,
    next_probe_at: None,
    given_up: None,
};

fn heard(did: Did, at: Millis, was_probe: bool) -> Heard {
    Heard { did, at, was_probe }
}

fn after(health: Health, did: Did, at: Millis, was_probe: bool) -> Health {
    health.after(&heard(did, at, was_probe), &patience())
}

fn after_failures(count: u32) -> Health {
    (0..count).fold(WELL, |health, _| after(health, Did::Fail, 0, false))
}

#[test]
fn four_failures_are_bad_luck_and_the_fifth_opens_the_breaker() {
    let four = after_failures(4);
    assert_eq!((four.state, four.is_open()), (LaneState::Failing, false));
    let five = after_failures(5);
    assert_eq!((five.failures, five.probes), (5, 0));
    assert_eq!(five.next_probe_at, Some(10 * SECOND));
}

#[test]
fn each_failed_probe_is_followed_by_a_later_one_until_it_is_given_up() {
    let mut health = after_failures(5);
    let mut now = 0;
    for wait in [10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800] {
        assert_eq!(health.next_probe_at, Some(now + wait * SECOND));
        now += wait * SECOND;
        health = after(health, Did::Fail, now, true);
    }
    assert_eq!(health.state, LaneState::Deactivated);
    assert_eq!(health.given_up, Some(Reason::Failures(15)));
    assert!(!health.is_open());
}

#[test]
fn the_last_wait_repeats() {
    let patience = Patience {
        deactivate_after: 100,
        probes: [10, 30].map(Duration::from_secs).into(),
        ..patience()
    };
    let mut health = after_failures(5);
    for _ in 0..7 {
        health = health.after(&heard(Did::Fail, 0, true), &patience);
    }
    assert_eq!(health.next_probe_at, Some(30 * SECOND));
}

#[test]
fn what_was_under_way_when_the_breaker_opened_does_not_count() {
    let open = after_failures(5);
    assert_eq!(after(open, Did::Fail, 99, false), open);
}

#[test]
fn whatever_is_delivered_closes_the_breaker() {
    for was_probe in [true, false] {
        assert_eq!(after(after_failures(5), Did::Take, 0, was_probe), WELL);
    }
}

#[test]
fn a_receiver_that_is_gone_is_given_up_at_once() {
    let gone = after(WELL, Did::Leave, 0, false);
    assert_eq!(
        (gone.state, gone.given_up),
        (LaneState::Deactivated, Some(Reason::Gone))
    );
    let again = Health {
        given_up: None,
        ..gone
    };
    assert_eq!(after(again, Did::Leave, 0, false), again);
}

#[test]
fn a_short_patience_gives_up_before_the_breaker_opens() {
    let patience = Patience {
        deactivate_after: 2,
        ..patience()
    };
    let twice = (0..2).fold(WELL, |health, _| {
        health.after(&heard(Did::Fail, 0, false), &patience)
    });
    assert_eq!(twice.given_up, Some(Reason::Failures(2)));
}

#[test]
fn nothing_wakes_a_lane_that_was_switched_off() {
    for state in [LaneState::Paused, LaneState::Deactivated] {
        let off = Health { state, ..WELL };
        for did in [Did::Take, Did::Fail] {
            assert_eq!(after(off, did, 0, false), off);
        }
    }
}

proptest! {
    #[test]
    fn an_open_breaker_always_has_a_probe_to_come(
        ends in proptest::collection::vec((0..20_u8, any::<bool>()), 0..60),
    ) {
        let mut health = WELL;
        for (end, was_probe) in ends {
            let did = if end == 0 { Did::Take } else { Did::Fail };
            health = after(health, did, 0, was_probe);
            let sends = !health.is_off();
            prop_assert!(!health.is_open() || (sends && health.failures >= 5));
            prop_assert_eq!(sends && health.failures >= 5, health.is_open());
            prop_assert!(health.failures <= 15);
        }
    }
}
