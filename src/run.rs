//! Starting and stopping, in order.
//!
//! Up: data directory, sealing keys, database, schema, port, this process's
//! row, workers, server. Down, the other way round: readiness fails first, so
//! that a balancer looks elsewhere, and nothing more is sent; the server ends
//! its requests; the workers end their work, last those that send, whose lanes
//! are let go; the row goes; the database is closed last. Down takes less than
//! thirty seconds, whatever hangs.
//!
//! A start that fails once the row is there goes down in the same order: the
//! others would let lanes go to a process that never serves.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use actix_web::{
    dev::Server,
    web::{self, Bytes, Data},
};
use anyhow::Context;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    app::App,
    auth::Access,
    calls::Calls,
    campaigns::{self, Campaigns},
    config::{Config, Database},
    delivery::{Deliveries, dropping},
    edge::{self, Routes},
    events::Tail,
    idempotency,
    infra::{
        clock::Clock,
        data_dir::LockFile,
        db::{Db, migrate, unfinished},
        egress::Egress,
        hub::Hub,
        open_files,
        worker::Workers,
    },
    ingest::Ingest,
    instances::Membership,
    live::Live,
    metrics, openapi,
    results::Desk,
    retention, router,
    schedule::{self, Schedules},
    service::DocumentJson,
    tools::Tools,
    trial,
};

mod embedded;
pub mod listener;
pub mod rotate;
mod serving;
pub mod spooled;
pub use embedded::{
    Embedded, SEALING_KEYS_FILE, SHARED_SECRET_FILE, SIGNING_SECRET_FILE, known_keys,
};
use serving::Serving;

/// Whoever stops this process gives it longer before killing it.
pub const STOP_WITHIN: Duration = Duration::from_secs(28);

/// A server that runs, with all that belongs to it.
pub struct Running {
    pub app: App,
    pub address: SocketAddr,
    pub tools: Tools,
    pub calls: Calls,
    pub schedules: Schedules,
    pub campaigns: Campaigns,
    pub ingest: Ingest,
    pub deliveries: Deliveries,
    pub desk: Desk,
    serving: Serving,
    workers: Workers,
    /// Those that send: they outlive the ones that give them something to send.
    pub senders: Workers,
    pub membership: Membership,
    /// Where the secret is kept that Vapi may prove itself with, if it was made here.
    pub shared_secret_file: Option<PathBuf>,
    _lock: Option<LockFile>,
}

/// Starts everything and comes back once requests are answered.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
    metrics::start()?;
    open_files::raise_limit();
    let embedded = Embedded::open(config)?;
    if embedded.config.storage.migrate_at_start {
        let applied = migrate::up(&embedded.config.storage.database).await?;
        tracing::info!(applied, "the schema is up to date");
    }
    let db = Db::open(&embedded.config.storage).await?;
    migrate::assert_current(db.read()).await?;
    unfinished::refuse(db.read()).await?;
    let app = App {
        seal: embedded.seal(&db).await?,
        hub: Hub::new(&db),
        db,
        clock,
        egress: Egress::new(&embedded.config.egress)?,
        stopping: CancellationToken::new(),
        config: embedded.config,
    };
    let listener = listener::bind(&app.config.server)?;
    let membership = Membership::join(&app).await?;
    let [workers, senders] = [(); 2].map(|()| Workers::new(app.clock.clone()));
    let (joined, staff) = (membership.clone(), (workers.clone(), senders.clone()));
    match begin(app.clone(), listener, joined, staff).await {
        Ok(running) => Ok(Running {
            shared_secret_file: embedded.shared_secret_file,
            _lock: embedded.lock,
            ..running
        }),
        Err(error) => {
            // What keeps this from ending well is most likely the same error.
            let _ = timeout(STOP_WITHIN, withdraw(&app, &workers, &senders, &membership)).await;
            Err(error)
        }
    }
}

/// Starts what this process does under its row.
async fn begin(
    app: App,
    listener: TcpListener,
    membership: Membership,
    (workers, senders): (Workers, Workers),
) -> anyhow::Result<Running> {
    let tools = Tools::start(&app, &membership).await?;
    start_workers(&app, &membership, &workers);
    let deliveries = Deliveries::start(&app);
    let ingest = Ingest::open(&app, &membership, tools.clone(), deliveries.clone())?;
    ingest.supervise(&app, &workers);
    deliveries.supervise(&app, &membership, &senders);
    let calls = Calls::start(&app, &membership, &deliveries);
    let schedules = Schedules::start(&app, &calls);
    let campaigns = Campaigns::open(&app, &calls, &deliveries);
    let tail = Tail::open(&app).await?;
    let desk = Desk::open(&app, &tail).await?;
    follow_log(&app, &tail, &desk, &workers);
    let parts = Parts {
        tools: tools.clone(),
        ingest: ingest.clone(),
        deliveries: deliveries.clone(),
        calls: calls.clone(),
        schedules: schedules.clone(),
        campaigns: campaigns.clone(),
        live: Live::new(&tail),
        desk: desk.clone(),
    };
    let (server, address) = server(&app, listener, parts)?;
    calls.listens_on(address);
    keep_time(&app, &calls, &schedules, &workers);
    keep_going(&campaigns, &workers);
    Ok(Running {
        serving: Serving::start(server)?,
        app,
        address,
        tools,
        calls,
        schedules,
        campaigns,
        ingest,
        deliveries,
        desk,
        workers,
        senders,
        membership,
        shared_secret_file: None,
        _lock: None,
    })
}

/// Ends what works, lets everything go that this process holds, and its row with it.
async fn withdraw(
    app: &App,
    workers: &Workers,
    senders: &Workers,
    membership: &Membership,
) -> anyhow::Result<()> {
    app.stopping.cancel();
    workers.stop().await;
    senders.stop().await;
    let left = membership.leave(app).await;
    app.db.clone().close().await;
    Ok(left?)
}

fn start_workers(app: &App, membership: &Membership, workers: &Workers) {
    let (beating, swept, kept) = ((app.clone(), membership.clone()), app.clone(), app.clone());
    workers.supervise("heartbeat", move |stop| {
        beating.1.clone().beat(beating.0.clone(), stop)
    });
    workers.supervise("idempotency", move |stop| {
        idempotency::sweep(swept.clone(), stop)
    });
    app.hub.supervise(&app.db, workers);
    let (dropped, retained) = (app.clone(), app.clone());
    workers.supervise("dropping", move |stop| {
        dropping::drop_marked(dropped.clone(), stop)
    });
    workers.supervise("retention", move |stop| {
        retention::sweep(retained.clone(), stop)
    });
    workers.supervise("metrics", move |stop| metrics::upkeep(kept.clone(), stop));
}

/// The log's reader, and who follows it.
fn follow_log(app: &App, tail: &Tail, desk: &Desk, workers: &Workers) {
    let (read, app) = (tail.clone(), app.clone());
    workers.supervise("tail", move |stop| read.clone().follow(app.clone(), stop));
    let (following, sweeping) = (desk.clone(), desk.clone());
    workers.supervise("results", move |stop| following.clone().follow(stop));
    workers.supervise("result-cache", move |stop| sweeping.clone().sweep(stop));
}

/// What handlers act through.
struct Parts {
    tools: Tools,
    ingest: Ingest,
    deliveries: Deliveries,
    calls: Calls,
    schedules: Schedules,
    campaigns: Campaigns,
    live: Live,
    desk: Desk,
}

fn server(app: &App, listener: TcpListener, parts: Parts) -> anyhow::Result<(Server, SocketAddr)> {
    let document = openapi::document();
    let shared = Shared {
        access: Data::new(Access::new(
            &app.config.access,
            app.clock.clone(),
            app.egress.clone(),
            app.db.clone(),
        )),
        app: Data::new(app.clone()),
        ingest: Data::new(parts.ingest),
        tools: Data::new(parts.tools),
        deliveries: Data::new(parts.deliveries),
        calls: Data::new(parts.calls),
        schedules: Data::new(parts.schedules),
        campaigns: Data::new(parts.campaigns),
        live: Data::new(parts.live),
        desk: Data::new(parts.desk),
        trials: Data::new(trial::Limit::new(app.clock.clone())),
        routes: Data::new(openapi::routes(&document)),
        document: Data::new(DocumentJson(Bytes::from(openapi::json(&document)?))),
    };
    listener::serve(listener, &app.config.server, move |cfg| {
        shared.clone().register(cfg);
        router::at_the_door(&mut ServiceConfig::new(cfg));
        router::pages(cfg);
        cfg.default_service(web::to(edge::unrouted));
        router::behind_the_door(&mut ServiceConfig::new(cfg));
    })
}

/// The workers that place calls when they are due.
fn keep_time(app: &App, calls: &Calls, schedules: &Schedules, workers: &Workers) {
    let (placing, scheduling, forgetting) = (calls.clone(), schedules.clone(), app.clone());
    workers.supervise("calls", move |stop| placing.clone().keep_time(stop));
    workers.supervise("schedules", move |stop| scheduling.clone().keep_time(stop));
    workers.supervise("runs", move |stop| {
        schedule::sweep(forgetting.clone(), stop)
    });
}

fn keep_going(campaigns: &Campaigns, workers: &Workers) {
    let (placing, forgetting) = (campaigns.clone(), campaigns.clone());
    workers.supervise("campaigns", move |stop| placing.clone().keep_going(stop));
    workers.supervise("campaign-sweep", move |stop| {
        campaigns::sweep(forgetting.clone(), stop)
    });
}

/// What the handlers find beside the request.
#[derive(Clone)]
struct Shared {
    app: Data<App>,
    ingest: Data<Ingest>,
    access: Data<Access>,
    tools: Data<Tools>,
    deliveries: Data<Deliveries>,
    live: Data<Live>,
    desk: Data<Desk>,
    trials: Data<trial::Limit>,
    calls: Data<Calls>,
    schedules: Data<Schedules>,
    campaigns: Data<Campaigns>,
    routes: Data<Routes>,
    document: Data<DocumentJson>,
}

impl Shared {
    fn register(self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(self.app)
            .app_data(self.ingest)
            .app_data(self.access)
            .app_data(self.tools)
            .app_data(self.deliveries)
            .app_data(self.live)
            .app_data(self.desk)
            .app_data(self.trials)
            .app_data(self.calls)
            .app_data(self.schedules)
            .app_data(self.campaigns)
            .app_data(self.routes)
            .app_data(self.document)
            .app_data(
                web::PathConfig::default()
                    .error_handler(|error, _| edge::in_our_envelope(error, "path")),
            )
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| edge::in_our_envelope(error, "query")),
            );
    }
}

impl Running {
    /// Becomes ready when the server ends by itself, which it should not.
    pub async fn ended(&mut self) -> anyhow::Error {
        match self.serving.ended().await {
            Ok(()) => anyhow::anyhow!("the server ended"),
            Err(error) => error.into(),
        }
    }

    /// Stops everything in order, within a time limit.
    pub async fn stop(self) -> anyhow::Result<()> {
        timeout(STOP_WITHIN, self.stop_in_order()).await.context(
            "something did not stop in time; what was not written is picked up at the next start",
        )?
    }

    async fn stop_in_order(self) -> anyhow::Result<()> {
        self.app.stopping.cancel();
        self.serving.stop().await;
        withdraw(&self.app, &self.workers, &self.senders, &self.membership).await
    }

    /// Whether data is kept in a file on this machine.
    pub fn database_file(&self) -> Option<&std::path::Path> {
        match &self.app.config.storage.database {
            Database::Sqlite { file } => Some(file),
            Database::Postgres { .. } => None,
        }
    }
}
