//! A lane does what a lane should, whatever happens in which order.

mod step;
mod world;

use proptest::prelude::*;

use self::{
    step::{Step, step},
    world::{IN_FLIGHT_MAX, RETRY_AFTER, World, lane_row, patience},
};
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
        prop_assert!(world.queue.is_empty(), "{} of {} are left", world.queue.len(), world.told);
        prop_assert_eq!(world.delivered + world.dropped.len(), world.told);
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
    assert!(world.look().is_none());
    world.send();
    world.send();
    assert_eq!(world.sending.len(), 2);
}

#[test]
fn more_than_fits_is_left_in_the_queue_and_read_later() {
    let mut world = told(ROWS_MAX + 1);
    assert!(world.look().is_none(), "there is no room yet");
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

/// Whoever recorded it may hand it over late, when the lane has gone through other hands.
#[test]
fn what_an_earlier_owner_may_have_sent_is_not_taken_from_memory() {
    let mut world = World::new(false);
    world.tell(0, true);
    let (row, _) = world.written.pop_front().unwrap();
    world.lane = Lane::new(&lane_row(), world.lane.terms, patience(), 0, row.position);
    assert!(!world.lane.offer(row, true), "it is read, if it is there");
    world.tell(0, true);
    let (next, _) = world.written.pop_front().unwrap();
    world.ask();
    world.answer();
    assert!(!world.lane.offer(next, true), "it was read");
}

#[test]
fn what_nobody_heard_of_is_read_when_it_is_seen_twice_however_busy_the_lane() {
    let mut world = told(1);
    world.send();
    world.tell(0, true);
    let (unheard, _) = world.written.pop_front().unwrap();
    for is_read in [false, true] {
        assert!(world.look().is_none(), "{is_read}");
        world.lane.saw(&lane_row(), Some(unheard.place()), None);
        assert_eq!(world.look().is_some(), is_read);
    }
}

#[test]
fn what_is_under_way_is_known_however_often_it_is_seen() {
    let mut world = told(1);
    let id = *world.queue.keys().next().unwrap();
    world.send();
    for _ in 0..3 {
        world.lane.saw(&lane_row(), Some((1, id)), None);
        assert!(world.look().is_none());
    }
}

/// It left out what was in memory then. That was let go since, and comes first.
#[test]
fn a_look_from_before_a_pause_does_not_bring_what_comes_after() {
    let mut world = World::new(false);
    let pause = |world: &mut World| world.step(Step::Pause);
    let resume = |world: &mut World| world.step(Step::Resume);
    let tell = |world: &mut World, calls: &[u8]| {
        calls.iter().for_each(|call| world.tell(*call, false));
    };
    tell(&mut world, &[0, 0, 0]);
    pause(&mut world);
    world.ask();
    world.answer();
    tell(&mut world, &[2, 2, 0, 0]);
    resume(&mut world);
    world.ask();
    tell(&mut world, &[0]);
    world.answer();
    world.ask();
    pause(&mut world);
    tell(&mut world, &[0]);
    world.answer();
    world.send();
    world.ask();
    world.end(0, false);
    world.send();
    world.settle();
    resume(&mut world);
    world.end(0, false);
    world.settle();
    world.run_dry();
    world.assert_in_order();
}

/// The first of each of these calls is under way, and the rest of them waits for it.
fn sent_under_a_strict_order(calls: &[u8]) -> World {
    let mut world = World::new(true);
    for call in calls {
        world.tell(*call, false);
        world.hand_over();
    }
    world.ask();
    world.answer();
    (0..IN_FLIGHT_MAX).for_each(|_| world.send());
    world
}

fn fail(world: &mut World) {
    while !world.sending.is_empty() {
        world.end(0, false);
    }
    world.settle();
}

/// Whether that happens before its end, and is known by its result, or after it.
#[test]
fn under_a_strict_order_what_leaves_the_queue_after_it_failed_is_not_waited_for() {
    for is_under_way in [false, true] {
        let mut world = sent_under_a_strict_order(&[1, 1, 1]);
        if is_under_way {
            world.drop_one(0);
        }
        fail(&mut world);
        if !is_under_way {
            world.drop_one(0);
        }
        world.run_dry();
        assert_eq!(
            (world.delivered, world.queue.len()),
            (2, 0),
            "{is_under_way}"
        );
    }
}

#[test]
fn a_probe_goes_when_what_its_call_waited_for_has_left_the_queue() {
    let mut world = sent_under_a_strict_order(&[1, 1, 2, 3]);
    fail(&mut world);
    assert!(world.lane.health().is_open());
    world.drop_one(0);
    world.now += 10_000;
    world.lane.wake();
    world.ask();
    world.answer();
    world.send();
    let probe = world.sending.first().map(|(row, _)| row.position);
    assert_eq!(probe, Some(2), "the oldest that is due");
}

/// Settled, looked at, and nothing waits: the next look begins where the log ends.
fn emptied(count: usize) -> World {
    let mut world = told(count);
    deliver(&mut world, count);
    world
}

/// So many are sent, and the queue is looked at once more.
fn deliver(world: &mut World, count: usize) {
    for _ in 0..count {
        world.send();
        world.end(0, true);
        world.settle();
    }
    world.lane.wake();
    world.ask();
    world.answer();
}

fn next_look(world: &mut World) -> i64 {
    world.lane.wake();
    world.look().unwrap().floor.position
}

#[test]
fn a_look_begins_where_the_last_one_found_something() {
    assert_eq!(next_look(&mut told(3)), 0);
    let mut world = emptied(3);
    assert_eq!(next_look(&mut world), 3);
}

#[test]
fn a_look_does_not_begin_above_what_may_still_be_committed() {
    let mut world = told(1);
    world.step(Step::Draw);
    world.tell(0, true);
    world.hand_over();
    deliver(&mut world, 2);
    assert_eq!(next_look(&mut world), 1);
}

#[test]
fn what_is_seen_below_is_looked_for_and_a_look_on_its_way_is_not_taken_for_an_answer() {
    let mut world = emptied(3);
    world.lane.wake();
    world.ask();
    let old = DeliveryId::from_uuid(uuid::Uuid::max());
    world.lane.saw(&lane_row(), Some((2, old)), None);
    world.answer();
    let look = world.look().unwrap();
    assert_eq!(look.floor.position, 2);
}
