//! What is only added may wait for what is added next, and nobody can tell.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use entity::{
    EventId, call_events, calls, delivery_queue, events, identities, messages, stats_minutes,
};
use ringback::{
    error::Error,
    infra::db::{
        Tx,
        rows::{New, Rows},
    },
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, PaginatorTrait, QueryTrait,
};

use super::{Store, as_insert, sample};

fn call() -> calls::ActiveModel {
    as_insert(sample::call())
}

/// Too many to wait.
fn many_calls() -> Vec<calls::ActiveModel> {
    (0..100).map(|_| call()).collect()
}

async fn count(tx: &Tx) -> (u64, u64) {
    let calls = calls::Entity::find().count(&**tx).await.unwrap();
    (calls, messages::Entity::find().count(&**tx).await.unwrap())
}

impl Store {
    async fn calls(&self) -> u64 {
        let calls = calls::Entity::find().count(self.db.read());
        calls.await.unwrap()
    }
}

#[tokio::test]
async fn whoever_asks_finds_what_was_added_before() {
    let store = Store::open().await;
    let asked = store.db.write(|tx| async move {
        Rows::new([call()]).add_soon(&tx).await?;
        let message: messages::ActiveModel = as_insert(sample::message());
        Rows::new([message]).add_soon(&tx).await?;
        let after_few = count(&tx).await;
        Rows::new(many_calls()).add_soon(&tx).await?;
        Ok((after_few, count(&tx).await))
    });
    assert_eq!(asked.await.unwrap(), ((1, 1), (101, 1)));
    store.close().await;
}

#[tokio::test]
async fn what_still_waits_is_committed() {
    let store = Store::open().await;
    let added = store.db.write(|tx| async move {
        Rows::new([call()]).add_soon(&tx).await?;
        Rows::new([call(), call()]).add_soon(&tx).await?;
        Ok(())
    });
    added.await.unwrap();
    assert_eq!(store.calls().await, 3);
    store.close().await;
}

#[tokio::test]
async fn rows_of_several_tables_go_together_and_the_last_say_what_they_became() {
    let store = Store::open().await;
    let added = store.db.write(|tx| async move {
        Rows::new([call(), call(), call()]).add_soon(&tx).await?;
        let logged: [call_events::ActiveModel; 2] =
            [1, 2].map(|at| as_insert(sample::call_event(at)));
        Rows::new(logged).add_soon(&tx).await?;
        // More than one statement takes.
        let told: Vec<events::ActiveModel> =
            (1..=300).map(|at| as_insert(sample::event(at))).collect();
        let ids: Vec<_> = told.iter().map(|event| event.id.clone().unwrap()).collect();
        let (key, number) = (events::Column::Id, events::Column::Position);
        let nothing = Rows::<delivery_queue::ActiveModel>::new([]);
        let told = Rows::new(told).add_numbered(&tx, key, number, nothing);
        Ok((ids, told.await?))
    });
    let (ids, numbers) = added.await.unwrap();
    let kept = events::Entity::find().all(store.db.read()).await.unwrap();
    let kept: HashMap<_, _> = kept.iter().map(|row| (row.id, row.position)).collect();
    assert_eq!(ids.iter().map(|id| kept[id]).collect::<Vec<_>>(), numbers);
    assert!(numbers.is_sorted());
    assert_eq!(store.calls().await, 3);
    let logged = call_events::Entity::find().count(store.db.read());
    assert_eq!(logged.await.unwrap(), 2);
    store.close().await;
}

#[tokio::test]
async fn what_is_refused_is_told_of_by_what_comes_next_and_nothing_is_kept() {
    let store = Store::open().await;
    let twice = sample::call();
    store.insert([twice.clone()]).await;
    for is_added_next in [true, false] {
        let twice: calls::ActiveModel = as_insert(twice.clone());
        let added = store.db.write(move |tx| async move {
            let message: messages::ActiveModel = as_insert(sample::message());
            Rows::new([message]).add_soon(&tx).await?;
            Rows::new([twice]).add_soon(&tx).await?;
            if is_added_next {
                let logged: call_events::ActiveModel = as_insert(sample::call_event(1));
                Rows::new([logged]).add(&tx).await?;
                return Err(Error::not_found("it was taken"));
            }
            Ok(())
        });
        let refused = added.await.unwrap_err();
        assert!(refused.source_chain().is_some(), "{refused}");
    }
    let messages = messages::Entity::find().count(store.db.read());
    assert_eq!((store.calls().await, messages.await.unwrap()), (1, 0));
    store.close().await;
}

/// A delivery of this event that does not know its place.
fn unplaced(event: EventId) -> delivery_queue::ActiveModel {
    as_insert(delivery_queue::Model {
        event_id: event,
        position: 0,
        ..sample::queued_delivery()
    })
}

#[tokio::test]
async fn a_delivery_takes_its_place_from_the_event_that_is_logged_with_it() {
    let store = Store::open().await;
    let event = |at| -> events::ActiveModel { as_insert(sample::event(at)) };
    let queued = store.db.write(move |tx| async move {
        let events = [event(1), event(2)];
        let ids = events.clone().map(|event| event.id.unwrap());
        Rows::new([call()]).add_soon(&tx).await?;
        // Not in the order of the log.
        let queued = [ids[1], ids[0], ids[1]].map(unplaced);
        let queued = Rows::new(queued).drawing(
            delivery_queue::Column::Position,
            (events::Entity, events::Column::Position),
            (events::Column::Id, delivery_queue::Column::EventId),
        );
        let (key, number) = (events::Column::Id, events::Column::Position);
        let logged = Rows::new(events).add_numbered(&tx, key, number, queued);
        Ok((ids, logged.await?))
    });
    let (ids, numbers) = queued.await.unwrap();
    let told = events::Entity::find().all(store.db.read()).await.unwrap();
    let waits = delivery_queue::Entity::find().all(store.db.read());
    let (waits, calls) = (waits.await.unwrap(), store.calls().await);
    let is_placed = |row: &delivery_queue::Model| {
        let event = told.iter().find(|event| event.id == row.event_id);
        event.is_some_and(|event| event.position == row.position)
    };
    assert_eq!((waits.len(), calls), (3, 1));
    assert!(waits.iter().all(is_placed), "{told:?} {waits:?}");
    for (id, number) in ids.iter().zip(numbers) {
        let event = told.iter().find(|event| event.id == *id);
        assert_eq!(event.unwrap().position, number);
    }
    store.close().await;
}

#[tokio::test]
async fn of_rows_that_are_there_only_the_new_ones_are_added_and_named() {
    let store = Store::open().await;
    let digest = |at: u16| [[0; 30].as_slice(), &at.to_be_bytes()].concat();
    let identities = move |numbers: RangeInclusive<u16>| {
        numbers.map(move |at| identities::ActiveModel {
            digest: Set(digest(at)),
            call_id: NotSet,
            event_id: NotSet,
            answer: NotSet,
            created_at: Set(i64::from(at)),
        })
    };
    let add = async |numbers: RangeInclusive<u16>| {
        let added = store.db.write(move |tx| async move {
            let calls = calls::Entity::find().build(tx.get_database_backend());
            let (key, seven) = (identities::Column::Digest, "(SELECT 7) AS seven");
            let new = Rows::new(identities(numbers)).add_new(&tx, key, seven, Some(calls));
            let New {
                keys,
                answer,
                then_heard,
            } = new.await?;
            let seven = answer.map(|row| row.try_get::<i32>("", "seven"));
            Ok((keys, seven.transpose()?, then_heard.len()))
        });
        added.await.unwrap()
    };
    let named = |numbers: RangeInclusive<u16>| numbers.map(digest).collect::<HashSet<_>>();
    assert_eq!(add(1..=3).await, (named(1..=3), Some(7), 0));
    store.insert([sample::call(), sample::call()]).await;
    assert_eq!(add(2..=300).await, (named(4..=300), Some(7), 2));
    let (keys, _, asked) = add(1..=200).await;
    assert_eq!((keys, asked), (HashSet::new(), 2));
    let kept = identities::Entity::find().all(store.db.read());
    let kept = kept.await.unwrap();
    assert_eq!(kept.len(), 300);
    store.close().await;
}

#[tokio::test]
async fn what_is_counted_is_added_to_what_was_counted_before() {
    use stats_minutes::Column;
    let store = Store::open().await;
    let counted = sample::stats_minute();
    for delivered in [3, 4] {
        let row: stats_minutes::ActiveModel = as_insert(stats_minutes::Model {
            delivered,
            failed: 1,
            ..counted.clone()
        });
        let added = store.db.write(move |tx| async move {
            let counts = [Column::Delivered].into_iter();
            let key = [Column::Minute, Column::SubscriptionId];
            Rows::new([row])
                .adding_to(&key, counts)
                .add_soon(&tx)
                .await?;
            Ok(())
        });
        added.await.unwrap();
    }
    let rows = stats_minutes::Entity::find().all(store.db.read());
    let rows: Vec<_> = rows.await.unwrap();
    let counts = rows.iter().map(|row| (row.delivered, row.failed));
    assert_eq!(counts.collect::<Vec<_>>(), [(7, 1)]);
    store.close().await;
}
