//! Whose turn it is, and when.
//!
//! As fast as it goes, a message is due when a connection is free for it. At a rate, it is due at
//! its moment, whether or not anybody is free: who gets to it late has its lateness counted. The
//! moments are kept by a thread, since timers of the runtime are as coarse as a millisecond, which
//! is as much as some of what is measured.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, mpsc};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    AsFastAsItGoes,
    PerSecond(f64),
}

/// A server closes a connection that nothing comes over.
const SILENCE_SECONDS_MAX: f64 = 5.0;

impl Pace {
    /// As many as are asked for, unless they would have too little to do.
    pub fn connections(self, wanted: usize) -> usize {
        match self {
            Self::AsFastAsItGoes => wanted,
            Self::PerSecond(rate) => wanted.min((rate * SILENCE_SECONDS_MAX).ceil() as usize),
        }
    }
}

/// When it is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    Passed(Duration),
    Sent(u64),
}

impl Until {
    /// How many turns there are, where that is known before.
    fn turns(self, pace: Pace) -> Option<u64> {
        match (self, pace) {
            (Self::Sent(count), _) => Some(count),
            (Self::Passed(time), Pace::PerSecond(rate)) => {
                Some((time.as_secs_f64() * rate).ceil() as u64)
            }
            (Self::Passed(_), Pace::AsFastAsItGoes) => None,
        }
    }

    /// How long it takes, where that is known before.
    pub fn lasts(self, pace: Pace) -> Option<Duration> {
        match (self, pace) {
            (Self::Passed(time), _) => Some(time),
            (Self::Sent(count), Pace::PerSecond(rate)) => Some(due_after(count, rate)),
            (Self::Sent(_), Pace::AsFastAsItGoes) => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub number: u64,
    pub due: Instant,
}

pub enum Turns {
    Free {
        next: AtomicU64,
        last: u64,
        end: Option<Instant>,
    },
    Timed(Mutex<mpsc::UnboundedReceiver<Turn>>),
}

impl Turns {
    pub fn from(began: Instant, pace: Pace, until: Until, first: u64) -> io::Result<Self> {
        let count = until.turns(pace);
        match pace {
            Pace::AsFastAsItGoes => Ok(Self::Free {
                next: AtomicU64::new(first),
                last: count.map_or(u64::MAX, |count| first + count),
                end: until.lasts(pace).map(|time| began + time),
            }),
            Pace::PerSecond(rate) => {
                let (to, turns) = mpsc::unbounded_channel();
                let numbers = first..first + count.unwrap_or(0);
                thread::Builder::new()
                    .name("pace".to_owned())
                    .spawn(move || keep_pace(began, rate, numbers, &to))?;
                Ok(Self::Timed(Mutex::new(turns)))
            }
        }
    }

    /// The next one, once it is due; none when it is enough.
    pub async fn next(&self) -> Option<Turn> {
        match self {
            Self::Free { next, last, end } => {
                let (number, now) = (next.fetch_add(1, Relaxed), Instant::now());
                let is_over = number >= *last || end.is_some_and(|end| now >= end);
                (!is_over).then_some(Turn { number, due: now })
            }
            Self::Timed(turns) => turns.lock().await.recv().await,
        }
    }
}

fn keep_pace(
    began: Instant,
    rate: f64,
    numbers: std::ops::Range<u64>,
    to: &mpsc::UnboundedSender<Turn>,
) {
    for (at, number) in (0..).zip(numbers) {
        let due = began + due_after(at, rate);
        while let Some(left) = due
            .checked_duration_since(Instant::now())
            .filter(|it| !it.is_zero())
        {
            thread::park_timeout(left);
        }
        if to.send(Turn { number, due }).is_err() {
            return;
        }
    }
}

/// When a message is due, from the beginning.
fn due_after(at: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(at as f64 / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn numbers(turns: &Turns) -> Vec<u64> {
        let mut numbers = Vec::new();
        while let Some(turn) = turns.next().await {
            numbers.push(turn.number);
        }
        numbers
    }

    #[tokio::test]
    async fn every_number_has_one_turn() {
        for pace in [Pace::AsFastAsItGoes, Pace::PerSecond(1e6)] {
            let turns = Turns::from(Instant::now(), pace, Until::Sent(3), 7).unwrap();
            assert_eq!(numbers(&turns).await, [7, 8, 9]);
        }
    }

    #[tokio::test]
    async fn as_fast_as_it_goes_ends_when_its_time_is_over() {
        let over = Until::Passed(Duration::ZERO);
        let turns = Turns::from(Instant::now(), Pace::AsFastAsItGoes, over, 0).unwrap();
        assert!(turns.next().await.is_none());
    }

    #[tokio::test]
    async fn who_is_late_is_late_from_when_a_message_was_due() {
        let long_ago = Instant::now() - Duration::from_secs(5);
        let turns = Turns::from(long_ago, Pace::PerSecond(2.0), Until::Sent(3), 0).unwrap();
        let mut due = Vec::new();
        while let Some(turn) = turns.next().await {
            due.push((turn.due - long_ago).as_millis());
        }
        assert_eq!(due, [0, 500, 1_000]);
    }

    #[test]
    fn every_connection_has_something_to_do() {
        assert_eq!(Pace::AsFastAsItGoes.connections(512), 512);
        assert_eq!(Pace::PerSecond(200.0).connections(512), 512);
        assert_eq!(Pace::PerSecond(2.0).connections(512), 10);
    }

    #[test]
    fn a_rate_and_a_time_are_a_number_of_messages() {
        let second = Until::Passed(Duration::from_millis(1_500));
        assert_eq!(second.turns(Pace::PerSecond(200.0)), Some(300));
        assert_eq!(second.turns(Pace::AsFastAsItGoes), None);
        assert_eq!(Until::Sent(7).turns(Pace::AsFastAsItGoes), Some(7));
        assert_eq!(
            Until::Sent(100).lasts(Pace::PerSecond(50.0)),
            Some(Duration::from_secs(2))
        );
    }
}
