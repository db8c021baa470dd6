//! Draining against a database that comes and goes.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use chrono::DateTime;
use tempfile::TempDir;
use tokio::{sync::mpsc, task::yield_now};

use super::*;
use crate::{
    config::Secret,
    infra::{clock::Millis, seal::Seal, worker::Workers},
    ingest::spool::BYTES_MAX,
};

const KEY: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Takes every record but those that say `bad`, while it is there. At `crash`
/// it goes away; of the first `unsure` it cannot say whether it has it.
struct Database {
    is_there: AtomicBool,
    was_unsure: AtomicBool,
    rows: Mutex<Vec<String>>,
    clock: Clock,
    offered: mpsc::UnboundedSender<(Millis, usize)>,
}

impl Database {
    fn rows(&self) -> MutexGuard<'_, Vec<String>> {
        self.rows.lock().unwrap()
    }

    async fn record(&self, records: Vec<Record>) -> Vec<Submitted> {
        let texts = records
            .iter()
            .map(|record| String::from_utf8(record.bytes.to_vec()));
        let submitted = texts.map(|text| self.record_one(text.unwrap())).collect();
        self.offered
            .send((self.clock.millis(), records.len()))
            .unwrap();
        submitted
    }

    fn record_one(&self, text: String) -> Submitted {
        if text == "crash" {
            self.is_there.store(false, SeqCst);
        }
        let is_sure = text != "unsure" || self.was_unsure.swap(true, SeqCst);
        match (self.is_there.load(SeqCst) && is_sure, text.as_str()) {
            (false, _) => Submitted::Away,
            (true, "bad") => Submitted::Refused("it is bad"),
            (true, _) => {
                self.rows().push(text);
                Submitted::Recorded
            }
        }
    }
}

/// A spool with its drain, supervised as in a real process.
struct Bench {
    _home: TempDir,
    clock: Clock,
    spool: Spool,
    database: Arc<Database>,
    offers: mpsc::UnboundedReceiver<(Millis, usize)>,
    workers: Workers,
}

impl Bench {
    async fn with(records: &[&str], is_there: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Clock::stepped(DateTime::UNIX_EPOCH);
        let seal = Seal::from_list(&Secret::new(KEY)).unwrap();
        let spool = Spool::open(home.path(), seal, clock.clone(), BYTES_MAX).unwrap();
        for record in records {
            spool.append((*record).into()).await.unwrap();
        }
        let (offered, offers) = mpsc::unbounded_channel();
        let database = Arc::new(Database {
            is_there: AtomicBool::new(is_there),
            was_unsure: AtomicBool::new(false),
            rows: Mutex::default(),
            clock: clock.clone(),
            offered,
        });
        let bench = Self {
            _home: home,
            workers: Workers::new(clock.clone()),
            clock,
            spool,
            database,
            offers,
        };
        bench.start();
        bench
    }

    fn start(&self) {
        let (spool, clock) = (self.spool.clone(), self.clock.clone());
        let database = self.database.clone();
        self.workers.supervise("drain", move |stop| {
            let database = database.clone();
            drain(spool.clone(), clock.clone(), stop, move |records| {
                let database = database.clone();
                async move { database.record(records).await }
            })
        });
    }

    /// The drain does what it can do at this time: it asks the spool, which
    /// answers it before it answers us, and acts upon that.
    async fn takes_a_step(&self) {
        yield_now().await;
        self.spool.done(0).await.unwrap();
        yield_now().await;
    }
}

#[tokio::test]
async fn while_the_database_is_away_the_pause_doubles_up_to_half_a_minute() {
    let mut bench = Bench::with(&["a", "b"], false).await;
    let mut now = 0;
    assert_eq!(bench.offers.recv().await, Some((now, 2)));
    for pause in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        bench.clock.advance(Duration::from_millis(pause - 1));
        bench.takes_a_step().await;
        assert!(bench.offers.is_empty(), "too early");
        bench.clock.advance(Duration::from_millis(1));
        now += pause as Millis;
        assert_eq!(bench.offers.recv().await, Some((now, 2)));
    }
    bench.database.is_there.store(true, SeqCst);
    bench.clock.advance(PAUSE_MAX);
    bench.offers.recv().await;
    bench.workers.stop().await;
    assert_eq!(*bench.database.rows(), ["a", "b"]);
    assert!(bench.spool.is_empty());
}

#[tokio::test]
async fn what_the_database_refuses_is_set_aside_and_the_rest_goes_on() {
    let mut bench = Bench::with(&["a", "bad", "b", "bad"], true).await;
    assert_eq!(bench.offers.recv().await, Some((0, 4)));
    bench.workers.stop().await;
    assert_eq!(*bench.database.rows(), ["a", "b"]);
    assert!(bench.spool.is_empty());
    assert!(bench.spool.depth().bytes > 0, "the refused ones are kept");
}

#[tokio::test]
async fn a_database_that_goes_away_half_way_is_offered_the_rest_later() {
    let mut bench = Bench::with(&["a", "b", "crash", "c"], true).await;
    assert_eq!(bench.offers.recv().await, Some((0, 4)));
    bench.takes_a_step().await;
    assert_eq!(bench.spool.depth().records, 2);
    bench.clock.advance(PAUSE_MIN);
    assert_eq!(bench.offers.recv().await, Some((1_000, 2)));
    bench.clock.advance(PAUSE_MIN * 2);
    assert_eq!(bench.offers.recv().await, Some((3_000, 2)));
    bench.workers.stop().await;
    assert_eq!(*bench.database.rows(), ["a", "b"]);
    assert_eq!(bench.spool.depth().records, 2);
}

#[tokio::test]
async fn what_was_recorded_behind_a_gap_is_offered_again_in_order() {
    let mut bench = Bench::with(&["a", "unsure", "b"], true).await;
    assert_eq!(bench.offers.recv().await, Some((0, 3)));
    bench.takes_a_step().await;
    assert_eq!(bench.spool.depth().records, 2);
    bench.clock.advance(PAUSE_MIN);
    assert_eq!(bench.offers.recv().await, Some((1_000, 2)));
    bench.workers.stop().await;
    assert_eq!(*bench.database.rows(), ["a", "b", "unsure", "b"]);
    assert!(bench.spool.is_empty());
}

#[tokio::test]
async fn what_is_spooled_later_is_drained_as_well() {
    let mut bench = Bench::with(&[], true).await;
    for text in ["a", "b"] {
        bench.spool.append(text.into()).await.unwrap();
        bench.offers.recv().await;
    }
    bench.workers.stop().await;
    assert_eq!(*bench.database.rows(), ["a", "b"]);
}
