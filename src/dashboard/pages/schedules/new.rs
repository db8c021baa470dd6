//! Making a schedule by a form.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

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
    schedule::{CreateSchedule, Schedules},
};

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
    let made = match form.wanted() {
        Ok(wanted) => schedules.create(&visit.caller, wanted).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(row) => {
            let to = format!("/schedules/{}", row.id);
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
    fn wanted(&self) -> Result<CreateSchedule> {
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
            .read()
    }
}
