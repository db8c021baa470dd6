//! For how many more a batch waits.
//!
//! A batch costs a transaction, however few events are in it. Where the database commits faster than
//! events come, each event of a flow would be one, and most of what the processors do would be
//! beginning and committing. So in a flow a batch waits for as many as came together lately, though
//! not for long, and for no more than make it worth while. A lone event waits for nobody.
//!
//! Whether more would come is learned by trying: one more is waited for, and one more again while it
//! comes. Of senders that wait for their answers no more come than there are, however long they are
//! waited for; so what was tried in vain is tried the more seldom.

use std::time::Duration;

use tokio::time::Instant;

/// No batch waits longer for more.
const LONGEST: Duration = Duration::from_millis(10);
/// With so many in it a batch is cheap enough.
const ENOUGH: usize = 8;
/// It is a flow where so many come within [`LONGEST`].
const FLOW: f64 = 3.0;
/// How long it is looked how many come.
const LOOK: Duration = Duration::from_millis(100);
const BATCHES_BETWEEN_TRIES_MAX: u32 = 512;

#[derive(Debug)]
pub(super) struct Patience {
    is_worth_while: bool,
    /// As far as was known when it was looked last.
    is_flow: bool,
    since: Instant,
    came_since: usize,
    /// So many are waited for.
    expected: usize,
    /// One of them more than came before.
    is_a_try: bool,
    tries: Tries,
}

/// When it is tried again whether one more would come.
#[derive(Debug, Default)]
struct Tries {
    batches_left: u32,
    batches_between: u32,
}

impl Patience {
    pub fn new(now: Instant) -> Self {
        Self {
            is_worth_while: true,
            is_flow: false,
            since: now,
            came_since: 0,
            expected: 1,
            is_a_try: false,
            tries: Tries::default(),
        }
    }

    /// Of who waits for nobody.
    pub fn none(now: Instant) -> Self {
        Self {
            is_worth_while: false,
            ..Self::new(now)
        }
    }

    /// How many a batch is to be that begins now, and until when it waits for them.
    pub fn wanted(&self, now: Instant) -> (usize, Instant) {
        let was_quiet = now - self.since > LOOK * 2;
        let wanted = if was_quiet { 1 } else { self.expected };
        (wanted, now + LONGEST)
    }

    /// So many it has become.
    pub fn came(&mut self, now: Instant, events: usize) {
        self.look(now, events);
        if !self.is_flow {
            // What was tried in vain stays known: at the edge of a flow it would be tried all the time.
            self.expected = 1;
            self.is_a_try = false;
        } else if events < self.expected {
            self.expected -= 1;
            self.tries.was_short(self.is_a_try);
            self.is_a_try = false;
        } else {
            self.tries.was_reached(self.is_a_try);
            self.is_a_try = self.expected < ENOUGH && self.tries.is_time();
            self.expected += usize::from(self.is_a_try);
        }
    }

    fn look(&mut self, now: Instant, events: usize) {
        self.came_since += events;
        let looked_for = now - self.since;
        if looked_for >= LOOK {
            let share = LONGEST.as_secs_f64() / looked_for.as_secs_f64();
            self.is_flow = self.is_worth_while && self.came_since as f64 * share >= FLOW;
            (self.since, self.came_since) = (now, 0);
        }
    }
}

impl Tries {
    /// More seldom after each that was in vain. Where fewer came than before, their number changes.
    fn was_short(&mut self, by_trying: bool) {
        self.batches_between = match by_trying {
            true => (self.batches_between * 2).clamp(1, BATCHES_BETWEEN_TRIES_MAX),
            false => 0,
        };
        self.batches_left = self.batches_between;
    }

    fn was_reached(&mut self, by_trying: bool) {
        if by_trying {
            *self = Self::default();
        }
    }

    /// Counts the batches in between.
    fn is_time(&mut self) -> bool {
        let is_time = self.batches_left == 0;
        self.batches_left = self.batches_left.saturating_sub(1);
        is_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches at a steady pace, of each of which so many come as are wanted and can; how many were
    /// wanted of each.
    fn play(
        patience: &mut Patience,
        batches: usize,
        every: Duration,
        can_come: usize,
    ) -> Vec<usize> {
        let mut now = patience.since;
        let batches = (0..batches).map(|_| {
            now += every;
            let (wanted, until) = patience.wanted(now);
            assert_eq!(until, now + LONGEST);
            patience.came(now, can_come.min(wanted.max(can_come / 2)));
            wanted
        });
        batches.collect()
    }

    const SOON: Duration = Duration::from_millis(2);
    const LATER: Duration = Duration::from_secs(1);

    #[test]
    fn lone_events_wait_for_nobody() {
        let mut patience = Patience::new(Instant::now());
        assert_eq!(play(&mut patience, 50, LONGEST, 1), [1; 50]);
    }

    #[test]
    fn in_a_flow_a_batch_waits_for_one_more_while_one_more_comes() {
        let mut patience = Patience::new(Instant::now());
        let wanted = play(&mut patience, 60, SOON, 100);
        assert_eq!(wanted[49..], [1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8]);
    }

    #[test]
    fn senders_that_wait_for_their_answers_are_seldom_waited_for_in_vain() {
        let mut patience = Patience::new(Instant::now());
        let wanted = play(&mut patience, 2_000, SOON, 4);
        let in_vain = wanted.iter().filter(|wanted| **wanted > 4).count();
        assert!((5..=12).contains(&in_vain), "{in_vain}");
        assert_eq!(wanted[1_999], 4);
    }

    /// It makes just about a flow, and no longer does where it is waited for.
    #[test]
    fn a_lone_sender_that_waits_for_its_answers_is_seldom_held_up() {
        let mut now = Instant::now();
        let (mut patience, mut in_vain) = (Patience::new(now), 0);
        for _ in 0..3_000 {
            now += Duration::from_micros(2_800);
            let (wanted, until) = patience.wanted(now);
            if wanted > 1 {
                in_vain += 1;
                now = until;
            }
            patience.came(now, 1);
        }
        assert!((5..=20).contains(&in_vain), "{in_vain}");
    }

    #[test]
    fn where_fewer_come_fewer_are_waited_for_and_more_again_when_they_come() {
        let mut patience = Patience::new(Instant::now());
        play(&mut patience, 1_000, SOON, 6);
        let fewer = play(&mut patience, 50, SOON, 3);
        assert!(
            fewer.iter().skip(10).all(|wanted| *wanted <= 4),
            "{fewer:?}"
        );
        let more = play(&mut patience, 50, SOON, 8);
        assert_eq!(more[49], 8);
    }

    #[test]
    fn after_a_flow_a_lone_event_waits_for_nobody_again() {
        let mut patience = Patience::new(Instant::now());
        play(&mut patience, 100, SOON, 8);
        assert_eq!(play(&mut patience, 3, LATER, 1), [1, 1, 1]);
    }

    #[test]
    fn who_waits_for_nobody_does_not_in_a_flow_either() {
        let mut patience = Patience::none(Instant::now());
        assert_eq!(play(&mut patience, 100, SOON, 8), [1; 100]);
    }
}
