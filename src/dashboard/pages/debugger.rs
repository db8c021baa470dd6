//! The signature debugger: what a receiver got goes in, and what it should
//! have made of it comes out, in the words of `ringback verify`.
//!
//! A secret that is pasted here is used once and kept nowhere; it is not
//! written into the page that answers either.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use entity::SubscriptionId;
use serde::Deserialize;

use crate::{
    app::App,
    dashboard::{
        answer::{again, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
    },
    error::Result,
    infra::egress::advice,
    subscriptions::addresses,
    trial::{GivenHeaders, Limit, VerifySignature, judge, verify::Judged},
};

/// As many as fit a menu; whoever has more gives the secret.
const SUBSCRIPTIONS_OFFERED: u64 = 100;

#[derive(Template)]
#[template(path = "debugger.html")]
struct DebuggerPage {
    frame: Frame,
    headers: String,
    body: String,
    /// Whose secret is taken; empty for the one that is pasted.
    subscription: String,
    /// What is offered: ids and addresses.
    subscriptions: Vec<(SubscriptionId, String)>,
    refused: Refused,
    judged: Option<Judged>,
}

impl DebuggerPage {
    fn is_chosen(&self, id: &SubscriptionId) -> bool {
        id.to_string() == self.subscription
    }
}

#[derive(Deserialize)]
pub struct DebuggerQuery {
    subscription: Option<String>,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    query: Query<DebuggerQuery>,
) -> Result<HttpResponse> {
    let subscription = query.into_inner().subscription.unwrap_or_default();
    let blank = blank(&app, &visit).await?;
    page(&DebuggerPage {
        subscription,
        ..blank
    })
}

pub async fn check(
    app: Data<App>,
    limit: Data<Limit>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    let given = DebuggerPage {
        headers: form.lines("headers"),
        body: form.lines("body"),
        subscription: form.text("subscription"),
        ..blank(&app, &visit).await?
    };
    let wanted = VerifySignature {
        secret_key: form.lines_given("secret_key"),
        subscription_id: form.given("subscription").map(str::to_owned),
        headers: GivenHeaders::List(header_lines(&given.headers)),
        body: given.body.clone(),
    };
    match judge(&app, &visit.caller, &limit, &wanted).await {
        Ok(judged) => page(&DebuggerPage {
            judged: Some(judged),
            ..given
        }),
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            again(&error, &DebuggerPage { refused, ..given })
        }
    }
}

/// Each on its line, as `curl -v` and most logs write them.
fn header_lines(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches(['<', '>', ' ']));
    let lines = lines.filter(|line| !line.trim().is_empty());
    lines.map(str::to_owned).collect()
}

async fn blank(app: &App, visit: &Visit) -> Result<DebuggerPage> {
    let scope = visit.scope();
    let subscriptions = addresses(app.db.read(), &scope, SUBSCRIPTIONS_OFFERED).await?;
    Ok(DebuggerPage {
        frame: visit.frame(Room::Debugger),
        headers: String::new(),
        body: String::new(),
        subscription: String::new(),
        subscriptions,
        refused: Refused::default(),
        judged: None,
    })
}
