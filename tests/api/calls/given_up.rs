//! Calls of which nobody can tell whether Vapi has them: they end by our own clock.

use std::time::Duration;

use serde_json::{Value, json};

use super::{House, a_call, lost_answers::left_by_a_dead_process};
use crate::support::Receiver;

/// The pause between two of the later looks.
const A_LOOK: Duration = Duration::from_secs(300);
const A_DAY: Duration = Duration::from_secs(86_400);

impl House {
    /// Until a call like these must be over, wherever the question lay.
    async fn until_it_is_nearly_over(&self) {
        for _ in 0..4 {
            self.later(A_LOOK).await;
        }
    }

    async fn assert_timed_out(&self, call: &Value) {
        let call = self.call(&call["id"]).await;
        assert_eq!(
            [&call["status"], &call["outcome"], &call["ended_reason"]],
            ["TIMEOUT", "timeout", "no-news-from-vapi"]
        );
        assert_eq!(call["retryable"], false, "it may well have been held");
        assert_eq!(
            self.told(&call).await,
            [
                "1 call.status.changed QUEUED",
                "2 call.status.changed TIMEOUT",
                "3 call.failed TIMEOUT"
            ]
        );
        assert_eq!(self.unsettled().await, 0);
    }
}

#[tokio::test]
async fn where_there_is_no_key_to_ask_with_a_call_times_out_when_it_must_be_over() {
    let house = House::with(false, &[("VAPI_API_KEY", "")]).await;
    let call = left_by_a_dead_process(&house).await;
    house.until_it_is_nearly_over().await;
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    house.later(A_LOOK).await;
    house.assert_timed_out(&call).await;
    house.finish().await;
}

#[tokio::test]
async fn where_vapis_list_cannot_be_read_a_call_times_out_when_it_must_be_over() {
    let vapi = Receiver::start().await;
    let house = House::with(false, &[("VAPI_BASE_URL", &vapi.url())]).await;
    let call = house.placed(&a_call()).await;
    assert_eq!(call["placement"], "unconfirmed");
    house.until_it_is_nearly_over().await;
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    house.later(A_LOOK).await;
    house.assert_timed_out(&call).await;
    let asked = vapi.requests().len();
    house.later(A_LOOK).await;
    assert_eq!(
        vapi.requests().len(),
        asked,
        "it is not looked for any more"
    );
    house.finish().await;
}

#[tokio::test]
async fn a_vapi_that_is_away_is_waited_for_and_not_for_ever() {
    let vapi = Receiver::start().await;
    let house = House::with(false, &[("VAPI_BASE_URL", &vapi.url())]).await;
    vapi.replies([503; 20]);
    let call = house.placed(&a_call()).await;
    house.until_it_is_nearly_over().await;
    for _ in 0..5 {
        house.later(A_LOOK).await;
    }
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    house.later(A_DAY).await;
    house.assert_timed_out(&call).await;
    house.finish().await;
}

#[tokio::test]
async fn who_canceled_a_call_that_nobody_can_tell_of_hears_that_it_is_canceled() {
    let house = House::with(false, &[("VAPI_API_KEY", "")]).await;
    let call = left_by_a_dead_process(&house).await;
    assert_eq!(house.cancel(&call["id"]).await.status, 200);
    house.until_it_is_nearly_over().await;
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    house.later(A_LOOK).await;
    let call = house.call(&call["id"]).await;
    assert_eq!(
        (&call["status"], &call["ended_reason"]),
        (&json!("CANCELED"), &json!("manually-canceled"))
    );
    assert_eq!(house.unsettled().await, 0);
    house.finish().await;
}
