//! Deliveries from outside: events are told, the clock is stepped, receivers
//! answer as they like.

mod breaker;
mod clocks;
mod holding;
mod hostile;
mod limits;
mod looking;
mod model;
mod order;
mod outage;
mod owners;
mod retries;
mod sending;

use std::time::Duration;

use entity::{
    CallId, EventId, SubscriptionId,
    calls::{self, CallStatus, Origin},
    delivery_attempts, delivery_queue, lanes,
    subscriptions::{self, Ordering, SubscriptionScope},
};
use ringback::{
    events::{Kind, OfCall, Payload, Told},
    infra::{clock::Millis, db::Tx, seal::Place},
    subscriptions::bump,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::{Map, json};
use uuid::Uuid;

use crate::support::{Receiver, TestApp};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb2Ygb2xkIQ==";
const OWNER: &str = "alice";
const SECOND: Duration = Duration::from_secs(1);

/// A subscription that is to be there.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    owner: &'a str,
    events: &'a [Kind],
    ordering: Ordering,
    max_in_flight: i32,
    rate_per_second: Option<i32>,
    previous_until: Option<Millis>,
}

const PLAIN: Wanted<'static> = Wanted {
    owner: OWNER,
    events: &[Kind::CallStatusChanged, Kind::CampaignCompleted],
    ordering: Ordering::Call,
    max_in_flight: 8,
    rate_per_second: None,
    previous_until: None,
};

impl Wanted<'_> {
    async fn at_once(&self, app: &TestApp, receiver: &Receiver) -> SubscriptionId {
        let id = SubscriptionId::from_uuid(Uuid::now_v7());
        let now = app.clock.millis();
        let seal = |column, plain: &str| {
            let place = Place {
                table: "subscriptions",
                column,
                row: id.as_bytes(),
            };
            entity::Sealed(app.app.seal.seal(place, plain.as_bytes()))
        };
        let names: Vec<_> = self.events.iter().map(|kind| kind.name()).collect();
        let row = subscriptions::ActiveModel {
            id: Set(id),
            owner: Set(self.owner.to_owned()),
            scope: Set(SubscriptionScope::Own),
            url: Set(format!("{}/{}", receiver.url(), id.uuid().simple())),
            description: Set(None),
            events: Set(json!(names).to_string()),
            filter: Set(None),
            headers: Set(Some(seal(
                "headers",
                r#"{"x-own":"mine","x-webhook-id":"forged"}"#,
            ))),
            ordering: Set(self.ordering),
            max_in_flight: Set(self.max_in_flight),
            rate_per_second: Set(self.rate_per_second),
            secret: Set(seal("secret", SECRET)),
            previous_secret: Set(self
                .previous_until
                .map(|_| seal("previous_secret", OLD_SECRET))),
            previous_until: Set(self.previous_until),
            epoch: NotSet,
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        };
        subscribe(app, row).await;
        app.deliveries.changed(id);
        id
    }

    /// As [`Self::at_once`], and the lane is ready.
    async fn at(&self, app: &TestApp, receiver: &Receiver) -> SubscriptionId {
        let id = self.at_once(app, receiver).await;
        app.deliveries.idle().await;
        id
    }
}

async fn subscribe(app: &TestApp, mut row: subscriptions::ActiveModel) {
    let subscribed = app.app.db.write(move |tx: Tx| async move {
        let lane = lanes::ActiveModel {
            subscription_id: row.id.clone(),
            ..Default::default()
        };
        lanes::Entity::insert(lane)
            .exec_without_returning(&*tx)
            .await?;
        row.epoch = Set(bump(&tx).await?);
        subscriptions::Entity::insert(row)
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    subscribed.await.unwrap();
}

/// A call that is told of.
struct Call {
    id: CallId,
    sequence: i32,
    since: Millis,
}

impl TestApp {
    async fn call_begins(&self) -> Call {
        let id = CallId::from_uuid(Uuid::now_v7());
        let now = self.clock.millis();
        let row = calls::ActiveModel {
            id: Set(id),
            vapi_call_id: Set(Some(id.to_string())),
            owner: Set(Some(OWNER.to_owned())),
            origin: Set(Origin::Announced),
            status: Set(CallStatus::Queued),
            sequence: Set(0),
            result_version: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let write = self.app.db.write(|tx: Tx| async move {
            calls::Entity::insert(row)
                .exec_without_returning(&*tx)
                .await?;
            Ok(())
        });
        write.await.unwrap();
        Call {
            id,
            sequence: 0,
            since: now,
        }
    }

    /// Tells of the next events of a call, and hands them over.
    async fn tell(&self, call: &mut Call, count: usize) -> Vec<EventId> {
        let told: Vec<_> = (0..count).map(|_| self.next_of(call)).collect();
        self.tell_all(told).await
    }

    /// Tells of events that belong to no call.
    async fn tell_apart(&self, count: usize) -> Vec<EventId> {
        let told = (0..count).map(|_| {
            let payload = self.payload(Kind::CampaignCompleted);
            Told::without_call(payload, Some(OWNER.to_owned()))
        });
        let told = told.collect();
        self.tell_all(told).await
    }

    fn next_of(&self, call: &mut Call) -> Told {
        call.sequence += 1;
        let told = Told::without_call(
            self.payload(Kind::CallStatusChanged),
            Some(OWNER.to_owned()),
        );
        Told {
            call: Some(OfCall {
                id: call.id,
                status: CallStatus::Queued,
                sequence: call.sequence,
                recorder_was_here: true,
                since: call.since,
            }),
            ..told
        }
    }

    fn payload(&self, kind: Kind) -> Payload {
        Payload {
            id: EventId::from_uuid(Uuid::now_v7()),
            kind,
            call: None,
            timestamp: self.clock.millis(),
            data: Map::new(),
        }
    }

    async fn tell_all(&self, told: Vec<Told>) -> Vec<EventId> {
        let ids = told.iter().map(|told| told.id).collect();
        let deliveries = self.deliveries.clone();
        let handoff = self
            .app
            .db
            .write(move |tx: Tx| async move { deliveries.tell(&tx, told).await });
        self.deliveries.take(handoff.await.unwrap());
        ids
    }

    /// Time passes, and what it brings is done.
    async fn after(&self, time: Duration) {
        self.advance(time);
        self.deliveries.idle().await;
    }

    async fn queued(&self, id: SubscriptionId) -> Vec<delivery_queue::Model> {
        delivery_queue::Entity::find()
            .filter(delivery_queue::Column::SubscriptionId.eq(id))
            .order_by_asc(delivery_queue::Column::Position)
            .all(self.app.db.read())
            .await
            .unwrap()
    }

    async fn attempts(&self, id: SubscriptionId) -> Vec<delivery_attempts::Model> {
        delivery_attempts::Entity::find()
            .filter(delivery_attempts::Column::SubscriptionId.eq(id))
            .order_by_asc(delivery_attempts::Column::Id)
            .all(self.app.db.read())
            .await
            .unwrap()
    }
}

/// The events that a receiver has heard, in the order in which they came.
fn heard(receiver: &Receiver) -> Vec<String> {
    let requests = receiver.requests();
    let ids = requests
        .iter()
        .map(|request| request.header("x-webhook-id").to_owned());
    ids.collect()
}

fn texts(ids: &[EventId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
