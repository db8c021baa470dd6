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
    record::Arrival,
    spool::{Record, Spool},
    spooled::Spooled,
    synchronous,
};
use crate::{
    app::App,
    error::{Code, Error},
    infra::clock::Millis,
    vapi::message::understand,
};

/// The worker: empties the spool into the database, in order.
pub(super) async fn catch_up(
    app: App,
    ingest: Ingest,
    spool: Spool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let clock = app.clock.clone();
    let submit = move |records| submit(app.clone(), ingest.clone(), records);
    drain::drain(spool, clock, stop, submit).await
}

/// They take their places one after the other, and then are waited for all at
/// once: futures that are only polled together may enter in any order. They
/// come at one time, so that where one is turned back, all behind it are.
async fn submit(app: App, ingest: Ingest, records: Vec<Record>) -> Vec<Submitted> {
    let arrival = ingest.recorder.arrival();
    let mut entered = Vec::with_capacity(records.len());
    for record in &records {
        entered.push(enter(&app, &ingest, record, arrival).await);
    }
    join_all(entered.into_iter().map(|entered| async {
        match entered {
            Ok(recorded) => recorded.await,
            Err(refused) => refused,
        }
    }))
    .await
}

/// A question in the spool was answered already: it is kept with its answer,
/// and never asked again.
async fn enter<'a>(
    app: &'a App,
    ingest: &'a Ingest,
    record: &Record,
    arrival: Arrival,
) -> Result<impl Future<Output = Submitted> + use<'a>, Submitted> {
    let Some((received, received_at, answer)) = read(record) else {
        return Err(Submitted::Refused("it is not what we write"));
    };
    let Received { message, letter } = received;
    let event = Arc::new(accept::event(app, message, &letter, received_at));
    let entered = ingest.recorder.enter(Arc::clone(&event), arrival).await;
    let entered = entered.map_err(|error| refused(&error))?;
    Ok(async move {
        let recorded = async {
            accept::fate(&entered.await?);
            match &answer {
                Some(reply) => {
                    synchronous::remember(app, ingest, &event.message, &letter.body, reply).await
                }
                None => Ok(()),
            }
        };
        match recorded.await {
            Ok(()) => Submitted::Recorded,
            Err(error) => refused(&error),
        }
    })
}

fn refused(error: &Error) -> Submitted {
    match error.code() {
        Code::StoreUnavailable => Submitted::Away,
        _ => Submitted::Refused("the database does not take it"),
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
