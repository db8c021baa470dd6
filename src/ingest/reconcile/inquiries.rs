//! Who asks about which call, and when the next may.
//!
//! The row is written before Vapi is asked. A process that dies in between has only put the question
//! off, and two that find the same call are told apart here.

use std::time::Duration;

use entity::{
    CallId,
    inquiries::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    app::App,
    error::Result,
    infra::clock::{Millis, millis_of},
};

/// An answer has come by then, or none will.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);
/// Longer than calls are asked about that have ended.
const KEPT_FOR: Duration = Duration::from_secs(2 * 86_400);

/// Takes a call in hand; how often Vapi has had nothing new of it. Nothing where another has it.
pub(super) async fn claim(app: &App, call: CallId, now: Millis) -> Result<Option<i32>> {
    let until = now + millis_of(ANSWERED_WITHIN);
    let claimed = app.db.write(move |tx| async move {
        let known = Entity::find_by_id(call).lock_exclusive().one(&*tx).await?;
        let Some(known) = known else {
            let fresh = Model {
                call_id: call,
                answers: 0,
                due_at: until,
            };
            let inserted = Entity::insert(fresh.into_active_model())
                .on_conflict(OnConflict::column(Column::CallId).do_nothing().to_owned())
                .exec_without_returning(&*tx)
                .await?;
            return Ok((inserted == 1).then_some(0));
        };
        let taken = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until))
            .filter(Column::CallId.eq(call))
            .filter(Column::DueAt.lte(now))
            .exec(&*tx)
            .await?;
        Ok((taken.rows_affected == 1).then_some(known.answers))
    });
    claimed.await
}

/// The next question is due then.
pub(super) async fn put_off(app: &App, call: CallId, answers: i32, due_at: Millis) -> Result<()> {
    let put_off = app.db.write(move |tx| async move {
        Entity::update_many()
            .col_expr(Column::Answers, Expr::value(answers))
            .col_expr(Column::DueAt, Expr::value(due_at))
            .filter(Column::CallId.eq(call))
            .exec(&*tx)
            .await?;
        Ok(())
    });
    put_off.await
}

/// Forgets questions that nobody has asked for long: there is news, or no hope.
pub(super) async fn sweep(app: &App, now: Millis) -> Result<()> {
    let old = Column::DueAt.lte(now - millis_of(KEPT_FOR));
    let some = Entity::find().filter(old.clone()).one(app.db.read());
    if some.await?.is_none() {
        return Ok(()); // as nearly always: the one writer is not troubled
    }
    let swept = app.db.write(move |tx| async move {
        Entity::delete_many().filter(old).exec(&*tx).await?;
        Ok(())
    });
    swept.await
}
