//! From the spool into the database, in order, when the database is back.
//!
//! Whoever records says of each record what became of it. What was recorded
//! is done; what the database refuses for its own sake is set aside, so that
//! it holds up nothing; and while the database is away everything stays where
//! it is and is offered again after a pause that doubles. A record that was
//! recorded behind one that was not is offered again with it, which its
//! identity makes harmless, so the order is never given up.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::spool::{Record, Spool, SpoolError};
use crate::infra::{clock::Clock, failpoint};

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is in the database.
    Recorded,
    /// The database is there, but will never take this one; why, in words
    /// that say nothing of its content.
    Refused(&'static str),
    /// The database is still away, or nobody knows.
    Away,
}

/// The worker: drains until it is stopped. `submit` gets the oldest records,
/// in order, and answers in the same order; what it leaves unanswered counts
/// as `Away`.
pub async fn drain<Fut: Future<Output = Vec<Submitted>>>(
    spool: Spool,
    clock: Clock,
    stop: CancellationToken,
    submit: impl Fn(Vec<Record>) -> Fut,
) -> anyhow::Result<()> {
    let mut pause = PAUSE_MIN;
    while let Some(records) = stop.run_until_cancelled(spool.next()).await {
        let records = records?;
        let sequences: Vec<u64> = records.iter().map(|record| record.sequence).collect();
        let submitted = submit(records).await;
        failpoint::pass("drain.recorded");
        let settled = settle(&spool, &sequences, &submitted).await?;
        if settled > 0 {
            pause = PAUSE_MIN;
        }
        if settled == sequences.len() {
            continue;
        }
        tracing::warn!(
            waiting = spool.depth().records,
            again_in_secs = pause.as_secs(),
            "the database is away; events wait in the spool"
        );
        if stop.run_until_cancelled(clock.sleep(pause)).await.is_none() {
            break;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
    Ok(())
}

/// How many records, from the oldest on, are out of the spool now.
async fn settle(
    spool: &Spool,
    sequences: &[u64],
    submitted: &[Submitted],
) -> Result<usize, SpoolError> {
    let (mut settled, mut recorded) = (0, None);
    for (&sequence, submitted) in sequences.iter().zip(submitted) {
        match submitted {
            Submitted::Recorded => recorded = Some(sequence),
            Submitted::Refused(why) => {
                if let Some(through) = recorded.take() {
                    spool.done(through).await?;
                }
                spool.set_aside(sequence, why).await?;
            }
            Submitted::Away => break,
        }
        settled += 1;
    }
    if let Some(through) = recorded {
        spool.done(through).await?;
    }
    Ok(settled)
}

#[cfg(test)]
mod tests;
