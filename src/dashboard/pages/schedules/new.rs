//! Making a schedule by a form.
//!
//! The form has a key of its own, so that there is one schedule however often the button is
//! pressed: two that are alike would ring the same people twice, at every time that comes round.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use entity::ScheduleId;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    app::App,
    dashboard::{
        answer::{again, go_and_say, page},
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
        written::Written,
    },
    error::Result,
    idempotency::Create,
    infra::db::Tx,
    schedule::{CreateSchedule, Schedules},
};

const PATH: &str = "/schedules/new";

#[derive(Template)]
#[template(path = "schedule_new.html")]
struct NewSchedulePage {
    frame: Frame,
    form: NewScheduleForm,
    refused: Refused,
    zones: &'static [chrono_tz::Tz],
    /// Who speaks where no assistant is named.
    usual: &'static str,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewScheduleForm {
    /// Two forms with the same key are one form that was sent twice.
    key: String,
    cron: String,
    timezone: String,
    number: String,
    name: String,
    assistant_id: String,
    starts_at: String,
    ends_at: String,
    max_runs: String,
    grace_seconds: String,
}

pub async fn show(visit: Visit, app: Data<App>) -> Result<HttpResponse> {
    let form = NewScheduleForm {
        key: Uuid::now_v7().to_string(),
        timezone: "UTC".to_owned(),
        ..NewScheduleForm::default()
    };
    page(&sheet(&visit, &app, form, Refused::default()))
}

pub async fn create(
    req: HttpRequest,
    app: Data<App>,
    schedules: Data<Schedules>,
    posted: Posted<NewScheduleForm>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    match make(&app, &schedules, &visit, &form).await {
        Ok(id) => {
            let to = format!("/schedules/{id}");
            Ok(go_and_say(&req, &to, "The schedule is made."))
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            again(&error, &sheet(&visit, &app, form, refused))
        }
    }
}

async fn make(
    app: &App,
    schedules: &Schedules,
    visit: &Visit,
    form: &NewScheduleForm,
) -> Result<ScheduleId> {
    let (desk, caller) = (schedules.clone(), visit.caller.clone());
    let work = |tx: Tx, wanted| async move {
        let row = desk.create(&tx, &caller, &wanted).await?;
        Ok(row.id)
    };
    let principal = visit.caller.principal();
    let made = form.create()?.made_once(app, &principal, work).await?;
    schedules.have_changed();
    Ok(made)
}

fn sheet(visit: &Visit, app: &App, form: NewScheduleForm, refused: Refused) -> NewSchedulePage {
    NewSchedulePage {
        frame: visit.frame(Room::Schedules),
        form,
        refused,
        zones: &chrono_tz::TZ_VARIANTS,
        usual: match app.config.vapi.assistant_id {
            Some(_) => "The id of an assistant at Vapi. Empty: the usual one.",
            None => "The id of an assistant at Vapi.",
        },
    }
}

impl NewScheduleForm {
    fn create(&self) -> Result<Create<CreateSchedule>> {
        let written = self.written();
        let bytes = written.bytes();
        Ok(Create::of_form(PATH, &self.key, &bytes, written.read()?))
    }

    fn written(&self) -> Written {
        let customer = Written::default()
            .given("number", self.number.trim())
            .text("name", &self.name);
        let call = Written::default()
            .within("customer", customer)
            .text("assistant_id", &self.assistant_id);
        Written::default()
            .given("cron", self.cron.trim())
            .given("timezone", self.timezone.trim())
            .time("starts_at", &self.starts_at)
            .time("ends_at", &self.ends_at)
            .number("max_runs", &self.max_runs)
            .number("grace_seconds", &self.grace_seconds)
            .within("call", call)
    }
}
