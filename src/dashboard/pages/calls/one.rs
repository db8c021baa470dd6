//! One call, with all that is known of it: what Vapi said, what was spoken, what it brought, and
//! whom that was told.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::messages::Role;
use serde::Deserialize;
use serde_json::Value;

use super::shown::{Shown, fields, pretty, status};
use crate::{
    app::App,
    auth::Scope,
    calls::{
        log::{self, Heard},
        store,
    },
    dashboard::{
        answer::page,
        commands::reading,
        frame::{Frame, Room},
        session::Visit,
        view::{Pager, When},
    },
    delivery::log::caused::{Caused, DELIVERIES_MAX, caused},
    error::{Error, Result},
    infra::{page::PageQuery, walk::Walk},
    results::{CallResult, result_of},
    sessions,
};

/// More than this of what Vapi said is for the API, which gives all of it.
const PAYLOAD_CHARS_MAX: usize = 20_000;
const LINES_PER_PAGE: u64 = 100;
const ENTRIES_PER_PAGE: u64 = 20;

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    frame: Frame,
    /// Reads the whole of the log.
    command: String,
    call: Shown,
    log: Part<Entry>,
    lines: Part<Spoken>,
    brought: Option<Brought>,
    deliveries: Vec<Told>,
    /// There may be more of them.
    are_cut: bool,
}

/// Some of a list, and where the rest of it begins.
struct Part<T> {
    rows: Vec<T>,
    pager: Pager,
}

/// Something that Vapi said.
struct Entry {
    kind: String,
    status: Option<&'static str>,
    applied: bool,
    at: When,
    payload: String,
    is_cut: bool,
}

struct Spoken {
    speaker: &'static str,
    is_ours: bool,
    text: String,
    at: Option<When>,
}

/// What the call came to.
struct Brought {
    summary: String,
    evaluation: String,
    data: Vec<(String, String)>,
    cost: Option<String>,
    minutes: String,
    recording: Option<String>,
}

struct Told {
    id: String,
    event_id: String,
    kind: String,
    subscription_id: String,
    url: String,
    status: &'static str,
    attempts: i16,
    at: Option<When>,
    error: Option<String>,
}

/// Where the parts of the page begin.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartsQuery {
    log: Option<String>,
    said: Option<String>,
}

pub async fn show(
    req: HttpRequest,
    visit: Visit,
    app: Data<App>,
    id: Path<String>,
    query: Query<PartsQuery>,
) -> Result<HttpResponse> {
    let (conn, scope) = (app.db.read(), visit.scope());
    let found = store::find(conn, &scope, &id).await?;
    let known = found.ok_or_else(|| Error::not_found("call"))?;
    let row = known.0.clone();

    let path = format!("/calls/{}", row.id);
    let walk = Walk::read(Some(ENTRIES_PER_PAGE), query.log.as_deref())?;
    let (heard, next) = log::list(conn, &app.seal, &row, &walk).await?;
    let told = caused(conn, &scope, &row).await?;
    page(&CallPage {
        frame: visit.frame(Room::Calls),
        command: reading(
            &req,
            &app.config,
            &format!("/api/v6/call/{}/events", row.id),
        ),
        log: Part {
            rows: heard.into_iter().map(Entry::of).collect(),
            pager: part_of(&path, "log", query.log.as_deref(), next.as_deref()),
        },
        lines: spoken(&app, &scope, &row.id.to_string(), query.said.clone()).await?,
        brought: result_of(&app, &row).await?.map(Brought::of),
        are_cut: told.len() == DELIVERIES_MAX,
        deliveries: told.into_iter().map(Told::of).collect(),
        call: Shown::of(&app.seal, known)?,
    })
}

async fn spoken(
    app: &App,
    scope: &Scope,
    id: &str,
    cursor: Option<String>,
) -> Result<Part<Spoken>> {
    let path = format!("/calls/{id}");
    let page = PageQuery::of(Some(LINES_PER_PAGE), cursor.clone()).page()?;
    let session = sessions::store::find(app.db.read(), scope, id).await?;
    let (rows, next) = match session {
        Some(session) => {
            sessions::messages::list(app.db.read(), &app.seal, &session, &page).await?
        }
        None => (Vec::new(), None),
    };
    let spoken = |message: sessions::messages::Message| Spoken::of(message.line);
    Ok(Part {
        rows: rows.into_iter().map(spoken).collect(),
        pager: part_of(&path, "said", cursor.as_deref(), next.as_deref()),
    })
}

/// The ways through one of the page's two lists; the other begins anew.
fn part_of(path: &str, name: &str, cursor: Option<&str>, next: Option<&str>) -> Pager {
    let address = |cursor: &str| format!("{path}?{name}={cursor}#{name}");
    Pager {
        first: cursor.map(|_| format!("{path}#{name}")),
        next: next.map(address),
    }
}

impl Entry {
    fn of(heard: Heard) -> Self {
        let text = String::from_utf8_lossy(&heard.payload);
        let parsed = serde_json::from_str::<Value>(&text);
        let whole = parsed.map_or_else(|_| text.into_owned(), |value| pretty(&value));
        let cut = whole.char_indices().nth(PAYLOAD_CHARS_MAX);
        Self {
            kind: heard.row.r#type,
            status: heard.row.status.map(status),
            applied: heard.row.applied,
            at: When(heard.row.created_at),
            is_cut: cut.is_some(),
            payload: match cut {
                Some((at, _)) => whole[..at].to_owned(),
                None => whole,
            },
        }
    }
}

impl Entry {
    /// For the dot on the timeline.
    fn tone(&self) -> &'static str {
        match self.status {
            _ if !self.applied => "",
            Some("ended") => "good",
            Some("failed" | "timeout") => "bad",
            Some("ringing" | "in_progress" | "forwarding") => "busy",
            _ => "",
        }
    }
}

impl Spoken {
    fn of(line: sessions::Line) -> Self {
        Self {
            speaker: match line.role {
                Role::Assistant => "Assistant",
                Role::User => "Customer",
                Role::System => "System",
                Role::Tool => "Tool",
            },
            is_ours: line.role != Role::User,
            text: line.text,
            at: line.spoken_at.map(When),
        }
    }
}

impl Brought {
    fn of(result: CallResult) -> Self {
        let analysis = result.analysis;
        Self {
            summary: analysis.summary,
            evaluation: analysis.success_evaluation,
            data: match analysis.structured_data {
                Value::Object(object) => fields(object),
                other => vec![("value".to_owned(), pretty(&other))],
            },
            cost: result.cost.map(|cost| format!("${cost:.2}")),
            minutes: format!("{:.2}", result.duration),
            recording: result.recording_url.filter(|url| is_address(url)),
        }
    }
}

/// What a link may lead to: Vapi says it, but nobody checks what its callers put there.
fn is_address(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl Told {
    fn tries(&self) -> String {
        match self.attempts {
            0 => "not tried yet".to_owned(),
            1 => "1 attempt".to_owned(),
            more => format!("{more} attempts"),
        }
    }

    fn of(Caused { line, url }: Caused) -> Self {
        Self {
            id: line.id.to_string(),
            event_id: line.event_id.to_string(),
            kind: line.kind,
            subscription_id: line.subscription_id.to_string(),
            url,
            status: line.status.name(),
            attempts: line.attempts,
            at: line.ended_at.or(line.due_at).map(When),
            error: line.error,
        }
    }
}
