//! Changing what a subscription is set to.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{find, path, settings::SettingsForm};
use crate::{
    app::App,
    dashboard::{
        answer::{again, go_and_say, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
    },
    delivery::Deliveries,
    error::Result,
    subscriptions::{Change, Known, Settings, Wrong, change},
};

#[derive(Template)]
#[template(path = "subscriptions/change.html")]
struct ChangePage {
    frame: Frame,
    known: Known,
    settings: SettingsForm,
    own_headers: Vec<String>,
    refused: Refused,
}

impl ChangePage {
    fn path(&self) -> String {
        path(self.known.row.id)
    }
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    page(&form(
        &app,
        &visit,
        SettingsForm::of(&known),
        known,
        Refused::default(),
    )?)
}

pub async fn apply(
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
    let (id, settings) = (known.row.id, SettingsForm::read(&fields));
    let changed = match read(&app, &visit, &settings) {
        Ok(wanted) => {
            let (ours, caller) = (app.as_ref().clone(), visit.caller.clone());
            let write = app
                .db
                .write(move |tx| async move { change(&tx, &ours, &caller, id, wanted).await });
            write.await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => {
            deliveries.changed(id);
            Ok(go_and_say(&req, &path(id), "The subscription is changed."))
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            again(&error, &form(&app, &visit, settings, known, refused)?)
        }
    }
}

fn read(app: &App, visit: &Visit, settings: &SettingsForm) -> Result<Change> {
    let mut wrong = Wrong::default();
    let wanted = settings.wanted(visit.caller.is_admin(), &mut wrong);
    let settings = Settings::read(wanted, &app.config.egress, &mut wrong);
    wrong.refuse_any()?;
    Ok(Change {
        settings,
        activity: None,
    })
}

fn form(
    app: &App,
    visit: &Visit,
    settings: SettingsForm,
    known: Known,
    refused: Refused,
) -> Result<ChangePage> {
    Ok(ChangePage {
        frame: visit.frame(Room::Subscriptions),
        own_headers: known.header_names(&app.seal)?,
        known,
        settings,
        refused,
    })
}
