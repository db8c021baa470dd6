//! The lines of a call, as they are stored: sealed, in the order in which they were spoken.
//!
//! The recorder writes them, within the transaction in which it holds the call. Lines come singly
//! and once more in a report; which comes first makes no difference to what is kept, and
//! `transcript` says why.

use std::collections::{BTreeSet, HashMap};

use entity::{
    CallId, MessageId, Sealed,
    messages::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    Session,
    transcript::{Line, Wording, places, revise},
};
use crate::{
    error::{Error, Result},
    infra::{
        clock::Millis,
        db::{
            Tx,
            rows::{Rows, padded},
        },
        page::Page,
        seal::{Place, Seal},
    },
};

/// More than anybody says in the twelve hours that a call of Vapi's may last.
const LINES_PER_CALL_MAX: usize = 20_000;
/// SQLite binds at most 32,766 values in a statement.
const IDS_PER_STATEMENT: usize = 1_024;

/// A line that is stored, opened.
pub struct Message {
    pub id: MessageId,
    pub line: Line,
    call_id: CallId,
    /// A report has it.
    reported: bool,
    /// Where it stands in its call.
    ordered_at: Millis,
    created_at: Millis,
}

/// What the recorder heard.
#[derive(Debug)]
pub enum Spoken {
    /// A line that will not be corrected.
    Line { call: CallId, line: Line },
    /// All that a report knows.
    Report(Report),
}

#[derive(Debug)]
pub struct Report {
    pub call: CallId,
    pub lines: Vec<Line>,
    /// Nothing was heard of the call before, so nothing of it is stored.
    pub is_first: bool,
}

/// Adds what was said, in any calls. The order makes no difference, so that all single lines can
/// go first, and at once; and then reports at once as well, one of each call.
pub async fn add(tx: &Tx, seal: &Seal, spoken: Vec<Spoken>, now: Millis) -> Result<()> {
    let (mut heard, mut reports) = (Vec::new(), Vec::new());
    for spoken in spoken {
        match spoken {
            Spoken::Line { call, line } => heard.push((call, line)),
            Spoken::Report(report) => reports.push(report),
        }
    }
    let mut known: BTreeSet<_> = heard.iter().map(|(call, _)| *call).collect();
    add_lines(tx, seal, heard, now).await?;
    while !reports.is_empty() {
        let mut calls = BTreeSet::new();
        let (mut next, later) = reports
            .into_iter()
            .partition::<Vec<_>, _>(|report| calls.insert(report.call));
        for report in &mut next {
            report.is_first &= !known.contains(&report.call);
        }
        add_reports(tx, seal, next, now).await?;
        known.extend(calls);
        reports = later;
    }
    Ok(())
}

/// Adds lines that came singly, but for those that a report of their call has already.
async fn add_lines(tx: &Tx, seal: &Seal, heard: Vec<(CallId, Line)>, now: Millis) -> Result<()> {
    let calls: BTreeSet<_> = heard.iter().map(|(call, _)| *call).collect();
    let mut reports = reports(tx, seal, calls).await?;
    let is_new = |(call, line): &(CallId, Line)| {
        let report = reports.get_mut(call);
        report.is_none_or(|report| !report.covers(line))
    };
    let news = heard.into_iter().filter(is_new);
    let messages = news.map(|(call_id, line)| Message {
        id: new_id(),
        call_id,
        reported: false,
        ordered_at: line.spoken_at.unwrap_or(now),
        created_at: now,
        line,
    });
    insert(tx, seal, messages).await
}

/// Lets reports take the place of what they repeat. A line that one has as it was heard keeps its
/// id.
async fn add_reports(tx: &Tx, seal: &Seal, reports: Vec<Report>, now: Millis) -> Result<()> {
    let known = reports.iter().filter(|report| !report.is_first);
    let mut stored = of_calls(tx, seal, known.map(|report| report.call)).await?;
    let (mut gone, mut messages) = (Vec::new(), Vec::new());
    for report in reports {
        let stored = stored.remove(&report.call).unwrap_or_default();
        add_report(report, &stored, now, &mut gone, &mut messages);
    }
    delete(tx, gone).await?;
    insert(tx, seal, messages.into_iter()).await
}

fn add_report(
    report: Report,
    stored: &[Message],
    now: Millis,
    gone: &mut Vec<MessageId>,
    messages: &mut Vec<Message>,
) {
    let (call_id, mut lines) = (report.call, report.lines);
    if lines.len() > LINES_PER_CALL_MAX {
        let count = lines.len();
        tracing::warn!(%call_id, lines = count, "a report has more lines than are kept");
        lines.truncate(LINES_PER_CALL_MAX);
    }
    let revision = revise(stored.iter().map(|message| &message.line), &lines);
    let replaced = revision.repeats.iter().flatten().chain(&revision.outdone);
    gone.extend(replaced.map(|at| stored[*at].id));

    let places = places(&lines, now);
    let lines = lines.into_iter().zip(revision.repeats).zip(places);
    messages.extend(lines.map(|((line, repeats), place)| {
        let heard = repeats.map(|at| &stored[at]);
        Message {
            id: heard.map_or_else(new_id, |heard| heard.id),
            call_id,
            reported: true,
            ordered_at: place,
            created_at: heard.map_or(now, |heard| heard.created_at),
            line,
        }
    }));
}

/// What is stored of these calls, in order.
async fn of_calls(
    tx: &Tx,
    seal: &Seal,
    calls: impl Iterator<Item = CallId>,
) -> Result<HashMap<CallId, Vec<Message>>> {
    let calls = padded(calls);
    let mut messages = HashMap::<_, Vec<_>>::new();
    if calls.is_empty() {
        return Ok(messages);
    }
    let rows = Entity::find()
        .filter(Column::CallId.is_in(calls))
        .order_by_asc(Column::CallId)
        .order_by_asc(Column::OrderedAt)
        .order_by_asc(Column::Position);
    for message in open(seal, rows.all(&**tx).await?)? {
        messages.entry(message.call_id).or_default().push(message);
    }
    Ok(messages)
}

/// A page of a session's lines, oldest first; its cursor is the place of the last one.
pub async fn list(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    session: &Session,
    page: &Page,
) -> Result<(Vec<Message>, Option<String>)> {
    let mut query = in_order(session.call_id()).limit(page.rows_to_read());
    if let Some(last) = page.before {
        let (ordered_at, position) = last.as_u64_pair();
        let place = [Column::OrderedAt, Column::Position].map(Expr::col);
        let last = [ordered_at, position].map(|half| Expr::value(half.cast_signed()));
        query = query.filter(Expr::tuple(place).gt(Expr::tuple(last)));
    }
    let mut rows = query.all(conn).await?;
    let next_cursor = page.cut(&mut rows, |row| {
        Uuid::from_u64_pair(row.ordered_at.cast_unsigned(), row.position.cast_unsigned())
    });
    Ok((open(seal, rows)?, next_cursor))
}

/// All that was said in a session, in order.
pub async fn all(conn: &impl ConnectionTrait, seal: &Seal, session: &Session) -> Result<Vec<Line>> {
    let messages = of_call(conn, seal, session.call_id()).await?;
    Ok(messages.into_iter().map(|message| message.line).collect())
}

async fn of_call(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call_id: CallId,
) -> Result<Vec<Message>> {
    let rows = in_order(call_id).limit(LINES_PER_CALL_MAX as u64);
    open(seal, rows.all(conn).await?)
}

fn in_order(call_id: CallId) -> Select<Entity> {
    Entity::find()
        .filter(Column::CallId.eq(call_id))
        .order_by_asc(Column::OrderedAt)
        .order_by_asc(Column::Position)
}

/// What was reported of these calls. Most of them still run, and have nothing.
async fn reports(
    tx: &Tx,
    seal: &Seal,
    calls: BTreeSet<CallId>,
) -> Result<HashMap<CallId, Wording>> {
    if calls.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(Column::CallId.is_in(padded(calls)))
        // The bare column, as the index has it: a value that is bound hides the index.
        .filter(Expr::col(Column::Reported))
        .order_by_asc(Column::OrderedAt)
        .order_by_asc(Column::Position);
    let mut lines = HashMap::<_, Vec<_>>::new();
    for message in open(seal, rows.all(&**tx).await?)? {
        let report = lines.entry(message.call_id).or_default();
        report.push(message.line);
    }
    let wordings = lines
        .into_iter()
        .map(|(call_id, report)| (call_id, Wording::of(&report)));
    Ok(wordings.collect())
}

async fn insert(
    tx: &Tx,
    seal: &Seal,
    messages: impl Iterator<Item = Message> + Send,
) -> Result<()> {
    let rows = messages.map(|message| message.sealed(seal));
    Rows::new(rows).add_soon(tx).await?;
    Ok(())
}

async fn delete(tx: &Tx, ids: Vec<MessageId>) -> Result<()> {
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        Entity::delete_many()
            .filter(Column::Id.is_in(padded(ids.iter().copied())))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

fn new_id() -> MessageId {
    MessageId::from_uuid(Uuid::now_v7())
}

fn place(id: &MessageId) -> Place<'_> {
    Place {
        table: "messages",
        column: "text",
        row: id.as_bytes(),
    }
}

fn open(seal: &Seal, rows: Vec<Model>) -> Result<Vec<Message>> {
    rows.into_iter()
        .map(|row| Message::open(seal, row))
        .collect()
}

impl Message {
    fn open(seal: &Seal, row: Model) -> Result<Self> {
        let plain = seal
            .open(place(&row.id), &row.text.0)
            .map_err(Error::internal)?;
        let text = String::from_utf8(plain.to_vec()).map_err(Error::internal)?;
        Ok(Self {
            id: row.id,
            line: Line {
                role: row.role,
                text,
                spoken_at: row.spoken_at,
            },
            call_id: row.call_id,
            reported: row.reported,
            ordered_at: row.ordered_at,
            created_at: row.created_at,
        })
    }

    fn sealed(self, seal: &Seal) -> ActiveModel {
        let text = seal.seal(place(&self.id), self.line.text.as_bytes());
        ActiveModel {
            position: NotSet,
            id: Set(self.id),
            call_id: Set(self.call_id),
            role: Set(self.line.role),
            text: Set(Sealed(text)),
            reported: Set(self.reported),
            spoken_at: Set(self.line.spoken_at),
            ordered_at: Set(self.ordered_at),
            created_at: Set(self.created_at),
        }
    }
}
