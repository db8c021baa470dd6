//! Tools: which there are, registering one by a form, deleting one.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::tools::{Model, ToolScope};
use serde::Deserialize;
use uuid::Uuid;

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
    idempotency::Create,
    infra::{db::Tx, page::PageQuery},
    tools::{CreateTool, Tools, store},
};

const PATH: &str = "/tools";

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
    /// So that sending it twice registers one tool, and shows its secret twice.
    number: String,
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
    let form = ToolForm {
        number: Uuid::now_v7().to_string(),
        ..ToolForm::default()
    };
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
    match make(&app, &tools, &visit, &form).await {
        Ok(secret) => page(&ToolMadePage {
            frame: visit.frame(Room::Tools),
            name: form.name.trim().to_owned(),
            secret,
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

async fn make(app: &App, tools: &Tools, visit: &Visit, form: &ToolForm) -> Result<String> {
    let (desk, caller) = (tools.clone(), visit.caller.clone());
    let work = |tx: Tx, wanted| async move {
        let (_, secret) = desk.register(&tx, &caller, wanted).await?;
        Ok(secret.expose().to_owned())
    };
    let principal = visit.caller.principal();
    let made = form.create()?.made_once(app, &principal, work).await?;
    tools.reload().await;
    Ok(made)
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
        PATH,
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
        pager: Pager::of(PATH, &[], cursor.as_deref(), next.as_deref()),
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
    fn create(&self) -> Result<Create<CreateTool>> {
        let written = Written::default()
            .given("name", self.name.trim())
            .given("url", self.url.trim())
            .number("timeout_ms", &self.timeout_ms)
            .json("parameters", &self.parameters)?;
        let bytes = written.bytes();
        Ok(Create::of_form(PATH, &self.number, &bytes, written.read()?))
    }
}
