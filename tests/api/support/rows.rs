//! Rows made by hand, where a test is about what is stored and not about how
//! it came to be.

use entity::{
    CallId, DeliveryId, EventId, Sealed, SubscriptionId, calls, delivery_attempts, delivery_queue,
    events,
    lanes::{self, LaneState},
    subscriptions,
};
use ringback::{
    infra::seal::Place,
    subscriptions::{
        SigningSecret,
        sealed::{SecretColumn, seal_secret},
    },
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, IntoActiveModel, PaginatorTrait,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::TestApp;

impl TestApp {
    pub async fn insert<A>(&self, row: A) -> <A::Entity as EntityTrait>::Model
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send + 'static,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + Send,
    {
        let inserted = self
            .app
            .db
            .write(|tx| async move { Ok(row.insert(&*tx).await?) });
        inserted.await.unwrap()
    }

    /// How many rows a table has.
    pub async fn rows<E: EntityTrait>(&self) -> u64
    where
        E::Model: Send + Sync,
    {
        E::find().count(self.app.db.read()).await.unwrap()
    }

    /// A subscription to everything of its owner's, with its lane.
    pub async fn subscription_of(&self, owner: &str) -> SubscriptionId {
        self.subscription(owner, |_| {}).await
    }

    pub async fn subscription(
        &self,
        owner: &str,
        change: impl FnOnce(&mut subscriptions::ActiveModel),
    ) -> SubscriptionId {
        self.subscription_with(owner, LaneState::Healthy, change)
            .await
    }

    /// One to which nothing is sent.
    pub async fn paused_subscription_of(&self, owner: &str) -> SubscriptionId {
        self.subscription_with(owner, LaneState::Paused, |_| {})
            .await
    }

    async fn subscription_with(
        &self,
        owner: &str,
        state: LaneState,
        change: impl FnOnce(&mut subscriptions::ActiveModel),
    ) -> SubscriptionId {
        let id = SubscriptionId::from_uuid(Uuid::now_v7());
        let now = self.clock.millis();
        let secret = SigningSecret::generate();
        let events: Vec<_> = ringback::events::Kind::ALL
            .iter()
            .map(|kind| kind.name())
            .collect();
        let mut row = subscriptions::ActiveModel {
            id: Set(id),
            owner: Set(owner.to_owned()),
            scope: Set(subscriptions::SubscriptionScope::Own),
            url: Set(format!("https://receiver.invalid/{id}")),
            events: Set(json!(events).to_string()),
            secret: Set(seal_secret(
                &self.app.seal,
                id,
                SecretColumn::Current,
                &secret,
            )),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        change(&mut row);
        let lane = lanes::ActiveModel {
            subscription_id: Set(id),
            state: Set(state),
            ..Default::default()
        };
        let made = self.app.db.write(move |tx| async move {
            row.epoch = Set(ringback::subscriptions::bump(&tx).await?);
            row.insert(&*tx).await?;
            Ok(lane.insert(&*tx).await?)
        });
        made.await.unwrap();
        id
    }

    pub async fn lane(&self, id: SubscriptionId) -> lanes::Model {
        self.find_lane(id).await.unwrap()
    }

    pub async fn find_lane(&self, id: SubscriptionId) -> Option<lanes::Model> {
        let lane = lanes::Entity::find_by_id(id).one(self.app.db.read());
        lane.await.unwrap()
    }

    pub async fn change_lane(
        &self,
        id: SubscriptionId,
        change: impl FnOnce(&mut lanes::ActiveModel),
    ) {
        let mut lane = lanes::ActiveModel {
            subscription_id: Set(id),
            ..Default::default()
        };
        change(&mut lane);
        let changed = self
            .app
            .db
            .write(|tx| async move { Ok(lane.update(&*tx).await?) });
        changed.await.unwrap();
    }

    /// A call that is under way.
    pub async fn call_of(&self, owner: &str) -> calls::Model {
        let now = self.clock.millis();
        let id = Uuid::now_v7();
        self.insert(calls::ActiveModel {
            id: Set(CallId::from_uuid(id)),
            vapi_call_id: Set(Some(format!("vapi-{id}"))),
            owner: Set(Some(owner.to_owned())),
            origin: Set(calls::Origin::Announced),
            status: Set(calls::CallStatus::InProgress),
            last_event_at: Set(Some(now)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .await
    }

    /// An event that was told just now and queued for nobody.
    pub async fn event_of(&self, owner: &str, call: Option<CallId>, kind: &str) -> events::Model {
        self.event_with(owner, call, kind, json!({})).await
    }

    pub async fn event_with(
        &self,
        owner: &str,
        call: Option<CallId>,
        kind: &str,
        data: Value,
    ) -> events::Model {
        let id = EventId::from_uuid(Uuid::now_v7());
        let payload = json!({"id": id, "event": kind, "data": data}).to_string();
        let place = Place {
            table: "events",
            column: "payload",
            row: id.as_bytes(),
        };
        let sealed = self.app.seal.seal(place, payload.as_bytes());
        self.insert(events::ActiveModel {
            position: NotSet,
            id: Set(id),
            kind: Set(kind.to_owned()),
            owner: Set(Some(owner.to_owned())),
            call_id: Set(call),
            status: Set(None),
            sequence: Set(None),
            payload: Set(Sealed(sealed)),
            created_at: Set(self.clock.millis()),
        })
        .await
    }

    /// The event's first delivery, waiting after so many attempts.
    pub async fn waits(
        &self,
        subscription: SubscriptionId,
        event: &events::Model,
        attempts: i16,
        change: impl FnOnce(&mut delivery_queue::ActiveModel),
    ) -> DeliveryId {
        let now = self.clock.millis();
        let mut row = delivery_queue::ActiveModel {
            id: Set(DeliveryId::of(subscription, event.id)),
            subscription_id: Set(subscription),
            event_id: Set(event.id),
            call_id: Set(event.call_id),
            position: Set(event.position),
            attempt: Set(attempts),
            due_at: Set(now),
            replay: Set(false),
            created_at: Set(now),
            steps: Set(i32::from(attempts)),
            asked_to_wait: Set(false),
        };
        change(&mut row);
        self.insert(row).await.id
    }

    /// The event's first delivery, ended at its first attempt.
    pub async fn ended(
        &self,
        subscription: SubscriptionId,
        event: &events::Model,
        outcome: &str,
    ) -> DeliveryId {
        self.tried(subscription, event, |attempt| {
            attempt.outcome = Set(outcome.to_owned());
            attempt.r#final = Set(true);
        })
        .await
    }

    /// A replay of the event, ended at its first attempt.
    pub async fn replayed(
        &self,
        subscription: SubscriptionId,
        event: &events::Model,
        outcome: &str,
    ) -> DeliveryId {
        let id = DeliveryId::of_replay(event.id);
        self.tried(subscription, event, |attempt| {
            attempt.delivery_id = Set(id);
            attempt.response = Set(None); // it would be sealed for the first
            attempt.outcome = Set(outcome.to_owned());
            attempt.r#final = Set(true);
        })
        .await;
        id
    }

    /// An attempt of the event's first delivery.
    pub async fn tried(
        &self,
        subscription: SubscriptionId,
        event: &events::Model,
        change: impl FnOnce(&mut delivery_attempts::ActiveModel),
    ) -> DeliveryId {
        let id = DeliveryId::of(subscription, event.id);
        let place = Place {
            table: "delivery_attempts",
            column: "response",
            row: id.as_bytes(),
        };
        let mut row = delivery_attempts::ActiveModel {
            id: NotSet,
            delivery_id: Set(id),
            subscription_id: Set(subscription),
            event_id: Set(event.id),
            call_id: Set(event.call_id),
            kind: Set(event.kind.clone()),
            attempt: Set(Some(1)),
            outcome: Set("status".to_owned()),
            status_code: Set(Some(500)),
            duration_ms: Set(Some(35)),
            dns_us: Set(Some(1_200)),
            connect_us: Set(Some(800)),
            tls_us: Set(None),
            first_byte_us: Set(Some(31_000)),
            error: Set(Some("the receiver failed by itself".to_owned())),
            response: Set(Some(Sealed(self.app.seal.seal(place, b"oh no")))),
            r#final: Set(false),
            created_at: Set(self.clock.millis()),
        };
        change(&mut row);
        self.insert(row).await;
        id
    }

    /// All that waits, in the order of the lane.
    pub async fn queue(&self) -> Vec<delivery_queue::Model> {
        let mut rows = delivery_queue::Entity::find()
            .all(self.app.db.read())
            .await
            .unwrap();
        rows.sort_by_key(|row| (row.position, row.id));
        rows
    }
}
