//! Answering: each sender hears of its event when it is durable, or that it
//! was not kept.
//!
//! Whoever is turned back while the database is away may put its event
//! elsewhere. They do so one after the other, each in its turn, in the order in
//! which they had queued: side by side, one call's events could change places.

use std::convert::Infallible;

use tokio::sync::{mpsc, oneshot};

use super::{Recorded, Recorder, Waiting};
use crate::{
    app::App,
    delivery::Handoff,
    error::Error,
    infra::{db::Committed, failpoint, hub::Wake},
};

/// What became of an event.
pub type Answered = Result<Recorded, Refused>;
pub(super) type Answer = oneshot::Sender<Answered>;

/// A batch that is committed, and on its way to the disk.
pub(super) struct Kept {
    pub committed: Committed<(Vec<Recorded>, Handoff)>,
    pub answers: Vec<Answer>,
}

/// An event was not kept.
#[derive(Debug)]
pub struct Refused {
    pub error: Error,
    pub turn: Turn,
}

/// The time to put an event elsewhere; it ends by being dropped.
#[derive(Debug, Default)]
pub struct Turn {
    _ends: Option<oneshot::Sender<Infallible>>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            error,
            turn: Turn::default(),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

/// Tells of each batch when it is durable, in their order.
pub(super) async fn answer(recorder: Recorder, app: App, mut kept: mpsc::Receiver<Kept>) {
    while let Some(batch) = kept.recv().await {
        let (recorded, handoff) = batch.committed.durable().await;
        failpoint::pass("record.after-commit");
        recorder.deliveries.take(handoff);
        if recorded.iter().any(|recorded| recorded.awaits_report) {
            recorder.set_a_time.notify_waiters();
        }
        for (answer, recorded) in batch.answers.into_iter().zip(recorded) {
            recorded.tell(&app);
            // Whoever asked may have hung up; the event is kept all the same.
            let _ = answer.send(Ok(recorded));
        }
        failpoint::pass("record.answered");
    }
}

/// Comes back when nobody holds on to its turn any more.
pub(super) async fn refuse(batch: Vec<Waiting>, failed: &Error) {
    let why = failed.source_chain().unwrap_or_default();
    tracing::error!(events = batch.len(), why, "events could not be recorded");
    for waiting in batch {
        let error = Error::new(failed.code(), failed.to_string());
        turn_back(waiting.answer, waiting.arrival.goes_elsewhere, error).await;
    }
}

async fn turn_back(answer: Answer, goes_elsewhere: bool, error: Error) {
    let (ends, ended) = oneshot::channel();
    let turn = Turn {
        _ends: goes_elsewhere.then_some(ends),
    };
    // Whoever asked may have hung up, and then it is the next one's turn.
    let _ = answer.send(Err(Refused { error, turn }));
    // Nothing is ever said there: it ends.
    let _: Result<Infallible, _> = ended.await;
}

impl Recorded {
    fn tell(&self, app: &App) {
        if let (Some(call), true) = (self.call_id, self.change.of_result) {
            app.hub.ring(Wake::Result(call));
        }
        if let Some(end) = &self.change.end {
            end.count();
        }
        if let (Some(call), false) = (self.call_id, self.change.off_shape.is_empty()) {
            let what = self.change.off_shape.join("; ");
            tracing::warn!(%call, what, "a call's structured data is not as it was asked for");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::future::join_all;
    use tokio::task::{spawn, yield_now};

    use super::*;
    use crate::error::Code;

    fn away() -> Error {
        Error::new(Code::StoreUnavailable, "it is away")
    }

    /// The later one is, the sooner it would be there.
    #[tokio::test]
    async fn those_that_are_turned_back_go_elsewhere_in_their_order() {
        const MANY: usize = 20;
        let elsewhere = Arc::new(Mutex::new(Vec::new()));
        let (answers, asked): (Vec<_>, Vec<_>) = (0..MANY).map(|_| oneshot::channel()).unzip();
        let going = asked.into_iter().enumerate().map(|(place, asked)| {
            let elsewhere = Arc::clone(&elsewhere);
            spawn(async move {
                let refused: Answered = asked.await.unwrap();
                for _ in place..MANY {
                    yield_now().await;
                }
                elsewhere.lock().unwrap().push(place);
                drop(refused);
            })
        });
        let going: Vec<_> = going.collect();
        for answer in answers {
            turn_back(answer, true, away()).await;
        }
        join_all(going).await;
        assert_eq!(*elsewhere.lock().unwrap(), (0..MANY).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn nobody_waits_for_one_that_goes_nowhere_or_has_hung_up() {
        let (answer, asked) = oneshot::channel();
        turn_back(answer, false, away()).await;
        let refused = asked.await.unwrap().unwrap_err();
        assert_eq!(refused.error.code(), Code::StoreUnavailable);
        let (answer, asked) = oneshot::channel();
        drop(asked);
        turn_back(answer, true, away()).await;
    }
}
