//! Telling a subscription again what it was told: first how many deliveries
//! that would be, then, when somebody says so, they are sent.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{find, path, settings::Choice};
use crate::{
    app::App,
    calls,
    dashboard::{
        answer::{again, go_and_say, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        moment,
        refused::Refused,
        session::Visit,
        view::grouped,
    },
    delivery::{
        Deliveries,
        log::Logged,
        replay::{self, Which, Wish},
    },
    error::{Error, Result},
    events::Kind,
    infra::clock::millis_of,
    subscriptions::Known,
};

const SINCE_DEFAULT: Duration = Duration::from_secs(24 * 3_600);

#[derive(Template)]
#[template(path = "subscriptions/replay.html")]
struct ReplayPage {
    frame: Frame,
    known: Known,
    wish: WishForm,
    refused: Refused,
    /// How many it would be, where that was asked.
    count: Option<usize>,
}

/// What is wished, as the form has it.
#[derive(Clone, Default)]
struct WishForm {
    since: String,
    until: String,
    which: String,
    call: String,
    events: Vec<String>,
}

impl ReplayPage {
    fn counted(&self) -> String {
        self.count
            .map_or(String::new(), |count| grouped(count as i128))
    }

    fn path(&self) -> String {
        path(self.known.row.id)
    }
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    let wish = WishForm {
        since: moment::write(visit.now - millis_of(SINCE_DEFAULT)),
        which: "undelivered".to_owned(),
        ..WishForm::default()
    };
    page(&form(&visit, known, wish, Refused::default()))
}

pub async fn count_or_send(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted {
        visit,
        form: fields,
    } = posted;
    let known = find(&app, &visit, &id).await?;
    let (wish, is_meant) = (WishForm::read(&fields), fields.is_ticked("send"));
    match run(&app, &deliveries, &visit, &known, &wish, is_meant).await {
        Ok(count) if is_meant => {
            let said = format!("{} sent again, the oldest first.", deliveries_are(count));
            Ok(go_and_say(&req, &path(known.row.id), &said))
        }
        Ok(count) => page(&ReplayPage {
            count: Some(count),
            ..form(&visit, known, wish, Refused::default())
        }),
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            again(&error, &form(&visit, known, wish, refused))
        }
    }
}

async fn run(
    app: &App,
    deliveries: &Deliveries,
    visit: &Visit,
    known: &Known,
    wish: &WishForm,
    is_meant: bool,
) -> Result<usize> {
    let logged = Logged::find(app.db.read(), &visit.scope(), known.row.id).await?;
    let logged = logged.ok_or_else(|| Error::not_found("subscription"))?;
    let wish = wish.understood(app, visit).await?;
    match is_meant {
        true => replay::replay(app, deliveries, &logged, &wish).await,
        false => replay::count(app, &logged, &wish).await,
    }
}

fn form(visit: &Visit, known: Known, wish: WishForm, refused: Refused) -> ReplayPage {
    ReplayPage {
        frame: visit.frame(Room::Subscriptions),
        known,
        wish,
        refused,
        count: None,
    }
}

fn deliveries_are(count: usize) -> String {
    match count {
        1 => "1 delivery is".to_owned(),
        _ => format!("{} deliveries are", grouped(count as i128)),
    }
}

impl WishForm {
    fn read(fields: &Fields) -> Self {
        Self {
            since: fields.text("since"),
            until: fields.text("until"),
            which: fields.text("which"),
            call: fields.text("call"),
            events: fields.ticked("events"),
        }
    }

    async fn understood(&self, app: &App, visit: &Visit) -> Result<Wish> {
        let since = moment::read("since", &self.since)?;
        let since = since.ok_or_else(|| Error::invalid("since", "say from when on"))?;
        let until = moment::read("until", &self.until)?;
        if until.is_some_and(|until| until <= since) {
            return Err(Error::invalid("until", "give a time after since"));
        }
        let call = match self.call.as_str() {
            "" => None,
            id => calls::log::find(app.db.read(), &visit.scope(), id)
                .await?
                .ok_or_else(|| Error::invalid("call", "there is no such call, or it is not yours"))
                .map(|call| Some(call.id))?,
        };
        Ok(Wish {
            since,
            until,
            kinds: self.kinds()?,
            call,
            which: which(&self.which)?,
        })
    }

    /// None ticked is all.
    fn kinds(&self) -> Result<Option<Vec<Kind>>> {
        let kinds = self.events.iter().map(|name| name.parse::<Kind>());
        let kinds: Vec<Kind> = kinds
            .collect::<std::result::Result<_, _>>()
            .map_err(|known| Error::invalid("events", known.to_string()))?;
        Ok((!kinds.is_empty()).then_some(kinds))
    }

    fn choices(&self) -> Vec<Choice> {
        Choice::all(&self.events)
    }
}

fn which(word: &str) -> Result<Which> {
    match word {
        "failed" => Ok(Which::Failed),
        "undelivered" => Ok(Which::Undelivered),
        "all" => Ok(Which::All),
        _ => Err(Error::invalid("which", "choose failed, undelivered or all")),
    }
}
