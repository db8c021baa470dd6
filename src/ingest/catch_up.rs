//! The database is back: what waited in the spool is recorded as if it had
//! just come in.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    Address, Ingest,
    accept::{self, Letter, Received},
    drain::{self, Submitted},
    spool::{Record, Spool},
    spooled::Spooled,
    synchronous,
};
use crate::{app::App, error::Code, infra::clock::Millis, vapi::message::understand};

/// The worker: empties the spool into the database, in order.
pub(super) async fn catch_up(
    app: App,
    ingest: Ingest,
    spool: Spool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let clock = app.clock.clone();
    let submit = move |records: Vec<Record>| {
        let submitted = records
            .into_iter()
            .map(|record| submit(app.clone(), ingest.clone(), record));
        join_all(submitted)
    };
    drain::drain(spool, clock, stop, submit).await
}

/// A question in the spool was answered already: it is kept with its answer,
/// and never asked again.
async fn submit(app: App, ingest: Ingest, record: Record) -> Submitted {
    let Some((received, received_at, answer)) = read(&record) else {
        return Submitted::Refused("it is not what we write");
    };
    let recorded = async {
        let Received { message, letter } = received;
        let event = Arc::new(accept::event(&app, message, &letter, received_at));
        accept::keep(&ingest, event.clone()).await?;
        match &answer {
            Some(reply) => {
                synchronous::remember(&app, &ingest, &event.message, &letter.body, reply).await
            }
            None => Ok(()),
        }
    };
    match recorded.await {
        Ok(()) => Submitted::Recorded,
        Err(error) if error.code() == Code::StoreUnavailable => Submitted::Away,
        Err(_) => Submitted::Refused("the database does not take it"),
    }
}

fn read(record: &Record) -> Option<(Received, Millis, Option<Value>)> {
    let spooled = Spooled::from_bytes(&record.bytes).ok()?;
    let received = Received {
        message: understand(&spooled.body).ok()?,
        letter: Letter {
            address: Address::of_path(&spooled.address)?,
            body: spooled.body,
            webhook_id: spooled.webhook_id,
        },
    };
    let answer = spooled
        .answer
        .and_then(|raw| serde_json::from_str(raw.get()).ok());
    Some((received, spooled.received_at, answer))
}
