//! How many may listen at once: so many of one owner, so many in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::error::{Code, Error, Result};

const STREAMS_MAX: usize = 1_000;
const STREAMS_PER_OWNER_MAX: usize = 50;
const TRY_AGAIN_AFTER_SECS: u64 = 30;

#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<String, usize>>>);

/// A place that is taken for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    owner: String,
}

impl Places {
    pub fn take(&self, owner: &str) -> Result<Place> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= STREAMS_MAX {
            let message = "As many streams are open here as can be.";
            return Err(Error::new(Code::Unready, message).with_retry_after(TRY_AGAIN_AFTER_SECS));
        }
        let of_owner = taken.entry(owner.to_owned()).or_default();
        if *of_owner >= STREAMS_PER_OWNER_MAX {
            let message =
                format!("You have {STREAMS_PER_OWNER_MAX} streams open, which is the most.");
            return Err(
                Error::new(Code::RateLimited, message).with_retry_after(TRY_AGAIN_AFTER_SECS)
            );
        }
        *of_owner += 1;
        metrics::gauge!("ringback_live_streams").increment(1.0);
        Ok(Place {
            places: self.clone(),
            owner: owner.to_owned(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(of_owner) = taken.get_mut(&self.owner) {
            *of_owner -= 1;
            if *of_owner == 0 {
                taken.remove(&self.owner);
            }
        }
        metrics::gauge!("ringback_live_streams").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_so_many_places_and_all_owners_together_so_many() {
        let places = Places::default();
        let mut hers: Vec<_> = (0..STREAMS_PER_OWNER_MAX)
            .map(|_| places.take("alice").unwrap())
            .collect();
        let refused = places.take("alice").unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        let mut all = Vec::new();
        while hers.len() + all.len() < STREAMS_MAX {
            all.push(places.take(&format!("owner {}", all.len())).unwrap());
        }
        assert_eq!(places.take("bob").unwrap_err().code(), Code::Unready);
        hers.pop();
        assert!(places.take("bob").is_ok());
        drop((hers, all));
        assert!(places.taken().is_empty());
    }
}
