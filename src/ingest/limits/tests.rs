//! Limits by a clock that is stepped, and a table that cannot be crowded out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::{
    ResponseError,
    http::header::{HeaderMap, RETRY_AFTER},
};
use chrono::DateTime;
use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn rate(count: u32, per: Duration) -> Rate {
    Rate {
        count: NonZeroU32::new(count).unwrap(),
        per,
    }
}

fn limits() -> (Limits, Clock) {
    let clock = Clock::stepped(DateTime::from_timestamp_millis(1_763_567_291_000).unwrap());
    (Limits::new(clock.clone(), rate(3, MINUTE)), clock)
}

fn peer(address: impl Into<IpAddr>) -> Peer {
    Peer::of(address.into(), &HeaderMap::new(), &[])
}

fn sender(number: u32) -> Peer {
    peer(Ipv4Addr::from_bits(0xcb00_7100 + number))
}

fn wait(secs: u64) -> Result<(), RetryAfter> {
    Err(RetryAfter { secs })
}

#[test]
fn the_fifty_first_failure_of_a_minute_is_told_to_wait() {
    let (limits, clock) = limits();
    for failure in 1..=50 {
        assert_eq!(limits.failed_authentication(sender(1)), Ok(()), "{failure}");
    }
    assert_eq!(limits.failed_authentication(sender(1)), wait(2));
    assert_eq!(
        limits.failed_authentication(sender(2)),
        Ok(()),
        "another peer"
    );
    clock.advance(Duration::from_millis(1_199));
    assert_eq!(limits.failed_authentication(sender(1)), wait(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!(limits.failed_authentication(sender(1)), Ok(()));
    assert_eq!(limits.failed_authentication(sender(1)), wait(2));
    clock.advance(MINUTE);
    for _ in 1..=50 {
        assert_eq!(limits.failed_authentication(sender(1)), Ok(()));
    }
    assert_eq!(limits.failed_authentication(sender(1)), wait(2));
}

#[test]
fn waiting_as_long_as_was_said_is_enough() {
    let (limits, clock) = limits();
    while limits.failed_authentication(sender(1)).is_ok() {}
    for _ in 0..100 {
        let Err(RetryAfter { secs }) = limits.failed_authentication(sender(1)) else {
            continue;
        };
        clock.advance(Duration::from_secs(secs));
        assert_eq!(limits.failed_authentication(sender(1)), Ok(()));
    }
}

#[test]
fn a_network_of_ipv6_fails_as_one() {
    let (limits, _) = limits();
    let host = |host: u128| peer(Ipv6Addr::from_bits((0x2001_0db8 << 96) + host));
    for failure in 0..50 {
        assert_eq!(limits.failed_authentication(host(failure)), Ok(()));
    }
    assert_eq!(limits.failed_authentication(host(99)), wait(2));
    assert_eq!(limits.failed_authentication(host(1 << 64)), Ok(()));
}

#[test]
fn a_session_has_the_rate_that_was_configured_and_its_own_account() {
    let (limits, clock) = limits();
    for _ in 0..3 {
        assert_eq!(limits.session_event("one"), Ok(()));
    }
    assert_eq!(limits.session_event("one"), wait(20));
    assert_eq!(limits.session_event("another"), Ok(()));
    clock.advance(Duration::from_secs(20));
    assert_eq!(limits.session_event("one"), Ok(()));
}

#[test]
fn too_often_is_answered_429_with_the_time_to_wait() {
    let answer = Error::from(RetryAfter { secs: 2 }).error_response();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "2");
}

#[test]
fn any_rate_is_kept_to_the_event() {
    for (count, secs) in [
        (1, 1),
        (7, 1),
        (50, 60),
        (1_000, 60),
        (3, 3_600),
        (60_013, 1),
    ] {
        let mut debts = Debts::new(rate(count, Duration::from_secs(secs)), 10);
        for event in 0..count {
            assert!(debts.charge("key", 0).is_ok(), "{event} of {count}");
        }
        assert!(debts.charge("key", 0).is_err(), "{count}");
    }
}

#[test]
fn a_crowd_neither_frees_a_debtor_nor_locks_out_a_newcomer() {
    let (limits, _) = limits();
    while limits.failed_authentication(sender(0)).is_ok() {}
    for stranger in 1..=3 * u32::try_from(KEYS_MAX).unwrap() {
        let stranger = peer(Ipv4Addr::from_bits(0x2000_0000 + stranger));
        assert_eq!(limits.failed_authentication(stranger), Ok(()));
    }
    assert_eq!(limits.failed_authentication(sender(0)), wait(2));
    let newcomer = (0..50).filter(|_| limits.failed_authentication(sender(7)).is_ok());
    assert!((46..50).contains(&newcomer.count()));
    assert_eq!(limits.failures.lock().unwrap().keys(), KEYS_MAX);
}

#[test]
fn who_owes_nothing_is_forgotten() {
    let mut debts = Debts::new(rate(50, MINUTE), 10);
    for key in 0..10 {
        debts.charge(&key, 0).unwrap();
    }
    assert_eq!(debts.keys(), 10);
    debts.charge(&0, 1_200).unwrap();
    assert_eq!(debts.keys(), 1);
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let mut debts = Debts::new(rate(2, MINUTE), 10);
    let hour = 3_600_000;
    while debts.charge("key", hour).is_ok() {}
    assert!(debts.charge("key", hour).is_err());
    assert!(debts.charge("key", 0).is_ok());
}

proptest! {
    /// Whatever comes in whatever order, a table with little room is never
    /// more generous than one with room for all.
    #[test]
    fn nobody_gains_by_being_forgotten(events in prop::collection::vec((0..12_u8, 0..3_000_i64), 1..400)) {
        let mut small = Debts::new(rate(5, MINUTE), 4);
        let mut large = Debts::new(rate(5, MINUTE), 1_000);
        let mut now = 0;
        for (key, passed) in events {
            now += passed;
            if small.charge(&key, now).is_ok() {
                prop_assert!(large.charge(&key, now).is_ok());
            }
            prop_assert!(small.keys() <= 4);
        }
    }
}
