//! One schedule: when it runs next, and what became of its runs.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::{
    ScheduleId,
    schedule_runs::{Model as Row, RunState},
};

use super::shown::{Shown, Time};
use crate::{
    app::App,
    dashboard::{
        answer::page,
        frame::{Frame, Room},
        pages::tools::FromQuery,
        session::Visit,
        view::{Pager, When},
    },
    error::{Error, Result},
    infra::page::PageQuery,
    schedule::{preview, store},
};

#[derive(Template)]
#[template(path = "schedule.html")]
struct SchedulePage {
    frame: Frame,
    schedule: Shown,
    /// The next times; of a paused one, as they would be.
    upcoming: Vec<Time>,
    runs: Vec<Run>,
    pager: Pager,
}

struct Run {
    due: When,
    state: &'static str,
    call: Option<String>,
    reason: Option<String>,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    id: Path<String>,
    query: Query<FromQuery>,
) -> Result<HttpResponse> {
    let (conn, cursor) = (app.db.read(), query.into_inner().cursor);
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let found = store::find(conn, &visit.scope(), read_id(&id)?).await?;
    let row = found.ok_or_else(no_such_schedule)?;
    let (runs, next) = store::runs(conn, &row, &from).await?;
    let path = format!("/schedules/{}", row.id);
    let upcoming = preview(&row, visit.now)?;
    page(&SchedulePage {
        frame: visit.frame(Room::Schedules),
        upcoming: upcoming
            .into_iter()
            .map(|at| Time::of(at, &row.timezone))
            .collect(),
        runs: runs.into_iter().map(Run::of).collect(),
        pager: Pager::of(&path, &[], cursor.as_deref(), next.as_deref()),
        schedule: Shown::of(&app.seal, row)?,
    })
}

/// What is no id is the id of nothing.
pub(super) fn read_id(text: &str) -> Result<ScheduleId> {
    text.parse().map_err(|_| no_such_schedule())
}

fn no_such_schedule() -> Error {
    Error::not_found("schedule")
}

impl Run {
    fn of(row: Row) -> Self {
        let state = match row.state {
            RunState::Placed => "placed",
            RunState::Missed => "missed",
            RunState::Failed => "failed",
        };
        Self {
            due: When(row.due_at),
            state,
            call: row.call_id.map(|id| id.to_string()),
            reason: row.reason,
        }
    }
}
