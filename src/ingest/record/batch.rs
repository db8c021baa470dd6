//! One transaction: what a batch of events changes, and what it adds.
//!
//! The fact and its consequences commit together: the call's new state, its
//! row in the immutable log, what was said in it, and the events that
//! subscribers will be told. Locks are taken in one order, sorted within
//! each: identities, calls, campaigns.

use std::{borrow::Cow, sync::Arc, time::Duration};

use entity::{CallId, call_events, messages};
use futures_util::try_join;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait,
};
use uuid::Uuid;

use super::{
    Change, Recorded,
    held::{Held, HeldCalls},
    identities,
    over::{self, Over},
    rows::{self, Added},
};
use crate::{
    app::App,
    calls::{
        announce::{self, Telling},
        ended::Ended,
        progress::{self, Step},
    },
    delivery::{Beforehand, Deliveries, Handoff},
    error::Result,
    infra::{clock::Millis, db::Tx, failpoint, hub::Wake, seal::Seal},
    ingest::event::Event,
    results::kept::{self, Reported},
    sessions::{
        self,
        messages::{Report, Spoken, add},
    },
    tally::{Stood, Tally},
    vapi::{
        assistant::structured_data,
        message::{CallFacts, Line, Message, Role, Said},
    },
};

/// What keeping events takes beside the events.
pub(super) struct Keeper {
    seal: Seal,
    deliveries: Deliveries,
    now: Millis,
    grace: Duration,
    instance: Uuid,
    web_metadata_is_trusted: bool,
}

/// What a batch has come to so far.
#[derive(Default)]
struct Progress {
    rows: Added,
    spoken: Vec<Spoken>,
    over: Vec<Over>,
    tally: Tally,
}

impl Keeper {
    pub fn of(app: &App, deliveries: &Deliveries, instance: Uuid) -> Self {
        Self {
            seal: app.seal.clone(),
            deliveries: deliveries.clone(),
            now: app.clock.millis(),
            grace: app.config.delivery.report_grace,
            instance,
            web_metadata_is_trusted: app.config.ingest.trust_web_metadata,
        }
    }

    pub async fn record(&self, tx: &Tx, events: &[Arc<Event>]) -> Result<(Vec<Recorded>, Handoff)> {
        let asked = HeldCalls::question(tx.get_database_backend(), events);
        let claimed = identities::claim(tx, events, asked, self.now).await?;
        let mut calls = HeldCalls::found(tx, &self.seal, events, claimed.found).await?;
        let mut progress = Progress::default();
        let mut recorded = Vec::with_capacity(events.len());
        for (event, is_new) in events.iter().zip(claimed.new) {
            let change = match is_new {
                true => self.record_one(&mut calls, &mut progress, event)?,
                false => Change::default(),
            };
            let call = event.vapi_call_id().and_then(|vapi_id| calls.row(vapi_id));
            recorded.push(Recorded {
                duplicate: !is_new,
                call_id: call.map(|row| row.id),
                awaits_report: is_new && call.is_some_and(|row| row.announce_due_at.is_some()),
                change,
            });
        }
        let handoff = self.write(tx, calls, progress, claimed.beforehand).await?;
        Ok((recorded, handoff))
    }

    async fn write(
        &self,
        tx: &Tx,
        calls: HeldCalls<'_>,
        progress: Progress,
        beforehand: Beforehand,
    ) -> Result<Handoff> {
        let (mut told, makes_room) = (progress.rows.told, !progress.tally.is_empty());
        let telling = async {
            add(tx, &self.seal, progress.spoken, self.now).await?;
            told.extend(progress.tally.count_out(tx, self.now).await?);
            if told.is_empty() && progress.over.is_empty() {
                return Ok(Handoff::default());
            }
            let subscribers = self.deliveries.subscribers_as_of(tx, beforehand).await?;
            let over = progress.over;
            told.extend(over::tell(tx, &self.seal, &subscribers, over, self.now).await?);
            self.deliveries
                .tell_these(tx, &subscribers, beforehand, told)
                .await
        };
        let calling = async {
            rows::write_calls(tx, calls.into_changed_rows()).await?;
            failpoint::pass("record.half-way");
            Ok(())
        };
        // While one statement runs, the next is made. They run in this order, and none after one
        // that failed: SQLite may have ended the transaction, and would keep it for itself.
        let ((), (), mut handoff) = try_join!(
            calling,
            rows::write_log(tx, progress.rows.call_events),
            telling,
        )?;
        if makes_room {
            handoff.wakes.push(Wake::Campaigns);
        }
        failpoint::pass("record.before-commit");
        Ok(handoff)
    }

    fn record_one<'e>(
        &self,
        calls: &mut HeldCalls<'e>,
        progress: &mut Progress,
        event: &'e Event,
    ) -> Result<Change> {
        let Some(facts) = &event.message.call else {
            progress.rows.call_events.push(self.log(event, None, true));
            return Ok(Change::default());
        };
        let held = calls.of(&event.message, facts, self.now);
        let is_new = std::mem::take(&mut held.is_new);
        held.is_changed = true;
        self.know(held, facts);
        let (went_on, was_unreported) = (held.row.outcome.is_none(), held.row.result.is_none());
        let step = progress::apply(&mut held.row, &event.message, is_new, self.grace, self.now);
        held.row.last_event_at = Some(event.received_at);
        held.row.updated_at = self.now;
        held.complete(&self.seal, facts)?;
        if let Some(results) = &event.message.results {
            let news = Reported {
                results: Cow::Borrowed(results),
                at: event.message.occurred_at,
            };
            let before = held.reported.take();
            let all = kept::keep(&self.seal, &mut held.row, before, event.id, news)?;
            held.reported = Some(all);
        }
        progress.spoken.extend(spoken(held.row.id, event, is_new));
        progress
            .rows
            .call_events
            .push(self.log(event, Some(held), step.applied));
        self.tell(held, progress, event, &step);
        let end = Ended::of(&held.row).filter(|_| went_on);
        if end.is_some() {
            progress.tally.ended(&held.row, Stood::Active);
        }
        Ok(Change {
            of_result: end.is_some() || event.message.results.is_some(),
            end,
            off_shape: match was_unreported {
                true => off_shape(&event.message),
                false => Vec::new(), // it was told of with the first report
            },
        })
    }

    /// What the row itself says of the call, first come first kept.
    fn know(&self, held: &mut Held<'_>, facts: &CallFacts) {
        let row = &mut held.row;
        if row.kind.is_none() {
            row.kind.clone_from(&facts.kind);
        }
        let believed = !facts.is_web() || self.web_metadata_is_trusted;
        if row.owner.is_none() && believed {
            row.owner.clone_from(&facts.owner);
        }
        held.recorder_was_here = match row.recorder {
            Some(recorder) => recorder == self.instance,
            None => row.sequence == 0,
        };
    }

    fn log(
        &self,
        event: &Event,
        held: Option<&Held<'_>>,
        applied: bool,
    ) -> call_events::ActiveModel {
        call_events::ActiveModel {
            position: NotSet,
            id: Set(event.id),
            call_id: Set(held.map(|held| held.row.id)),
            r#type: Set(event.message.kind.clone()),
            status: Set(event.message.status()),
            applied: Set(applied),
            source: Set(event.source.to_owned()),
            payload: Set(event.payload.clone()),
            occurred_at: Set(event.message.occurred_at),
            created_at: Set(event.received_at),
        }
    }

    fn tell(&self, held: &mut Held<'_>, progress: &mut Progress, event: &Event, step: &Step) {
        let details = held.details.get_or_insert_default();
        for kind in &step.announcements {
            held.row.recorder = Some(self.instance);
            let telling = Telling {
                kind: *kind,
                previous: step.previous,
                line: match &event.message.said {
                    Said::Transcript { line, .. } => Some(line),
                    _ => None,
                },
                details,
                results: held.reported.as_ref().map(|reported| &*reported.results),
                recorder_was_here: held.recorder_was_here,
                at: self.now,
            };
            progress
                .rows
                .told
                .push(announce::event(&mut held.row, &telling));
        }
        if step.is_over {
            progress.over.push(Over {
                call: held.row.clone(),
                details: details.clone(),
                recorder_was_here: held.recorder_was_here,
            });
        }
    }
}

/// A model has filled it in, so it may be anything. It is kept as it came.
fn off_shape(message: &Message) -> Vec<String> {
    let data = message.results.as_ref();
    let data = data.and_then(|results| results.structured_data.as_ref());
    data.map(structured_data::complaints).unwrap_or_default()
}

/// What was said in the call, by this event: a line that will not be
/// corrected, or all that a report knows.
fn spoken(call: CallId, event: &Event, is_first: bool) -> Option<Spoken> {
    match (&event.message.said, &event.message.results) {
        (
            Said::Transcript {
                line,
                is_final: true,
            },
            _,
        ) => Some(Spoken::Line {
            call,
            line: heard(line)?,
        }),
        (_, Some(results)) => {
            let lines = results.lines().iter().filter_map(heard).collect();
            Some(Spoken::Report(Report {
                call,
                lines,
                is_first,
            }))
        }
        _ => None,
    }
}

/// A line as sessions keep it; who speaks it must be known.
fn heard(line: &Line) -> Option<sessions::Line> {
    let role = match line.role {
        Role::Assistant => messages::Role::Assistant,
        Role::User => messages::Role::User,
        Role::System => messages::Role::System,
        Role::Tool => messages::Role::Tool,
        Role::Other => return None,
    };
    Some(sessions::Line {
        role,
        text: line.text.clone(),
        spoken_at: line.at,
    })
}
