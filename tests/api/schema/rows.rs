//! Rows: the entities and the tables have the same columns, and a row is read as it was written.

use std::collections::BTreeSet;

use entity::{
    CallId, DeliveryId, EventId, Sealed, SubscriptionId,
    calls::{self, CallStatus, Origin},
    delivery_queue,
    lanes::{self, LaneState},
    maintenance,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    ModelTrait, QueryFilter, Statement,
};
use uuid::Uuid;

use super::{Store, sample, tables};

#[tokio::test]
async fn a_row_of_each_table_is_read_as_it_was_written() {
    let store = Store::open().await;
    comes_back(&store, sample::instance()).await;
    comes_back(&store, sample::api_key()).await;
    comes_back(&store, sample::idempotency_key()).await;
    comes_back(&store, sample::dashboard_session()).await;
    comes_back(&store, sample::call()).await;
    comes_back(&store, sample::identity()).await;
    comes_back(&store, sample::call_event(1)).await;
    comes_back(&store, sample::event(1)).await;
    comes_back(&store, sample::lane()).await;
    comes_back(&store, sample::message()).await;
    comes_back(&store, sample::inquiry()).await;
    comes_back(&store, sample::placement()).await;
    comes_back(&store, sample::queued_delivery()).await;
    comes_back(&store, sample::delivery_attempt(1)).await;
    comes_back(&store, sample::campaign()).await;
    comes_back(&store, sample::schedule()).await;
    comes_back(&store, sample::schedule_run()).await;
    comes_back(&store, sample::stats_minute()).await;
    comes_back(&store, sample::subscription()).await;
    comes_back(&store, sample::tool()).await;
    comes_back(&store, sample::tool_call()).await;
    store.close().await;
}

async fn comes_back<M, A>(store: &Store, row: M)
where
    M: ModelTrait + PartialEq + IntoActiveModel<A>,
    M::Entity: EntityTrait<Model = M>,
    A: ActiveModelTrait<Entity = M::Entity> + Send + 'static,
{
    store.insert([row.clone()]).await;
    let rows = M::Entity::find().all(store.db.read()).await.unwrap();
    assert_eq!(rows, [row]);
}

#[tokio::test]
async fn what_is_left_out_has_its_default() {
    let store = Store::open().await;
    let call = calls::ActiveModel {
        id: Set(CallId::from_uuid(Uuid::now_v7())),
        origin: Set(Origin::Announced),
        status: Set(CallStatus::Queued),
        created_at: Set(1),
        updated_at: Set(1),
        ..Default::default()
    };
    let lane = lanes::ActiveModel {
        subscription_id: Set(SubscriptionId::from_uuid(Uuid::now_v7())),
        ..Default::default()
    };
    let delivery = delivery_queue::ActiveModel {
        id: Set(DeliveryId::from_uuid(Uuid::now_v7())),
        subscription_id: lane.subscription_id.clone(),
        event_id: Set(EventId::from_uuid(Uuid::now_v7())),
        position: Set(1),
        due_at: Set(1),
        created_at: Set(1),
        ..Default::default()
    };
    let write = store.db.write(|tx| async move {
        Ok((
            call.insert(&*tx).await?,
            lane.insert(&*tx).await?,
            delivery.insert(&*tx).await?,
        ))
    });
    let (call, lane, delivery) = write.await.unwrap();
    assert_eq!(
        (call.sequence, call.result_version, call.owner),
        (0, 0, None)
    );
    assert_eq!((lane.state, lane.delivered_total), (LaneState::Healthy, 0));
    assert_eq!((delivery.attempt, delivery.replay), (0, false));
    store.close().await;
}

#[tokio::test]
async fn a_row_is_found_by_its_typed_columns() {
    let store = Store::open().await;
    let call = sample::call();
    store.insert([call.clone(), sample::call()]).await;
    let found = calls::Entity::find()
        .filter(calls::Column::Id.eq(call.id))
        .filter(calls::Column::Status.eq(call.status))
        .filter(calls::Column::Retryable.eq(true))
        .all(store.db.read());
    assert_eq!(found.await.unwrap(), [call]);
    store.close().await;
}

#[tokio::test]
async fn a_new_database_knows_both_maintenance_tasks_and_both_rest() {
    let store = Store::open().await;
    let tasks = maintenance::Entity::find().all(store.db.read());
    let tasks = tasks.await.unwrap();
    assert_eq!(tasks.len(), 2, "{tasks:?}");
    assert!(tasks.iter().all(|task| !task.active), "{tasks:?}");
    store.close().await;
}

#[tokio::test]
async fn entities_and_tables_have_the_same_columns() {
    let store = Store::open().await;
    for table in tables::all() {
        let described: BTreeSet<(String, bool)> = table
            .columns
            .iter()
            .map(|column| (column.name.to_owned(), column.is_nullable))
            .collect();
        let mut stored = columns(&store, table.name).await;
        if table.name == "events" && store.db.is_postgres() {
            let read_by_the_tail_alone = ("xid".to_owned(), false);
            assert!(stored.remove(&read_by_the_tail_alone));
        }
        assert_eq!(described, stored, "{}", table.name);
    }
    store.close().await;
}

/// Name and whether it may be null.
async fn columns(store: &Store, table: &str) -> BTreeSet<(String, bool)> {
    let sql = if store.db.is_postgres() {
        "SELECT column_name::text AS name, is_nullable = 'YES' AS may_be_null
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
    } else {
        // The key of a STRICT table is never null, though the pragma does not say so.
        "SELECT name, NOT \"notnull\" AND pk = 0 AS may_be_null FROM pragma_table_info($1)"
    };
    let ask = Statement::from_sql_and_values(store.db.backend(), sql, [table.into()]);
    let rows = store.db.read().query_all_raw(ask).await.unwrap();
    rows.iter()
        .map(|row| {
            let name = row.try_get("", "name").unwrap();
            (name, row.try_get("", "may_be_null").unwrap())
        })
        .collect()
}

#[test]
fn a_row_that_is_printed_hides_what_is_sealed() {
    let printed = format!("{:?}", Sealed(b"not to be seen".to_vec()));
    assert_eq!(printed, "Sealed(14 bytes)");
}
