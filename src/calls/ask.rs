//! Asking Vapi for a call, once, with no transaction open.

use std::time::Duration;

use entity::CallId;
use serde_json::{Value, json};

use super::{
    Calls, Desk, Order, Speaker, placement,
    refusal::{Manner, Refusal},
    settle,
};
use crate::{
    error::{Error, Result},
    infra::failpoint,
    vapi::{
        assistant::{SERVER_MESSAGES, assistant},
        client::{Created, NewCall, Who},
    },
};

const TO_ASK_VAPI: &str = "VAPI_API_KEY or VAPI_PHONE_NUMBER_ID";
/// Where Vapi is busy and does not say for how long.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(8);

impl Calls {
    /// Asks in a task that nobody can drop, and writes down what came of it.
    pub(super) async fn ask(
        &self,
        call: CallId,
        owner: String,
        order: Order,
        manner: Manner,
    ) -> Result<Option<Refusal>> {
        let desk = self.0.clone();
        let task = self.0.runtime.spawn(async move {
            failpoint::pass("place.before-ask");
            let answer = patiently(&desk, call, &owner, &order).await;
            failpoint::pass("place.answered");
            settle::answered(&desk, call, answer, manner).await
        });
        task.await.map_err(Error::internal)?
    }
}

/// Who is busy is asked once more. That is safe, for busy is a no.
async fn patiently(
    desk: &Desk,
    call: CallId,
    owner: &str,
    order: &Order,
) -> std::result::Result<Created, Refusal> {
    let (vapi, number) = desk
        .vapi()
        .map_err(|_| Refusal::NotConfigured(TO_ASK_VAPI))?;
    if let Some(variable) = desk.lacks_for(order) {
        return Err(Refusal::NotConfigured(variable));
    }
    let body = body(desk, number, call, owner, order);
    let answer = vapi.create(&body).await;
    let Created::Busy { retry_after } = &answer else {
        return Ok(answer);
    };
    let pause = retry_after.unwrap_or(PAUSE).min(PAUSE_MAX);
    let stopping = &desk.app.stopping;
    match stopping
        .run_until_cancelled(desk.app.clock.sleep(pause))
        .await
    {
        Some(()) => Ok(vapi.create(&body).await),
        None => Ok(answer),
    }
}

fn body(desk: &Desk, number: &str, call: CallId, owner: &str, order: &Order) -> Value {
    let who = match &order.who {
        Speaker::Saved(id) => Who::Saved(id.clone()),
        Speaker::Ours(request) => Who::Whole(assistant(request, &desk.server(), Some(owner))),
        Speaker::Whole(assistant) => {
            let mut whole = assistant.clone();
            if order.who.takes_our_server() {
                whole.insert("server".to_owned(), desk.server().to_json());
                whole
                    .entry("serverMessages")
                    .or_insert_with(|| json!(SERVER_MESSAGES));
            }
            Who::Whole(Value::Object(whole))
        }
    };
    NewCall {
        customer_number: &order.customer_number,
        customer_name: order.customer_name.as_deref(),
        phone_number_id: number,
        who,
        metadata: &placement::metadata(order, call, owner),
    }
    .into_json()
}
