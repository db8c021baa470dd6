//! One subscription: how it is, what it is set to, and its deliveries.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::{
    CallId,
    subscriptions::{Ordering, SubscriptionScope},
};

use super::{
    filters::Filters,
    find,
    health::{Health, health},
    path,
    settings::SettingsForm,
    waiting,
};
use crate::{
    app::App,
    calls,
    dashboard::{
        answer::page,
        frame::{Frame, Room},
        session::Visit,
        view::{Pager, grouped},
        words,
    },
    delivery::log::{self, Logged, line::Line, status::Status},
    error::{Error, Result},
    events::Kind,
    infra::clock::Millis,
    subscriptions::{Known, is_changeable_by},
};

#[derive(Template)]
#[template(path = "subscriptions/one.html")]
struct OnePage {
    frame: Frame,
    health: Health,
    secret_hint: String,
    previous_until: Option<Millis>,
    own_headers: Vec<String>,
    events: Vec<String>,
    hears_all: bool,
    may_change: bool,
    /// None where the caller may know of the subscription, but not of what it is told.
    log: Option<Log>,
    filters: Filters,
    statuses: [&'static str; 6],
    kinds: &'static [Kind],
    known: Known,
}

/// A page of its deliveries.
struct Log {
    lines: Vec<Line>,
    pager: Pager,
}

impl OnePage {
    fn path(&self) -> String {
        path(self.known.row.id)
    }

    fn waiting(&self) -> String {
        waiting(&self.known)
    }

    fn totals(&self) -> String {
        let lane = &self.known.lane;
        let (good, bad) = (grouped(lane.delivered_total), grouped(lane.failed_total));
        format!("{good} delivered, {bad} failed attempts")
    }

    fn is_strict(&self) -> bool {
        self.known.row.ordering == Ordering::Strict
    }
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    id: Path<String>,
    filters: Query<Filters>,
) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    let filters = filters.into_inner();
    let log = read_log(&app, &visit, &known, &filters).await?;
    let settings = SettingsForm::of(&known);
    page(&OnePage {
        frame: visit.frame(Room::Subscriptions),
        health: health(&known),
        secret_hint: known.secret_hint(&app.seal)?,
        previous_until: known.previous_secret_until(visit.now),
        own_headers: known.header_names(&app.seal)?,
        hears_all: known.row.scope == SubscriptionScope::All,
        may_change: is_changeable_by(&visit.caller, &known.row),
        log,
        filters,
        statuses: Status::ALL.map(Status::name),
        kinds: Kind::ALL,
        events: settings.events,
        known,
    })
}

async fn read_log(
    app: &App,
    visit: &Visit,
    known: &Known,
    filters: &Filters,
) -> Result<Option<Log>> {
    let conn = app.db.read();
    let Some(logged) = Logged::find(conn, &visit.scope(), known.row.id).await? else {
        return Ok(None);
    };
    let (wanted, walk) = (filters.wanted()?, filters.walk()?);
    let (lines, next) = match find_call(app, visit, filters).await? {
        Some(call) => log::of_call::list(conn, &logged, call, &wanted, &walk).await?,
        None => log::list::list(conn, &logged, &wanted, &walk).await?,
    };
    let pager = filters.pager(&path(known.row.id), next.as_deref());
    Ok(Some(Log { lines, pager }))
}

async fn find_call(app: &App, visit: &Visit, filters: &Filters) -> Result<Option<CallId>> {
    let Some(id) = filters.call() else {
        return Ok(None);
    };
    let call = calls::log::find(app.db.read(), &visit.scope(), id).await?;
    let call = call.ok_or_else(|| Error::not_found("call"))?;
    Ok(Some(call.id))
}
