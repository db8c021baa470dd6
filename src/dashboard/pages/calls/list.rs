//! The calls there are, newest first, and finding one of them.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::NaiveDateTime;
use entity::calls::CallStatus;
use sea_orm::{ActiveEnum, Iterable};
use serde::Deserialize;

use super::shown::{Shown, status};
use crate::{
    app::App,
    calls::{
        Calls, CallsQuery,
        store::{self, Wanted},
    },
    contact::phone,
    dashboard::{
        answer::{again, go, page},
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
        view::Pager,
    },
    error::{Error, Result},
    infra::page::Page,
};

const PATH: &str = "/calls";

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage {
    frame: Frame,
    asked: ListQuery,
    statuses: Vec<(String, &'static str)>,
    refused: Refused,
    calls: Vec<Shown>,
    pager: Pager,
    can_place: bool,
}

/// A form: what was left empty is not asked for.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListQuery {
    /// An id of either kind, or a number.
    find: String,
    status: String,
    campaign_id: String,
    since: String,
    until: String,
    cursor: String,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    calls: Data<Calls>,
    query: Query<ListQuery>,
) -> Result<HttpResponse> {
    let asked = query.into_inner();
    let scope = visit.scope();
    let name = asked.find.trim();
    if !name.is_empty()
        && let Some((call, _)) = store::find(app.db.read(), &scope, name).await?
    {
        return Ok(go(&format!("/calls/{}", call.id)));
    }
    let mut shown = CallsPage {
        frame: visit.frame(Room::Calls),
        statuses: CallStatus::iter().map(choice).collect(),
        refused: Refused::default(),
        calls: Vec::new(),
        pager: Pager::of(PATH, &[], None, None),
        can_place: calls.assert_can_place().is_ok(),
        asked,
    };
    match shown.asked.read(&app) {
        Ok((wanted, from)) => {
            let (calls, next) = store::list(app.db.read(), &scope, &wanted, &from).await?;
            let calls = calls.into_iter().map(|call| Shown::of(&app.seal, call));
            shown.calls = calls.collect::<Result<_>>()?;
            shown.pager = shown.asked.pager(next.as_deref());
            page(&shown)
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            shown.refused = refused;
            again(&error, &shown)
        }
    }
}

fn choice(of: CallStatus) -> (String, &'static str) {
    (of.to_value(), status(of))
}

impl ListQuery {
    fn read(&self, app: &App) -> Result<(Wanted, Page)> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let asked = CallsQuery {
            cursor: given(&self.cursor),
            status: given(&self.status),
            campaign_id: given(&self.campaign_id),
            ..CallsQuery::default()
        };
        let (wanted, page) = asked.read()?;
        let wanted = Wanted {
            phone: given(&self.find)
                .map(|text| number(app, &text))
                .transpose()?,
            since: given(&self.since)
                .map(|at| time("since", &at))
                .transpose()?,
            until: given(&self.until)
                .map(|at| time("until", &at))
                .transpose()?,
            ..wanted
        };
        Ok((wanted, page))
    }

    /// Whether it leaves anything out.
    fn is_narrow(&self) -> bool {
        let fields = [
            &self.find,
            &self.status,
            &self.campaign_id,
            &self.since,
            &self.until,
        ];
        fields.iter().any(|field| !field.trim().is_empty())
    }

    fn pager(&self, next: Option<&str>) -> Pager {
        let kept = [
            ("find", Some(self.find.as_str())),
            ("status", Some(&self.status)),
            ("campaign_id", Some(&self.campaign_id)),
            ("since", Some(&self.since)),
            ("until", Some(&self.until)),
        ];
        let cursor = Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        Pager::of(PATH, &kept, cursor, next)
    }
}

fn number(app: &App, text: &str) -> Result<Vec<Vec<u8>>> {
    let no_such_call = || {
        let wanted = "no call of yours has this id, and it is no telephone number either";
        Error::invalid("find", wanted)
    };
    let number = phone::e164(text).ok_or_else(no_such_call)?;
    let indexes = app.seal.indexes(phone::INDEX_DOMAIN, &number);
    Ok(indexes.into_iter().map(Vec::from).collect())
}

/// As a browser's field has it.
fn time(path: &str, text: &str) -> Result<i64> {
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"];
    let mut read = formats
        .iter()
        .filter_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let wrong = || Error::invalid(path, "give a time such as 2026-11-21T09:30");
    let time = read.next().ok_or_else(wrong)?;
    Ok(time.and_utc().timestamp_millis())
}
