//! Schedules and their runs in the database.

use entity::{
    CallId, ScheduleId,
    schedule_runs::{self, RunState},
    schedules::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

use crate::{
    auth::Scope,
    error::{Code, Error, Result},
    infra::{clock::Millis, page::Page},
};

const SCHEDULES_PER_OWNER_MAX: u64 = 100;

/// A run, and what became of it.
pub(super) enum Became {
    Placed(CallId),
    Missed(&'static str),
    Failed(String),
}

/// Keeps a new schedule of somebody whose own things are these.
pub(super) async fn create(conn: &impl ConnectionTrait, own: &Scope, row: Model) -> Result<Model> {
    let have = Entity::find().filter(own.owns(Column::Owner));
    if have.count(conn).await? >= SCHEDULES_PER_OWNER_MAX {
        let message = format!("You have {SCHEDULES_PER_OWNER_MAX} schedules, which is the most.");
        return Err(Error::new(Code::Conflict, message));
    }
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(conn)
        .await?;
    Ok(row)
}

/// A page of the schedules within the scope, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    page: &Page,
) -> Result<(Vec<Model>, Option<String>)> {
    let mut query = Entity::find()
        .filter(scope.owns(Column::Owner))
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(ScheduleId::from_uuid(before)));
    }
    let mut schedules = query.all(conn).await?;
    let next_cursor = page.cut(&mut schedules, |schedule| schedule.id.uuid());
    Ok((schedules, next_cursor))
}

pub async fn find(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: ScheduleId,
) -> Result<Option<Model>> {
    let schedule = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
    Ok(schedule.one(conn).await?)
}

/// The same, to be changed: nobody else changes it meanwhile.
pub(super) async fn hold(
    tx: &impl ConnectionTrait,
    scope: &Scope,
    id: ScheduleId,
) -> Result<Option<Model>> {
    let schedule = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
    Ok(schedule.lock_exclusive().one(tx).await?)
}

pub(super) async fn save(tx: &impl ConnectionTrait, row: Model) -> Result<Model> {
    let all_of_it = row.into_active_model().reset_all();
    Ok(all_of_it.update(tx).await?)
}

/// False where there is none within the scope. Its runs go when they are old.
pub(super) async fn delete(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: ScheduleId,
) -> Result<bool> {
    let schedule = Entity::delete_by_id(id).filter(scope.owns(Column::Owner));
    Ok(schedule.exec(conn).await?.rows_affected == 1)
}

/// The one that has been due for longest and that no other process has in hand.
pub(super) async fn hold_due(
    tx: &impl ConnectionTrait,
    scope: &Scope,
    now: Millis,
) -> Result<Option<Model>> {
    let due = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::NextRunAt.lte(now))
        .order_by_asc(Column::NextRunAt)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(due.one(tx).await?)
}

/// When the next one is due, of all there are.
pub(super) async fn next_due(conn: &impl ConnectionTrait, scope: &Scope) -> Result<Option<Millis>> {
    let next: Option<Option<Millis>> = Entity::find()
        .select_only()
        .column_as(Column::NextRunAt.min(), "next")
        .filter(scope.owns(Column::Owner))
        .filter(Column::NextRunAt.is_not_null())
        .into_tuple()
        .one(conn)
        .await?;
    Ok(next.flatten())
}

/// Whether a run is noted already. Ask with the schedule in hand.
pub(super) async fn has_run(
    tx: &impl ConnectionTrait,
    schedule: &Model,
    due_at: Millis,
) -> Result<bool> {
    let run = schedule_runs::Entity::find()
        .filter(schedule_runs::Column::ScheduleId.eq(schedule.id))
        .filter(schedule_runs::Column::DueAt.eq(due_at));
    Ok(run.count(tx).await? > 0)
}

/// Notes runs. A run that is noted already stays as it is.
pub(super) async fn note(
    tx: &impl ConnectionTrait,
    schedule: &Model,
    runs: impl IntoIterator<Item = (Millis, Became)>,
    now: Millis,
) -> Result<()> {
    let rows = runs
        .into_iter()
        .map(|(due_at, became)| run(schedule.id, due_at, became, now).into_active_model());
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        schedule_runs::Column::ScheduleId,
        schedule_runs::Column::DueAt,
    ];
    let on_conflict = sea_orm::sea_query::OnConflict::columns(columns)
        .do_nothing()
        .to_owned();
    schedule_runs::Entity::insert_many(rows)
        .on_conflict(on_conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn run(
    schedule_id: ScheduleId,
    due_at: Millis,
    became: Became,
    created_at: Millis,
) -> schedule_runs::Model {
    let (state, call_id, reason) = match became {
        Became::Placed(call) => (RunState::Placed, Some(call), None),
        Became::Missed(why) => (RunState::Missed, None, Some(why.to_owned())),
        Became::Failed(why) => (RunState::Failed, None, Some(why)),
    };
    schedule_runs::Model {
        id: Uuid::now_v7(),
        schedule_id,
        due_at,
        state,
        call_id,
        reason,
        created_at,
    }
}

/// A page of what became of a schedule's runs, newest first.
pub async fn runs(
    conn: &impl ConnectionTrait,
    schedule: &Model,
    page: &Page,
) -> Result<(Vec<schedule_runs::Model>, Option<String>)> {
    let mut query = schedule_runs::Entity::find()
        .filter(schedule_runs::Column::ScheduleId.eq(schedule.id))
        .order_by_desc(schedule_runs::Column::Id)
        .limit(page.rows_to_read());
    if let Some(before) = page.before {
        query = query.filter(schedule_runs::Column::Id.lt(before));
    }
    let mut runs = query.all(conn).await?;
    let next_cursor = page.cut(&mut runs, |run| run.id);
    Ok((runs, next_cursor))
}
