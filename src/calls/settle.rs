//! Writing down what became of a placement: the call, its placement and what is told of it, in one
//! transaction, under the call's lock.

use std::{sync::Arc, time::Duration};

use entity::{
    CallId,
    calls::{self, Model},
    placements::{self, PlacementState},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{
    Desk,
    announce::{Telling, event},
    details::Details,
    progress::{self, Step, is_terminal},
    refusal::{CROWDED, Manner, Refusal, canceled},
};
use crate::{
    delivery::Handoff,
    error::{Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
        failpoint,
        hub::Wake,
    },
    tally::{Change, Stood, Tally},
    vapi::{client::Created, outcome::End},
};

/// A call without a `latest_at` that finds all lines in use is tried for so long.
const TRIED_FOR: Duration = Duration::from_secs(3_600);
const TRIED_EVERY: Duration = Duration::from_secs(10);
/// Vapi lists a call soon after it has taken it.
pub(super) const FIRST_LOOK_AFTER: Duration = Duration::from_secs(5);
pub(super) const LATEST_AT_PASSED: &str = "latest-at-passed";
/// As Vapi calls it.
pub(super) const CANCELED_BY_A_PERSON: &str = "manually-canceled";

/// A call and its placement, locked.
pub(super) struct Held {
    pub call: Model,
    pub placement: placements::Model,
}

impl Held {
    /// Where its campaign counts it. While the list that it came with is still being written, no
    /// campaign does.
    pub fn stood(&self) -> Option<Stood> {
        let campaign = self.call.campaign_id?;
        match self.placement.queue {
            None => Some(Stood::Active),
            Some(queue) if queue == campaign.uuid() => Some(Stood::Queued),
            Some(_) => None,
        }
    }

    /// It was canceled while Vapi was asked for it, and may go on there.
    pub fn is_to_be_ended(&self) -> bool {
        self.placement.cancel_requested && !is_terminal(self.call.status)
    }
}

/// Nothing where the placement is settled already.
pub(super) async fn hold(tx: &Tx, id: CallId) -> Result<Option<Held>> {
    let call = calls::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    let placement = placements::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    Ok(call
        .zip(placement)
        .map(|(call, placement)| Held { call, placement }))
}

/// Settles what Vapi has answered. What comes back is for a caller who waits.
pub(super) async fn answered(
    desk: &Arc<Desk>,
    id: CallId,
    answer: std::result::Result<Created, Refusal>,
    manner: Manner,
) -> Result<Option<Refusal>> {
    let refusal = match &answer {
        Err(refusal) => Some(refusal.clone()),
        Ok(created) => Refusal::of(created),
    };
    if let Ok(Created::Ambiguous(why)) = &answer {
        tracing::warn!(call = %id, why, "nobody knows whether Vapi has this call");
    }
    let (settling, refused) = (desk.clone(), refusal.clone());
    let settled = desk.app.db.write(move |tx| async move {
        let Some(held) = hold(&tx, id).await? else {
            return Ok((Handoff::default(), false));
        };
        let was_known = held.call.vapi_call_id.is_some();
        let handoff = settling.settle(&tx, held, &answer, refused, manner).await?;
        failpoint::pass("place.before-commit");
        Ok((handoff, was_known))
    });
    let (handoff, was_known) = settled.await?;
    failpoint::pass("place.after-commit");
    desk.deliveries.take(handoff);
    desk.changed.notify_waiters();
    // A webhook knows better than a refusal: there is a call.
    Ok(refusal.filter(|_| !was_known))
}

impl Desk {
    async fn settle(
        &self,
        tx: &Tx,
        mut held: Held,
        answer: &std::result::Result<Created, Refusal>,
        refusal: Option<Refusal>,
        manner: Manner,
    ) -> Result<Handoff> {
        let now = self.app.clock.millis();
        if let Ok(Created::Accepted(at_vapi) | Created::Crowded(at_vapi)) = answer
            && let Some(handoff) = self.adopt(tx, &held, &at_vapi.id).await?
        {
            return Ok(handoff);
        }
        match (answer, refusal) {
            (Ok(Created::Accepted(at_vapi)), _) => {
                held.call
                    .vapi_call_id
                    .get_or_insert_with(|| at_vapi.id.clone());
                self.known(tx, held).await
            }
            (Ok(Created::Crowded(at_vapi)), _) => {
                held.call
                    .vapi_call_id
                    .get_or_insert_with(|| at_vapi.id.clone());
                self.keep_to_the_lines(tx, &held).await?;
                self.end(tx, held, &End::judged(Some(CROWDED.to_owned()), None))
                    .await
            }
            // A webhook knows better: there is a call.
            _ if held.call.vapi_call_id.is_some() => self.known(tx, held).await,
            (_, None) => {
                self.unconfirmed(tx, held, now + millis_of(FIRST_LOOK_AFTER))
                    .await
            }
            (_, Some(_)) if manner == Manner::ForACaller => {
                forget(tx, &held).await?;
                Ok(Handoff::default())
            }
            (_, Some(_)) if held.placement.cancel_requested => {
                self.end(tx, held, &canceled(CANCELED_BY_A_PERSON)).await
            }
            (_, Some(refusal))
                if held.call.campaign_id.is_some() && refusal.is_no_calls_fault() =>
            {
                self.return_to_queue(tx, held, &refusal).await
            }
            (_, Some(Refusal::Busy { retry_after })) => {
                self.postpone(tx, held, retry_after, now).await
            }
            (_, Some(refusal)) => self.fail(tx, held, &refusal).await,
        }
    }

    /// The call has Vapi's id: from here on Vapi says what becomes of it. The placement of one that
    /// was canceled meanwhile stays, and is due, until Vapi was told to end it.
    pub(super) async fn known(&self, tx: &Tx, mut held: Held) -> Result<Handoff> {
        if held.is_to_be_ended() {
            let now = self.app.clock.millis();
            return self.unconfirmed(tx, held, now).await;
        }
        let step = progress::placed(&mut held.call);
        if let (Some(Stood::Queued), Some(campaign)) = (held.stood(), held.call.campaign_id) {
            // It went back into its queue, and Vapi has it all the same.
            let now = self.app.clock.millis();
            Change::placed(1).count(tx, campaign, now).await?;
        }
        remove(tx, &held).await?;
        tell(self, tx, &mut held.call, &step).await
    }

    /// Vapi was asked, and nobody knows what came of it: the call, or that it is to end.
    pub(super) async fn unconfirmed(
        &self,
        tx: &Tx,
        mut held: Held,
        due_at: Millis,
    ) -> Result<Handoff> {
        held.placement.state = PlacementState::Unconfirmed;
        held.placement.instance = None;
        held.placement.due_at = due_at;
        let step = progress::placed(&mut held.call);
        write(tx, held.placement).await?;
        tell(self, tx, &mut held.call, &step).await
    }

    /// It is over before Vapi had anything to say of it.
    pub(super) async fn end(&self, tx: &Tx, mut held: Held, end: &End) -> Result<Handoff> {
        let stood = held.stood();
        let went_on = held.call.outcome.is_none();
        let step = progress::ended_unplaced(&mut held.call, end, self.app.clock.millis());
        remove(tx, &held).await?;
        let mut tally = Tally::default();
        if let (true, Some(stood)) = (went_on, stood) {
            tally.ended(&held.call, stood);
        }
        let mut handoff = tell_and_count(self, tx, &mut held.call, &step, tally).await?;
        // Of a cancellation the log tells nothing that would wake whoever waits for the result.
        handoff.wakes.push(Wake::Result(held.call.id));
        Ok(handoff)
    }

    async fn fail(&self, tx: &Tx, mut held: Held, refusal: &Refusal) -> Result<Handoff> {
        tracing::warn!(call = %held.call.id, why = refusal.text(), "a call could not be placed");
        let mut details = open_details(self, &held.call)?;
        details.placement_error = Some(refusal.text());
        let sealed = details.seal(&self.app.seal, held.call.id);
        held.call.details = Some(sealed.map_err(Error::internal)?);
        self.end(tx, held, &refusal.end()).await
    }

    /// All lines are in use: it waits, as long as it may.
    async fn postpone(
        &self,
        tx: &Tx,
        mut held: Held,
        retry_after: Duration,
        now: Millis,
    ) -> Result<Handoff> {
        let due_at = now + millis_of(retry_after.max(TRIED_EVERY));
        let since = held.call.scheduled_at.unwrap_or(held.call.created_at);
        match held.placement.latest_at {
            Some(latest_at) if due_at > latest_at => {
                self.end(tx, held, &canceled(LATEST_AT_PASSED)).await
            }
            None if due_at > since + millis_of(TRIED_FOR) => {
                self.fail(tx, held, &Refusal::Busy { retry_after }).await
            }
            _ => {
                held.placement.state = PlacementState::Waiting;
                held.placement.instance = None;
                held.placement.asked_at = None;
                held.placement.due_at = due_at;
                write(tx, held.placement).await?;
                Ok(Handoff::default())
            }
        }
    }
}

/// There is no call, and nobody was told of one.
async fn forget(tx: &Tx, held: &Held) -> Result<()> {
    remove(tx, held).await?;
    calls::Entity::delete_by_id(held.call.id)
        .exec(&**tx)
        .await?;
    Ok(())
}

pub(super) async fn remove(tx: &Tx, held: &Held) -> Result<()> {
    placements::Entity::delete_many()
        .filter(placements::Column::CallId.eq(held.placement.call_id))
        .exec(&**tx)
        .await?;
    Ok(())
}

pub(super) async fn write(tx: &Tx, placement: placements::Model) -> Result<()> {
    placement
        .into_active_model()
        .reset_all()
        .update(&**tx)
        .await?;
    Ok(())
}

/// Writes the call as it is now, and tells of it.
pub(super) async fn tell(desk: &Desk, tx: &Tx, call: &mut Model, step: &Step) -> Result<Handoff> {
    tell_and_count(desk, tx, call, step, Tally::default()).await
}

/// The same, and counts what has ended by it.
async fn tell_and_count(
    desk: &Desk,
    tx: &Tx,
    call: &mut Model,
    step: &Step,
    tally: Tally,
) -> Result<Handoff> {
    let now = desk.app.clock.millis();
    let details = open_details(desk, call)?;
    let mut told = Vec::with_capacity(step.announcements.len());
    for kind in &step.announcements {
        let telling = Telling {
            results: None,
            kind: *kind,
            previous: step.previous,
            line: None,
            details: &details,
            recorder_was_here: false,
            at: now,
        };
        told.push(event(call, &telling));
        // A recorder may tell of the call meanwhile. What it tells next is read from the queue, as
        // this is, so that neither overtakes the other.
        call.recorder = None;
    }
    call.updated_at = now;
    call.clone()
        .into_active_model()
        .reset_all()
        .update(&**tx)
        .await?;
    let makes_room = !tally.is_empty();
    told.extend(tally.count(tx, now).await?);
    let mut handoff = desk.deliveries.tell(tx, told).await?;
    if makes_room {
        handoff.wakes.push(Wake::Campaigns);
    }
    Ok(handoff)
}

fn open_details(desk: &Desk, call: &Model) -> Result<Details> {
    match &call.details {
        Some(sealed) => Details::open(&desk.app.seal, call.id, sealed).map_err(Error::internal),
        None => Ok(Details::default()),
    }
}
