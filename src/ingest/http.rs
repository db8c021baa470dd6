//! The four addresses: who says so, what is said, keep it, answer.

use std::{net::Ipv6Addr, time::Instant};

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Bytes, Data, Payload},
};
use serde_json::Value;

use super::{
    Address, Ingest,
    accept::{self, Letter, Received},
    authenticate, replies, synchronous,
};
use crate::{
    app::App,
    error::{Detail, Error, Result},
    infra::{
        body::{self, End},
        peer::Peer,
    },
    vapi::message::{Message, NotUnderstood, Said, Shape, understand},
};

/// Takes what Vapi says, at the address of the call events.
#[utoipa::path(
    tag = "ingest",
    security(()),
    request_body = Object,
    responses((status = 200, description = "It is kept; a question of Vapi's gets its answer", body = Object)),
)]
#[post("/api/webhooks/vapi")]
pub async fn receive_webhook(
    req: HttpRequest,
    payload: Payload,
    app: Data<App>,
    ingest: Data<Ingest>,
) -> Result<HttpResponse> {
    receive(Address::Webhooks, &req, payload, &app, &ingest).await
}

/// Takes what Vapi says, at the address of the sessions.
#[utoipa::path(
    tag = "ingest",
    security(()),
    request_body = Object,
    responses((status = 200, description = "It is kept; a question of Vapi's gets its answer", body = Object)),
)]
#[post("/api/v1/sessions/vapi/webhook")]
pub async fn receive_session_event(
    req: HttpRequest,
    payload: Payload,
    app: Data<App>,
    ingest: Data<Ingest>,
) -> Result<HttpResponse> {
    receive(Address::Sessions, &req, payload, &app, &ingest).await
}

/// Takes what Vapi says, in Vapi's own envelope.
#[utoipa::path(
    tag = "ingest",
    security(()),
    request_body = Object,
    responses((status = 200, description = "It is kept; a question of Vapi's gets its answer", body = Object)),
)]
#[post("/api/v1/vapi/webhook")]
pub async fn receive_server_message(
    req: HttpRequest,
    payload: Payload,
    app: Data<App>,
    ingest: Data<Ingest>,
) -> Result<HttpResponse> {
    receive(Address::Vapi, &req, payload, &app, &ingest).await
}

/// The same under its older name.
#[utoipa::path(
    tag = "ingest",
    security(()),
    request_body = Object,
    responses((status = 200, description = "It is kept; a question of Vapi's gets its answer", body = Object)),
)]
#[post("/api/v1/vapi/webhooks/vapi")]
pub async fn receive_at_old_address(
    req: HttpRequest,
    payload: Payload,
    app: Data<App>,
    ingest: Data<Ingest>,
) -> Result<HttpResponse> {
    receive(Address::VapiWebhooks, &req, payload, &app, &ingest).await
}

async fn receive(
    address: Address,
    req: &HttpRequest,
    payload: Payload,
    app: &App,
    ingest: &Ingest,
) -> Result<HttpResponse> {
    let started = Instant::now();
    let body = body::read_within(
        payload.into_inner(),
        End::of(req),
        app.config.server.ingest_body_bytes_max,
    )
    .await?;
    let webhook_id = authenticate(req, &body, app, ingest)?;
    let message = understand(&body).map_err(|why| refuse(address, &why))?;
    limit_session(&message, ingest)?;
    count(&message);
    let received = Received {
        message,
        letter: Letter {
            body,
            address,
            webhook_id,
        },
    };
    let reply = match synchronous::is_question(&received.message) {
        true => synchronous::answer(app, ingest, received).await?,
        false => acknowledge(app, ingest, received).await?,
    };
    metrics::histogram!("ringback_ingest_seconds", "address" => address.path())
        .record(started.elapsed());
    Ok(match reply {
        // Vapi waits for sound here, and would play anything else as noise.
        Value::Null => HttpResponse::Ok().finish(),
        reply => HttpResponse::Ok().json(reply),
    })
}

/// The message's own id, where that is proven too. Whoever fails too often is told to wait;
/// whoever passes is never limited. While the door stands open, who claims nothing has nothing to
/// prove.
fn authenticate(
    req: &HttpRequest,
    body: &Bytes,
    app: &App,
    ingest: &Ingest,
) -> Result<Option<String>> {
    let headers = req.headers();
    let refused =
        match authenticate::authenticate(headers, body, app.clock.millis(), &ingest.secrets) {
            Ok(passed) => return Ok(passed.webhook_id),
            Err(refused) if app.config.access.is_open && refused.modes_tried.is_empty() => {
                return Ok(None);
            }
            Err(refused) => refused,
        };
    let socket = req
        .peer_addr()
        .map_or(Ipv6Addr::UNSPECIFIED.into(), |address| address.ip());
    let peer = Peer::of(socket, headers, &app.config.server.trusted_proxies);
    authenticate::security_log(&refused, headers, peer, body.len());
    ingest.limits.failed_authentication(peer)?;
    Err(refused.into())
}

async fn acknowledge(app: &App, ingest: &Ingest, received: Received) -> Result<Value> {
    let address = received.letter.address;
    let call_id = received
        .message
        .call
        .as_ref()
        .map(|call| call.vapi_id.clone());
    let kind = received.message.kind.clone();
    let fate = accept::accept(app, ingest, received, None).await?;
    Ok(replies::acknowledged(
        address,
        &kind,
        call_id.as_deref(),
        fate,
    ))
}

/// What is worth an eye: types that are new to us, and what went wrong in a
/// session.
fn count(message: &Message) {
    if !message.is_known() {
        tracing::info!(
            r#type = message.kind,
            "a type that is not known is kept and changes nothing"
        );
        metrics::counter!("ringback_ingest_unknown_types_total").increment(1);
    }
    if let Said::Error { .. } = message.said {
        metrics::counter!("ringback_session_errors_total").increment(1);
    }
}

/// Only the simple shape of the sessions is limited: what the real Vapi sends
/// would not be sent again.
fn limit_session(message: &Message, ingest: &Ingest) -> Result<()> {
    match (&message.call, message.shape) {
        (Some(call), Shape::Session) => Ok(ingest.limits.session_event(&call.vapi_id)?),
        _ => Ok(()),
    }
}

fn refuse(address: Address, why: &NotUnderstood) -> Error {
    let Detail { path, message } = &why.0;
    tracing::warn!(
        address = address.path(),
        path,
        reason = message,
        "a body was not understood"
    );
    metrics::counter!("ringback_ingest_not_understood_total", "reason" => why.reason())
        .increment(1);
    let path = if path.is_empty() { "body" } else { path };
    Error::invalid(path, message.as_str())
}
