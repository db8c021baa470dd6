//! Placing a call by a form.
//!
//! The form has a key of its own, so that a call is placed once however often the button is
//! pressed: a telephone rings at somebody's home.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use entity::calls::CallStatus;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    calls::{Calls, CreateCall, Placed},
    dashboard::{
        answer::{again, go, go_and_say, page},
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
        written::Written,
    },
    error::{Error, Result},
    idempotency::Create,
};

const PATH: &str = "/calls/new";

#[derive(Template)]
#[template(path = "call_new.html")]
struct NewCallPage {
    frame: Frame,
    form: NewCallForm,
    refused: Refused,
    can_place: bool,
    /// Who speaks where no assistant is named.
    usual: &'static str,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewCallForm {
    /// Two forms with the same key are one form that was sent twice.
    key: String,
    number: String,
    name: String,
    assistant_id: String,
    service_needed: String,
    user_criteria: String,
    location: String,
    urgency: String,
    scheduled_at: String,
    latest_at: String,
}

/// What a form that is sent again is answered with.
#[derive(Serialize, Deserialize)]
struct Made {
    call_id: String,
}

pub async fn show(visit: Visit, app: Data<App>, calls: Data<Calls>) -> Result<HttpResponse> {
    let form = NewCallForm {
        key: hex::encode(rand::random::<[u8; 16]>()),
        ..NewCallForm::default()
    };
    page(&sheet(&visit, &app, &calls, form, Refused::default()))
}

pub async fn place(
    req: HttpRequest,
    app: Data<App>,
    calls: Data<Calls>,
    posted: Posted<NewCallForm>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    let placed = match form.create() {
        Ok(create) => calls.place(&visit.caller, create).await,
        Err(error) => Err(error),
    };
    let (call, ticket) = match placed {
        Ok(Placed::Now(call, ticket)) => (call, ticket),
        Ok(Placed::Before(answer)) => {
            let made: Made = serde_json::from_slice(answer.body()).map_err(Error::internal)?;
            return Ok(go(&format!("/calls/{}", made.call_id)));
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            return again(&error, &sheet(&visit, &app, &calls, form, refused));
        }
    };
    let (row, _) = *call;
    let made = Made {
        call_id: row.id.to_string(),
    };
    ticket.answer(&app, StatusCode::CREATED, &made).await?;
    let sentence = match row.status {
        CallStatus::Scheduled => "The call is scheduled.",
        _ => "The call is being placed.",
    };
    Ok(go_and_say(&req, &format!("/calls/{}", row.id), sentence))
}

fn sheet(
    visit: &Visit,
    app: &App,
    calls: &Calls,
    form: NewCallForm,
    refused: Refused,
) -> NewCallPage {
    NewCallPage {
        frame: visit.frame(Room::Calls),
        form,
        refused,
        can_place: calls.assert_can_place().is_ok(),
        usual: match app.config.vapi.assistant_id {
            Some(_) => "The id of an assistant at Vapi. Empty: the usual one.",
            None => "The id of an assistant at Vapi. Empty, if you say below what the call is for.",
        },
    }
}

/// How soon work can be needed, as the assistant is told of it.
const URGENCIES: [(&str, &str); 4] = [
    ("flexible", "flexible"),
    ("immediate", "at once"),
    ("within_24_hours", "within 24 hours"),
    ("within_2_days", "within 2 days"),
];

impl NewCallForm {
    fn urgencies(&self) -> [(&'static str, &'static str); 4] {
        URGENCIES
    }

    /// Whether anything was filled in of what the call is for.
    fn is_for_work(&self) -> bool {
        !self.request().is_empty()
    }

    fn create(&self) -> Result<Create<CreateCall>> {
        let written = Written::default()
            .within("customer", self.customer())
            .text("assistant_id", &self.assistant_id)
            .within("request", self.request())
            .time("scheduled_at", &self.scheduled_at)
            .time("latest_at", &self.latest_at);
        let bytes = written.bytes();
        Ok(Create::of_form(PATH, &self.key, &bytes, written.read()?))
    }

    fn customer(&self) -> Written {
        let number = Written::default().given("number", self.number.trim());
        number.text("name", &self.name)
    }

    /// What the provider is called for: all of it, where anything of that was filled in.
    fn request(&self) -> Written {
        let work = [&self.service_needed, &self.user_criteria, &self.location];
        if work.iter().all(|typed| typed.trim().is_empty()) {
            return Written::default();
        }
        Written::default()
            .given("providerName", self.provider_name())
            .given("providerPhone", self.number.trim())
            .given("serviceNeeded", self.service_needed.trim())
            .given("userCriteria", self.user_criteria.trim())
            .given("location", self.location.trim())
            .given("urgency", &self.urgency)
    }

    fn provider_name(&self) -> &str {
        match self.name.trim() {
            "" => &self.number,
            name => name,
        }
    }
}
