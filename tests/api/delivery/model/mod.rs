//! The queue and a model of it: whatever is done in whatever order, by several processes that die
//! and come late, nothing is lost, nothing is settled twice, and the order of the events stands.
//!
//! The model is a map and two sets. The queue is the real one, on whichever database, by the steps
//! that its worker takes; after each of them all that is stored is compared.

mod world;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use ringback::delivery::by_hand::Came;

use self::world::World;
use crate::support::{Receiver, TestApp};

const CASES: u32 = 64;
const STEPS_MAX: usize = 32;
const PROCESSES: usize = 3;
/// The last one stands for no call.
const CALLS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// So many events are told, in one transaction with their deliveries.
    Tell {
        call: usize,
        events: usize,
    },
    /// A process tries to own the lane.
    Take(usize),
    /// A process is killed; another one starts with an empty memory. What was under way is heard of
    /// late, or never.
    Die(usize),
    /// A process reads what is due.
    Read(usize),
    /// A process settles the oldest that it has in hand.
    Settle {
        by: usize,
        count: usize,
        came: Came,
    },
    /// A process has not heard of its last commit, and settles the same once more.
    SettleAgain {
        by: usize,
        came: Came,
    },
    /// Somebody who died meanwhile settles, not knowing.
    SettleLate {
        count: usize,
        came: Came,
    },
    Wait {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let process = || 0..PROCESSES;
    let came = || {
        prop_oneof![
            4 => Just(Came::Taken),
            4 => Just(Came::Failed),
            1 => Just(Came::Gone),
        ]
    };
    prop_oneof![
        4 => (0..=CALLS, 1..5_usize).prop_map(|(call, events)| Step::Tell { call, events }),
        3 => process().prop_map(Step::Take),
        1 => process().prop_map(Step::Die),
        4 => process().prop_map(Step::Read),
        6 => (process(), 1..4_usize, came())
            .prop_map(|(by, count, came)| Step::Settle { by, count, came }),
        4 => (process(), came()).prop_map(|(by, came)| Step::SettleAgain { by, came }),
        2 => (1..4_usize, came()).prop_map(|(count, came)| Step::SettleLate { count, came }),
        2 => (0..4_u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

#[expect(clippy::disallowed_methods, reason = "proptest's own setting")]
fn config() -> Config {
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    Config {
        cases: if asked_for { default.cases } else { CASES },
        failure_persistence: None,
        max_shrink_iters: 200,
        ..default
    }
}

async fn app() -> TestApp {
    let short = [("RINGBACK_RETRY_SCHEDULE", "1s,2s")];
    TestApp::silent_at(crate::support::clock(), &short).await
}

/// Of all interleavings the one that a lost answer to a COMMIT makes.
#[tokio::test]
async fn what_was_settled_and_not_heard_of_is_settled_once() {
    settle_twice(Came::Failed, Came::Failed).await;
}

/// Whoever had the lane before comes late, and knows nothing of the attempt that failed since.
#[tokio::test]
async fn what_has_failed_since_is_not_taken_for_delivered() {
    settle_twice(Came::Failed, Came::Taken).await;
}

async fn settle_twice(first: Came, second: Came) {
    let (app, receiver) = (app().await, Receiver::start().await);
    let mut world = World::open(&app, &receiver).await;
    let by = 0;
    let steps = [
        Step::Tell { call: 0, events: 2 },
        Step::Take(by),
        Step::Read(by),
        Step::Settle {
            by,
            count: 2,
            came: first,
        },
        Step::SettleAgain { by, came: second },
    ];
    for step in steps {
        world.take_step(step).await;
        world.compare().await;
    }
    world.drain().await;
    world::forget_processes(&app).await;
    app.finish().await;
}

#[test]
fn any_interleaving_of_processes_equals_a_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, receiver) = runtime.block_on(async { (app().await, Receiver::start().await) });
    let steps = prop::collection::vec(step(), 1..STEPS_MAX);
    let result = TestRunner::new(config()).run(&steps, |steps| {
        runtime.block_on(async {
            let mut world = World::open(&app, &receiver).await;
            for step in steps {
                world.take_step(step).await;
                world.compare().await;
            }
            world.drain().await;
        });
        Ok(())
    });
    runtime.block_on(async {
        world::forget_processes(&app).await;
        app.finish().await;
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
