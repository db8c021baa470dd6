//! Placing a call for somebody who waits to hear that it was placed.
//!
//! Whoever asks again with the same key gets the same call, and waits with the
//! first where that has no answer yet: no telephone rings twice for one order.
//! Where the first is refused, whoever waited is judged for itself.

use std::time::Duration;

use anyhow::anyhow;
use entity::placements::PlacementState;

use super::{
    Calls, CreateCall, NewCall, Terms,
    enter::Entered,
    not_configured,
    refusal::{Manner, Refusal},
    store,
    wire::Known,
};
use crate::{
    auth::{Caller, Scope},
    error::{Error, Result},
    idempotency::{Answer, Begun, Create, Ticket},
};

/// A repeated request looks so often whether the first has its answer, where another process has
/// it in hand.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What a wish for a call has come to.
pub enum Placed {
    /// It was placed by an earlier request with the same key, which was answered so.
    Before(Answer),
    /// The call, and the right to say what the request is answered.
    Now(Box<Known>, Ticket),
}

impl Calls {
    /// Places the call that is wanted, once for its key. What Vapi refuses is an error, and then
    /// there is no call.
    pub async fn place(&self, caller: &Caller, create: Create<CreateCall>) -> Result<Placed> {
        self.0.vapi()?;
        loop {
            match self.begin(caller, create.clone()).await? {
                Begun::Answered(answer) => return Ok(Placed::Before(answer)),
                Begun::First(entered, ticket) => {
                    return self.place_first(caller, entered, ticket).await;
                }
                Begun::Again(note, ticket) => {
                    let id = String::from_utf8_lossy(&note);
                    if let Some(call) = self.settled(&caller.own(), &id).await? {
                        return Ok(Placed::Now(Box::new(call), ticket));
                    }
                    ticket.forget(&self.0.app).await?;
                }
            }
        }
    }

    async fn place_first(
        &self,
        caller: &Caller,
        entered: Entered,
        ticket: Ticket,
    ) -> Result<Placed> {
        let id = entered.call.to_string();
        // Only where Vapi has said no may the same key try again. After an error of ours there may
        // be a call.
        if let Some(refusal) = self.ask_at_once(entered).await? {
            ticket.forget(&self.0.app).await?;
            return Err(refusal.into_error());
        }
        let gone = || Error::internal(anyhow!("a call that was just placed is gone"));
        let call = self.settled(&caller.own(), &id).await?;
        Ok(Placed::Now(Box::new(call.ok_or_else(gone)?), ticket))
    }

    async fn begin(&self, caller: &Caller, create: Create<CreateCall>) -> Result<Begun<Entered>> {
        let (desk, owner, scope) = (self.clone(), caller.owner().to_owned(), caller.scope());
        let enter = move |tx, wanted: CreateCall| async move {
            let new = NewCall::read(wanted, Terms::now(&desk.0.app, &scope))?;
            if let Some(variable) = desk.0.lacks_for(&new.order) {
                return Err(not_configured("placed", variable));
            }
            let entered = desk.enter(&tx, &owner, new).await?;
            Ok((entered.call.to_string().into_bytes(), entered))
        };
        let principal = caller.principal();
        create.begin(&self.0.app, &principal, enter).await
    }

    /// Asks Vapi for what is due now; a refusal is the caller's answer.
    async fn ask_at_once(&self, entered: Entered) -> Result<Option<Refusal>> {
        self.0.deliveries.take(entered.handoff);
        if !entered.is_due {
            self.0.changed.notify_waiters();
            return Ok(None);
        }
        let asked = self.ask(
            entered.call,
            entered.owner,
            entered.order,
            Manner::ForACaller,
        );
        asked.await
    }

    /// The call, once nobody is asking Vapi for it any more. That has an end, for who asks has a
    /// limit.
    ///
    /// Nothing where Vapi has refused it meanwhile.
    async fn settled(&self, scope: &Scope, id: &str) -> Result<Option<Known>> {
        let app = &self.0.app;
        loop {
            let changed = self.0.changed.notified();
            let Some(call) = store::find(app.db.read(), scope, id).await? else {
                return Ok(None);
            };
            match call.1 {
                Some(PlacementState::Asking) => {}
                Some(_) => return Ok(Some(call)),
                // It was read after the call, which may have gone together with it.
                None => return store::find(app.db.read(), scope, id).await,
            }
            tokio::select! {
                () = changed => {}
                () = app.clock.sleep(LOOK_AGAIN_AFTER) => {}
            }
        }
    }
}
