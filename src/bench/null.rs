//! The null pipeline: all that ringback does but keep it.
//!
//! The same HTTP server, authentication, understanding, payload, signing and client; no database,
//! no queue, no retry. What it takes in a second is the most that could be taken, and whatever is
//! slower than it is slower for the sake of what it promises.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::Server,
    web::{self, Bytes, Data, Payload},
};
use entity::{CallId, EventId, calls::Outcome};
use serde_json::json;
use tokio::{runtime::Handle, sync::Semaphore};
use url::Url;
use uuid::Uuid;

use crate::{
    config::Config,
    delivery::sign::{Attempt, Signers, SigningSecret, sign},
    error::{Error, Result},
    events::{self, Kind, Subject},
    infra::{
        body::{self, End},
        clock::Clock,
        egress::{self, Egress, Outgoing},
    },
    ingest::{
        Address,
        authenticate::{Secrets, authenticate},
    },
    metrics,
    results::{CallResult, Facts},
    run::listener,
    vapi::message::{Message, understand},
};

const IN_FLIGHT_MAX: usize = 100;
const TIMEOUT: Duration = Duration::from_secs(15);
const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// What a request meets.
struct Pipeline {
    secrets: Secrets,
    clock: Clock,
    egress: Egress,
    signers: Signers,
    to: Vec<Subscriber>,
    body_bytes_max: usize,
    /// The process's own runtime: the server's threads only take in.
    runtime: Handle,
}

struct Subscriber {
    url: Url,
    slots: Arc<Semaphore>,
}

/// Listens, and tells these subscribers of every report that comes in.
pub fn serve(config: &Config, to: Vec<Url>) -> anyhow::Result<(Server, SocketAddr)> {
    metrics::start()?;
    let subscriber = |url| Subscriber {
        url,
        slots: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
    };
    let pipeline = Data::new(Pipeline {
        secrets: Secrets::new(&config.ingest),
        clock: Clock::system(),
        egress: Egress::new(&config.egress)?,
        signers: Signers {
            current: SigningSecret::generate(),
            previous: None,
        },
        to: to.into_iter().map(subscriber).collect(),
        body_bytes_max: config.server.ingest_body_bytes_max,
        runtime: Handle::current(),
    });
    let listener = listener::bind(&config.server)?;
    listener::serve(listener, &config.server, move |cfg| {
        cfg.app_data(pipeline.clone())
            .route(Address::Vapi.path(), web::post().to(receive));
    })
}

async fn receive(
    req: HttpRequest,
    payload: Payload,
    pipeline: Data<Pipeline>,
) -> Result<HttpResponse> {
    let body =
        body::read_within(payload.into_inner(), End::of(&req), pipeline.body_bytes_max).await?;
    let now = pipeline.clock.millis();
    authenticate(req.headers(), &body, now, &pipeline.secrets)?;
    let message = understand(&body).map_err(|why| Error::invalid("body", why.0.message))?;
    let call_id = message.call.as_ref().map(|call| call.vapi_id.clone());
    if !pipeline.to.is_empty() {
        tell(&pipeline, &message).await?;
    }
    let said = "Webhook processed and cached successfully";
    Ok(HttpResponse::Ok().json(json!({"success": true, "message": said, "callId": call_id})))
}

/// Starts a delivery to each subscriber that has a slot free, waiting for one where there is none.
async fn tell(pipeline: &Data<Pipeline>, message: &Message) -> Result<()> {
    let id = EventId::from_uuid(Uuid::now_v7());
    let Some(bytes) = payload_of(id, message, &pipeline.clock).map(Bytes::from) else {
        return Ok(());
    };
    for (to, subscriber) in pipeline.to.iter().enumerate() {
        let slots = Arc::clone(&subscriber.slots);
        let slot = slots.acquire_owned().await.map_err(Error::internal)?;
        let (pipeline, bytes) = (pipeline.clone(), bytes.clone());
        pipeline.runtime.clone().spawn(async move {
            let _slot = slot;
            pipeline.deliver(to, id, bytes).await
        });
    }
    Ok(())
}

/// The bytes of the event that a report becomes.
fn payload_of(id: EventId, message: &Message, clock: &Clock) -> Option<Vec<u8>> {
    let (call, end, results) = (
        message.call.as_ref()?,
        message.end()?,
        message.results.as_ref()?,
    );
    let facts = Facts {
        call_id: &call.vapi_id,
        outcome: Outcome::Completed,
        retryable: false,
        ended_reason: Some("customer-ended-call"),
        started_at: call.started_at,
        ended_at: call.ended_at,
        metadata: &call.metadata,
    };
    let mut data = CallResult::of(&facts, results).told(&facts);
    let customer = json!({"number": call.customer_number, "name": call.customer_name});
    data.insert("customer".to_owned(), customer);
    data.insert("metadata".to_owned(), json!(call.metadata));
    let payload = events::Payload {
        id,
        kind: Kind::CallCompleted,
        call: Some(Subject {
            id: CallId::from_uuid(Uuid::now_v7()),
            vapi_id: Some(call.vapi_id.clone()),
            status: end.status(),
            sequence: 1,
        }),
        timestamp: clock.millis(),
        data,
    };
    Some(payload.into_bytes())
}

impl Pipeline {
    async fn deliver(&self, to: usize, id: EventId, body: Bytes) -> Result<()> {
        let id = id.to_string();
        let attempt = Attempt {
            id: &id,
            event: Kind::CallCompleted.name(),
            at: self.clock.now(),
            number: 1,
            is_replay: false,
        };
        let outgoing = Outgoing {
            url: self.to[to].url.clone(),
            headers: sign(attempt, &body, &self.signers).map_err(Error::internal)?,
            body,
            timeout: TIMEOUT,
            response_bytes_max: RESPONSE_BYTES_MAX,
        };
        if let egress::Outcome::Failed(failure) = self.egress.send(outgoing).await {
            tracing::warn!(hint = failure.hint, "a delivery is lost");
        }
        Ok(())
    }
}
