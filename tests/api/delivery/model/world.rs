//! One lane, the processes around it, and what should be stored of all that they do.

use std::collections::{BTreeMap, HashSet};

use entity::{DeliveryId, SubscriptionId, instances};
use ringback::{
    delivery::by_hand::{self, Came, Sent, Waits},
    events::{Kind, Told},
    infra::db::Tx,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{CALLS, PROCESSES, Step};
use crate::{
    delivery::{Call, PLAIN, SECOND, Wanted},
    support::{Receiver, TestApp},
};

/// The waits of the schedule that the server is started with, in milliseconds.
const SCHEDULE: [i64; 2] = [1_000, 2_000];
const FOR_EVER: i64 = 1 << 50;
const MADE_UP: &str = "made up";

/// A delivery that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    delivery: DeliveryId,
    attempt: i16,
    steps: usize,
    /// From when to when it may be due: chance has a say in it.
    due: (i64, i64),
}

/// What the queue should hold.
#[derive(Default)]
struct Model {
    owner: Option<Uuid>,
    /// By their places in the log of events.
    waiting: BTreeMap<i64, Waiting>,
    /// How often each was tried, and whether that was the last time.
    tried: BTreeMap<DeliveryId, (usize, bool)>,
    told: usize,
    taken: i64,
    failed: i64,
    is_gone: bool,
}

struct Process {
    id: Uuid,
    hand: Vec<Sent>,
    /// What it settled last.
    settled: Vec<Sent>,
}

pub struct World<'a> {
    app: &'a TestApp,
    name: String,
    lane: SubscriptionId,
    calls: Vec<Call>,
    processes: Vec<Process>,
    /// Of those who died, each with the id under which it was sent.
    late: Vec<(Uuid, Sent)>,
    model: Model,
}

impl<'a> World<'a> {
    pub async fn open(app: &'a TestApp, receiver: &Receiver) -> Self {
        let name = format!("owner-{}", Uuid::now_v7());
        let wanted = Wanted {
            owner: &name,
            ..PLAIN
        };
        let lane = wanted.at_once(app, receiver).await;
        let mut world = Self {
            app,
            lane,
            calls: Vec::new(),
            processes: Vec::new(),
            late: Vec::new(),
            model: Model::default(),
            name,
        };
        for _ in 0..CALLS {
            world.calls.push(app.call_begins().await);
        }
        for _ in 0..PROCESSES {
            let born = world.born().await;
            world.processes.push(born);
        }
        world
    }

    async fn born(&self) -> Process {
        let id = Uuid::now_v7();
        self.app
            .insert(instances::ActiveModel {
                id: Set(id),
                name: Set(MADE_UP.to_owned()),
                version: Set("0".to_owned()),
                started_at: Set(0),
                expires_at: Set(FOR_EVER),
            })
            .await;
        Process {
            id,
            hand: Vec::new(),
            settled: Vec::new(),
        }
    }

    pub async fn take_step(&mut self, step: Step) {
        match step {
            Step::Tell { call, events } => self.tell(call, events).await,
            Step::Take(by) => self.take(by).await,
            Step::Die(who) => self.die(who).await,
            Step::Read(by) => self.read(by).await,
            Step::Settle { by, count, came } => {
                let process = &mut self.processes[by];
                let count = count.min(process.hand.len());
                let batch: Vec<_> = process.hand.drain(..count).collect();
                if !batch.is_empty() {
                    process.settled.clone_from(&batch);
                }
                let owner = process.id;
                self.settle(owner, batch, came).await;
            }
            Step::SettleAgain { by, came } => {
                let process = &self.processes[by];
                let (owner, again) = (process.id, process.settled.clone());
                self.settle(owner, again, came).await;
            }
            Step::SettleLate { count, came } => {
                let count = count.min(self.late.len());
                let late: Vec<_> = self.late.drain(..count).collect();
                for (owner, sent) in late {
                    self.settle(owner, vec![sent], came).await;
                }
            }
            Step::Wait { seconds } => self.app.advance(SECOND * u32::try_from(seconds).unwrap()),
        }
    }

    async fn tell(&mut self, call: usize, events: usize) {
        let told = (0..events).map(|_| {
            let told = match self.calls.get_mut(call) {
                Some(call) => self.app.next_of(call),
                None => Told::without_call(self.app.payload(Kind::CampaignCompleted), None),
            };
            Told {
                owner: Some(self.name.clone()),
                ..told
            }
        });
        let told = told.collect();
        let now = self.app.clock.millis();
        let ids = self.app.tell_all(told).await;
        let rows = self.app.queued(self.lane).await;
        for id in ids {
            let delivery = DeliveryId::of(self.lane, id);
            let row = rows
                .iter()
                .find(|row| row.id == delivery)
                .expect("told, and not queued");
            let last = self.model.waiting.keys().next_back();
            assert!(last.is_none_or(|last| *last < row.position), "out of order");
            let waiting = Waiting {
                delivery,
                attempt: 0,
                steps: 0,
                due: (now, now),
            };
            self.model.waiting.insert(row.position, waiting);
            self.model.told += 1;
        }
    }

    /// With SQLite there is one process at a time, and whoever starts owns all.
    async fn take(&mut self, by: usize) {
        let me = self.processes[by].id;
        let owner_is_alive = self
            .processes
            .iter()
            .any(|process| Some(process.id) == self.model.owner);
        let may = match self.app.app.db.is_postgres() {
            true => !owner_is_alive,
            false => self.model.owner != Some(me),
        };
        let taken = by_hand::take(&self.app.app, me, self.lane).await.unwrap();
        assert_eq!(taken, may, "who may take the lane");
        if taken {
            self.model.owner = Some(me);
        }
    }

    async fn die(&mut self, who: usize) {
        let id = self.processes[who].id;
        let write = self.app.app.db.write(move |tx: Tx| async move {
            instances::Entity::update_many()
                .col_expr(instances::Column::ExpiresAt, Expr::value(1_i64))
                .filter(instances::Column::Id.eq(id))
                .exec(&*tx)
                .await?;
            Ok(())
        });
        write.await.unwrap();
        let born = self.born().await;
        let dead = std::mem::replace(&mut self.processes[who], born);
        self.late
            .extend(dead.hand.into_iter().map(|sent| (dead.id, sent)));
    }

    async fn read(&mut self, by: usize) {
        let process = &self.processes[by];
        let in_hand: HashSet<_> = process.hand.iter().map(Sent::delivery).collect();
        let place = (process.id, self.lane);
        let (app, deliveries) = (&self.app.app, &self.app.deliveries);
        let read = by_hand::read(app, deliveries, place, in_hand.clone())
            .await
            .unwrap();
        let now = self.app.clock.millis();
        let due = self.model.waiting.values().filter(|waiting| {
            let is_due = waiting.attempt == 0 || waiting.due.0 <= now;
            is_due && !in_hand.contains(&waiting.delivery)
        });
        let due: Vec<_> = due
            .map(|waiting| (waiting.delivery, waiting.attempt))
            .collect();
        let told: Vec<_> = read
            .iter()
            .map(|sent| (sent.delivery(), sent.attempt()))
            .collect();
        assert_eq!(told, due, "what is due, in order");
        self.processes[by].hand.extend(read);
    }

    async fn settle(&mut self, owner: Uuid, batch: Vec<Sent>, came: Came) {
        let expected: HashSet<_> = batch
            .iter()
            .filter(|sent| !self.enter(owner, sent, came))
            .map(Sent::delivery)
            .collect();
        let batch = batch.into_iter().map(|sent| (sent, came)).collect();
        let (app, deliveries) = (&self.app.app, &self.app.deliveries);
        let fenced = by_hand::settle(app, deliveries, batch).await.unwrap();
        assert_eq!(fenced, expected, "what changes nothing");
    }

    /// What a result changes; false where it changes nothing.
    fn enter(&mut self, owner: Uuid, sent: &Sent, came: Came) -> bool {
        let now = self.app.clock.millis();
        let model = &mut self.model;
        let is_as_it_was = |waiting: &Waiting| {
            waiting.delivery == sent.delivery() && waiting.attempt == sent.attempt()
        };
        let found = model
            .waiting
            .iter()
            .find(|(_, waiting)| is_as_it_was(waiting));
        let Some(place) = found
            .map(|(place, _)| *place)
            .filter(|_| model.owner == Some(owner))
        else {
            return false;
        };
        let waiting = model.waiting.get_mut(&place).unwrap();
        waiting.attempt += 1;
        match came {
            Came::Taken => model.taken += 1,
            Came::Failed | Came::Gone => model.failed += 1,
        }
        let wait = SCHEDULE.get(waiting.steps);
        let is_over = came == Came::Taken || (came == Came::Failed && wait.is_none());
        if let (Came::Failed, Some(wait)) = (came, wait) {
            waiting.steps += 1;
            waiting.due = (now + wait * 8 / 10 - 1, now + wait * 12 / 10 + 1);
        }
        model.is_gone |= came == Came::Gone;
        if is_over {
            model.waiting.remove(&place);
        }
        let (times, ended) = model.tried.entry(sent.delivery()).or_default();
        assert!(!*ended, "settled after its end");
        (*times, *ended) = (*times + 1, is_over);
        true
    }

    /// All that is stored is what the model says.
    pub async fn compare(&mut self) {
        let rows = self.app.queued(self.lane).await;
        assert_eq!(rows.len(), self.model.waiting.len(), "what waits");
        for (row, (place, waiting)) in rows.iter().zip(&mut self.model.waiting) {
            assert_eq!((row.position, row.id), (*place, waiting.delivery));
            assert_eq!(
                (row.attempt, row.steps as usize),
                (waiting.attempt, waiting.steps)
            );
            let (from, to) = waiting.due;
            assert!(
                (from..=to).contains(&row.due_at),
                "{} is not in {from}..={to}",
                row.due_at
            );
            waiting.due = (row.due_at, row.due_at);
        }
        self.compare_history().await;
        self.compare_lane().await;
    }

    async fn compare_history(&self) {
        let mut tried: BTreeMap<DeliveryId, (usize, bool)> = BTreeMap::new();
        for attempt in self.app.attempts(self.lane).await {
            let (times, ended) = tried.entry(attempt.delivery_id).or_default();
            assert!(!*ended, "an attempt after the last one");
            (*times, *ended) = (*times + 1, attempt.r#final);
            let number = attempt
                .attempt
                .and_then(|number| usize::try_from(number).ok());
            assert_eq!(number, Some(*times), "attempts are numbered");
        }
        assert_eq!(tried, self.model.tried, "the history");
        let ended = tried.values().filter(|(_, ended)| *ended).count();
        assert_eq!(
            ended + self.model.waiting.len(),
            self.model.told,
            "nothing is lost"
        );
    }

    async fn compare_lane(&self) {
        let lane = self.app.lane(self.lane).await;
        assert_eq!(lane.owner, self.model.owner);
        assert_eq!(
            (lane.delivered_total, lane.failed_total),
            (self.model.taken, self.model.failed)
        );
        assert_eq!(lane.deactivated_at.is_some(), self.model.is_gone);
        let Some(owner) = self.model.owner else {
            return;
        };
        let waiting = self.model.waiting.values();
        let tried = waiting.clone().filter(|waiting| waiting.attempt > 0);
        let expected = Waits {
            has_untried: waiting.clone().any(|waiting| waiting.attempt == 0),
            next_due: tried.map(|waiting| waiting.due.0).min(),
        };
        let waits = by_hand::waits(&self.app.app, owner, self.lane)
            .await
            .unwrap();
        assert_eq!(waits, Some(expected), "what waits, as its owner sees it");
    }

    /// Everybody dies; whoever comes then can end all that waits.
    pub async fn drain(&mut self) {
        for who in 0..PROCESSES {
            self.die(who).await;
        }
        self.take(0).await;
        while !self.model.waiting.is_empty() {
            self.app.advance(SECOND * 3);
            self.read(0).await;
            let hand = std::mem::take(&mut self.processes[0].hand);
            self.settle(self.processes[0].id, hand, Came::Taken).await;
            self.compare().await;
        }
        assert!(self.model.tried.values().all(|(_, ended)| *ended));
        assert_eq!(self.model.tried.len(), self.model.told);
    }
}

/// A server that stops looks whether a process has left its row.
pub async fn forget_processes(app: &TestApp) {
    let write = app.app.db.write(|tx: Tx| async move {
        instances::Entity::delete_many()
            .filter(instances::Column::Name.eq(MADE_UP))
            .exec(&*tx)
            .await?;
        Ok(())
    });
    write.await.unwrap();
}
