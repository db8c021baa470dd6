//! Starting and stopping, in order.
//!
//! Up: data directory, sealing keys, database, schema, this process's row,
//! workers, server. Down, the other way round: readiness fails first, so that
//! a balancer looks elsewhere; the server ends its requests; the workers end
//! their work; the row goes; the database is closed last. Down takes less than
//! thirty seconds, whatever hangs.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use actix_web::{
    App as ActixApp, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, from_fn},
    web::{self, Bytes, Data},
};
use anyhow::Context;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::AppExt;

use crate::{
    app::App,
    auth::Access,
    config::{Config, Database},
    edge::{self, Routes},
    idempotency,
    infra::{
        clock::Clock,
        data_dir::LockFile,
        db::{Db, migrate},
        egress::Egress,
        worker::Workers,
    },
    ingest::Ingest,
    instances::Membership,
    metrics, openapi, router,
    service::DocumentJson,
    tools::Tools,
};

mod embedded;
pub mod rotate;
pub use embedded::{Embedded, SHARED_SECRET_FILE, SIGNING_SECRET_FILE};

/// A client may take this long to send the head of its request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const CONNECTIONS_PER_THREAD_MAX: usize = 10_000;
/// What a request under way gets once the process is told to stop.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(15);
const STOP_WITHIN: Duration = Duration::from_secs(28);

/// A server that runs, with all that belongs to it.
pub struct Running {
    pub app: App,
    pub address: SocketAddr,
    pub tools: Tools,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    workers: Workers,
    membership: Membership,
    _lock: Option<LockFile>,
}

/// Starts everything and comes back once requests are answered.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
    metrics::start()?;
    let embedded = Embedded::open(config)?;
    if embedded.config.storage.migrate_at_start {
        let applied = migrate::up(&embedded.config.storage.database).await?;
        tracing::info!(applied, "the schema is up to date");
    }
    let db = Db::open(&embedded.config.storage).await?;
    migrate::assert_current(db.read()).await?;
    let app = App {
        seal: embedded.seal(&db).await?,
        db,
        clock,
        egress: Egress::new(&embedded.config.egress)?,
        stopping: CancellationToken::new(),
        config: embedded.config,
    };
    let membership = Membership::join(&app).await?;
    let tools = Tools::start(&app, &membership).await?;
    let workers = start_workers(&app, &membership);
    let ingest = Ingest::open(&app, tools.clone())?;
    ingest.supervise(&app, &membership, &workers);
    let (server, address) = bind(&app, tools.clone(), ingest)?;
    Ok(Running {
        server: server.handle(),
        serving: tokio::spawn(server),
        app,
        address,
        tools,
        workers,
        membership,
        _lock: embedded.lock,
    })
}

fn start_workers(app: &App, membership: &Membership) -> Workers {
    let workers = Workers::new(app.clock.clone());
    let (beating, swept, kept) = ((app.clone(), membership.clone()), app.clone(), app.clone());
    workers.supervise("heartbeat", move |stop| {
        beating.1.clone().beat(beating.0.clone(), stop)
    });
    workers.supervise("idempotency", move |stop| {
        idempotency::sweep(swept.clone(), stop)
    });
    workers.supervise("metrics", move |stop| metrics::upkeep(kept.clone(), stop));
    workers
}

fn bind(app: &App, tools: Tools, ingest: Ingest) -> anyhow::Result<(Server, SocketAddr)> {
    let listen = app.config.server.listen;
    let document = openapi::document();
    let shared = Shared {
        access: Data::new(Access::new(
            &app.config.access,
            app.clock.clone(),
            app.egress.clone(),
            app.db.clone(),
        )),
        app: Data::new(app.clone()),
        ingest: Data::new(ingest),
        tools: Data::new(tools),
        routes: Data::new(openapi::routes(&document)),
        document: Data::new(DocumentJson(Bytes::from(openapi::json(&document)?))),
    };
    let server = HttpServer::new(move || {
        let shared = shared.clone();
        ActixApp::new()
            .wrap(Compress::default())
            .wrap(edge::cors(&shared.app.config.server.cors_origins))
            .wrap(from_fn(edge::edge))
            .configure(|cfg| shared.register(cfg))
            .configure(router::pages)
            .default_service(web::to(edge::unrouted))
            .into_utoipa_app()
            .configure(router::routes)
            .into_app()
    })
    .workers(server_threads())
    .client_request_timeout(REQUEST_HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .max_connections(CONNECTIONS_PER_THREAD_MAX)
    .shutdown_timeout(REQUESTS_END_WITHIN.as_secs())
    .disable_signals()
    .bind(listen)
    .with_context(|| format!("RINGBACK_LISTEN is {listen}, where this process cannot listen"))?;
    let address = server
        .addrs()
        .first()
        .copied()
        .context("the server has no address")?;
    Ok((server.run(), address))
}

/// Half of the cores serve requests: the other half records, seals and sends.
fn server_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).max(1)
}

/// What the handlers find beside the request.
#[derive(Clone)]
struct Shared {
    app: Data<App>,
    ingest: Data<Ingest>,
    access: Data<Access>,
    tools: Data<Tools>,
    routes: Data<Routes>,
    document: Data<DocumentJson>,
}

impl Shared {
    fn register(self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(self.app)
            .app_data(self.ingest)
            .app_data(self.access)
            .app_data(self.tools)
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
        match (&mut self.serving).await {
            Ok(Ok(())) => anyhow::anyhow!("the server ended"),
            Ok(Err(error)) => error.into(),
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
        self.server.stop(true).await;
        self.workers.stop().await;
        let left = self.membership.leave(&self.app).await;
        self.app.db.close().await;
        Ok(left?)
    }

    /// Where the secret is kept that Vapi may prove itself with, if it was made here.
    pub fn shared_secret_file(&self) -> PathBuf {
        self.app.config.storage.data_dir.join(SHARED_SECRET_FILE)
    }

    /// Whether data is kept in a file on this machine.
    pub fn database_file(&self) -> Option<&std::path::Path> {
        match &self.app.config.storage.database {
            Database::Sqlite { file } => Some(file),
            Database::Postgres { .. } => None,
        }
    }
}
