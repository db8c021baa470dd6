//! Reading a lane's row and what is due on it.
//!
//! Each row of the queue is in one of two partial indexes: untried ones by
//! position, tried ones by when they are due. Both are read, and what was read
//! is put in the order of the events, so that events whose first try failed do
//! not come after younger ones. There is no cursor: a transaction that commits
//! late brings positions lower than those that were read before. But where the
//! untried ones begin is remembered by the lane.

use std::collections::HashMap;

use bytes::Bytes;
use entity::{
    DeliveryId, EventId, Sealed, SubscriptionId,
    events::{Column, Entity},
    lanes,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QuerySelect, Statement,
    Value,
};

use crate::{
    app::App,
    delivery::{
        lane::{BacklogEnd, Floor, Look, Looked, ROWS_MAX, Scope},
        row::Row,
    },
    error::Result,
    infra::{clock::Millis, db::rows::padded, seal::Place},
};

/// Beyond a backlog: how far is looked for calls that need not wait.
const BEYOND_MAX: usize = 2_048;

/// A row of the queue, and how large its payload is.
type Sized = (Row, usize);

/// Answers a look; nothing where the lane is gone.
pub async fn look(app: &App, lane: SubscriptionId, look: &Look) -> Result<Option<Looked>> {
    let Some(row) = lanes::Entity::find_by_id(lane).one(app.db.read()).await? else {
        return Ok(None);
    };
    let reader = Reader {
        app,
        lane,
        look,
        floor: look.floor.under(&row),
        now: app.clock.millis(),
    };
    let mut looked = Looked {
        lane: Box::new(row),
        rows: Vec::new(),
        has_more: false,
        next_due: None,
        backlog: None,
        floor: None,
        unreadable: Vec::new(),
    };
    if look.scope != Scope::Nothing {
        reader.read(&mut looked).await?;
    }
    Ok(Some(looked))
}

struct Reader<'a> {
    app: &'a App,
    lane: SubscriptionId,
    look: &'a Look,
    floor: Floor,
    now: Millis,
}

impl Reader<'_> {
    async fn read(&self, looked: &mut Looked) -> Result<()> {
        looked.next_due = self.next_due().await?;
        let bytes_max = self.look.bytes_max;
        match self.look.scope {
            Scope::Nothing => {}
            Scope::Probe => self.read_probe(looked, bytes_max).await?,
            Scope::Due => self.read_due(looked, ROWS_MAX, bytes_max).await?,
            Scope::Drain { end, is_full } => {
                let end = match end {
                    Some(end) => end,
                    None => self.backlog_end().await?,
                };
                looked.backlog = Some(end);
                if !is_full {
                    self.read_due(looked, ROWS_MAX, bytes_max / 2).await?;
                }
                let beyond = self.beyond(end).await?;
                looked.has_more = self
                    .take(looked, beyond, ROWS_MAX / 2, bytes_max / 4)
                    .await?;
            }
        }
        Ok(())
    }

    /// What somebody has asked for, if that waits, and else the oldest: were that the one thing
    /// that the receiver stumbles over, nothing would ever come past it.
    async fn read_probe(&self, looked: &mut Looked, bytes_max: usize) -> Result<()> {
        if let Some(asked_for) = looked.lane.next_probe_id {
            let rows = self.rows("id = $2", &[asked_for.into()]).await?;
            self.take(looked, rows, 1, bytes_max).await?;
        }
        match looked.rows.is_empty() {
            true => self.read_due(looked, 1, bytes_max).await,
            false => Ok(()),
        }
    }

    async fn read_due(&self, looked: &mut Looked, rows_max: usize, bytes_max: usize) -> Result<()> {
        let mut rows = self.untried(rows_max).await?;
        looked.floor = self.floor_after(&rows).await?;
        // By when they are due the oldest event need not come first, so even
        // where one row is wanted, some are read.
        rows.extend(self.again(ROWS_MAX).await?);
        rows.sort_by_key(|(row, _)| row.place());
        looked.has_more = self.take(looked, rows, rows_max, bytes_max).await?;
        Ok(())
    }

    /// First tries, in order. Under a strict order those are left out whose
    /// call has an older one that has failed.
    async fn untried(&self, rows_max: usize) -> Result<Vec<Sized>> {
        let not_behind = match self.look.is_strict {
            true => {
                "AND (call_id IS NULL OR call_id NOT IN (
                     SELECT call_id FROM delivery_queue
                     WHERE subscription_id = $1 AND attempt > 0 AND call_id IS NOT NULL))"
            }
            false => "",
        };
        let which =
            format!("attempt = 0 AND position >= $3 {not_behind} ORDER BY position LIMIT $2");
        self.rows(&which, &[self.limit(rows_max), self.floor.position.into()])
            .await
    }

    /// Under a strict order the first that was read is not the oldest that waits.
    async fn floor_after(&self, untried: &[Sized]) -> Result<Option<Floor>> {
        let oldest = match self.look.is_strict {
            true => self.place_of("min").await?,
            false => untried.first().map(|(row, _)| row.position),
        };
        Ok(Some(self.floor.after(oldest, self.look.firm)))
    }

    async fn again(&self, rows_max: usize) -> Result<Vec<Sized>> {
        let which = "attempt > 0 AND due_at <= $3 ORDER BY due_at LIMIT $2";
        self.rows(which, &[self.limit(rows_max), self.now.into()])
            .await
    }

    /// What is newer than a backlog and of a call that is newer as well.
    async fn beyond(&self, end: BacklogEnd) -> Result<Vec<Sized>> {
        let which = "attempt = 0 AND position > $3 ORDER BY position LIMIT $2";
        let limit = i64::try_from(BEYOND_MAX).unwrap_or(i64::MAX);
        let mut rows = self
            .rows(which, &[limit.into(), end.position.into()])
            .await?;
        rows.retain(|(row, _)| end.lets_pass(row));
        Ok(rows)
    }

    async fn rows(&self, which: &str, values: &[Value]) -> Result<Vec<Sized>> {
        let sql = format!(
            "SELECT q.id, q.event_id, q.call_id, q.position, q.attempt, q.steps, q.due_at, q.replay,
                    q.created_at, e.kind, octet_length(e.payload) AS size, c.created_at AS call_since
             FROM (SELECT * FROM delivery_queue WHERE subscription_id = $1 AND {which}) q
             JOIN events e ON e.id = q.event_id LEFT JOIN calls c ON c.id = q.call_id"
        );
        let values = [&[self.lane.into()], values].concat();
        let db = self.app.db.read();
        let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(ask).await?;
        rows.iter().map(|row| Ok(read_row(row)?)).collect()
    }

    /// Enough to find some beside those that are known.
    fn limit(&self, rows_max: usize) -> Value {
        let limit = rows_max + self.look.skip.len();
        i64::try_from(limit).unwrap_or(i64::MAX).into()
    }

    /// Takes rows with their payloads, up to the limits; whether there are more.
    async fn take(
        &self,
        looked: &mut Looked,
        mut rows: Vec<Sized>,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<bool> {
        let known = |id: &DeliveryId| {
            self.look.skip.contains(id) || looked.rows.iter().any(|row| row.id == *id)
        };
        rows.retain(|(row, _)| !known(&row.id));
        let fits = fitting(&rows, rows_max, bytes_max);
        let has_more = fits < rows.len() || rows.len() >= rows_max;
        rows.truncate(fits);
        let payloads = self.payloads(rows.iter().map(|(row, _)| row.event)).await?;
        for (mut row, _) in rows {
            match payloads.get(&row.event) {
                Some(Some(bytes)) => {
                    row.bytes = bytes.clone();
                    looked.rows.push(row);
                }
                Some(None) => looked.unreadable.push(row.id),
                // Retention took it between the two questions.
                None => {}
            }
        }
        Ok(has_more)
    }

    /// The payloads in clear; none where no key opens it.
    async fn payloads(
        &self,
        events: impl Iterator<Item = EventId>,
    ) -> Result<HashMap<EventId, Option<Bytes>>> {
        let sealed: Vec<(EventId, Sealed)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Payload])
            .filter(Column::Id.is_in(padded(events)))
            .into_tuple()
            .all(self.app.db.read())
            .await?;
        let opened = sealed
            .into_iter()
            .map(|(id, sealed)| (id, self.open(id, &sealed)));
        Ok(opened.collect())
    }

    fn open(&self, event: EventId, sealed: &Sealed) -> Option<Bytes> {
        let place = Place {
            table: "events",
            column: "payload",
            row: event.as_bytes(),
        };
        match self.app.seal.open(place, &sealed.0) {
            Ok(plain) => Some(Bytes::copy_from_slice(&plain)),
            Err(error) => {
                tracing::error!(%event, subscription = %self.lane, %error, "an event cannot be opened, and so not be sent");
                None
            }
        }
    }

    async fn next_due(&self) -> Result<Option<Millis>> {
        self.number(
            "SELECT min(due_at) AS number FROM delivery_queue
             WHERE subscription_id = $1 AND attempt > 0 AND due_at > $2",
            self.now.into(),
        )
        .await
    }

    async fn backlog_end(&self) -> Result<BacklogEnd> {
        Ok(BacklogEnd {
            position: self.place_of("max").await?.unwrap_or(0),
            since: self.app.clock.millis(),
        })
    }

    /// The oldest that was never tried, or the newest.
    async fn place_of(&self, which: &str) -> Result<Option<i64>> {
        let sql = format!(
            "SELECT {which}(position) AS number FROM delivery_queue
             WHERE subscription_id = $1 AND attempt = 0 AND position >= $2"
        );
        self.number(&sql, self.floor.position.into()).await
    }

    async fn number(&self, sql: &str, value: Value) -> Result<Option<i64>> {
        let db = self.app.db.read();
        let values = [self.lane.into(), value];
        let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let row = db.query_one_raw(ask).await?;
        Ok(row
            .map(|row| row.try_get("", "number"))
            .transpose()?
            .flatten())
    }
}

/// How many of the rows fit; one always does.
fn fitting(rows: &[Sized], rows_max: usize, bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = rows.iter().take(rows_max).take_while(|(row, size)| {
        let is_first = bytes == 0;
        bytes += row.size() + size;
        is_first || bytes <= bytes_max
    });
    fits.count()
}

fn read_row(row: &QueryResult) -> std::result::Result<Sized, sea_orm::DbErr> {
    let (steps, size): (i32, i64) = (row.try_get("", "steps")?, size_of(row)?);
    let read = Row {
        id: row.try_get("", "id")?,
        event: row.try_get("", "event_id")?,
        kind: row.try_get::<String>("", "kind")?.into(),
        call: row.try_get("", "call_id")?,
        call_since: row.try_get("", "call_since")?,
        position: row.try_get("", "position")?,
        attempt: row.try_get("", "attempt")?,
        steps: u32::try_from(steps).unwrap_or(0),
        due_at: row.try_get("", "due_at")?,
        is_replay: row.try_get("", "replay")?,
        created_at: row.try_get("", "created_at")?,
        bytes: Bytes::new(),
    };
    Ok((read, usize::try_from(size).unwrap_or(0)))
}

/// PostgreSQL counts bytes in 32 bits, SQLite in 64.
fn size_of(row: &QueryResult) -> std::result::Result<i64, sea_orm::DbErr> {
    row.try_get::<i32>("", "size")
        .map(i64::from)
        .or_else(|_| row.try_get("", "size"))
}
