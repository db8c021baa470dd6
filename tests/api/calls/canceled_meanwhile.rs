//! Calls that are canceled while nobody knows yet whether Vapi has them: the promise is kept.

use std::time::Duration;

use ringback::simulate::Mischief;
use serde_json::{Value, json};

use super::{House, a_call};
use crate::support::{Receiver, Reply, vapi::says};

const SOON: Duration = Duration::from_secs(6);
const AGAIN: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);
const CALL: &str = "/hook/call/v1";
const CONTROL: &str = "/hook/control";

/// Vapi speaks of a call by itself.
fn ringing(vapi_id: &Value, request_id: Option<&str>) -> Value {
    json!({"type": "status-update", "status": "ringing", "call": {
        "id": vapi_id, "type": "outboundPhoneCall",
        "assistantOverrides": {"metadata": {"requestId": request_id}},
    }})
}

impl House {
    /// A call that Vapi took, whose answer was lost, and that was canceled then.
    async fn canceled_unconfirmed(&self) -> Value {
        self.misbehaves(Mischief::FailAfter);
        let call = self.placed(&a_call()).await;
        let canceled = self.cancel(&call["id"]).await;
        assert_eq!(
            (canceled.status, &canceled.body["call"]["placement"]),
            (200, &json!("unconfirmed"))
        );
        call
    }
}

/// Vapi speaks of a call that was canceled, with our mark or without.
async fn is_ended_when_vapi_speaks_of_it(with_our_mark: bool) {
    let house = House::open().await;
    let call = house.canceled_unconfirmed().await;
    let vapi_id = house.newest_at_vapi().await["id"].clone();
    let mark = call["id"].as_str().filter(|_| with_our_mark);
    says(&house.app, ringing(&vapi_id, mark)).await;
    house.later(SOON).await;
    assert_eq!(
        house.at_vapi(&call).await["endedReason"],
        "manually-canceled"
    );
    assert_eq!((house.unsettled().await, house.dials(&call)), (0, 1));
    house.finish().await;
}

#[tokio::test]
async fn what_vapi_speaks_of_after_it_was_canceled_is_ended_there() {
    is_ended_when_vapi_speaks_of_it(true).await;
}

#[tokio::test]
async fn what_vapi_spoke_of_without_our_mark_is_ended_there_too() {
    is_ended_when_vapi_speaks_of_it(false).await;
}

#[tokio::test]
async fn what_vapi_never_had_is_canceled_and_did_not_fail() {
    let house = House::open().await;
    house.misbehaves(Mischief::FailBefore);
    let call = house.placed(&a_call()).await;
    house.behaves();
    assert_eq!(house.cancel(&call["id"]).await.status, 200);
    for _ in 0..6 {
        house.later(LONG).await;
    }
    let call = house.call(&call["id"]).await;
    assert_eq!(
        [&call["status"], &call["ended_reason"]],
        ["CANCELED", "manually-canceled"]
    );
    assert_eq!(
        house.told(&call).await,
        [
            "1 call.status.changed QUEUED",
            "2 call.status.changed CANCELED"
        ]
    );
    assert_eq!(house.vapi.dials_in_all(), 0);
    house.finish().await;
}

/// A house whose Vapi is scripted.
async fn scripted(vapi: &Receiver) -> House {
    House::with(false, &[("VAPI_BASE_URL", &vapi.url())]).await
}

/// A call that is canceled while Vapi is being asked for it, and that Vapi speaks of before
/// it answers, or does not. `then` is what it answers to the rest.
async fn canceled_while_asked(
    house: &House,
    vapi: &Receiver,
    answer: Reply,
    is_spoken_of: bool,
    then: impl IntoIterator<Item = Reply>,
) {
    let (let_go, held) = answer.held();
    vapi.replies([held]);
    vapi.replies(then);
    let meanwhile = async {
        let asked = vapi.heard(1).await[0].json();
        let id = &asked["assistantOverrides"]["metadata"]["requestId"];
        let canceled = house.cancel(id).await;
        assert_eq!(canceled.status, 200, "{canceled:?}");
        if is_spoken_of {
            says(&house.app, ringing(&json!("v1"), id.as_str())).await;
        }
        let_go.send(()).unwrap();
    };
    let wanted = a_call();
    let (placed, ()) = tokio::join!(house.placed(&wanted), meanwhile);
    assert_eq!(placed["vapi_call_id"], "v1");
    house.later(Duration::ZERO).await;
}

/// It waits for a line, and there is nothing yet to end it by.
fn queued() -> Reply {
    json!({"id": "v1", "status": "queued"}).into()
}

fn live(vapi: &Receiver) -> Reply {
    let control = format!("{}/control", vapi.url());
    json!({"id": "v1", "status": "ringing", "monitor": {"controlUrl": control}}).into()
}

/// What was asked of a Vapi that is scripted, by path.
fn asked_of(vapi: &Receiver) -> Vec<String> {
    vapi.requests().into_iter().map(|one| one.path).collect()
}

#[tokio::test]
async fn what_vapi_speaks_of_before_its_answer_is_lost_is_ended_there() {
    let vapi = Receiver::start().await;
    let house = scripted(&vapi).await;
    let then = [live(&vapi), 200.into()];
    canceled_while_asked(&house, &vapi, 500.into(), true, then).await;
    assert_eq!(asked_of(&vapi), ["/hook/call", CALL, CONTROL]);
    assert_eq!(vapi.requests()[2].json()["type"], "end-call");
    assert_eq!(house.unsettled().await, 0);
    house.finish().await;
}

#[tokio::test]
async fn what_vapi_cannot_end_yet_is_ended_when_it_can() {
    let vapi = Receiver::start().await;
    let house = scripted(&vapi).await;
    let then = [
        queued(),
        500.into(),
        live(&vapi),
        500.into(),
        live(&vapi),
        200.into(),
    ];
    canceled_while_asked(&house, &vapi, queued(), false, then).await;
    assert_eq!(house.unsettled().await, 1, "it waits in line there");
    for _ in 0..4 {
        house.later(AGAIN).await;
    }
    assert_eq!(
        asked_of(&vapi)[1..],
        [CALL, CALL, CALL, CONTROL, CALL, CONTROL],
        "one that cannot be asked after or ended now is tried again"
    );
    assert_eq!(house.unsettled().await, 0);
    house.finish().await;
}

#[tokio::test]
async fn what_must_be_over_need_not_be_ended_any_more() {
    let vapi = Receiver::start().await;
    let house = scripted(&vapi).await;
    canceled_while_asked(&house, &vapi, queued(), false, [queued(), queued()]).await;
    house.later(Duration::from_secs(1_499)).await;
    assert_eq!(house.unsettled().await, 1);
    house.later(AGAIN).await;
    assert_eq!(house.unsettled().await, 0);
    assert_eq!(asked_of(&vapi), ["/hook/call", CALL, CALL]);
    house.finish().await;
}
