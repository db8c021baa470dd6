//! Taking over a call that Vapi has announced before we knew that it was ours.
//!
//! A webhook that does not carry our `requestId` makes a call of its own. When Vapi then names that
//! call in its answer to us, the two are one: the one that was announced stays, for its log names
//! it, and the one that was ordered goes. It is still found by the id under which it was ordered,
//! because that is its request id; and whoever waits for what was ordered waits for it from then on.
//! Where that was canceled, the other one is to be ended.

use entity::{
    CallId,
    calls::{self, Column, Model, Origin},
    placements::{self, PlacementState},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{Desk, details::Details, placement::made_over, progress::is_terminal, settle::Held};
use crate::{
    delivery::Handoff,
    error::{Error, Result},
    infra::{db::Tx, hub::Wake},
    tally::{Stood, Tally},
};

impl Desk {
    /// Nothing where no other call has this id of Vapi's, and has taken the place of ours.
    pub(super) async fn adopt(
        &self,
        tx: &Tx,
        ours: &Held,
        vapi_id: &str,
    ) -> Result<Option<Handoff>> {
        // It is younger than ours, so locks are still taken in the order of their ids.
        let announced = calls::Entity::find()
            .filter(Column::VapiCallId.eq(vapi_id))
            .filter(Column::Id.ne(ours.call.id))
            .lock_exclusive()
            .one(&**tx)
            .await?;
        let Some(mut announced) = announced else {
            return Ok(None);
        };
        if announced.owner.is_some() && announced.owner != ours.call.owner {
            let error = anyhow::anyhow!(
                "Vapi names a call for {} that has another owner",
                ours.call.id
            );
            return Err(Error::internal(error));
        }
        let details = self.merged(&announced, &ours.call)?;
        announced.details = Some(
            details
                .seal(&self.app.seal, announced.id)
                .map_err(Error::internal)?,
        );
        announced.origin = Origin::Placed;
        announced.request_id.clone_from(&ours.call.request_id);
        announced.owner.clone_from(&ours.call.owner);
        announced.campaign_id = ours.call.campaign_id;
        announced.scheduled_at = ours.call.scheduled_at;
        let now = self.app.clock.millis();
        announced.updated_at = now;
        // It may have ended when nobody knew yet for which campaign.
        let mut tally = Tally::default();
        tally.ended(&announced, Stood::Active);
        placements::Entity::delete_by_id(ours.call.id)
            .exec(&**tx)
            .await?;
        calls::Entity::delete_by_id(ours.call.id)
            .exec(&**tx)
            .await?;
        if ours.placement.cancel_requested && !is_terminal(announced.status) {
            self.is_to_be_ended(tx, ours, announced.id).await?;
        }
        announced
            .into_active_model()
            .reset_all()
            .update(&**tx)
            .await?;
        let told = tally.count(tx, now).await?;
        let mut handoff = self.deliveries.tell(tx, told).await?;
        handoff.wakes.push(Wake::Campaigns);
        handoff.wakes.push(Wake::Result(ours.call.id));
        Ok(Some(handoff))
    }

    /// What was asked of ours is to happen to the one that stays.
    async fn is_to_be_ended(&self, tx: &Tx, ours: &Held, announced: CallId) -> Result<()> {
        let mut placement = made_over(&self.app.seal, &ours.placement, announced)?;
        placement.state = PlacementState::Unconfirmed;
        placement.instance = None;
        placement.due_at = self.app.clock.millis();
        placements::Entity::insert(placement.into_active_model())
            .exec_without_returning(&**tx)
            .await?;
        Ok(())
    }

    fn merged(&self, announced: &Model, ours: &Model) -> Result<Details> {
        let open = |call: &Model| match &call.details {
            Some(sealed) => Details::open(&self.app.seal, call.id, sealed).map_err(Error::internal),
            None => Ok(Details::default()),
        };
        let mut details = open(ours)?;
        details.complete(open(announced)?);
        Ok(details)
    }
}
