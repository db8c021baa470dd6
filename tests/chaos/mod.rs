//! The whole program, as it dies: what was answered 200 arrives all the same.
//!
//! A round is a world of its own: a database, the real binary, a subscriber for everything, Vapi's
//! stand-in, and talkers who tell calls as Vapi does, each event until it is answered 200. In each
//! round the process dies two or three times: by SIGKILL once so many events were answered, and at
//! named places of the program ([`ringback::infra::failpoint::POINTS`]), where a crash would hurt
//! most. What came of it is judged from outside, by who told and who heard, and last by the
//! database's own books.
//!
//! A round follows from its seed alone. `RINGBACK_CHAOS_SEED=… RINGBACK_CHAOS_ROUNDS=1 just chaos`
//! plays one again; `just chaos` plays a hundred.

mod books;
mod database;
mod disk;
mod full;
mod judge;
mod orders;
mod outage;
mod plan;
mod proxy;
mod talk;
mod world;

use std::time::Duration;

use self::{judge::Figures, plan::Plan, world::World};

/// In the ordinary suite, on each database: one of each family of places.
const ROUNDS: u64 = 5;
/// Nobody waits for one thing for as long as this, whatever dies.
const WITHIN: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whenever_the_process_dies_nothing_that_was_answered_is_lost() {
    let rounds = setting("RINGBACK_CHAOS_ROUNDS").unwrap_or(ROUNDS);
    // Every twentieth round takes its time, which the ordinary suite does not have.
    let any = || u64::from(rand::random::<u32>()) * plan::UNHURRIED_EVERY;
    let first = setting("RINGBACK_CHAOS_SEED").unwrap_or_else(any);
    println!("RINGBACK_CHAOS_SEED={first} RINGBACK_CHAOS_ROUNDS={rounds}");
    let mut all = Vec::new();
    for seed in first..first + rounds {
        let plan = Plan::of(seed);
        println!("{seed}: {plan:?}");
        let figures = play(&plan).await;
        println!("{figures:?}");
        all.push(figures);
    }
    println!("{}", Figures::summary(&all));
}

async fn play(plan: &Plan) -> Figures {
    let mut world = World::open(plan).await;
    for death in &plan.deaths {
        world.live_until(death).await;
    }
    world.live_on().await;
    judge::judge(world).await
}

/// A test that would wait for ever fails, and says where.
#[track_caller]
fn in_time<T>(waiting: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let waited = tokio::time::timeout(WITHIN, waiting).await;
        waited.unwrap_or_else(|_| panic!("{caller} waits for what does not come"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a whole number"))
}
