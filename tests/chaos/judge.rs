//! What came of a round: everything that was answered has arrived, in order, under one id, little of
//! it twice; every call is as the model has it; and the books are sound.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use super::{books::Books, in_time, talk::Answered, world::World};
use crate::{
    delivery::{HEARD, assert_in_sequence, different, told},
    support::{Heard, Receiver},
};

/// What may have been sent and not yet written down when a process dies.
const REPEATED_MAX: usize = 8 + 512;
const COMPLAINTS_SHOWN: usize = 40;
/// What a call is, after so many of its events.
const STATUS: [&str; 5] = ["QUEUED", "RINGING", "IN_PROGRESS", "FORWARDING", "ENDED"];

/// What a round comes to, in numbers.
#[derive(Clone, Debug)]
pub struct Figures {
    pub deaths: usize,
    pub reached: Vec<&'static str>,
    pub answered: usize,
    pub ordered: usize,
    pub arrived: usize,
    pub repeated: usize,
    pub resumed: Vec<Duration>,
}

pub async fn judge(mut world: World) -> Figures {
    let answered = world.talk.answered.borrow().clone();
    let heard = arrival(&world.receiver, &answered).await;
    assert_in_sequence(&heard);
    assert_each_event_has_one_id(&heard);
    let deaths = world.plan.deaths.len();
    let all = world.receiver.requests();
    let repeated = all.len() - different(&all);
    assert!(repeated <= deaths * REPEATED_MAX, "{repeated} came again");
    let ordered = assert_each_rang_once(&world);

    let life = world.life.take().unwrap();
    life.server.signal("TERM");
    in_time(life.death).await.unwrap();
    let (is_good, _) = life.server.wait();
    print_complaints(&world.home.log());
    assert!(is_good, "it did not stop in order");
    let books = Books::open(world.home.database_url()).await;
    books.assert_sound().await;
    assert_calls_are(&answered, &books.calls().await);
    books.close().await;
    world.home.leave().await;
    world.vapi.stop().await;
    Figures {
        deaths,
        reached: world.reached,
        answered: answered.values().sum(),
        ordered,
        arrived: all.len(),
        repeated,
        resumed: world.resumed,
    }
}

/// Waits until all that was answered has come: what came of the calls that were told.
async fn arrival(receiver: &Receiver, answered: &Answered) -> Vec<Heard> {
    let told_of = |(call, steps): (&String, &usize)| {
        let call = call.clone();
        HEARD[..*steps]
            .iter()
            .map(move |status| (call.clone(), (*status).to_owned()))
    };
    let mut missing: HashSet<_> = answered.iter().flat_map(told_of).collect();
    let mut seen = 0;
    let all = receiver.until(|heard| {
        for heard in &heard[seen..] {
            missing.remove(&told(heard));
        }
        seen = heard.len();
        missing.is_empty()
    });
    let mut all = in_time(all).await;
    all.retain(|heard| told(heard).0.starts_with("chaos-"));
    all
}

/// What the processes complained of, for whoever reads why a round failed.
#[expect(
    clippy::print_stdout,
    reason = "a failure is explained where it is seen"
)]
fn print_complaints(log: &str) {
    let all: Vec<_> = log
        .lines()
        .filter(|line| !line.contains("\"INFO\""))
        .collect();
    let last = all.len().saturating_sub(COMPLAINTS_SHOWN);
    println!("{}", all[last..].join("\n"));
}

#[track_caller]
fn assert_each_event_has_one_id(heard: &[Heard]) {
    let mut ids = BTreeMap::new();
    for heard in heard {
        let id = heard.header("x-webhook-id");
        assert_eq!(*ids.entry(told(heard)).or_insert(id), id);
    }
}

/// However often it was ordered. Where the process died before it asked Vapi, it rang never.
fn assert_each_rang_once(world: &World) -> usize {
    let ordered = world.orders.answered();
    let different: HashSet<_> = ordered.iter().collect();
    assert_eq!(different.len(), ordered.len(), "two orders, one call");
    for call in &ordered {
        assert!(world.vapi.dials(call) <= 1, "{call} rang twice");
    }
    let in_all = usize::try_from(world.vapi.dials_in_all()).unwrap();
    let deaths = world.plan.deaths.len();
    assert!(in_all <= ordered.len(), "{in_all} rang");
    assert!(
        in_all + deaths >= ordered.len(),
        "{in_all} of {} rang",
        ordered.len()
    );
    ordered.len()
}

/// As the model has it: what was answered, no less and no more.
fn assert_calls_are(answered: &Answered, calls: &BTreeMap<String, (String, i64, i64)>) {
    let expected = answered.iter().map(|(call, steps)| {
        let count = i64::try_from(*steps).unwrap();
        (call.clone(), (STATUS[steps - 1].to_owned(), count, count))
    });
    assert_eq!(calls, &expected.collect::<BTreeMap<_, _>>());
}

impl Figures {
    /// Of many rounds, in a line.
    pub fn summary(all: &[Self]) -> String {
        let sum = |of: fn(&Self) -> usize| all.iter().map(of).sum::<usize>();
        let mut repeated: Vec<_> = all.iter().map(|it| it.repeated).collect();
        let mut resumed: Vec<_> = all.iter().flat_map(|it| it.resumed.clone()).collect();
        repeated.sort_unstable();
        resumed.sort_unstable();
        let reached: HashSet<_> = all.iter().flat_map(|it| &it.reached).collect();
        format!(
            "{} rounds, {} deaths, {} of them at {} places; {} events and {} orders answered, {} \
             deliveries; repeated in a round: {:?} at most, p99 {:?}; resumed within: median {:?}, \
             p99 {:?}, {:?} at most",
            all.len(),
            sum(|it| it.deaths),
            sum(|it| it.reached.len()),
            reached.len(),
            sum(|it| it.answered),
            sum(|it| it.ordered),
            sum(|it| it.arrived),
            repeated.last(),
            part(&repeated, 99),
            part(&resumed, 50),
            part(&resumed, 99),
            resumed.last(),
        )
    }
}

/// The value below which so many in a hundred lie.
fn part<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
}
