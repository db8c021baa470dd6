//! One server on a fresh database, with a receiver beside it: what a case is measured on.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{
    lab::Lab,
    load::{
        self, Load, Pace, Until, Went, Write,
        letter::{self, Letter, Proof},
    },
    receiver::{Arrival, Manner, Receiver},
    server::{Api, Histogram, Recipe, Server, usage},
    store::{Database, Kind, Store},
};
use crate::{
    infra::{clock::Clock, seal},
    ingest::Address,
};

/// The owner of an admin key that is set from outside, and of every call that is reported.
const OWNER: &str = "admin";
const SHARED_SECRET: &str = "the-benchmark-says-that-it-is-vapi";
const SIGNING_SECRET: &str = "the-benchmark-signs-as-if-it-were-vapi";
const ADMIN_KEY: &str = "the-benchmark-is-the-admin-of-its-own-server";
const SUBSCRIBING_CONNECTIONS: usize = 16;
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOOK_AT_LANES_AGAIN: Duration = Duration::from_millis(200);
/// Where nothing arrives for so long, nothing more will.
const SILENCE_MAX: Duration = Duration::from_secs(60);

pub struct Bed {
    pub server: Server,
    pub receiver: Receiver,
    pub database: Database,
    pub api: Api,
    /// Those of the setting, in its order.
    subscriptions: Vec<String>,
    write: Write,
    clock: Clock,
    /// The number of the next call.
    pub next: u64,
}

/// What a case is measured with.
#[derive(Clone, Debug)]
pub struct Setting {
    pub report_bytes: usize,
    pub subscribers: Vec<Manner>,
}

/// The lane that the subscription of a number wants to hear of, where not of all. Reports are of
/// lane 0.
pub type Wish = fn(u64) -> Option<String>;

/// Who had heard of what when all had.
pub struct Delivered {
    pub went: Went,
    pub arrivals: Vec<Arrival>,
    pub cpu: Option<Duration>,
    pub database_cpu: Option<Duration>,
}

impl Bed {
    pub async fn set_up(lab: &Lab, store: &Store, setting: &Setting) -> anyhow::Result<Self> {
        let (receiver, folder) = (Receiver::start().await?, lab.plan.folder());
        let urls = setting.subscribers.iter().enumerate();
        let urls = urls.map(|(number, manner)| receiver.url(number, *manner));
        let urls = urls.collect::<anyhow::Result<Vec<String>>>()?;
        let database = store.fresh(&folder).await?;
        let recipe = recipe(&database, store.kind(), &urls)?;
        let server = Server::start(recipe, &folder).await?;
        let api = Api {
            address: server.address,
            key: ADMIN_KEY.to_owned(),
        };
        let mut subscriptions = Vec::new();
        if store.kind() != Kind::Null {
            for url in &urls {
                subscriptions.push(api.subscribe(url).await?);
            }
        }
        let proof = match lab.plan.signed {
            true => Proof::Signature(SIGNING_SECRET.to_owned()),
            false => Proof::Secret(SHARED_SECRET.to_owned()),
        };
        let letter = Letter::report(Address::Vapi.path(), setting.report_bytes, &proof, OWNER);
        Ok(Self {
            server,
            receiver,
            database,
            api,
            subscriptions,
            write: Arc::new(move |number, to| letter.write(number, to)),
            clock: lab.clock.clone(),
            next: 0,
        })
    }

    /// Reports calls that nobody has heard of yet.
    pub async fn report(
        &mut self,
        connections: usize,
        pace: Pace,
        until: Until,
    ) -> anyhow::Result<Went> {
        let went = load::send(Load {
            address: self.server.address,
            connections,
            pace,
            until,
            first: self.next,
            write: Arc::clone(&self.write),
        })
        .await?;
        let last = went.sent.iter().map(|sent| sent.number).max();
        self.next = last.map_or(self.next, |last| last + 1);
        Ok(went)
    }

    /// Reports calls, and waits until so many subscribers have heard of each of them.
    pub async fn deliver(
        &mut self,
        connections: usize,
        pace: Pace,
        until: Until,
        subscribers: usize,
    ) -> anyhow::Result<Delivered> {
        self.receiver.arrivals.take(self.next);
        let (cpu, database_cpu) = (self.cpu(), self.database.server_cpu());
        let went = self.report(connections, pace, until).await?;
        self.heard(went.sent.len() as u64 * subscribers as u64)
            .await?;
        Ok(Delivered {
            went,
            cpu: since(cpu, self.cpu()),
            database_cpu: since(database_cpu, self.database.server_cpu()),
            arrivals: self.receiver.arrivals.take(self.next),
        })
    }

    /// Reports calls while the subscriber is not told of them, and waits until it has heard of all:
    /// no lane has them in hand, so they are read from the queue.
    pub async fn deliver_from_queue(
        &mut self,
        connections: usize,
        until: Until,
    ) -> anyhow::Result<()> {
        let [subscription] = &*self.subscriptions else {
            bail!("what is held is held for one");
        };
        let subscription = subscription.clone();
        self.receiver.arrivals.take(self.next);
        self.api.tells(&subscription, false).await?;
        let went = self
            .report(connections, Pace::AsFastAsItGoes, until)
            .await?;
        self.api.tells(&subscription, true).await?;
        self.heard(went.sent.len() as u64).await?;
        self.receiver.arrivals.take(self.next);
        Ok(())
    }

    /// Subscribes so many addresses, each with its wish.
    pub async fn subscribe_many(
        &self,
        count: u64,
        manner: Manner,
        wish: Wish,
    ) -> anyhow::Result<()> {
        let (api, base) = (self.api.clone(), self.receiver.url(0, manner)?);
        let base = base.trim_end_matches('0').to_owned();
        load::send(Load {
            address: api.address,
            connections: SUBSCRIBING_CONNECTIONS,
            pace: Pace::AsFastAsItGoes,
            until: Until::Sent(count),
            first: 0,
            write: Arc::new(move |number, to| {
                let lane = wish(number);
                let metadata = lane.as_deref().map(|lane| (letter::LANE, lane));
                to.extend(api.subscription(&format!("{base}{number}"), metadata));
            }),
        })
        .await?;
        Ok(())
    }

    async fn heard(&self, wanted: u64) -> anyhow::Result<()> {
        let arrivals = &self.receiver.arrivals;
        let (mut count, mut since) = (arrivals.count(), Instant::now());
        while count < wanted {
            self.clock.sleep(LOOK_AGAIN).await;
            let now = arrivals.count();
            if now > count {
                (count, since) = (now, Instant::now());
            } else if since.elapsed() > SILENCE_MAX {
                bail!("of {wanted} deliveries only {count} have arrived");
            }
        }
        Ok(())
    }

    /// How many transactions the server has committed; the null pipeline has none.
    pub async fn commits(&self) -> anyhow::Result<Option<f64>> {
        match self.database {
            Database::Null => Ok(None),
            _ => self.api.commits().await.map(Some),
        }
    }

    /// How long reading what is due on a lane has taken since the server was started.
    pub async fn claims(&self) -> anyhow::Result<Histogram> {
        let metrics = self.api.get("/metrics").await?;
        Ok(Histogram::of("ringback_claim_seconds", &metrics))
    }

    /// Ends the server, so that its database can be changed behind its back.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.server.stop(&self.clock).await
    }

    /// Starts the server again, on what is in its database now.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.server.start_again().await?;
        self.api.address = self.server.address;
        Ok(())
    }

    /// Waits until the breakers of so many lanes are open.
    pub async fn given_up_on(&self, lanes: u64) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.database.open_breakers().await? < lanes {
            if began.elapsed() > SILENCE_MAX {
                bail!("{lanes} receivers are dead, and are not known to be");
            }
            self.clock.sleep(LOOK_AT_LANES_AGAIN).await;
        }
        Ok(())
    }

    /// The processor time that the server has used.
    pub fn cpu(&self) -> Option<Duration> {
        usage::cpu(self.server.pid())
    }

    pub fn resident_bytes(&self) -> Option<f64> {
        usage::resident_bytes(self.server.pid()).map(|bytes| bytes as f64)
    }

    pub async fn tear_down(self) -> anyhow::Result<()> {
        drop(self.server);
        self.database.drop().await
    }
}

/// The time between, where both are known.
pub fn since(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

fn recipe(database: &Database, kind: Kind, urls: &[String]) -> anyhow::Result<Recipe> {
    let mut settings = BTreeMap::from([
        ("RINGBACK_LISTEN", "127.0.0.1:0".to_owned()),
        ("RINGBACK_LOG", "warn".to_owned()),
        ("RINGBACK_KEYS", seal::generate().expose().to_owned()),
        ("RINGBACK_ADMIN_KEY", ADMIN_KEY.to_owned()),
        ("WEBHOOK_SHARED_SECRET", SHARED_SECRET.to_owned()),
        ("VAPI_WEBHOOK_SECRET", SIGNING_SECRET.to_owned()),
    ]);
    settings.extend(database.url()?.map(|url| ("DATABASE_URL", url)));
    let arguments = match kind {
        Kind::Null => {
            let to = urls.iter().flat_map(|url| ["--to", url]);
            ["bench", "null-server"].into_iter().chain(to).collect()
        }
        Kind::Sqlite | Kind::Postgres => vec!["serve"],
    };
    Ok(Recipe {
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        settings,
    })
}
