//! Sending a sample now, and showing all that happened.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{find, path};
use crate::{
    app::App,
    dashboard::{
        answer::{again, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
        timing::{Part, in_words, parts},
        words,
    },
    error::Result,
    events::Kind,
    subscriptions::Known,
    trial::{Limit, TestWebhook, TestedWebhook, test},
};

#[derive(Template)]
#[template(path = "subscriptions/test.html")]
struct TestPage {
    frame: Frame,
    known: Known,
    event: String,
    kinds: &'static [Kind],
    refused: Refused,
    exchange: Option<Exchange>,
}

struct Exchange {
    tested: TestedWebhook,
    parts: Vec<Part>,
    took: String,
}

impl TestPage {
    fn path(&self) -> String {
        path(self.known.row.id)
    }
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    page(&blank(&visit, known, Kind::CallCompleted.name().to_owned()))
}

pub async fn send(
    app: Data<App>,
    limit: Data<Limit>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    let known = find(&app, &visit, &id).await?;
    let wanted = TestWebhook {
        webhook_url: None,
        subscription_id: Some(known.row.id.to_string()),
        event_type: form.text("event"),
        secret_key: None,
    };
    let tested = test(&app, &visit.caller, &limit, &wanted).await;
    let shown = blank(&visit, known, wanted.event_type);
    match tested {
        Ok(tested) => page(&TestPage {
            exchange: Some(Exchange {
                parts: parts_of(&tested),
                took: in_words(tested.timing.total_ms),
                tested,
            }),
            ..shown
        }),
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            again(&error, &TestPage { refused, ..shown })
        }
    }
}

fn blank(visit: &Visit, known: Known, event: String) -> TestPage {
    TestPage {
        frame: visit.frame(Room::Subscriptions),
        known,
        event,
        kinds: Kind::ALL,
        refused: Refused::default(),
        exchange: None,
    }
}

fn parts_of(tested: &TestedWebhook) -> Vec<Part> {
    let timing = &tested.timing;
    parts(
        [
            timing.dns_ms,
            timing.connect_ms,
            timing.tls_ms,
            timing.first_byte_ms,
        ],
        timing.total_ms,
    )
}
