//! What is remembered of an issuer's keys, and when to ask again. Pure.
//!
//! ```text
//!   learned              fresh_until                    a day later
//!      │───── fresh ─────────│──── stale, but better ───────│── nothing
//!      │ asked for unknown   │      than nothing            │
//!      │ keys, once a minute │  asked at once, then after 1, 2, 4 … 60 s
//! ```

use std::{sync::Arc, time::Duration};

use super::{
    address::Fetched,
    key::{Key, Wanted},
};
use crate::infra::clock::{Millis, millis_of};

const FRESH_MIN: Duration = Duration::from_secs(60);
const FRESH_MAX: Duration = Duration::from_secs(24 * 3_600);
const FRESH_DEFAULT: Duration = Duration::from_secs(3_600);
/// How long keys that are no longer fresh serve while their address fails.
const STALE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// The pause between two questions about keys that are not among fresh ones.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(60);
const BACK_OFF_MIN: Duration = Duration::from_secs(1);
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Memory {
    keys: Vec<Arc<Key>>,
    fresh_until: Millis,
    asked_at: Option<Millis>,
    /// Questions in a row that failed.
    failures: u32,
}

impl Memory {
    pub fn learn(&mut self, fetched: Fetched, now: Millis) {
        let fresh_for = fetched
            .fresh_for
            .unwrap_or(FRESH_DEFAULT)
            .clamp(FRESH_MIN, FRESH_MAX);
        *self = Self {
            keys: fetched.keys.into_iter().map(Arc::new).collect(),
            fresh_until: now + millis_of(fresh_for),
            asked_at: Some(now),
            failures: 0,
        };
    }

    pub fn note_failure(&mut self, now: Millis) {
        self.asked_at = Some(now);
        self.failures = self.failures.saturating_add(1);
    }

    pub fn is_fresh(&self, now: Millis) -> bool {
        now < self.fresh_until
    }

    /// A key that is not here does not exist, as far as we can know.
    pub fn is_reliable(&self, now: Millis) -> bool {
        self.is_fresh(now) && self.failures == 0
    }

    pub fn may_ask(&self, now: Millis) -> bool {
        let pause = match self.failures {
            _ if self.is_fresh(now) => UNKNOWN_KEY_PAUSE,
            0 => Duration::ZERO,
            failures => back_off(failures),
        };
        self.asked_at
            .is_none_or(|asked_at| now >= asked_at + millis_of(pause))
    }

    pub fn find(&self, wanted: Wanted<'_>, now: Millis) -> Option<Arc<Key>> {
        if now >= self.fresh_until + millis_of(STALE_MAX) {
            return None;
        }
        let mut matching = self.keys.iter().filter(|key| key.is(wanted));
        let key = matching.next()?;
        // A token that names no key is checked only where there is no choice.
        (wanted.id.is_some() || matching.next().is_none()).then(|| Arc::clone(key))
    }
}

fn back_off(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    BACK_OFF_MIN.saturating_mul(doubled).min(BACK_OFF_MAX)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey};

    use super::*;

    const SECOND: Millis = 1_000;
    const MINUTE: Millis = 60 * SECOND;
    const HOUR: Millis = 60 * MINUTE;

    fn wanted(id: Option<&str>) -> Wanted<'_> {
        Wanted {
            algorithm: Algorithm::RS256,
            id,
        }
    }

    fn fetched(ids: &[&str], fresh_for: Option<u64>) -> Fetched {
        let key = |id: &&str| Key {
            id: Some((*id).to_owned()),
            algorithm: Algorithm::RS256,
            decoding: DecodingKey::from_rsa_raw_components(&[1], &[1]),
        };
        Fetched {
            keys: ids.iter().map(key).collect(),
            fresh_for: fresh_for.map(Duration::from_secs),
        }
    }

    fn learned(ids: &[&str], fresh_for: Option<u64>) -> Memory {
        let mut memory = Memory::default();
        memory.learn(fetched(ids, fresh_for), 0);
        memory
    }

    #[test]
    fn keys_are_fresh_as_long_as_they_say_within_bounds() {
        for (said, until) in [
            (None, HOUR),
            (Some(0), MINUTE),
            (Some(600), 10 * MINUTE),
            (Some(u64::MAX), 24 * HOUR),
        ] {
            let memory = learned(&["a"], said);
            assert!(
                memory.is_fresh(until - 1) && !memory.is_fresh(until),
                "{said:?}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_worth_a_question_a_minute_while_the_others_are_fresh() {
        let mut memory = learned(&["a"], None);
        assert!(!memory.may_ask(MINUTE - 1));
        assert!(memory.may_ask(MINUTE));
        memory.note_failure(MINUTE);
        assert!(!memory.may_ask(2 * MINUTE - 1));
        assert!(memory.may_ask(2 * MINUTE));
    }

    #[test]
    fn a_failing_address_is_asked_after_pauses_that_double_up_to_a_minute() {
        let mut memory = Memory::default();
        assert!(memory.may_ask(0));
        let mut now = 0;
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            memory.note_failure(now);
            now += pause * SECOND;
            assert!(!memory.may_ask(now - 1) && memory.may_ask(now), "{pause}");
        }
        memory.learn(fetched(&["a"], Some(60)), now);
        assert!(memory.may_ask(now + MINUTE), "a success ends the pauses");
    }

    #[test]
    fn stale_keys_serve_a_day_more_and_then_no_longer() {
        let memory = learned(&["a"], None);
        assert!(memory.find(wanted(Some("a")), 25 * HOUR - 1).is_some());
        assert!(memory.find(wanted(Some("a")), 25 * HOUR).is_none());
    }

    #[test]
    fn a_key_is_found_by_its_id_or_where_it_is_the_only_one() {
        let found = |ids: &[&str], id| learned(ids, None).find(wanted(id), 0).is_some();
        assert!(found(&["a", "b"], Some("b")));
        assert!(!found(&["a", "b"], Some("c")));
        assert!(found(&["a"], None));
        assert!(!found(&["a", "b"], None));
        let other_algorithm = Wanted {
            algorithm: Algorithm::ES256,
            id: Some("a"),
        };
        assert!(learned(&["a"], None).find(other_algorithm, 0).is_none());
    }

    #[test]
    fn what_is_missing_is_missing_only_if_the_last_question_was_answered() {
        let mut memory = Memory::default();
        assert!(!memory.is_reliable(0));
        memory.learn(fetched(&["a"], None), 0);
        assert!(memory.is_reliable(HOUR - 1) && !memory.is_reliable(HOUR));
        memory.note_failure(MINUTE);
        assert!(!memory.is_reliable(MINUTE));
    }
}
