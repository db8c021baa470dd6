//! All subscriptions at a glance: the state of each, and why.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

use super::{
    health::{Health, health},
    waiting,
};
use crate::{
    app::App,
    dashboard::{
        answer::page,
        commands::sending,
        frame::{Frame, Room},
        session::Visit,
        view::{Pager, grouped},
        words,
    },
    error::{Error, Result},
    infra::page::PageQuery,
    subscriptions::{self, Glance, Known},
};

#[derive(Template)]
#[template(path = "subscriptions/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    /// Which of them are shown; empty for all.
    state: String,
    states: [&'static str; 5],
    /// Subscribing by one request.
    command: String,
}

struct Row {
    known: Known,
    health: Health,
}

const SUBSCRIBE: &str = "/api/v6/call/webhook/subscribe";
const RECEIVER: &str = r#"{"webhook_url":"http://localhost:3000/api/webhook"}"#;

impl Row {
    fn waiting(&self) -> String {
        waiting(&self.known)
    }

    fn delivered(&self) -> String {
        grouped(self.known.lane.delivered_total)
    }

    fn failed(&self) -> String {
        grouped(self.known.lane.failed_total)
    }

    /// What somebody should look at, as shortly as it can be said.
    fn why(&self) -> String {
        let headline = || self.health.headline.clone();
        self.health
            .cause
            .as_deref()
            .map_or_else(headline, words::sentence)
    }

    fn events(&self) -> String {
        let names: Vec<String> = serde_json::from_str(&self.known.row.events).unwrap_or_default();
        names.join(", ")
    }
}

#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

pub async fn show(
    req: HttpRequest,
    visit: Visit,
    app: Data<App>,
    query: Query<ListQuery>,
) -> Result<HttpResponse> {
    let ListQuery { state, cursor } = query.into_inner();
    let wanted = PageQuery::of(None, cursor.clone()).page()?;
    let glance = match state.as_str() {
        "" => None,
        name => Some(
            name.parse()
                .map_err(|known: String| Error::invalid("state", known))?,
        ),
    };
    let scope = visit.scope();
    let (known, next) = subscriptions::list(app.db.read(), &scope, &wanted, glance).await?;
    let row = |known: Known| Row {
        health: health(&known),
        known,
    };
    let kept = [("state", Some(state.as_str()))];
    page(&ListPage {
        frame: visit.frame(Room::Subscriptions),
        rows: known.into_iter().map(row).collect(),
        pager: Pager::of("/subscriptions", &kept, cursor.as_deref(), next.as_deref()),
        states: Glance::ALL.map(Glance::name),
        command: sending(&req, &app.config, SUBSCRIBE, RECEIVER),
        state,
    })
}
