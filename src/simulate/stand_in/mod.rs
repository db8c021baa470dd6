//! Vapi's other half, played: the REST API at which calls are placed.
//!
//! ```text
//!   POST /call ──▶ checked as Vapi checks ──▶ mischief? ──▶ in the book ──▶ played to its server
//!   GET  /call, /call/{id}, PATCH, DELETE, the control address of each call
//!   GET  /dials                    how often each order rang somebody's telephone
//! ```
//!
//! A call that is placed here is one of the stories, told to the address that its assistant names,
//! with the headers that stand there. Which story follows from the seed and from how many calls
//! came before, so a run can be had again. By the last digits of the number that is called it can
//! be told to misbehave in every way that Vapi is known to.
//!
//! It counts dials, because that is what a program that places calls has to be judged by: whatever
//! goes wrong, one order rings once.

mod book;
mod checks;
mod mischief;
mod play;
mod routes;

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use anyhow::Context;
use reqwest::{Client, Url};
use tokio::{runtime::Handle, task::JoinHandle};

use self::book::Book;
pub use self::mischief::{Mischief, Rule};
use super::sign::Proof;
use crate::infra::clock::Clock;

/// How the part is played.
#[derive(Clone)]
pub struct Part {
    pub seed: u64,
    pub clock: Clock,
    pub client: Client,
    /// Where the news of a call goes that names no server, and what proves it there.
    pub target: Url,
    pub proof: Proof,
    /// How many times faster than they were spoken calls are played. Zero leaves no pauses.
    pub speed: f64,
    /// Whether calls are played at all, or only taken.
    pub plays: bool,
    pub rules: Vec<Rule>,
}

/// A stand-in that listens.
pub struct StandIn {
    pub address: SocketAddr,
    house: Arc<House>,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
}

/// What its answers are made from.
struct House {
    part: Part,
    book: Book,
    address: OnceLock<SocketAddr>,
    /// Calls are played on the runtime that it was started on.
    runtime: Handle,
}

impl StandIn {
    pub fn start(listen: SocketAddr, part: Part) -> anyhow::Result<Self> {
        let house = Arc::new(House {
            part,
            book: Book::default(),
            address: OnceLock::new(),
            runtime: Handle::current(),
        });
        let shared = web::Data::from(house.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .configure(routes::routes)
        })
        .workers(1)
        .disable_signals()
        .bind(listen)
        .with_context(|| format!("cannot listen at {listen}"))?;
        let address = *server
            .addrs()
            .first()
            .context("the stand-in has no address")?;
        house.address.get_or_init(|| address);
        let server = server.run();
        Ok(Self {
            address,
            house,
            server: server.handle(),
            serving: tokio::spawn(server),
        })
    }

    /// As `VAPI_BASE_URL` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often a telephone rang for the order of this `requestId`.
    pub fn dials(&self, request_id: &str) -> u64 {
        self.house.book.dials(request_id)
    }

    /// How often a telephone rang in all.
    pub fn dials_in_all(&self) -> u64 {
        self.house.book.dials_in_all()
    }

    /// How many calls went on at once, at the most.
    pub fn most_at_once(&self) -> usize {
        self.house.book.most_at_once()
    }

    /// Where all lines are in use, whoever asks for a call is told to come again.
    pub fn has_lines(&self, lines: Option<usize>) {
        self.house.book.set_lines(lines);
    }

    /// Becomes ready when so many calls were asked for, whatever was answered.
    pub async fn asked(&self, times: u64) {
        self.house.book.asked(times).await;
    }

    /// How often somebody asked how a call stands, or which calls there are.
    pub fn looks(&self) -> u64 {
        self.house.book.looks()
    }

    /// Becomes ready when that was asked so often.
    pub async fn looked(&self, times: u64) {
        self.house.book.looked(times).await;
    }

    /// Becomes ready when no call is being played.
    pub async fn quiet(&self) {
        self.house.book.quiet().await;
    }

    /// What it does from now on to calls that these rules are for.
    pub fn misbehave(&self, rules: impl IntoIterator<Item = Rule>) {
        self.house.book.set_rules(rules.into_iter().collect());
    }

    /// Becomes ready when the server ends by itself, which it should not.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        (&mut self.serving).await?.context("the stand-in ended")
    }

    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}
