//! Calls that are due while Vapi takes its time with others.

use std::time::Duration;

use entity::placements::{Column, Entity};
use ringback::simulate::Mischief;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use super::{House, an_order, as_time_passes};

const HOUR: Duration = Duration::from_secs(3_600);
/// As many as are asked for at a time.
const PLACES: usize = 16;
/// Calls to numbers with this end make Vapi want some time.
const SLOW: &str = "99";

fn due(at: &str, digits: &str) -> Value {
    json!({
        "customer": {"number": format!("+141555501{digits}")},
        "assistant_id": "an-assistant",
        "scheduled_at": at,
    })
}

impl House {
    /// Vapi asks for a second before it is asked again, and time stands still.
    fn is_slow(&self) {
        self.vapi.misbehave([Mischief::Busy.to(SLOW)]);
    }

    /// A call that the timer is to place at once, as one of a schedule is; its id.
    async fn is_due_now(&self) -> String {
        let (calls, mut order) = (self.app.calls.clone(), an_order());
        order.scheduled_at = Some(self.app.clock.millis());
        let db = &self.app.app.db;
        let entered = db.write(move |tx| async move { calls.enter(&tx, "alice", order).await });
        let entered = entered.await.unwrap();
        let id = entered.call().to_string();
        self.app.calls.was_entered(entered);
        id
    }

    /// Something happens while calls are being placed, and time stands still. Then Vapi has a line
    /// for everybody, and time passes until all have heard of it.
    async fn while_placing<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        let mut round = std::pin::pin!(self.app.calls.place_due());
        let happened = tokio::select! {
            happened = meanwhile => happened,
            done = &mut round => panic!("Vapi wants some time, and it was {done:?}"),
        };
        self.behaves();
        as_time_passes(&self.app.clock, round).await.unwrap();
        happened
    }
}

#[tokio::test]
async fn what_falls_due_while_vapi_takes_its_time_with_another_is_placed_beside_it() {
    let house = House::open().await;
    house.placed(&due("2026-01-05T10:00:00Z", SLOW)).await;
    house.is_slow();
    house.app.advance(HOUR);
    let meanwhile = async {
        house.vapi.asked(1).await;
        let next = house.is_due_now().await;
        // Time stands still, so it is not the first one that is asked for again.
        house.vapi.asked(2).await;
        next
    };
    let next = house.while_placing(meanwhile).await;
    assert_eq!(house.vapi.dials(&next), 1);
    house.finish().await;
}

#[tokio::test]
async fn who_has_been_due_for_longest_comes_first() {
    let house = House::open().await;
    for _ in 0..PLACES {
        house.placed(&due("2026-01-05T10:00:00Z", SLOW)).await;
    }
    let first = house.placed(&due("2026-01-05T09:59:59Z", "23")).await;
    house.is_slow();
    house.app.advance(HOUR);
    // The others take all places, and keep them.
    let all = house.vapi.asked(PLACES as u64 + 1);
    house.while_placing(all).await;
    assert_eq!(house.dials(&first), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_process_that_stops_takes_nothing_up_any_more() {
    let house = House::open().await;
    for _ in 0..PLACES + 4 {
        house.placed(&due("2026-01-05T10:00:00Z", SLOW)).await;
    }
    house.is_slow();
    house.app.advance(HOUR);
    let ten = house.app.clock.millis();
    let stops = async {
        house.vapi.asked(PLACES as u64).await;
        house.app.app.stopping.cancel();
    };
    house.while_placing(stops).await;
    let left = Entity::find().filter(Column::DueAt.eq(ten));
    assert_eq!(left.count(house.app.app.db.read()).await.unwrap(), 4);
    house.finish().await;
}
