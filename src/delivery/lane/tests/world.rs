//! A queue of the simplest kind, with whatever may happen between a question
//! to it and its answer.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use entity::{CallId, EventId, SubscriptionId, lanes::LaneState};
use uuid::Uuid;

use super::{super::*, step::Step};

pub const IN_FLIGHT_MAX: u32 = 3;
pub const RETRY_AFTER: Millis = 5_000;

/// The queue, the lane's row, and all that is on its way.
pub struct World {
    pub lane: Lane,
    row: lanes::Model,
    pub queue: BTreeMap<DeliveryId, Row>,
    /// Not handed over yet.
    pub written: VecDeque<(Row, bool)>,
    pub now: Millis,
    pub position: i64,
    /// How many deliveries were queued.
    pub told: usize,
    /// Their places are drawn, and they are not committed yet.
    late: VecDeque<Row>,
    asked: Option<(Scope, Looked)>,
    pub sending: Vec<(Row, bool)>,
    ended: Vec<(Row, bool, Ended)>,
    /// First tries by call, in the order in which they were begun.
    begun: Vec<(CallId, i64)>,
    pub delivered: usize,
    pub dropped: HashSet<DeliveryId>,
    /// When each call was first heard of.
    since: HashMap<u8, Millis>,
}

pub fn patience() -> Patience {
    Patience {
        breaker_after: 3,
        deactivate_after: 1_000_000,
        probes: [Duration::from_secs(10)].into(),
    }
}

pub fn lane_row() -> lanes::Model {
    lanes::Model {
        subscription_id: SubscriptionId::from_uuid(Uuid::nil()),
        owner: None,
        owned_at: None,
        state: LaneState::Healthy,
        consecutive_failures: 0,
        probes: 0,
        next_probe_at: None,
        next_probe_id: None,
        delivered_total: 0,
        failed_total: 0,
        last_success_at: None,
        last_failure_at: None,
        last_error: None,
        deactivated_at: None,
        deactivated_reason: None,
        drop_before: None,
        rewound: 0,
    }
}

fn is_from_the_head(scope: Scope) -> bool {
    !matches!(scope, Scope::Nothing | Scope::Drain { is_full: true, .. })
}

impl World {
    pub fn new(is_strict: bool) -> Self {
        let terms = Terms {
            max_in_flight: IN_FLIGHT_MAX,
            rate_per_second: None,
            is_strict,
        };
        Self {
            lane: Lane::new(&lane_row(), terms, patience(), 0, 0),
            row: lane_row(),
            queue: BTreeMap::new(),
            written: VecDeque::new(),
            now: 1,
            position: 0,
            told: 0,
            late: VecDeque::new(),
            asked: None,
            sending: Vec::new(),
            ended: Vec::new(),
            begun: Vec::new(),
            delivered: 0,
            dropped: HashSet::new(),
            since: HashMap::new(),
        }
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Tell { call, may_be_next } => self.tell(call, may_be_next),
            Step::Draw => self.draw(),
            Step::Commit => self.commit(),
            Step::Repeat { position } => self.repeat(position),
            Step::HandOver => self.hand_over(),
            Step::Ask => self.ask(),
            Step::Answer => self.answer(),
            Step::Send => self.send(),
            Step::End { which, is_well } => self.end(which, is_well),
            Step::Settle => self.settle(),
            Step::Drop { which } => self.drop_one(which),
            Step::Pass { millis } => self.now += millis,
            Step::Pause => self.switch(LaneState::Paused),
            Step::Resume => self.switch(LaneState::Healthy),
        }
    }

    /// Call 0 stands for none.
    pub fn tell(&mut self, call: u8, may_be_next: bool) {
        self.position += 1;
        let row = self.row_at(self.position, call);
        self.queue.insert(row.id, row.clone());
        self.written.push_back((row, may_be_next));
    }

    /// Of no call, for nothing is promised of its place among the others.
    fn draw(&mut self) {
        self.position += 1;
        let row = self.row_at(self.position, 0);
        self.late.push_back(row);
    }

    pub fn commit(&mut self) {
        if let Some(row) = self.late.pop_front() {
            self.queue.insert(row.id, row.clone());
            self.written.push_back((row, false));
        }
    }

    pub fn repeat(&mut self, position: i64) {
        let row = Row {
            is_replay: true,
            ..self.row_at(position.min(self.position), 0)
        };
        self.queue.insert(row.id, row);
        self.row.rewound += 1;
        self.lane.wake();
    }

    /// Whoever draws a place commits in the order of places.
    fn firm(&self) -> i64 {
        let drawn = self.late.front().map(|row| row.position - 1);
        drawn.unwrap_or(self.position)
    }

    fn row_at(&mut self, position: i64, call: u8) -> Row {
        self.told += 1;
        let id = |number: usize| Uuid::from_u128(number as u128);
        Row {
            id: DeliveryId::from_uuid(id(self.told)),
            event: EventId::from_uuid(id(self.told)),
            kind: "call.status.changed".into(),
            call: (call > 0).then(|| CallId::from_uuid(Uuid::from_u128(call.into()))),
            call_since: (call > 0).then(|| *self.since.entry(call).or_insert(self.now)),
            position,
            attempt: 0,
            steps: 0,
            due_at: self.now,
            is_replay: false,
            created_at: self.now,
            bytes: Bytes::new(),
        }
    }

    pub fn hand_over(&mut self) {
        if let Some((row, may_be_next)) = self.written.pop_front() {
            self.lane.offer(row, may_be_next);
        }
    }

    pub fn look(&mut self) -> Option<Look> {
        self.lane.look(self.now, self.firm())
    }

    pub fn ask(&mut self) {
        if let Some(look) = self.look() {
            assert!(self.asked.is_none(), "one look at a time");
            self.asked = Some((look.scope, self.looked(&look)));
        }
    }

    fn looked(&self, look: &Look) -> Looked {
        let tried = self.queue.values().filter(|row| row.attempt > 0);
        let behind: HashSet<_> = tried.filter_map(|row| row.call).collect();
        let newest = self.queue.values().map(|row| row.position).max();
        let backlog = match look.scope {
            Scope::Drain { end, .. } => Some(end.unwrap_or(BacklogEnd {
                position: newest.unwrap_or(0),
                since: self.now,
            })),
            _ => None,
        };
        let floor = look.floor.under(&self.row);
        let is_above = |row: &&Row| row.attempt > 0 || row.position >= floor.position;
        let is_due = |row: &&Row| row.attempt == 0 || row.due_at <= self.now;
        let is_beyond = |row: &&Row| backlog.is_some_and(|end| end.lets_pass(row));
        let is_held = |row: &&Row| {
            let is_behind = row.call.is_some_and(|call| behind.contains(&call));
            look.is_strict && row.attempt == 0 && is_behind && !is_beyond(row)
        };
        let is_asked_for = |row: &&Row| match look.scope {
            Scope::Drain { is_full: true, .. } => is_beyond(row),
            _ => true,
        };
        let untried = self.queue.values().filter(|row| row.attempt == 0);
        let oldest = untried.filter(is_above).map(|row| row.position).min();
        let due = self.queue.values().filter(is_due);
        let mut rows: Vec<_> = due.filter(is_above).collect();
        rows.retain(|row| !is_held(row) && is_asked_for(row) && !look.skip.contains(&row.id));
        rows.sort_by_key(|row| row.place());
        let limit = match look.scope {
            Scope::Nothing => 0,
            Scope::Probe => 1,
            _ => 4,
        };
        let waits = self.queue.values().filter(|row| !is_due(row));
        Looked {
            lane: Box::new(self.row.clone()),
            has_more: rows.len() > limit && !matches!(look.scope, Scope::Drain { .. }),
            rows: rows.into_iter().take(limit).cloned().collect(),
            next_due: waits.map(|row| row.due_at).min(),
            backlog,
            floor: is_from_the_head(look.scope).then(|| floor.after(oldest, look.firm)),
            unreadable: Vec::new(),
        }
    }

    pub fn answer(&mut self) {
        if let Some((scope, looked)) = self.asked.take() {
            self.lane.looked(scope, looked);
        }
    }

    pub fn send(&mut self) {
        let Some((row, is_probe)) = self.lane.next(self.now) else {
            return;
        };
        assert!(
            self.sending.iter().all(|(other, _)| other.id != row.id),
            "twice at once"
        );
        assert!(
            self.ended.iter().all(|(other, ..)| other.id != row.id),
            "before it is settled"
        );
        assert!(
            self.queue.contains_key(&row.id) || self.dropped.contains(&row.id),
            "after its end"
        );
        if let Some(call) = row.call.filter(|_| row.attempt == 0) {
            self.begun.push((call, row.position));
        }
        self.sending.push((row, is_probe));
        assert!(
            self.sending.len() <= IN_FLIGHT_MAX as usize,
            "too many at once"
        );
        let probes = self.sending.iter().filter(|(_, is_probe)| *is_probe);
        assert!(probes.count() <= 1, "one probe at a time");
    }

    pub fn end(&mut self, which: usize, is_well: bool) {
        if self.sending.is_empty() {
            return;
        }
        let (row, was_probe) = self.sending.remove(which % self.sending.len());
        let ended = Ended {
            did: if is_well { Did::Take } else { Did::Fail },
            at: self.now,
            took: Duration::from_millis(1),
            is_through: is_well,
        };
        self.lane.ended(&row, &ended);
        self.ended.push((row, was_probe, ended));
    }

    pub fn settle(&mut self) {
        let mut results = Vec::new();
        for (row, was_probe, ended) in self.ended.drain(..) {
            if self.dropped.contains(&row.id) {
                let due_at = (!ended.is_through).then_some(ended.at + RETRY_AFTER);
                results.push((row.id, due_at));
                continue;
            }
            let heard = Heard {
                did: ended.did,
                at: ended.at,
                was_probe,
            };
            Health::of(&self.row)
                .after(&heard, &patience())
                .write_to(&mut self.row, ended.at);
            if ended.is_through {
                self.row.delivered_total += 1;
                self.delivered += 1;
                self.queue.remove(&row.id).expect("delivered once");
                results.push((row.id, None));
            } else {
                self.row.failed_total += 1;
                let kept = self.queue.get_mut(&row.id).expect("still there");
                kept.attempt += 1;
                kept.due_at = if was_probe {
                    row.due_at
                } else {
                    ended.at + RETRY_AFTER
                };
                results.push((row.id, Some(kept.due_at)));
            }
        }
        if !results.is_empty() {
            self.lane.written(&self.row, &results);
        }
    }

    /// Nobody tells the lane of it.
    pub fn drop_one(&mut self, which: usize) {
        let which = which % self.queue.len().max(1);
        if let Some(id) = self.queue.keys().nth(which).copied() {
            self.queue.remove(&id);
            self.dropped.insert(id);
        }
    }

    fn switch(&mut self, state: LaneState) {
        self.row.state = state;
        self.row.consecutive_failures = 0;
        self.row.probes = 0;
        self.row.next_probe_at = None;
        self.lane.wake();
    }

    /// Everything goes well from now on.
    pub fn run_dry(&mut self) {
        self.switch(LaneState::Healthy);
        while !self.late.is_empty() {
            self.commit();
        }
        for _ in 0..400 {
            self.hand_over();
            self.ask();
            self.answer();
            (0..IN_FLIGHT_MAX).for_each(|_| self.send());
            while !self.sending.is_empty() {
                self.end(0, true);
            }
            self.settle();
            self.now += 1_000;
        }
    }

    pub fn assert_in_order(&self) {
        let mut last = HashMap::new();
        for (call, position) in &self.begun {
            let before = last.insert(call, position);
            assert!(
                before.is_none_or(|before| before <= position),
                "{:?}",
                self.begun
            );
        }
    }
}
