//! One attempt: what is sent, and what came of it.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use entity::{Sealed, SubscriptionId};
use futures_util::FutureExt;
use reqwest::header::RETRY_AFTER;
use uuid::Uuid;

use super::{
    receiver::Receiver,
    retry,
    row::Row,
    sign::{self, Attempt},
};
use crate::{
    app::App,
    infra::{
        clock::{Clock, Millis, millis_of},
        egress::{Answer, Egress, Outcome, Outgoing, Timings},
        seal::{Place, Seal},
        worker::panic_text,
    },
    subscriptions::health::Did,
};

/// What is read of an answer, and what of it is kept.
const RESPONSE_BYTES_MAX: usize = 64 << 10;
const EXCERPT_BYTES_MAX: usize = 4 << 10;
const HINT_CHARS_MAX: usize = 500;
const GONE: u16 = 410;
const NOT_SENT: Timings = Timings {
    dns: None,
    connect: None,
    tls: None,
    first_byte: None,
    total: Duration::ZERO,
};

/// A delivery that is to be sent now.
#[derive(Clone)]
pub(super) struct Job {
    pub subscription: SubscriptionId,
    /// The id under which this process owned the lane when it began.
    pub owner: Uuid,
    pub row: Row,
    pub receiver: Arc<Receiver>,
    pub is_probe: bool,
    /// It takes one of the slots for slow receivers.
    pub is_slow: bool,
}

/// What came of it.
#[derive(Clone)]
pub(super) struct Attempted {
    pub did: Did,
    /// `delivered`, or the kind of the failure.
    pub outcome: &'static str,
    pub status: Option<u16>,
    /// Where the time went, as far as it got.
    pub timings: Timings,
    pub began_at: Millis,
    pub ended_at: Millis,
    /// From the event to when the receiver had it.
    pub arrived_after: Duration,
    /// What a person should look at.
    pub hint: Option<String>,
    pub excerpt: Option<Sealed>,
    pub asked_wait: Option<Duration>,
}

impl Job {
    /// The request, signed for this moment.
    pub fn signed(&self, clock: &Clock, timeout: Duration) -> Outgoing {
        let row = &self.row;
        let attempt = Attempt {
            id: &row.event.to_string(),
            event: &row.kind,
            at: clock.now(),
            number: u32::try_from(row.attempt).unwrap_or(0) + 1,
            is_replay: row.is_replay,
        };
        let signers = self.receiver.signers(clock.millis());
        let ours =
            sign::sign(attempt, &row.bytes, &signers).expect("an id and an event's name are ASCII");
        let mut headers = self.receiver.headers.clone();
        // Ours come last, and so nothing of the subscription's own replaces a signature.
        headers.extend(ours);
        Outgoing {
            url: self.receiver.url.clone(),
            headers,
            body: row.bytes.clone(),
            timeout,
            response_bytes_max: RESPONSE_BYTES_MAX,
        }
    }

    /// The end of the attempt, as the schedule sees it.
    pub fn failed(&self, attempted: &Attempted) -> retry::Failed {
        retry::Failed {
            at: attempted.ended_at,
            steps: self.row.steps,
            due_at: self.row.due_at,
            is_free: self.is_probe || attempted.did == Did::Leave,
            asked: attempted.asked_wait,
        }
    }

    pub fn next(&self, schedule: &[Duration], attempted: &Attempted) -> retry::Next {
        match attempted.did {
            Did::Take => retry::Next::Done,
            Did::Fail | Did::Leave => {
                retry::next(schedule, &self.failed(attempted), rand::random())
            }
        }
    }
}

/// Sends a job's request. Whatever happens, something came of it.
pub(super) async fn send(app: &App, job: &Job) -> Attempted {
    let began_at = app.clock.millis();
    let sent = AssertUnwindSafe(exchange(&app.egress, app, job)).catch_unwind();
    let ended = sent.await.unwrap_or_else(|panic| {
        let text = panic_text(panic.as_ref());
        tracing::error!(delivery = %job.row.id, text, "sending panicked");
        None
    });
    attempted(app, job, began_at, ended)
}

async fn exchange(egress: &Egress, app: &App, job: &Job) -> Option<Outcome> {
    let request = job.signed(&app.clock, app.config.delivery.timeout);
    Some(egress.send(request).await)
}

fn attempted(app: &App, job: &Job, began_at: Millis, ended: Option<Outcome>) -> Attempted {
    let base = Attempted {
        did: Did::Fail,
        outcome: "internal",
        status: None,
        timings: NOT_SENT,
        began_at,
        ended_at: app.clock.millis(),
        arrived_after: Duration::ZERO,
        hint: Some("sending it failed on our side".to_owned()),
        excerpt: None,
        asked_wait: None,
    };
    match ended {
        None => base,
        Some(Outcome::Failed(failure)) => Attempted {
            outcome: failure.kind.name(),
            status: failure.status.map(|status| status.as_u16()),
            timings: failure.timings,
            hint: Some(tidy(&failure.hint)),
            ..base
        },
        Some(Outcome::Answered(answer)) => Attempted {
            did: did(&answer),
            outcome: if answer.is_success() {
                "delivered"
            } else {
                "status"
            },
            status: Some(answer.status.as_u16()),
            timings: answer.timings,
            arrived_after: arrived_after(&job.row, began_at, &answer.timings),
            hint: answer.hint().map(|hint| tidy(&hint)),
            excerpt: excerpt(&app.seal, &job.row, &answer),
            asked_wait: asked_wait(&app.clock, &answer),
            ..base
        },
    }
}

fn did(answer: &Answer) -> Did {
    match answer.status.as_u16() {
        200..=299 => Did::Take,
        GONE => Did::Leave,
        _ => Did::Fail,
    }
}

/// The receiver had it when the connection had taken the request.
fn arrived_after(row: &Row, began_at: Millis, timings: &Timings) -> Duration {
    let waited = u64::try_from(began_at - row.created_at).unwrap_or(0);
    let on_the_way: Duration = [timings.dns, timings.connect].into_iter().flatten().sum();
    Duration::from_millis(waited) + on_the_way
}

fn asked_wait(clock: &Clock, answer: &Answer) -> Option<Duration> {
    let value = answer.headers.get(RETRY_AFTER)?.to_str().ok()?;
    retry::asked_wait(value, clock.now()).filter(|_| !answer.is_success())
}

fn excerpt(seal: &Seal, row: &Row, answer: &Answer) -> Option<Sealed> {
    let kept = answer.body.get(..EXCERPT_BYTES_MAX).unwrap_or(&answer.body);
    let place = Place {
        table: "delivery_attempts",
        column: "response",
        row: row.id.as_bytes(),
    };
    (!kept.is_empty()).then(|| Sealed(seal.seal(place, kept)))
}

/// A hint may quote the receiver, which may say anything.
fn tidy(hint: &str) -> String {
    let printable = hint.chars().filter(|c| !c.is_control());
    printable.take(HINT_CHARS_MAX).collect()
}

impl Attempted {
    /// In whole milliseconds, as it is stored.
    pub fn took_ms(&self) -> i32 {
        i32::try_from(millis_of(self.timings.total)).unwrap_or(i32::MAX)
    }
}
