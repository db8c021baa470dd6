//! Making a schedule, and changing one.

use entity::{ScheduleId, Sealed, schedules::Model};
use uuid::Uuid;

use super::{
    Desk, Schedules,
    plan::next_run,
    settings::{Times, read_grace},
    store,
    template::{self, Template},
    wire::{ChangeSchedule, CreateSchedule},
};
use crate::{
    auth::{Caller, Scope},
    calls::{Terms, read_template},
    error::{Error, Result},
    infra::db::Tx,
};

impl Schedules {
    /// Makes one in the caller's transaction; what may be due sooner is looked for when somebody
    /// says that they have changed.
    pub async fn create(
        &self,
        tx: &Tx,
        creator: &Caller,
        wanted: &CreateSchedule,
    ) -> Result<Model> {
        let now = self.0.app.clock.millis();
        let times = wanted.times();
        let plan = times.plan(now)?;
        let id = ScheduleId::from_uuid(Uuid::now_v7());
        let mut row = Model {
            id,
            owner: creator.owner().to_owned(),
            cron: String::new(),
            timezone: String::new(),
            starts_at: None,
            ends_at: None,
            max_runs: None,
            runs: 0,
            grace_seconds: read_grace(wanted.grace_seconds())?,
            is_active: true,
            call_template: self.0.read_template(id, &wanted.call, &creator.scope())?,
            next_run_at: None,
            created_at: now,
            updated_at: now,
        };
        times.write(&mut row);
        row.next_run_at = next_run(&row, &plan, now);
        store::create(&**tx, &creator.own(), row).await
    }

    /// Changes one within the scope.
    pub async fn change(
        &self,
        scope: &Scope,
        id: ScheduleId,
        wanted: ChangeSchedule,
    ) -> Result<Model> {
        let (desk, scope) = (self.0.clone(), scope.clone());
        let changed = self
            .0
            .app
            .db
            .write(move |tx| async move { desk.change(&tx, &scope, id, &wanted).await })
            .await?;
        self.have_changed();
        Ok(changed)
    }

    /// Deletes one within the scope. The calls that it has placed stay.
    pub async fn delete(&self, scope: &Scope, id: ScheduleId) -> Result<()> {
        let scope = scope.clone();
        let deleted = self
            .0
            .app
            .db
            .write(move |tx| async move { store::delete(&*tx, &scope, id).await });
        match deleted.await? {
            true => Ok(()),
            false => Err(no_such_schedule()),
        }
    }
}

impl Desk {
    /// A run that is due already and not placed yet stays due, unless the times change.
    pub(super) async fn change(
        &self,
        tx: &Tx,
        scope: &Scope,
        id: ScheduleId,
        wanted: &ChangeSchedule,
    ) -> Result<Model> {
        let now = self.app.clock.millis();
        let held = store::hold(&**tx, scope, id).await?;
        let mut row = held.ok_or_else(no_such_schedule)?;
        if let Some(seconds) = wanted.grace_seconds {
            row.grace_seconds = read_grace(seconds)?;
        }
        let before = Times::of(&row);
        let times = wanted.times(before.clone());
        let is_active = wanted.is_active.unwrap_or(row.is_active);
        let is_resumed = is_active && !row.is_active;
        row.is_active = is_active;
        if times != before || is_resumed {
            let plan = times.plan(now)?;
            times.write(&mut row);
            row.next_run_at = next_run(&row, &plan, now);
        } else if !is_active {
            row.next_run_at = None;
        }
        if let Some(call) = &wanted.call {
            row.call_template = self.read_template(id, call, scope)?;
        }
        row.updated_at = now;
        store::save(&**tx, row).await
    }

    /// It must be a call that could be placed now.
    fn read_template(&self, id: ScheduleId, call: &Template, scope: &Scope) -> Result<Sealed> {
        let could_be = read_template(call, Terms::now(&self.app, scope));
        could_be.map_err(|error| error.within("call"))?;
        template::seal(&self.app.seal, id, call)
    }
}

pub(super) fn no_such_schedule() -> Error {
    Error::not_found("schedule")
}
