//! The sweep: after a new key was put first, everything is sealed again with it.

use std::collections::BTreeSet;

use entity::{call_events, calls};
use ringback::infra::seal::{SealError, sweep::SEALED_COLUMNS};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Store, assert_refused,
    immutability::REFUSAL,
    sample,
    sealed_values::{KEY_A, KEY_B, PHONE, call_event, fill, keys, reseal, stored},
    tables,
};

/// Bytes that hide nothing: digests, and the blind index, which the sweep makes anew.
const NOT_SEALED: [(&str, &str); 7] = [
    ("api_keys", "digest"),
    ("calls", "phone_index"),
    ("dashboard_sessions", "id"),
    ("idempotency_keys", "id"),
    ("idempotency_keys", "request_digest"),
    ("identities", "digest"),
    ("tool_calls", "digest"),
];

async fn calls_of(store: &Store, phone_index: [u8; 32]) -> u64 {
    let calls = calls::Entity::find().filter(calls::Column::PhoneIndex.eq(phone_index.to_vec()));
    calls.count(store.db.read()).await.unwrap()
}

pub const REWRITE_LOG: &str = "UPDATE call_events SET payload = {9 bytes}";
const REWRITE_HISTORY: &str = "UPDATE delivery_attempts SET response = {9 bytes}";

/// The append-only tables let nobody in who is not the sweep.
pub async fn assert_closed(store: &Store, to: &[&str]) {
    for rewrite in to {
        assert_refused(&store.run(&[rewrite]).await, REFUSAL, rewrite);
    }
    store.assert_no_flag_is_up().await;
}

#[test]
fn every_column_of_bytes_is_sealed_or_known_to_hide_nothing() {
    let with_bytes: BTreeSet<(&str, &str)> = tables::all()
        .iter()
        .flat_map(|table| table.columns.iter().map(|column| (table.name, column)))
        .filter(|(_, column)| column.holds_bytes)
        .map(|(table, column)| (table, column.name))
        .collect();
    let swept = SEALED_COLUMNS
        .iter()
        .map(|sealed| (sealed.table, sealed.column));
    assert_eq!(with_bytes, swept.chain(NOT_SEALED).collect());
}

#[tokio::test]
async fn after_a_sweep_the_new_key_alone_opens_everything() {
    let store = Store::open().await;
    let (old, new) = (keys(&[KEY_A]), keys(&[KEY_B]));
    fill(&store, &old).await;
    assert_eq!(stored(&store).await.len(), SEALED_COLUMNS.len());

    let resealed = reseal(&store, &[KEY_B, KEY_A]).await;

    assert_eq!(resealed.unwrap(), SEALED_COLUMNS.len() as u64);
    for value in stored(&store).await {
        let plain = match value.column {
            "phone" => PHONE,
            column => column,
        };
        assert_eq!(value.open(&new), Ok(plain.to_owned()));
        assert_eq!(value.open(&old), Err(SealError::UnknownKey));
    }
    assert_closed(&store, &[REWRITE_LOG, REWRITE_HISTORY]).await;
    store.close().await;
}

#[tokio::test]
async fn after_a_sweep_a_phone_is_found_by_the_new_keys_index() {
    let store = Store::open().await;
    let (old, new) = (keys(&[KEY_A]), keys(&[KEY_B]));
    fill(&store, &old).await;
    reseal(&store, &[KEY_B, KEY_A]).await.unwrap();
    assert_eq!(calls_of(&store, new.index("phone", PHONE)).await, 1);
    assert_eq!(calls_of(&store, old.index("phone", PHONE)).await, 0);
    store.close().await;
}

#[tokio::test]
async fn a_second_sweep_finds_nothing_to_do() {
    let store = Store::open().await;
    fill(&store, &keys(&[KEY_A])).await;
    reseal(&store, &[KEY_B, KEY_A]).await.unwrap();
    let before = ciphertexts(&store).await;
    assert_eq!(reseal(&store, &[KEY_B, KEY_A]).await.unwrap(), 0);
    assert_eq!(ciphertexts(&store).await, before);
    store.close().await;
}

async fn ciphertexts(store: &Store) -> Vec<Vec<u8>> {
    let values = stored(store).await.into_iter();
    values.map(|value| value.sealed).collect()
}

#[tokio::test]
async fn columns_that_hold_nothing_are_passed_over() {
    let store = Store::open().await;
    let call = calls::Model {
        phone: None,
        phone_index: None,
        details: None,
        result: None,
        ..sample::call()
    };
    store.insert([call.clone()]).await;
    let resealed = reseal(&store, &[KEY_B, KEY_A]).await;
    assert_eq!(resealed.unwrap(), 0);
    let rows = calls::Entity::find().all(store.db.read()).await.unwrap();
    assert_eq!(rows, [call]);
    store.close().await;
}

#[tokio::test]
async fn a_sweep_leaves_the_log_in_its_order_and_all_else_of_it_as_it_was() {
    let store = Store::open().await;
    let rows = [1, 2, 3].map(|n| call_events::Model {
        position: n,
        ..call_event(&keys(&[KEY_A]), Uuid::now_v7())
    });
    store.insert(rows.clone()).await;
    reseal(&store, &[KEY_B, KEY_A]).await.unwrap();
    let log = call_events::Entity::find().order_by_asc(call_events::Column::Position);
    let log = log.all(store.db.read()).await.unwrap();
    for (before, after) in rows.into_iter().zip(log) {
        let payload = after.payload.clone();
        assert_eq!(after, call_events::Model { payload, ..before });
    }
    store.close().await;
}
