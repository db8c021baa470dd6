//! Placing what is due: the run, its call and the time of the next one, in one transaction.

use entity::schedules::Model;

use super::{
    Desk, Schedules,
    plan::{Due, Plan, next_run},
    store::{self, Became},
    template,
};
use crate::{
    auth::Scope,
    calls::{Entered, NewCall, Terms, read_template},
    error::{Code, Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
    },
};

const OVERTAKEN: &str = "nobody was there to place it, and a later run was due";
const TOO_LATE: &str = "nobody was there to place it within the grace_seconds";

/// What was done for the schedule that was due.
enum Done {
    NothingWasDue,
    Noted,
    Placed(Box<Entered>),
}

impl Schedules {
    /// Places what is due now, and comes back when it is done.
    pub async fn place_due(&self) -> Result<()> {
        let _mine = self.0.round.lock().await;
        while self.place_one().await? {}
        Ok(())
    }

    /// Whether there was one.
    async fn place_one(&self) -> Result<bool> {
        let desk = self.0.clone();
        let write = &self.0.app.db;
        let done = write.write(move |tx| async move { desk.run_one(&tx).await });
        match done.await? {
            Done::NothingWasDue => return Ok(false),
            Done::Noted => {}
            Done::Placed(entered) => self.0.calls.was_entered(*entered),
        }
        Ok(true)
    }
}

impl Desk {
    async fn run_one(&self, tx: &Tx) -> Result<Done> {
        let now = self.app.clock.millis();
        let Some(schedule) = store::hold_due(&**tx, &Scope::of_the_service(), now).await? else {
            return Ok(Done::NothingWasDue);
        };
        match Plan::of(&schedule) {
            Ok(plan) => self.run(tx, schedule, &plan, now).await,
            Err(why) => {
                self.give_up(tx, schedule, why, now).await?;
                Ok(Done::Noted)
            }
        }
    }

    async fn run(&self, tx: &Tx, mut schedule: Model, plan: &Plan, now: Millis) -> Result<Done> {
        let due = self.due(&schedule, plan, now);
        let overtaken = due.overtaken.iter().map(|run| (*run, OVERTAKEN));
        let missed = overtaken.chain(due.too_late.map(|run| (run, TOO_LATE)));
        let missed = missed.map(|(run, why)| (run, Became::Missed(why)));
        store::note(&**tx, &schedule, missed, now).await?;
        let placed = match due.to_place {
            Some(run) => self.place(tx, &schedule, run, now).await?,
            None => None,
        };
        schedule.runs += i32::from(placed.is_some());
        schedule.next_run_at = match due.next {
            Some(next) => next_run(&schedule, plan, next - 1),
            None => None,
        };
        schedule.updated_at = now;
        store::save(&**tx, schedule).await?;
        Ok(placed.map_or(Done::Noted, |entered| Done::Placed(Box::new(entered))))
    }

    /// Runs that nobody could read about any more are not looked for.
    fn due(&self, schedule: &Model, plan: &Plan, now: Millis) -> Due {
        let first = schedule.next_run_at.unwrap_or(now);
        let forgotten = now - millis_of(self.app.config.delivery.retention);
        let first = match first < forgotten {
            true => plan.next(forgotten).filter(|run| *run <= now),
            false => Some(first),
        };
        let grace = Millis::from(schedule.grace_seconds) * 1_000;
        match first {
            Some(first) => plan.due(first, now, grace),
            None => Due {
                overtaken: Vec::new(),
                to_place: None,
                too_late: None,
                next: plan.next(now),
            },
        }
    }

    /// Writes the run and its call. What can no longer be asked for is noted as that.
    async fn place(
        &self,
        tx: &Tx,
        schedule: &Model,
        run: Millis,
        now: Millis,
    ) -> Result<Option<Entered>> {
        // A clock that was set back does not make a telephone ring again.
        if store::has_run(&**tx, schedule, run).await? {
            return Ok(None);
        }
        let new = match self.new_call(schedule, run, now) {
            Ok(new) => new,
            Err(error) => {
                let became = Became::Failed(why(schedule, &error));
                store::note(&**tx, schedule, [(run, became)], now).await?;
                return Ok(None);
            }
        };
        let entered = self.calls.enter(tx, &schedule.owner, new).await?;
        let became = Became::Placed(entered.call());
        store::note(&**tx, schedule, [(run, became)], now).await?;
        Ok(Some(entered))
    }

    /// Whoever keeps the template was judged when it was kept.
    fn new_call(&self, schedule: &Model, run: Millis, now: Millis) -> Result<NewCall> {
        let template = template::open(&self.app.seal, schedule.id, &schedule.call_template)?;
        let terms = Terms {
            scope: &Scope::of_the_service(),
            vapi: &self.app.config.vapi,
            now,
        };
        Ok(NewCall {
            order: read_template(&template, terms)?,
            scheduled_at: Some(run),
            latest_at: Some(run + Millis::from(schedule.grace_seconds) * 1_000),
            campaign_id: None,
        })
    }

    /// It has become impossible to say when it runs: it is paused, for somebody to look at.
    async fn give_up(&self, tx: &Tx, mut schedule: Model, why: String, now: Millis) -> Result<()> {
        tracing::error!(schedule_id = %schedule.id, why, "a schedule cannot run any more, and is paused");
        let run = schedule.next_run_at.unwrap_or(now);
        store::note(&**tx, &schedule, [(run, Became::Failed(why))], now).await?;
        schedule.is_active = false;
        schedule.next_run_at = None;
        schedule.updated_at = now;
        store::save(&**tx, schedule).await?;
        Ok(())
    }
}

/// For the owner; a fault of ours is for the log.
fn why(schedule: &Model, error: &Error) -> String {
    if error.code() == Code::InvalidRequest {
        return error.to_string();
    }
    tracing::error!(schedule_id = %schedule.id, cause = ?error.source_chain(), "a run could not be placed");
    "something failed on our side".to_owned()
}
