//! `/api`, `/health*`, the document and the way to it: open to everybody.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    dev::HttpServiceFactory,
    get,
    http::header,
    middleware::DefaultHeaders,
    web::{Data, Json, scope},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::DocumentJson;
use crate::{
    app::App,
    edge::Routes,
    error::{Code, Envelope, Error, Result},
    ingest::Ingest,
};

const DATABASE_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// What this is, and what it can be asked.
#[derive(Serialize, ToSchema)]
pub struct Description {
    #[schema(example = true)]
    success: bool,
    #[schema(example = "ringback")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
    #[schema(example = json!(["GET /api", "GET /health"]))]
    endpoints: Vec<String>,
}

/// How it is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = true)]
    success: bool,
    /// `ok`, or `degraded` while the database is away and events wait in the spool.
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
}

impl Health {
    fn is(status: &'static str) -> Json<Self> {
        Json(Self {
            success: true,
            status,
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

/// What this service is and which endpoints it has.
#[utoipa::path(
    tag = "service",
    security(()),
    responses((status = 200, description = "Name, version and endpoints", body = Description)),
)]
#[get("/api")]
pub async fn describe_service(routes: Data<Routes>) -> Json<Description> {
    Json(Description {
        success: true,
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        endpoints: routes.list(),
    })
}

/// Whether the service is up and can do its work.
#[utoipa::path(
    tag = "service",
    security(()),
    responses(
        (status = 200, description = "It is well", body = Health),
        (status = 503, description = "It is stopping, or its database does not answer", body = Envelope),
    ),
)]
#[get("/health")]
pub async fn read_health(app: Data<App>, ingest: Data<Ingest>) -> Result<Json<Health>> {
    health(&app, &ingest).await
}

/// Whether the process runs at all; a supervisor restarts it where it does not.
#[utoipa::path(
    tag = "service",
    security(()),
    responses((status = 200, description = "It runs", body = Health)),
)]
#[get("/health/live")]
pub async fn read_liveness() -> Json<Health> {
    Health::is("ok")
}

/// Whether a balancer should send requests here.
#[utoipa::path(
    tag = "service",
    security(()),
    responses(
        (status = 200, description = "It takes requests", body = Health),
        (status = 503, description = "It is stopping, or its database does not answer", body = Envelope),
    ),
)]
#[get("/health/ready")]
pub async fn read_readiness(app: Data<App>, ingest: Data<Ingest>) -> Result<Json<Health>> {
    health(&app, &ingest).await
}

/// This document, as OpenAPI 3.1.
#[utoipa::path(
    tag = "service",
    security(()),
    responses((status = 200, description = "The document", body = Object, content_type = "application/json")),
)]
#[get("/openapi.json")]
pub async fn read_openapi(document: Data<DocumentJson>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(document.0.clone())
}

/// The document as a page to browse; all of it is in this binary.
pub fn docs() -> impl HttpServiceFactory {
    let viewer = SwaggerUi::new("/{_:.*}").config(Config::from("/openapi.json"));
    scope("/docs")
        .wrap(DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, DOCS_POLICY)))
        .service(viewer)
}

/// The viewer brings its own scripts and sets styles on elements.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// The document without its last slash.
pub async fn to_docs() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

/// A process whose database is away still takes events in as long as its
/// spool does, and a balancer that cut it off would cut off the last way in.
async fn health(app: &App, ingest: &Ingest) -> Result<Json<Health>> {
    if app.stopping.is_cancelled() {
        return Err(Error::new(
            Code::Unready,
            "This process is stopping; ask another one.",
        ));
    }
    let answer = tokio::time::timeout(DATABASE_ANSWERS_WITHIN, app.db.now_millis()).await;
    let away = match answer {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(unready(error)),
        Err(late) => Some(unready(late)),
    };
    match away {
        Some(error) if !ingest.has_spool() => Err(error),
        Some(_) => Ok(Health::is("degraded")),
        None if ingest.is_degraded() => Ok(Health::is("degraded")),
        None => Ok(Health::is("ok")),
    }
}

fn unready(cause: impl Into<anyhow::Error>) -> Error {
    Error::caused(Code::Unready, "The database does not answer.", cause)
}
