//! Ending a call that is not wanted any more.
//!
//! One that was not asked for is canceled here and now. A live one is told to end at the address
//! that Vapi names for it when it is asked, and is canceled when Vapi says that it is over.
//!
//! One that is being asked for is ended as soon as Vapi has it. Who canceled it was promised that
//! and is not there any more, so its placement keeps the promise: the timer takes it up until Vapi
//! has been told, or the call must be over.

use std::{sync::Arc, time::Duration};

use entity::{
    CallId,
    calls::{CallStatus, Model},
    placements::PlacementState,
};

use super::{
    Calls, Desk,
    progress::is_terminal,
    refusal::canceled,
    settle::{self, CANCELED_BY_A_PERSON, hold},
    store,
    wire::Known,
};
use crate::{
    auth::Scope,
    delivery::Handoff,
    error::{Code, Error, Result},
    vapi::client::{HungUp, Trouble},
};

/// A telephone rings meanwhile.
pub(super) const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(10);

impl Calls {
    /// Cancels a call within the scope, or sets about it; the call as it is then.
    pub async fn cancel(&self, scope: &Scope, id: &str) -> Result<Known> {
        let desk = &self.0;
        let read = desk.app.db.read();
        let no_such_call = || Error::not_found("call");
        let (call, placement) = store::find(read, scope, id)
            .await?
            .ok_or_else(no_such_call)?;
        match call.status {
            CallStatus::Canceled => return Ok((call, placement)),
            status if is_terminal(status) => {
                return Err(Error::new(Code::Conflict, "The call is over already."));
            }
            _ => {}
        }
        let is_settled = placement.is_none() || !desk.cancel_unplaced(call.id).await?;
        let (call, placement) = store::find(read, scope, id)
            .await?
            .ok_or_else(no_such_call)?;
        if is_settled && !is_terminal(call.status) {
            desk.end_live(&call).await?;
        }
        Ok((call, placement))
    }
}

impl Desk {
    /// False where Vapi has the call, so that Vapi must end it.
    async fn cancel_unplaced(self: &Arc<Self>, id: CallId) -> Result<bool> {
        let canceling = self.clone();
        let canceled = self.app.db.write(move |tx| async move {
            let Some(mut held) = hold(&tx, id).await? else {
                return Ok((Handoff::default(), false));
            };
            if held.call.vapi_call_id.is_some() {
                return Ok((canceling.known(&tx, held).await?, false));
            }
            if held.placement.state == PlacementState::Waiting {
                let end = canceled(CANCELED_BY_A_PERSON);
                return Ok((canceling.end(&tx, held, &end).await?, true));
            }
            held.placement.cancel_requested = true;
            settle::write(&tx, held.placement).await?;
            Ok((Handoff::default(), true))
        });
        let (handoff, is_done) = canceled.await?;
        self.deliveries.take(handoff);
        self.changed.notify_waiters();
        Ok(is_done)
    }

    async fn end_live(&self, call: &Model) -> Result<()> {
        let vapi = self.client()?;
        let Some(vapi_id) = &call.vapi_call_id else {
            return Ok(()); // it has just been taken up, and the placement says that it is to end
        };
        let at_vapi = vapi.get(vapi_id).await.map_err(cannot_ask)?;
        let at_vapi = at_vapi.ok_or_else(|| conflict("Vapi has no such call any more."))?;
        if at_vapi.has_ended() {
            return Ok(());
        }
        match vapi.hang_up(&at_vapi).await {
            HungUp::Told => Ok(()),
            HungUp::NoControl => Err(conflict(
                "Vapi has nothing yet by which this call could be ended: try again in a moment.",
            )),
            HungUp::Failed(why) => Err(Error::new(
                Code::VapiRejected,
                format!("Vapi did not end the call: {why}"),
            )),
        }
    }

    /// Ends a call that was canceled while it was being placed. Nobody waits for it any more.
    pub(super) async fn end_canceled(self: &Arc<Self>, id: CallId, vapi_id: &str) -> Result<()> {
        let Ok(vapi) = self.client() else {
            return Ok(()); // the operator took the key away, and may give it back
        };
        let told = match vapi.get(vapi_id).await {
            Ok(Some(call)) if call.has_ended() => return self.need_not_end(id).await,
            Ok(Some(call)) => vapi.hang_up(&call).await,
            Ok(None) => HungUp::Failed("Vapi does not know it".to_owned()),
            Err(trouble) => HungUp::Failed(trouble.to_string()),
        };
        match told {
            HungUp::Told => {
                tracing::info!(call = %id, "a canceled call was ended at Vapi");
                self.need_not_end(id).await?;
            }
            HungUp::NoControl => {
                tracing::warn!(call = %id, "a canceled call goes on: Vapi names nothing to end it by");
            }
            HungUp::Failed(why) => tracing::warn!(call = %id, why, "a canceled call goes on"),
        }
        Ok(())
    }

    /// What was promised is kept: Vapi says the rest.
    async fn need_not_end(&self, id: CallId) -> Result<()> {
        let kept = self.app.db.write(move |tx| async move {
            if let Some(held) = hold(&tx, id).await? {
                settle::remove(&tx, &held).await?;
            }
            Ok(())
        });
        kept.await
    }
}

fn conflict(message: &'static str) -> Error {
    Error::new(Code::Conflict, message)
}

fn cannot_ask(trouble: Trouble) -> Error {
    match trouble {
        Trouble::Unauthorized => Error::new(
            Code::VapiRejected,
            format!("{trouble}. That is for the operator to settle."),
        ),
        _ => {
            Error::new(Code::VapiBusy, format!("{trouble}; try again later.")).with_retry_after(10)
        }
    }
}
