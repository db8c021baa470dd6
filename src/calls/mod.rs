//! Calls: what is known of each, from whatever was said about it; and placing them.
//!
//! A call's status moves forward only:
//!
//! ```text
//!   SCHEDULED ─▶ QUEUED ─▶ RINGING ─▶ IN_PROGRESS ─▶ FORWARDING ─┐
//!        └──────────┴─────────┴────────────┴───────────────────┴─▶ ENDED · FAILED · CANCELED · TIMEOUT
//! ```
//!
//! Any step may be missing, late, or come twice. `progress` decides what one
//! message changes, and what of it is to be told; it is pure. What identifies
//! a call and what its assistant was told is sealed in `details`; a number
//! is brought into one spelling by `phone`; its end is counted by `ended`, and
//! `announce` makes what subscribers are told.
//!
//! **A call is placed once.** A telephone rings at somebody's home, so what
//! must never happen is that it rings twice for one order:
//!
//! ```text
//!   new_call ─▶ enter ───────────▶ ask ─────────▶ settle ──────────▶ the call has Vapi's id,
//!   may it be   call and placement Vapi, with no  lock, bind, tell   or is refused, or is
//!   placed?     are written first  transaction    in one             unconfirmed:
//!                     ▲ timer      open           transaction          look ─▶ settle
//!                     └ when it is due                                 never ask again
//! ```
//!
//! The row says that Vapi is being asked before it is, and by whom. If that
//! process dies, or no answer comes, nobody knows whether there is a call; then
//! Vapi is asked whether it has one with our `requestId`, which is the call's
//! own id. A webhook that comes before the answer has bound the call by the
//! same id, and then there is nothing left to find out.

mod adopt;
pub mod announce;
mod ask;
mod cancel;
pub mod ended;
mod enter;
pub mod http;
mod lines;
pub mod log;
mod look;
mod new_call;
mod place;
mod placement;
pub mod progress;
mod query;
pub mod queue;
mod refusal;
pub mod replay;
pub mod rerun;
mod settle;
pub mod store;
mod template;
mod timer;
mod wire;

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify},
};

pub use self::{
    enter::Entered,
    new_call::{NewCall, Order, Speaker, Terms},
    place::Placed,
    query::CallsQuery,
    template::read_template,
    wire::{CreateCall, Known},
};
use crate::{
    app::App,
    contact::{details, phone},
    delivery::Deliveries,
    error::{Code, Error, Result},
    instances::Membership,
    vapi::{assistant::Server, client::Client},
};

/// The desk at which calls are placed.
#[derive(Clone)]
pub struct Calls(Arc<Desk>);

struct Desk {
    app: App,
    deliveries: Deliveries,
    membership: Membership,
    vapi: Option<Client>,
    /// The process's own: a request that is dropped does not take its call with it.
    runtime: Handle,
    listens_on: OnceLock<SocketAddr>,
    /// A placement has changed its state, or a new one waits.
    changed: Notify,
    /// Held by who is through with what is due.
    round: Mutex<()>,
}

impl Calls {
    pub fn start(app: &App, membership: &Membership, deliveries: &Deliveries) -> Self {
        Self(Arc::new(Desk {
            vapi: Client::new(&app.config.vapi, &app.egress),
            app: app.clone(),
            deliveries: deliveries.clone(),
            membership: membership.clone(),
            runtime: Handle::current(),
            listens_on: OnceLock::new(),
            changed: Notify::new(),
            round: Mutex::new(()),
        }))
    }

    /// Where this process can be reached, once that is known: the news of its calls are to come
    /// there unless `VAPI_WEBHOOK_URL` says where.
    pub fn listens_on(&self, address: SocketAddr) {
        self.0.listens_on.get_or_init(|| address);
    }
}

impl Desk {
    /// The way to Vapi, and the number to call from.
    fn vapi(&self) -> Result<(&Client, &str)> {
        let number = self.app.config.vapi.phone_number_id.as_deref();
        match (&self.vapi, number) {
            (Some(vapi), Some(number)) => Ok((vapi, number)),
            (None, _) => Err(not_configured("placed", "VAPI_API_KEY")),
            (_, None) => Err(not_configured("placed", "VAPI_PHONE_NUMBER_ID")),
        }
    }

    /// The setting without which the news of a call would not come in, where they are to come here.
    fn lacks_for(&self, order: &Order) -> Option<&'static str> {
        let comes_here = order.who.takes_our_server();
        Server::lacks(&self.app.config).filter(|_| comes_here)
    }

    /// The way to Vapi for what takes no number: asking after a call, and ending one. Where calls
    /// are only taken there is none to call from.
    fn client(&self) -> Result<&Client> {
        let none = || not_configured("ended", "VAPI_API_KEY");
        self.vapi.as_ref().ok_or_else(none)
    }

    fn server(&self) -> Server {
        let config = &self.app.config;
        let address = self.listens_on.get().copied();
        Server::of(config, address.unwrap_or(config.server.listen))
    }
}

fn not_configured(what: &str, variable: &str) -> Error {
    let message = format!("Calls cannot be {what} here: the operator has to set {variable}.");
    Error::new(Code::VapiNotConfigured, message)
}
