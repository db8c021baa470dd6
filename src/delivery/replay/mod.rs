//! Telling a subscription again what it was told before.
//!
//! A replay is a new delivery of an old event: the same bytes and event id, an
//! id of its own, attempt 1. What still waits is not doubled, it is made due
//! and counted. It is done some at a time, each part in a transaction of its
//! own under the lane's lock, so that two replays at once do not send twice
//! what one would send, and nobody's writes wait for a hundred thousand rows.
//!
//! First everything is counted, without a write: a request that is too large
//! is refused before it has changed anything.

mod again;
pub mod of_call;
pub mod of_event;
mod waiting;

use std::collections::HashSet;

use entity::{CallId, EventId};

use super::{Deliveries, log::Logged, resend};
use crate::{
    app::App,
    error::{Error, Result},
    events::Kind,
    infra::{clock::Millis, db::Tx},
};
use again::{Cursor, enqueue};

/// What one request may send again.
const DELIVERIES_MAX: usize = 100_000;
/// What one request may look through for it.
const ROWS_MAX: usize = 1_000_000;
const ROWS_PER_TRANSACTION: usize = 1_000;

/// Which deliveries are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that were given up.
    Failed,
    /// Those and what still waits.
    Undelivered,
    All,
}

/// What is to be sent again: deliveries of events from `since` on, and before
/// `until`.
#[derive(Clone, Debug)]
pub struct Wish {
    pub since: Millis,
    pub until: Option<Millis>,
    /// None for all.
    pub kinds: Option<Vec<Kind>>,
    pub call: Option<CallId>,
    pub which: Which,
}

/// How many deliveries a replay would be.
pub async fn count(app: &App, logged: &Logged, wish: &Wish) -> Result<usize> {
    let conn = app.db.read();
    let waiting = waiting::find(conn, logged, wish).await?.all;
    let (mut done, mut rows) = (HashSet::<EventId>::new(), 0);
    let mut next = Some(Cursor::start(conn, logged, wish).await?);
    while let Some(cursor) = next {
        let seen = cursor.look(conn, logged, wish).await?;
        let repeats = again::repeats(conn, logged, wish, &seen.events).await?;
        done.extend(repeats.iter().map(|repeat| repeat.id));
        rows += seen.rows;
        assert_bounded(waiting + done.len(), rows)?;
        next = seen.next;
    }
    Ok(waiting + done.len())
}

/// Sends again; how many deliveries it were.
pub async fn replay(
    app: &App,
    deliveries: &Deliveries,
    logged: &Logged,
    wish: &Wish,
) -> Result<usize> {
    count(app, logged, wish).await?;
    let mut sent = make_due(app, logged, wish).await?;
    let mut done = HashSet::new();
    let mut next = Some(Cursor::start(app.db.read(), logged, wish).await?);
    while let Some(cursor) = next {
        let part = Part {
            logged: logged.clone(),
            wish: wish.clone(),
            cursor,
            done,
            now: app.clock.millis(),
        };
        (done, next) = app.db.write(move |tx| part.write(tx)).await?;
        deliveries.wake(logged.id());
    }
    sent += done.len();
    Ok(sent)
}

async fn make_due(app: &App, logged: &Logged, wish: &Wish) -> Result<usize> {
    let waiting = waiting::find(app.db.read(), logged, wish).await?;
    for some in waiting.tried.chunks(ROWS_PER_TRANSACTION) {
        let (some, now) = (some.to_vec(), app.clock.millis());
        app.db
            .write(move |tx| async move { resend::make_due(&tx, &some, now).await })
            .await?;
    }
    Ok(waiting.all)
}

/// One transaction's worth.
struct Part {
    logged: Logged,
    wish: Wish,
    cursor: Cursor,
    /// What this request has sent already: an event may have ended twice.
    done: HashSet<EventId>,
    now: Millis,
}

impl Part {
    async fn write(mut self, tx: Tx) -> Result<(HashSet<EventId>, Option<Cursor>)> {
        resend::locked_lane(&tx, &self.logged).await?;
        let seen = self.cursor.look(&*tx, &self.logged, &self.wish).await?;
        let mut repeats = again::repeats(&*tx, &self.logged, &self.wish, &seen.events).await?;
        repeats.retain(|repeat| self.done.insert(repeat.id));
        enqueue(&tx, self.logged.id(), &repeats, self.now).await?;
        Ok((self.done, seen.next))
    }
}

fn assert_bounded(deliveries: usize, rows: usize) -> Result<()> {
    if deliveries <= DELIVERIES_MAX && rows <= ROWS_MAX {
        return Ok(());
    }
    let message = format!(
        "that is more than {DELIVERIES_MAX} deliveries, or a search through more than {ROWS_MAX}: \
         bring since and until closer together"
    );
    Err(Error::invalid("since", message))
}

impl Wish {
    /// Whether an event of this kind and time is meant.
    fn means(&self, kind: &str, at: Millis) -> bool {
        let is_kind = |kinds: &Vec<Kind>| kinds.iter().any(|wanted| wanted.name() == kind);
        self.since <= at
            && self.until.is_none_or(|until| at < until)
            && self.kinds.as_ref().is_none_or(is_kind)
    }
}
