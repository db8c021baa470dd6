//! Tools: which there are, registering one by a form, deleting one.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::tools::{Model, ToolScope};
use serde::Deserialize;

use super::login::Nothing;
use crate::{
    app::App,
    dashboard::{
        answer::{again, go_and_say, page},
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
        view::{Pager, When},
        written::Written,
    },
    error::{Error, Result},
    infra::page::PageQuery,
    tools::{CreateTool, Tools, store},
};

#[derive(Template)]
#[template(path = "tools.html")]
struct ToolsPage {
    frame: Frame,
    tools: Vec<Shown>,
    pager: Pager,
    form: ToolForm,
    refused: Refused,
}

/// A tool that was just registered: its secret is shown this once.
#[derive(Template)]
#[template(path = "tool_made.html")]
struct ToolMadePage {
    frame: Frame,
    name: String,
    secret: String,
}

struct Shown {
    id: String,
    name: String,
    url: String,
    owner: String,
    serves: &'static str,
    timeout_ms: i32,
    parameters: String,
    made: When,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ToolForm {
    name: String,
    url: String,
    timeout_ms: String,
    parameters: String,
}

/// Where a page of the list begins.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FromQuery {
    pub cursor: Option<String>,
}

pub async fn list(visit: Visit, app: Data<App>, query: Query<FromQuery>) -> Result<HttpResponse> {
    let form = ToolForm::default();
    let cursor = query.into_inner().cursor;
    page(&sheet(&visit, &app, cursor, form, Refused::default()).await?)
}

/// What follows is the page itself and not the way to one: a secret has no place in an address.
pub async fn register(
    app: Data<App>,
    tools: Data<Tools>,
    posted: Posted<ToolForm>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    let made = match form.wanted() {
        Ok(wanted) => tools.register(&visit.caller, wanted).await,
        Err(error) => Err(error),
    };
    match made {
        Ok((tool, secret)) => page(&ToolMadePage {
            frame: visit.frame(Room::Tools),
            name: tool.name,
            secret: secret.expose().to_owned(),
        }),
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            let sheet = sheet(&visit, &app, None, form, refused).await?;
            again(&error, &sheet)
        }
    }
}

pub async fn delete(
    req: HttpRequest,
    tools: Data<Tools>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::not_found("tool"))?;
    tools.delete(&posted.visit.scope(), id).await?;
    Ok(go_and_say(
        &req,
        "/tools",
        "The tool is deleted: it is asked no more.",
    ))
}

async fn sheet(
    visit: &Visit,
    app: &App,
    cursor: Option<String>,
    form: ToolForm,
    refused: Refused,
) -> Result<ToolsPage> {
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let (rows, next) = store::list(app.db.read(), &visit.scope(), &from).await?;
    Ok(ToolsPage {
        frame: visit.frame(Room::Tools),
        tools: rows.into_iter().map(Shown::of).collect(),
        pager: Pager::of("/tools", &[], cursor.as_deref(), next.as_deref()),
        form,
        refused,
    })
}

impl Shown {
    fn of(row: Model) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            url: row.url,
            owner: row.owner,
            serves: match row.scope {
                ToolScope::Own => "its owner's calls",
                ToolScope::All => "every call",
            },
            timeout_ms: row.timeout_ms,
            parameters: row.parameters,
            made: When(row.created_at),
        }
    }
}

impl ToolForm {
    fn wanted(&self) -> Result<CreateTool> {
        Written::default()
            .given("name", self.name.trim())
            .given("url", self.url.trim())
            .number("timeout_ms", &self.timeout_ms)
            .json("parameters", &self.parameters)?
            .read()
    }
}
