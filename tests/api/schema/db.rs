//! `Db::write`: a transaction ends whole or not at all, whatever becomes of those who asked for it.

use entity::instances;
use ringback::{
    error::{Code, Error, Result},
    infra::db::Tx,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use tokio::sync::oneshot;

use super::{Store, sample};

async fn add(tx: &Tx, row: instances::Model) -> Result<()> {
    row.into_active_model().reset_all().insert(&**tx).await?;
    Ok(())
}

fn panics() -> Result<()> {
    panic!("on purpose")
}

impl Store {
    async fn rows(&self) -> u64 {
        let rows = instances::Entity::find().count(self.db.read());
        rows.await.unwrap()
    }

    /// The pool has its connection back, and it is in no transaction that is left over.
    async fn assert_still_writes(&self) {
        let before = self.rows().await;
        let write = |tx: Tx| async move { add(&tx, sample::instance()).await };
        self.db.write(write).await.unwrap();
        assert_eq!(self.rows().await, before + 1);
    }
}

#[tokio::test]
async fn work_that_ends_well_is_committed_and_gives_its_value() {
    let store = Store::open().await;
    let work = |tx: Tx| async move {
        add(&tx, sample::instance()).await?;
        Ok(instances::Entity::find().count(&*tx).await?)
    };
    assert_eq!(store.db.write(work).await.unwrap(), 1);
    assert_eq!(store.rows().await, 1);
    store.close().await;
}

#[tokio::test]
async fn work_that_errs_is_rolled_back_and_its_error_is_the_answer() {
    let store = Store::open().await;
    let work = |tx: Tx| async move {
        add(&tx, sample::instance()).await?;
        Err::<(), _>(Error::new(Code::Conflict, "no"))
    };
    let error = store.db.write(work).await.unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert_eq!(store.rows().await, 0);
    store.assert_still_writes().await;
    store.close().await;
}

#[tokio::test]
async fn work_that_panics_is_rolled_back_and_the_pool_is_still_good() {
    let store = Store::open().await;
    for _ in 0..20 {
        let work = |tx: Tx| async move {
            add(&tx, sample::instance()).await?;
            panics()
        };
        let error = store.db.write(work).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        let cause = error.source_chain().unwrap();
        assert!(cause.contains("on purpose"), "{cause}");
    }
    assert_eq!(store.rows().await, 0);
    store.assert_still_writes().await;
    store.close().await;
}

#[tokio::test]
async fn work_whose_caller_went_away_is_committed_all_the_same() {
    let store = Store::open().await;
    let row = sample::instance();
    let (entered, has_entered) = oneshot::channel();
    let (open_gate, gate) = oneshot::channel();
    let (db, first) = (store.db.clone(), row.clone());
    let caller = tokio::spawn(async move {
        db.write(|tx| async move {
            add(&tx, first).await?;
            entered.send(()).unwrap();
            gate.await.map_err(Error::internal)
        })
        .await
    });
    has_entered.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    open_gate.send(()).unwrap();

    // The same row again has to wait for the first transaction, and is refused if that committed.
    let again = store.db.write(|tx| async move { add(&tx, row).await });
    let refusal = again.await.unwrap_err().source_chain().unwrap();
    assert!(refusal.to_lowercase().contains("unique"), "{refusal}");
    assert_eq!(store.rows().await, 1);
    store.close().await;
}

#[tokio::test]
async fn work_that_keeps_its_transaction_is_an_error_and_is_not_committed() {
    let store = Store::open().await;
    let (keep, kept) = oneshot::channel();
    let work = |tx: Tx| async move {
        add(&tx, sample::instance()).await?;
        assert!(keep.send(tx).is_ok());
        Ok(())
    };
    let error = store.db.write(work).await.unwrap_err();
    let cause = error.source_chain().unwrap();
    assert!(cause.contains("kept its transaction"), "{cause}");
    drop(kept.await.unwrap());
    assert_eq!(store.rows().await, 0);
    store.assert_still_writes().await;
    store.close().await;
}

#[tokio::test]
async fn a_commit_that_the_database_refuses_is_told() {
    let store = Store::open().await;
    let raised = ["UPDATE maintenance SET active = true"];
    assert!(store.run(&raised).await.is_err());
    store.assert_still_writes().await;
    store.close().await;
}

#[tokio::test]
async fn on_sqlite_the_reading_connections_cannot_write() {
    let store = Store::open().await;
    if store.db.is_postgres() {
        eprintln!("on PostgreSQL the two pools differ in who uses them, not in what they may do");
    } else {
        let row = sample::instance().into_active_model().reset_all();
        let refusal = row.insert(store.db.read()).await.unwrap_err().to_string();
        assert!(refusal.contains("readonly"), "{refusal}");
    }
    store.close().await;
}
