//! What everybody owes, in bounded memory.
//!
//! An event costs a part of the period: at 50 a minute, 1.2 s. Debts melt by
//! themselves as time passes, and nobody may owe more than one period. So a
//! key may spend all it has at once, and then as fast as its debt melts. All
//! that is kept of a key is the moment at which it is free of debt.
//!
//! There is room for so many keys. Whoever owes nothing any more is forgotten
//! at no loss. Where all are in debt, a new key takes the place of the one
//! that owes least, *and its debt*. So nobody gets rid of a debt by crowding
//! the table: it is never forgotten, only handed on, and a sender with ever
//! new keys pays for each what the poorest of them owes. Somebody innocent who
//! comes into a crowded table starts with the least debt in it, and is refused
//! only where ten thousand others are at their limit. (As in "Space-Saving",
//! by Metwally, Agrawal and El Abbadi: a count is never below the true one.)

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, Hash, RandomState},
    time::Duration,
};

use super::clock::Millis;
use crate::config::Rate;

/// A time in nanoseconds since 1970, which is good until 2262: finer than
/// what is stored, so that a period can be cut in many parts.
type Nanos = i64;
/// A key's hash, seeded anew in each process: nobody outside can find two
/// keys that share one.
type Key = u64;

pub struct Debts {
    cost: Nanos,
    period: Nanos,
    keys_max: usize,
    hasher: RandomState,
    free_at: HashMap<Key, Nanos>,
    /// The same, sorted: whoever owes least comes first.
    by_debt: BTreeSet<(Nanos, Key)>,
}

impl Debts {
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        let count = Nanos::from(rate.count.get());
        let period = Nanos::try_from(rate.per.as_nanos()).unwrap_or(Nanos::MAX);
        let cost = (period / count).max(1);
        Self {
            cost,
            // What is lost by dividing must not become one event more.
            period: cost.saturating_mul(count),
            keys_max,
            hasher: RandomState::new(),
            free_at: HashMap::new(),
            by_debt: BTreeSet::new(),
        }
    }

    /// Charges a key for one event, or says how long until it can pay.
    pub fn charge(&mut self, key: &(impl Hash + ?Sized), now: Millis) -> Result<(), Duration> {
        let key = self.hasher.hash_one(key);
        let now = now.saturating_mul(1_000_000);
        self.forget_the_paid(now);
        let free_at = self.free_at(key).max(now).saturating_add(self.cost);
        let too_much = free_at.saturating_sub(now.saturating_add(self.period));
        if too_much > 0 {
            return Err(Duration::from_nanos(too_much.unsigned_abs()));
        }
        self.make_room_for(key);
        self.free_at.insert(key, free_at);
        self.by_debt.insert((free_at, key));
        Ok(())
    }

    /// Debts end. Nobody owes more than a period, unless the clock was set
    /// back: then nothing that stands here means anything.
    fn forget_the_paid(&mut self, now: Nanos) {
        while let Some(&(free_at, key)) = self.by_debt.first()
            && free_at <= now
        {
            self.forget(free_at, key);
        }
        let latest = now.saturating_add(self.period);
        if self
            .by_debt
            .last()
            .is_some_and(|(free_at, _)| *free_at > latest)
        {
            self.by_debt.clear();
            self.free_at.clear();
        }
    }

    /// When the key is free of its own debt, or of the one that it takes over.
    fn free_at(&self, key: Key) -> Nanos {
        let taken_over = || match self.free_at.len() < self.keys_max {
            true => None,
            false => self.by_debt.first().map(|(free_at, _)| *free_at),
        };
        let own = self.free_at.get(&key).copied();
        own.or_else(taken_over).unwrap_or(Nanos::MIN)
    }

    /// Takes the key itself out, or whoever it replaces.
    fn make_room_for(&mut self, key: Key) {
        let leaving = match self.free_at.get(&key) {
            Some(free_at) => Some((*free_at, key)),
            None if self.free_at.len() < self.keys_max => None,
            None => self.by_debt.first().copied(),
        };
        if let Some((free_at, key)) = leaving {
            self.forget(free_at, key);
        }
    }

    fn forget(&mut self, free_at: Nanos, key: Key) {
        self.by_debt.remove(&(free_at, key));
        self.free_at.remove(&key);
    }

    #[cfg(test)]
    pub fn keys(&self) -> usize {
        assert_eq!(self.free_at.len(), self.by_debt.len());
        self.free_at.len()
    }
}
