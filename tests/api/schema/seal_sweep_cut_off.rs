//! The sweep, cut off half-way: what was done stays done, and nothing is lost.

use ringback::infra::seal::{SealError, sweep};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    Store,
    seal_sweep::{REWRITE_LOG, assert_closed},
    sealed_values::{KEY_A, KEY_B, KEY_C, call_event, keys, reseal, stored},
};

/// More rows of the log than one transaction takes; the last is sealed with a key that is missing.
const ROWS: u64 = 250;

async fn fill_the_log_but_lose_a_key(store: &Store) {
    let (known, lost) = (keys(&[KEY_A]), keys(&[KEY_C]));
    let rows = (1..=ROWS).map(|n| {
        let seal = if n == ROWS { &lost } else { &known };
        call_event(seal, Uuid::from_u128(n.into()))
    });
    store.insert(rows).await;
}

#[tokio::test]
async fn a_value_that_does_not_open_stops_the_sweep_and_nothing_is_lost() {
    let store = Store::open().await;
    fill_the_log_but_lose_a_key(&store).await;

    let stopped = reseal(&store, &[KEY_B, KEY_A]).await;

    let cause = stopped.unwrap_err().source_chain().unwrap();
    assert_eq!(cause, SealError::UnknownKey.to_string());
    let all = keys(&[KEY_A, KEY_B, KEY_C]);
    let values = stored(&store).await;
    assert_eq!(values.len() as u64, ROWS);
    for value in values {
        assert_eq!(value.open(&all), Ok("payload".to_owned()));
    }
    assert_closed(&store, &[REWRITE_LOG]).await;
    store.close().await;
}

#[tokio::test]
async fn a_sweep_that_was_cut_off_is_run_again_and_does_the_rest() {
    let store = Store::open().await;
    fill_the_log_but_lose_a_key(&store).await;
    let new = keys(&[KEY_B]);
    let through = async || {
        let mut values = stored(&store).await;
        values.retain(|value| value.open(&new).is_ok());
        values.len() as u64
    };
    let stopped = reseal(&store, &[KEY_B, KEY_A]).await;
    assert!(stopped.is_err());
    let done = through().await;
    assert!(done > 0 && done < ROWS, "{done} of {ROWS} before the cut");

    let rest = reseal(&store, &[KEY_B, KEY_A, KEY_C]).await;

    assert_eq!(rest.unwrap(), ROWS - done);
    assert_eq!(through().await, ROWS);
    assert_closed(&store, &[REWRITE_LOG]).await;
    store.close().await;
}

/// What is left to do may stand behind any number of rows that are done, and nobody is to wait for
/// those.
#[tokio::test]
async fn rows_that_are_done_are_looked_at_beside_whoever_writes() {
    let store = Store::open().await;
    let new = keys(&[KEY_B]);
    let rows = (1..=ROWS).map(|n| call_event(&new, Uuid::from_u128(n.into())));
    store.insert(rows).await;
    let db = store.db.clone();

    let beside = store.db.write(move |tx| async move {
        let write = "UPDATE maintenance SET active = active";
        tx.execute_unprepared(write).await?;
        sweep::reseal(&db, &keys(&[KEY_B, KEY_A]), &|_| {}).await
    });

    assert_eq!(beside.await.unwrap(), 0);
    store.close().await;
}
