//! Every route on one screen, in the order in which they are tried.
//!
//! Each handler names its own path and method, from which the document is
//! made as well; the comments repeat them for the eye, and a test compares.

use actix_web::{middleware::from_fn, web};
use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{auth, edge, ingest, metrics, service, sessions, tools};

/// Everything the document describes.
#[rustfmt::skip]
pub fn routes(routes: &mut ServiceConfig) {
    routes
        .service(service::http::describe_service)      // GET /api
        .service(service::http::read_health)           // GET /health
        .service(service::http::read_liveness)         // GET /health/live
        .service(service::http::read_readiness)        // GET /health/ready
        .service(metrics::http::read_metrics)          // GET /metrics
        .service(service::http::read_openapi)          // GET /openapi.json
        .service(ingest::http::receive_webhook)        // POST /api/webhooks/vapi
        .service(ingest::http::receive_session_event)  // POST /api/v1/sessions/vapi/webhook
        .service(ingest::http::receive_server_message) // POST /api/v1/vapi/webhook
        .service(ingest::http::receive_at_old_address) // POST /api/v1/vapi/webhooks/vapi
        .service(scope("")
            .wrap(from_fn(auth::guard))
            .wrap(from_fn(edge::refuse_wrong_method_in_public))
            .configure(behind_the_door));
}

/// What needs a caller.
#[rustfmt::skip]
fn behind_the_door(routes: &mut ServiceConfig) {
    routes
        .service(scope("/api/v1/keys")
            .service(auth::http::create_key)           // POST /api/v1/keys
            .service(auth::http::list_keys)            // GET /api/v1/keys
            .service(auth::http::read_key)             // GET /api/v1/keys/{id}
            .service(auth::http::revoke_key))          // DELETE /api/v1/keys/{id}
        .service(scope("/api/v1/sessions")
            .service(sessions::http::claim_session)    // POST /api/v1/sessions
            .service(sessions::http::list_sessions)    // GET /api/v1/sessions
            .service(sessions::http::read_session)     // GET /api/v1/sessions/{id}
            .service(sessions::http::list_messages)    // GET /api/v1/sessions/{id}/messages
            .service(sessions::http::read_summary))    // GET /api/v1/sessions/{id}/summary
        .service(scope("/api/v1/tools")
            .service(tools::http::create_tool)         // POST /api/v1/tools
            .service(tools::http::list_tools)          // GET /api/v1/tools
            .service(tools::http::read_tool)           // GET /api/v1/tools/{id}
            .service(tools::http::delete_tool));       // DELETE /api/v1/tools/{id}
}

/// Pages, which the document leaves out. They come first: what follows them
/// takes every address.
pub fn pages(pages: &mut web::ServiceConfig) {
    pages
        .route("/", web::get().to(service::http::to_docs))
        .route("/docs", web::get().to(service::http::to_docs))
        .service(service::http::docs());
}
