//! The cache in this process's memory, bounded in bytes.
//!
//! Time is the app's clock, so an answer carries its end and is not given
//! beyond it; sweeping is only about room.

use std::{sync::Arc, time::Duration};

use entity::CallId;
use moka::{ops::compute::Op, policy::EvictionPolicy, sync::Cache};

use super::{ENTRIES_LISTED_MAX, Kept, Stock, Version};
use crate::infra::clock::{Clock, Millis, millis_of};

const BYTES_MAX: u64 = 64 << 20;
const BYTES_OF_THE_REST: usize = 512;
/// A name leads to its call for ever, so forgetting one costs a look-up alone.
const NAMES_MAX: u64 = 100_000;
/// Nobody takes this long from reading a result to keeping it.
const FREE_FOR: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Memory {
    names: Cache<String, CallId>,
    places: Cache<CallId, Place>,
    clock: Clock,
}

#[derive(Clone, Debug)]
enum Place {
    Taken(Arc<Kept>),
    /// For this version, or a newer one.
    Free {
        version: i32,
        until: Millis,
    },
}

impl Place {
    fn version(&self, now: Millis) -> i32 {
        match self {
            Self::Taken(kept) => kept.about.version,
            Self::Free { version, until } if *until > now => *version,
            Self::Free { .. } => 0,
        }
    }

    fn until(&self) -> Millis {
        match self {
            Self::Taken(kept) => kept.about.until,
            Self::Free { until, .. } => *until,
        }
    }

    fn weight(&self) -> u32 {
        let bytes = match self {
            Self::Taken(kept) => kept.body.len() + BYTES_OF_THE_REST,
            Self::Free { .. } => BYTES_OF_THE_REST / 4,
        };
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

impl Memory {
    pub fn new(clock: Clock) -> Self {
        Self {
            names: Cache::new(NAMES_MAX),
            places: Cache::builder()
                .max_capacity(BYTES_MAX)
                .weigher(|_, place: &Place| place.weight())
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            clock,
        }
    }

    /// By either id, once it was asked for by that.
    pub fn get(&self, name: &str) -> Option<Arc<Kept>> {
        match self.places.get(&self.names.get(name)?)? {
            Place::Taken(kept) if kept.about.until > self.clock.millis() => Some(kept),
            _ => None,
        }
    }

    pub fn put(&self, kept: &Arc<Kept>) {
        let about = &kept.about;
        for name in [about.name.clone(), about.call.to_string()] {
            self.names.insert(name, about.call);
        }
        self.replace(about.call, |before| {
            (before <= about.version).then(|| Place::Taken(Arc::clone(kept)))
        });
    }

    pub fn holds(&self, call: CallId) -> bool {
        self.places.contains_key(&call)
    }

    pub fn outdate(&self, version: &Version) {
        let until = self.clock.millis() + millis_of(FREE_FOR);
        let version_now = version.result_version;
        self.replace(version.id, |before| {
            (before < version_now).then_some(Place::Free {
                version: version_now,
                until,
            })
        });
    }

    pub fn forget(&self) {
        self.places.invalidate_all();
    }

    pub fn sweep(&self) {
        let now = self.clock.millis();
        for (call, place) in &self.places {
            if place.until() <= now {
                self.places.invalidate(call.as_ref());
            }
        }
        self.places.run_pending_tasks();
    }

    pub fn stock(&self) -> Stock {
        let now = self.clock.millis();
        let mut stock = Stock::default();
        for (_, place) in &self.places {
            let Place::Taken(kept) = place else { continue };
            if kept.about.until <= now {
                continue;
            }
            stock.size += 1;
            if stock.entries.len() < ENTRIES_LISTED_MAX {
                stock.entries.push(kept.about.clone());
            }
        }
        stock
    }

    /// What was before, and what comes instead: one step for each call.
    fn replace(&self, call: CallId, choose: impl FnOnce(i32) -> Option<Place>) {
        let now = self.clock.millis();
        self.places.entry(call).and_compute_with(|before| {
            let version = before.map_or(0, |entry| entry.into_value().version(now));
            choose(version).map_or(Op::Nop, Op::Put)
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use uuid::Uuid;

    use super::{super::About, *};

    fn call(n: u128) -> CallId {
        CallId::from_uuid(Uuid::from_u128(n))
    }

    fn kept(memory: &Memory, n: u128, version: i32) -> Arc<Kept> {
        let since = memory.clock.millis();
        Arc::new(Kept {
            about: About {
                name: format!("v{n}"),
                call: call(n),
                owner: None,
                version,
                since,
                until: since + 1_000,
            },
            body: Bytes::from(vec![b' '; 1_000]),
        })
    }

    fn version(n: u128, result_version: i32) -> Version {
        Version {
            id: call(n),
            vapi_call_id: Some(format!("v{n}")),
            result_version,
        }
    }

    fn memory() -> Memory {
        Memory::new(Clock::stepped(DateTime::UNIX_EPOCH))
    }

    fn held(memory: &Memory) -> Option<i32> {
        memory.get("v1").map(|kept| kept.about.version)
    }

    #[test]
    fn a_version_never_takes_the_place_of_a_higher_one() {
        let memory = memory();
        for (put, holds) in [(2, 2), (1, 2), (2, 2), (3, 3)] {
            memory.put(&kept(&memory, 1, put));
            assert_eq!(held(&memory), Some(holds));
        }
        memory.outdate(&version(1, 3));
        assert_eq!(held(&memory), Some(3), "it is the newest");
        memory.outdate(&version(1, 4));
        assert_eq!(held(&memory), None);
        memory.put(&kept(&memory, 1, 3));
        assert_eq!(held(&memory), None, "who read it before is too late");
        memory.put(&kept(&memory, 1, 4));
        assert_eq!(held(&memory), Some(4));
    }

    #[test]
    fn an_answer_lives_by_the_clock_and_is_found_by_either_id() {
        let memory = memory();
        memory.put(&kept(&memory, 1, 1));
        assert!(memory.get(&call(1).to_string()).is_some());
        assert_eq!(memory.stock().size, 1);
        memory.clock.advance(Duration::from_millis(1_000));
        assert_eq!((held(&memory), memory.stock().size), (None, 0));
        memory.sweep();
        assert_eq!(memory.places.entry_count(), 0);
    }

    #[test]
    fn what_does_not_fit_makes_room() {
        let memory = memory();
        let most = BYTES_MAX / 1_512;
        for n in 1..=u128::from(most) + 100 {
            memory.put(&kept(&memory, n, 1));
        }
        memory.places.run_pending_tasks();
        assert!(memory.places.entry_count() <= most);
        assert_eq!(
            held(&memory),
            None,
            "the one that was not asked for longest goes first"
        );
    }
}
