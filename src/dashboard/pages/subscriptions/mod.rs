//! Subscriptions: who is told what, how their receivers are, and everything
//! that can be done about it.
//!
//! ```text
//!   list ──▶ one ──▶ change · activity · rotate · delete    what it is
//!     │       └────▶ tryout · replay                         what it is sent
//!     └────▶ new
//! ```
//!
//! What cannot be taken back has a page of its own that says what will happen.
//! A secret stands on the page that answers the form which made it, and
//! nowhere else.

pub mod activity;
pub mod change;
pub mod delete;
mod filters;
mod health;
pub mod list;
pub mod new;
pub mod one;
pub mod replay;
pub mod rotate;
mod secret;
mod settings;
pub mod tryout;

use entity::SubscriptionId;

use crate::{
    app::App,
    dashboard::{session::Visit, view::grouped},
    error::{Error, Result},
    subscriptions::{self, Known},
};

fn path(id: SubscriptionId) -> String {
    format!("/subscriptions/{id}")
}

/// How many deliveries wait for it, as far as they were counted.
fn waiting(known: &Known) -> String {
    let count = grouped(known.waiting);
    match known.waiting_is_capped() {
        true => format!("{count} or more"),
        false => count,
    }
}

/// The same, as a sentence begins.
fn deliveries_are(known: &Known) -> String {
    match known.waiting {
        1 => "1 delivery is".to_owned(),
        _ => format!("{} deliveries are", waiting(known)),
    }
}

/// The one that an address names, where it is there for this visitor.
async fn find(app: &App, visit: &Visit, id: &str) -> Result<Known> {
    let id: SubscriptionId = id.parse().map_err(|_| Error::not_found("subscription"))?;
    subscriptions::read(app.db.read(), &visit.scope(), id).await
}
