//! Writing a call down before anything is done for it.

use entity::{
    CallId, CampaignId, Sealed,
    calls::{self, CallStatus, Origin},
    placements::{self, PlacementState},
};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Calls, Desk, NewCall, Order, Speaker,
    details::Details,
    phone,
    placement::{asking, metadata, place, request_id},
    progress, settle,
};
use crate::{
    delivery::Handoff,
    error::{Error, Result},
    infra::{clock::Millis, db::Tx, hub::Wake, seal::Place},
    tally::{self, Change},
};

/// Vapi's `call.type` of what we place.
const OUTBOUND: &str = "outboundPhoneCall";

/// A call that was written down.
pub struct Entered {
    pub(super) call: CallId,
    pub(super) owner: String,
    pub(super) order: Order,
    /// Whoever wrote it has to ask for it now; else the timer will.
    pub(super) is_due: bool,
    pub(super) handoff: Handoff,
}

impl Calls {
    /// Writes the call and that it is to be placed, in a transaction of whoever wants it. One that
    /// is due at a time, be it now, is placed by the timer; one without a time is to be asked for
    /// by the caller, once the transaction is through.
    pub async fn enter(&self, tx: &Tx, owner: &str, new: NewCall) -> Result<Entered> {
        let desk = &self.0;
        let (mut call, placement) = rows(desk, owner, &new)?;
        let id = call.id;
        let waits = new.campaign_id.is_some();
        let is_told = new.scheduled_at.is_some() && !waits;
        let step = is_told.then(|| progress::scheduled(&mut call));
        calls::Entity::insert(call.clone().into_active_model())
            .exec_without_returning(&**tx)
            .await?;
        placements::Entity::insert(placement.into_active_model())
            .exec_without_returning(&**tx)
            .await?;
        let mut handoff = match step {
            Some(step) => settle::tell(desk, tx, &mut call, &step).await?,
            None => Handoff::default(),
        };
        if let Some(campaign) = new.campaign_id {
            join(tx, owner, campaign, desk.app.clock.millis()).await?;
            handoff.wakes.push(Wake::Campaigns);
        }
        Ok(Entered {
            call: id,
            owner: owner.to_owned(),
            order: new.order,
            is_due: new.scheduled_at.is_none() && !waits,
            handoff,
        })
    }

    /// Lets the lanes and the timer know of a call that is due at a time, now that it is committed.
    pub fn was_entered(&self, entered: Entered) {
        self.0.deliveries.take(entered.handoff);
        self.0.changed.notify_waiters();
    }
}

impl Entered {
    pub fn call(&self) -> CallId {
        self.call
    }
}

/// One call more for a campaign of this owner's.
async fn join(tx: &Tx, owner: &str, campaign: CampaignId, now: Millis) -> Result<()> {
    let held = tally::hold(tx, campaign).await?;
    let held = held.filter(|campaign| campaign.owner == owner);
    let nowhere = || Error::invalid("campaign_id", "you have no such campaign");
    tally::may_join(&held.ok_or_else(nowhere)?, 1)?;
    Change::joined(1).count(tx, campaign, now).await?;
    Ok(())
}

/// A call and its placement, as they are written first. One of a campaign stands in its queue; it
/// is told of when it is placed.
pub(super) fn rows(
    desk: &Desk,
    owner: &str,
    new: &NewCall,
) -> Result<(calls::Model, placements::Model)> {
    let (seal, now) = (&desk.app.seal, desk.app.clock.millis());
    let id = CallId::from_uuid(Uuid::now_v7());
    let details = details(&new.order, id, owner);
    let number = &new.order.customer_number;
    let phone_place = Place {
        table: "calls",
        column: "phone",
        row: id.as_bytes(),
    };
    let call = calls::Model {
        id,
        vapi_call_id: None,
        request_id: Some(request_id(id)),
        owner: Some(owner.to_owned()),
        origin: Origin::Placed,
        kind: Some(OUTBOUND.to_owned()),
        status: CallStatus::Queued,
        outcome: None,
        ended_reason: None,
        retryable: None,
        sequence: 0,
        phone: Some(Sealed(seal.seal(phone_place, number.as_bytes()))),
        phone_index: Some(seal.index(phone::INDEX_DOMAIN, number).to_vec()),
        details: Some(details.seal(seal, id).map_err(Error::internal)?),
        result: None,
        result_version: 0,
        result_dismissed_at: None,
        campaign_id: new.campaign_id,
        recorder: None,
        scheduled_at: new.scheduled_at,
        started_at: None,
        ended_at: None,
        announce_due_at: None,
        announced_at: None,
        last_event_at: None,
        created_at: now,
        updated_at: now,
    };
    Ok((call, placement(desk, id, new, now)?))
}

fn placement(desk: &Desk, id: CallId, new: &NewCall, now: Millis) -> Result<placements::Model> {
    let order = serde_json::to_vec(&new.order).map_err(Error::internal)?;
    let mut row = placements::Model {
        call_id: id,
        state: PlacementState::Waiting,
        new_call: Sealed(desk.app.seal.seal(place(&id), &order)),
        due_at: new.scheduled_at.unwrap_or(now),
        latest_at: new.latest_at,
        asked_at: None,
        instance: None,
        looks: 0,
        cancel_requested: false,
        created_at: now,
        queue: new.campaign_id.map(CampaignId::uuid),
    };
    if new.scheduled_at.is_none() && new.campaign_id.is_none() {
        asking(&mut row, desk.membership.id(), now);
    }
    Ok(row)
}

fn details(order: &Order, id: CallId, owner: &str) -> Details {
    let (assistant_id, max_duration) = match &order.who {
        Speaker::Saved(assistant) => (Some(assistant.clone()), None),
        Speaker::Whole(assistant) => (
            None,
            assistant.get("maxDurationSeconds").and_then(Value::as_u64),
        ),
        Speaker::Ours(_) => (None, None),
    };
    Details {
        customer_number: Some(order.customer_number.clone()),
        customer_name: order.customer_name.clone(),
        metadata: metadata(order, id, owner),
        assistant_id,
        max_duration_seconds: max_duration.and_then(|seconds| u32::try_from(seconds).ok()),
        ..Details::default()
    }
}
