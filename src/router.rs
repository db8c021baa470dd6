//! Every route on one screen, in the order in which they are tried.
//!
//! Each handler names its own path and method, from which the document is
//! made as well; the comments repeat them for the eye, and a test compares.

use actix_web::{middleware::from_fn, web};
use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{
    auth, calls, campaigns, dashboard, delivery, edge, events, ingest, live, metrics, results,
    schedule, service, sessions, subscriptions, tools, trial,
};

/// Everything the document describes.
pub fn routes(routes: &mut ServiceConfig) {
    routes.configure(at_the_door).configure(behind_the_door);
}

/// What needs no caller, or knows its own. Vapi's events come here, and in numbers, so it is tried
/// before the pages, whose addresses are patterns and take longer.
#[rustfmt::skip]
pub fn at_the_door(routes: &mut ServiceConfig) {
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
        .service(events::http::list_event_types)       // GET /api/v6/call/webhook/events/types
        .service(live::session::follow_session);       // GET /api/v1/sessions/{id}/live
}

/// What needs a caller. It takes every address.
pub fn behind_the_door(routes: &mut ServiceConfig) {
    routes.service(
        scope("")
            .wrap(from_fn(auth::guard))
            .wrap(from_fn(edge::refuse_wrong_method_in_public))
            .configure(rooms),
    );
}

#[rustfmt::skip]
fn rooms(routes: &mut ServiceConfig) {
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
        .service(scope("/api/v1/vapi")
            .service(results::http::list_results_by_phone) // GET /api/v1/vapi/calls/by-phone/{phone}
            .service(results::http::read_result)       // GET /api/v1/vapi/calls/{id}
            .service(results::http::dismiss_result)    // DELETE /api/v1/vapi/calls/{id}
            .service(results::http::read_cache_stats)  // GET /api/v1/vapi/cache/stats
            .service(calls::http::configure_assistant)) // POST /api/v1/vapi/assistant-config
        .service(scope("/api/v6/call/schedules")
            .service(schedule::http::create_schedule)  // POST /api/v6/call/schedules
            .service(schedule::http::list_schedules)   // GET /api/v6/call/schedules
            .service(schedule::http::read_schedule)    // GET /api/v6/call/schedules/{id}
            .service(schedule::http::change_schedule)  // PATCH /api/v6/call/schedules/{id}
            .service(schedule::http::delete_schedule)  // DELETE /api/v6/call/schedules/{id}
            .service(schedule::http::preview_schedule) // GET /api/v6/call/schedules/{id}/preview
            .service(schedule::http::list_runs))       // GET /api/v6/call/schedules/{id}/runs
        .service(scope("/api/v6/campaigns")
            .service(campaigns::http::create_campaign) // POST /api/v6/campaigns
            .service(campaigns::http::list_campaigns)  // GET /api/v6/campaigns
            .service(campaigns::http::read_campaign)   // GET /api/v6/campaigns/{id}
            .service(campaigns::http::add_calls)       // POST /api/v6/campaigns/{id}/calls
            .service(campaigns::http::start_campaign)  // POST /api/v6/campaigns/{id}/start
            .service(campaigns::http::pause_campaign)  // POST /api/v6/campaigns/{id}/pause
            .service(campaigns::http::resume_campaign) // POST /api/v6/campaigns/{id}/resume
            .service(campaigns::http::cancel_campaign)) // POST /api/v6/campaigns/{id}/cancel
        .service(scope("/api/v1/tools")
            .service(tools::http::create_tool)         // POST /api/v1/tools
            .service(tools::http::list_tools)          // GET /api/v1/tools
            .service(tools::http::read_tool)           // GET /api/v1/tools/{id}
            .service(tools::http::delete_tool))        // DELETE /api/v1/tools/{id}
        .service(scope("/api/v6/call/webhook")
            .service(live::sse::stream_events)                 // GET /api/v6/call/webhook/stream
            .service(trial::http::test_webhook)                // POST /api/v6/call/webhook/test
            .service(trial::http::verify_signature)            // POST /api/v6/call/webhook/verify
            .service(subscriptions::http::subscribe)           // POST /api/v6/call/webhook/subscribe
            .service(subscriptions::http::list_subscriptions)  // GET /api/v6/call/webhook/subscriptions
            .service(subscriptions::http::read_subscription)   // GET /api/v6/call/webhook/subscriptions/{id}
            .service(subscriptions::http::change_subscription) // PATCH /api/v6/call/webhook/subscriptions/{id}
            .service(subscriptions::http::delete_subscription) // DELETE /api/v6/call/webhook/subscriptions/{id}
            .service(subscriptions::http::rotate_secret)      // POST /api/v6/call/webhook/subscriptions/{id}/rotate-secret
            .service(delivery::http::list_deliveries)  // GET /api/v6/call/webhook/subscriptions/{id}/deliveries
            .service(delivery::http::replay_deliveries) // POST /api/v6/call/webhook/subscriptions/{id}/replay
            .service(delivery::http::read_delivery)    // GET /api/v6/call/webhook/deliveries/{id}
            .service(delivery::http::retry_delivery)   // POST /api/v6/call/webhook/deliveries/{id}/retry
            .service(events::http::list_events)        // GET /api/v6/call/webhook/events
            .service(events::http::explain_event))     // GET /api/v6/call/webhook/events/{id}/explain
        .service(scope("/api/v6/call")
            .service(calls::http::place_call)          // POST /api/v6/call
            .service(calls::http::list_calls)          // GET /api/v6/call
            .service(calls::http::read_call)           // GET /api/v6/call/{id}
            .service(calls::http::cancel_call)         // POST /api/v6/call/{id}/cancel
            .service(calls::http::list_call_events)    // GET /api/v6/call/{id}/events
            .service(calls::http::replay_call));       // POST /api/v6/call/{id}/replay
}

/// Pages, which the document leaves out. They come before what is behind the door.
pub fn pages(pages: &mut web::ServiceConfig) {
    pages
        .configure(dashboard::pages)
        .route("/docs", web::get().to(service::http::to_docs))
        .service(service::http::docs());
}
