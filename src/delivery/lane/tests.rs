//! A lane does what a lane should, whatever happens in which order.

mod world;

use proptest::prelude::*;

use self::world::{RETRY_AFTER, World, step};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_all_is_delivered_once_and_in_order(
        is_strict in any::<bool>(),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut world = World::new(is_strict);
        for step in steps {
            world.step(step);
        }
        world.run_dry();
        prop_assert!(world.queue.is_empty(), "{} of {} are left", world.queue.len(), world.position);
        prop_assert_eq!(i64::try_from(world.delivered), Ok(world.position));
        world.assert_in_order();
    }
}

fn told(count: usize) -> World {
    let mut world = World::new(false);
    for _ in 0..count {
        world.tell(0, true);
        world.hand_over();
    }
    world
}

#[test]
fn what_is_handed_over_is_sent_without_a_look() {
    let mut world = told(2);
    assert!(world.lane.look(world.now).is_none());
    world.send();
    world.send();
    assert_eq!(world.sending.len(), 2);
}

#[test]
fn more_than_fits_is_left_in_the_queue_and_read_later() {
    let mut world = told(ROWS_MAX + 1);
    assert!(world.lane.look(world.now).is_none(), "there is no room yet");
    world.run_dry();
    assert!(world.queue.is_empty());
}

#[test]
fn a_lane_that_sleeps_says_when_it_wants_to_be_woken() {
    let mut world = told(1);
    assert_eq!(world.lane.timer(world.now), None);
    world.send();
    world.end(0, false);
    world.settle();
    assert_eq!(world.lane.timer(world.now), Some(world.now + RETRY_AFTER));
    for _ in 0..2 {
        world.now += RETRY_AFTER;
        world.ask();
        world.answer();
        world.send();
        world.end(0, false);
        world.settle();
    }
    assert_eq!(world.lane.timer(world.now), Some(world.now + 10_000));
}

#[test]
fn a_receiver_that_has_not_answered_yet_is_slow_from_its_second_slot_on() {
    let mut world = told(3);
    assert!(!world.lane.is_slow(world.now));
    world.send();
    assert!(world.lane.is_slow(world.now));
    world.end(0, true);
    world.send();
    assert!(!world.lane.is_slow(world.now));
    world.now += 5_001;
    assert!(world.lane.is_slow(world.now));
}
