//! What happens in a round, drawn from its seed.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use ringback::infra::failpoint::POINTS;

/// In so many rounds one waits until the dead are believed dead; in the others that is said at once.
pub const UNHURRIED_EVERY: u64 = 20;

/// The families of places, of which each round has one.
const FAMILIES: [&[&str]; 5] = [
    &["record."],
    &["settle."],
    &["spool.", "drain."],
    &["send.", "lanes."],
    &["place."],
];
const ANSWERED_MAX: usize = 400;

#[derive(Clone, Debug)]
pub struct Plan {
    pub talkers: usize,
    /// While the database is away nobody can order anything.
    pub has_orders: bool,
    pub deaths: Vec<Death>,
    /// Whoever is dead is only believed so when its sign of life has lapsed.
    pub is_unhurried: bool,
}

#[derive(Clone, Debug)]
pub enum Death {
    /// By SIGKILL, once so many more events were answered.
    Killed { answered: usize },
    /// When it passes there for the nth time.
    At { point: &'static str, nth: u32 },
}

impl Plan {
    /// Nobody dies of it.
    pub fn calm(talkers: usize) -> Self {
        Self {
            talkers,
            has_orders: false,
            deaths: Vec::new(),
            is_unhurried: false,
        }
    }

    pub fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let family = FAMILIES[usize::try_from(seed % FAMILIES.len() as u64).unwrap()];
        let mut deaths = vec![Death::killed(&mut dice), Death::of(family, &mut dice)];
        if dice.random_bool(0.5) {
            deaths.push(Death::of(family, &mut dice));
        }
        Self {
            talkers: dice.random_range(8..32),
            has_orders: !deaths.iter().any(Death::is_in_an_outage),
            deaths,
            is_unhurried: seed % UNHURRIED_EVERY == UNHURRIED_EVERY - 1,
        }
    }
}

impl Death {
    fn killed(dice: &mut StdRng) -> Self {
        let answered = dice.random_range(1..ANSWERED_MAX);
        Self::Killed { answered }
    }

    fn of(family: &[&str], dice: &mut StdRng) -> Self {
        let is_of_it = |point: &&str| family.iter().any(|name| point.starts_with(name));
        let points: Vec<_> = POINTS.into_iter().filter(is_of_it).collect();
        let point = points[dice.random_range(0..points.len())];
        Self::At {
            point,
            nth: dice.random_range(1..=passes(point)),
        }
    }

    /// Only while the database is away do events go there.
    pub fn is_in_an_outage(&self) -> bool {
        let of_the_spool = |point: &str| point.starts_with("spool.") || point.starts_with("drain.");
        matches!(self, Self::At { point, .. } if of_the_spool(point))
    }
}

/// How often a process comes by there, within a few hundred events.
fn passes(point: &str) -> u32 {
    match point.split('.').next() {
        Some("send") => 200,
        Some("record" | "settle") => 40,
        Some("place" | "spool") => 4,
        _ => 1,
    }
}

#[test]
fn every_place_is_in_a_family_and_a_seed_says_all() {
    let drawn = |point: &&str| {
        (0..2_000).any(|seed| {
            let deaths = Plan::of(seed).deaths;
            deaths
                .iter()
                .any(|death| matches!(death, Death::At { point: it, .. } if it == point))
        })
    };
    assert!(POINTS.iter().all(drawn));
    assert_eq!(format!("{:?}", Plan::of(7)), format!("{:?}", Plan::of(7)));
}
