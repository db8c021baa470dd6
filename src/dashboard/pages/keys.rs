//! API keys, for admins: which there are, making one, revoking one.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::{
    KeyId,
    api_keys::{Model, Role},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{login::Nothing, tools::FromQuery};
use crate::{
    app::App,
    auth::api_key::{self, NewKey},
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
};

const PATH: &str = "/keys";

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    keys: Vec<Shown>,
    pager: Pager,
    form: KeyForm,
    refused: Refused,
}

/// A key that was just made: its text is shown this once.
#[derive(Template)]
#[template(path = "key_made.html")]
struct KeyMadePage {
    frame: Frame,
    name: String,
    key: String,
}

struct Shown {
    id: String,
    name: String,
    owner: String,
    role: &'static str,
    /// Its last characters.
    hint: String,
    made: When,
    revoked: Option<When>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct KeyForm {
    /// So that sending it twice makes one key, and shows it twice.
    number: String,
    name: String,
    owner: String,
    role: String,
}

pub async fn list(visit: Visit, app: Data<App>, query: Query<FromQuery>) -> Result<HttpResponse> {
    visit.admin()?;
    let form = KeyForm {
        number: Uuid::now_v7().to_string(),
        owner: visit.caller.owner().to_owned(),
        ..KeyForm::default()
    };
    let cursor = query.into_inner().cursor;
    page(&sheet(&visit, &app, cursor, form, Refused::default()).await?)
}

/// What follows is the page itself and not the way to one: a key has no place in an address.
pub async fn create(app: Data<App>, posted: Posted<KeyForm>) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    visit.admin()?;
    match make(&app, &visit, &form).await {
        Ok(key) => page(&KeyMadePage {
            frame: visit.frame(Room::Keys),
            name: form.name.trim().to_owned(),
            key,
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

async fn make(app: &App, visit: &Visit, form: &KeyForm) -> Result<String> {
    let clock = app.clock.clone();
    let work = |tx: Tx, new| async move {
        let (_, key) = api_key::create(&*tx, &clock, new).await?;
        Ok(key.expose().to_owned())
    };
    let principal = visit.caller.principal();
    form.create()?.made_once(app, &principal, work).await
}

pub async fn revoke(
    req: HttpRequest,
    app: Data<App>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    posted.visit.admin()?;
    let no_such_key = || Error::not_found("key");
    let id: KeyId = id.parse().map_err(|_| no_such_key())?;
    let clock = app.clock.clone();
    let revoked = app
        .db
        .write(move |tx| async move { api_key::revoke(&*tx, &clock, id).await });
    match revoked.await? {
        true => {
            let sentence = "The key is revoked. It stops working within 5 seconds.";
            Ok(go_and_say(&req, PATH, sentence))
        }
        false => Err(no_such_key()),
    }
}

async fn sheet(
    visit: &Visit,
    app: &App,
    cursor: Option<String>,
    form: KeyForm,
    refused: Refused,
) -> Result<KeysPage> {
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let (rows, next) = api_key::list(app.db.read(), &from).await?;
    Ok(KeysPage {
        frame: visit.frame(Room::Keys),
        keys: rows.into_iter().map(Shown::of).collect(),
        pager: Pager::of(PATH, &[], cursor.as_deref(), next.as_deref()),
        form,
        refused,
    })
}

impl Shown {
    fn tone(&self) -> &'static str {
        match self.role {
            "admin" => "busy",
            _ => "quiet",
        }
    }

    fn of(row: Model) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            owner: row.owner,
            role: match row.role {
                Role::Admin => "admin",
                Role::User => "user",
            },
            hint: row.hint,
            made: When(row.created_at),
            revoked: row.revoked_at.map(When),
        }
    }
}

impl KeyForm {
    fn create(&self) -> Result<Create<NewKey>> {
        let written = Written::default()
            .given("name", &self.name)
            .given("owner", &self.owner)
            .given("role", &self.role);
        let new = self.wanted()?;
        Ok(Create::of_form(PATH, &self.number, &written.bytes(), new))
    }

    fn wanted(&self) -> Result<NewKey> {
        let role = match self.role.as_str() {
            "admin" => Role::Admin,
            "user" => Role::User,
            _ => return Err(Error::invalid("role", "choose what the key may do")),
        };
        let new = NewKey {
            name: self.name.trim().to_owned(),
            role,
            owner: self.owner.trim().to_owned(),
        };
        new.checked()
    }
}
