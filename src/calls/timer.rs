//! The worker that does what is due for calls that are not settled: it places those whose time has
//! come, and looks for those of which nobody knows.
//!
//! The times are rows. A process sleeps until the nearest one, or until a change of its own; where
//! there are replicas it also looks once a second. Whoever takes a row changes it in a transaction
//! first, so that each thing is done by one.
//!
//! Vapi may take its time with some, so nobody waits for a round to be over: whatever falls due
//! takes the next place that is free, those first that have been due for longest. A process that
//! stops takes nothing up any more, and brings to its end what it has begun.

use std::{collections::HashMap, time::Duration};

use entity::{
    CallId, instances,
    placements::{self, Column, Entity, PlacementState},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    Calls, Desk, Order, cancel, look,
    placement::{asking, open_order},
    progress::is_terminal,
    refusal::{Manner, canceled},
    settle::{self, Held, LATEST_AT_PASSED, hold},
};
use crate::{
    delivery::Handoff,
    error::{Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
    },
};

const AT_ONCE_MAX: usize = 16;
const ROWS_PER_LOOK_MAX: u64 = 256;
const LOOK_FOR_OTHERS_EVERY: Duration = Duration::from_secs(1);
/// What failed for a reason of ours.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Where nothing is due, a change wakes us; this is only a backstop.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(300);

/// What is to be done for a placement, once its row says so.
enum Task {
    Ask(String, Box<Order>),
    /// With when the call must be over, if there is one.
    Look(placements::Model, Millis),
    /// What has this id at Vapi.
    End(String),
    Nothing,
}

/// What this process has in hand.
#[derive(Default)]
struct Round {
    under_way: JoinSet<(CallId, Result<()>)>,
    /// Until when each is left alone: without end while it is under way, and for a while where it
    /// could not be taken up.
    left_alone: HashMap<CallId, Millis>,
}

impl Calls {
    /// The worker, until it is stopped.
    pub async fn keep_time(self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            // Interest is registered before the look, so that no change between the two is missed.
            let woken = self.0.changed.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            self.place_due().await?;
            let pause = self.0.pause().await?;
            let waited = async {
                tokio::select! {
                    () = self.0.app.clock.sleep(pause) => {}
                    () = woken => {}
                }
            };
            if stop.run_until_cancelled(waited).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Does what is due, and what falls due meanwhile; comes back when nothing is left. What fails
    /// is tried again later.
    pub async fn place_due(&self) -> Result<()> {
        let _mine = self.0.round.lock().await;
        let mut round = Round::default();
        let through = self.go_round(&mut round).await;
        // What was begun is not dropped half-way, whatever else went wrong.
        while round.under_way.join_next().await.is_some() {}
        through
    }

    async fn go_round(&self, round: &mut Round) -> Result<()> {
        loop {
            let woken = self.0.changed.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            self.begin_due(round).await?;
            if round.under_way.is_empty() {
                return Ok(());
            }
            let pause = self.0.pause().await?;
            tokio::select! {
                Some(ended) = round.under_way.join_next() => {
                    round.has_ended(ended.map_err(Error::internal)?, self.0.app.clock.millis());
                }
                () = self.0.app.clock.sleep(pause) => {}
                () = woken => {}
            }
        }
    }

    /// As many as there are places for.
    async fn begin_due(&self, round: &mut Round) -> Result<()> {
        let free = AT_ONCE_MAX - round.under_way.len();
        if free == 0 || self.0.app.stopping.is_cancelled() {
            return Ok(());
        }
        let (due, now) = (self.0.due().await?, self.0.app.clock.millis());
        let may_begin = |id: &CallId| round.left_alone.get(id).is_none_or(|until| *until <= now);
        let due: Vec<_> = due.into_iter().filter(may_begin).take(free).collect();
        for id in due {
            let calls = self.clone();
            round.left_alone.insert(id, Millis::MAX);
            let task = async move { (id, calls.take_up(id).await) };
            round.under_way.spawn(task.in_current_span());
        }
        Ok(())
    }

    async fn take_up(&self, id: CallId) -> Result<()> {
        let desk = self.0.clone();
        let is_orphan = desk.orphans().await?.contains(&id);
        let taking = desk.clone();
        let taken = desk.app.db.write(move |tx| async move {
            match hold(&tx, id).await? {
                Some(held) => taking.take(&tx, held, is_orphan).await,
                None => Ok((Task::Nothing, Handoff::default())),
            }
        });
        let (task, handoff) = taken.await?;
        desk.deliveries.take(handoff);
        match task {
            Task::Ask(owner, order) => {
                self.ask(id, owner, *order, Manner::OnTime).await?;
            }
            Task::Look(placement, over_by) => look::look(&desk, &placement, over_by).await?,
            Task::End(vapi_id) => desk.end_canceled(id, &vapi_id).await?,
            Task::Nothing => {}
        }
        Ok(())
    }
}

impl Round {
    fn has_ended(&mut self, (id, done): (CallId, Result<()>), now: Millis) {
        let Err(error) = done else {
            self.left_alone.remove(&id);
            return;
        };
        let why = error.source_chain().unwrap_or_else(|| error.to_string());
        tracing::error!(call = %id, why, "a placement could not be taken up");
        self.left_alone
            .insert(id, now + millis_of(TRIED_AGAIN_AFTER));
    }
}

impl Desk {
    /// Judges a row under its lock, and changes it so that nobody else takes it up.
    async fn take(&self, tx: &Tx, mut held: Held, is_orphan: bool) -> Result<(Task, Handoff)> {
        let now = self.app.clock.millis();
        let was_asked = held.placement.state != PlacementState::Waiting;
        let is_known = held.call.vapi_call_id.is_some() || is_terminal(held.call.status);
        let is_its_turn = held.placement.queue.is_none() && held.placement.due_at <= now;
        let is_due = is_its_turn || is_orphan;
        if is_known && !held.is_to_be_ended() {
            return Ok((Task::Nothing, self.known(tx, held).await?));
        }
        if !is_due {
            return Ok((Task::Nothing, Handoff::default()));
        }
        if was_asked {
            return self.take_again(tx, held, now).await;
        }
        if held.placement.latest_at.is_some_and(|latest| latest < now) {
            let handoff = self.end(tx, held, &canceled(LATEST_AT_PASSED)).await?;
            return Ok((Task::Nothing, handoff));
        }
        let order = open_order(&self.app.seal, &held.placement)?;
        asking(&mut held.placement, self.membership.id(), now);
        settle::write(tx, held.placement).await?;
        let owner = held.call.owner.unwrap_or_default();
        Ok((Task::Ask(owner, Box::new(order)), Handoff::default()))
    }

    /// Vapi was asked for it before: it is looked for, or ended where it is known and canceled.
    async fn take_again(&self, tx: &Tx, mut held: Held, now: Millis) -> Result<(Task, Handoff)> {
        let over_by = look::over_by(self, &held)?;
        let (task, pause) = match held.call.vapi_call_id.clone() {
            Some(_) if over_by <= now => {
                settle::remove(tx, &held).await?;
                return Ok((Task::Nothing, Handoff::default()));
            }
            Some(vapi_id) => (Task::End(vapi_id), cancel::TRIED_AGAIN_AFTER),
            None => {
                let before = held.placement.clone();
                let pause = look::pause_after(before.looks);
                held.placement.looks += 1;
                (Task::Look(before, over_by), pause)
            }
        };
        let handoff = self.unconfirmed(tx, held, now + millis_of(pause)).await?;
        Ok((task, handoff))
    }

    /// What is due by the clock, longest first, and what dead instances were asking for.
    async fn due(&self) -> Result<Vec<CallId>> {
        let mut due = Entity::find()
            .select_only()
            .column(Column::CallId)
            .filter(Column::DueAt.lte(self.app.clock.millis()))
            .filter(Column::Queue.is_null())
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::CallId)
            .limit(ROWS_PER_LOOK_MAX)
            .into_tuple::<CallId>()
            .all(self.app.db.read())
            .await?;
        let mut orphans = self.orphans().await?;
        orphans.retain(|id| !due.contains(id));
        due.extend(orphans);
        Ok(due)
    }

    async fn orphans(&self) -> Result<Vec<CallId>> {
        let now = self.app.db.now_millis().await?;
        let mut alive = Query::select();
        alive
            .column(instances::Column::Id)
            .from(instances::Entity)
            .and_where(instances::Column::ExpiresAt.gt(now));
        let orphaned = Condition::all()
            .add(Column::State.eq(PlacementState::Asking))
            .add(Column::Instance.not_in_subquery(alive));
        Ok(Entity::find()
            .select_only()
            .column(Column::CallId)
            .filter(orphaned)
            .limit(ROWS_PER_LOOK_MAX)
            .into_tuple::<CallId>()
            .all(self.app.db.read())
            .await?)
    }

    async fn pause(&self) -> Result<Duration> {
        let next: Option<Option<Millis>> = Entity::find()
            .select_only()
            .column_as(Column::DueAt.min(), "next")
            .filter(Column::Queue.is_null())
            .into_tuple()
            .one(self.app.db.read())
            .await?;
        let at_most = match self.app.db.is_postgres() {
            true => LOOK_FOR_OTHERS_EVERY,
            false => LOOK_AT_LEAST_EVERY,
        };
        let until_next = next
            .flatten()
            .map(|due| u64::try_from(due - self.app.clock.millis()).unwrap_or(0));
        Ok(match until_next {
            None => at_most,
            // It could not be taken up, and is not tried again at once.
            Some(0) => TRIED_AGAIN_AFTER,
            Some(millis) => Duration::from_millis(millis).min(at_most),
        })
    }
}
