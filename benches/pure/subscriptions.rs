//! Who hears an event, among ten thousand: looked up by whose events and which ones, then judged.

use std::sync::Arc;

use divan::{Bencher, black_box};
use entity::{
    Sealed, SubscriptionId,
    subscriptions::{ActiveModel, Entity, Ordering, SubscriptionScope},
    subscriptions_epoch as epoch,
};
use ringback::{
    events::Kind,
    subscriptions::{Facts, Index, Snapshot},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbErr,
    EntityTrait, QueryFilter, sea_query::Expr,
};
use sea_orm_migration::MigratorTrait;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const COUNT: u32 = 10_000;
const AT_ONCE: usize = 500;

/// What keeps the others from hearing what one of them hears.
#[derive(Clone, Copy, Debug)]
enum Others {
    AnotherOwner,
    OtherEvents,
    OtherCalls,
}

#[divan::bench(args = [Others::AnotherOwner, Others::OtherEvents, Others::OtherCalls])]
fn one_hears_of_ten_thousand(bencher: Bencher<'_, '_>, others: &Others) {
    let subscriptions = subscriptions(*others);
    let metadata = metadata(0);
    bencher.bench(|| {
        let facts = Facts {
            kind: Kind::CallCompleted,
            owner: Some("owner-0"),
            campaign_id: None,
            outcome: None,
            metadata: black_box(&metadata),
            not_to: None,
        };
        let heard = subscriptions.hearing(&facts).count();
        assert_eq!(heard, 1);
    });
}

fn metadata(number: u32) -> Map<String, Value> {
    Map::from_iter([("team".to_owned(), json!(number.to_string()))])
}

/// Read as the server reads them, from a database in memory.
fn subscriptions(others: Others) -> Arc<Snapshot> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let snapshot = runtime
        .expect("there is a runtime")
        .block_on(read_back(others));
    snapshot.expect("a database in memory keeps rows")
}

async fn read_back(others: Others) -> anyhow::Result<Arc<Snapshot>> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    migration::Migrator::up(&db, None).await?;
    fill(&db, others).await?;
    Ok(Index::default().fresh(&db).await?)
}

async fn fill(db: &DatabaseConnection, others: Others) -> Result<(), DbErr> {
    let rows: Vec<_> = (0..COUNT).map(|number| row(number, others)).collect();
    for rows in rows.chunks(AT_ONCE) {
        Entity::insert_many(rows.to_vec())
            .exec_without_returning(db)
            .await?;
    }
    epoch::Entity::update_many()
        .col_expr(epoch::Column::Epoch, Expr::value(1))
        .filter(epoch::Column::Id.eq(1))
        .exec(db)
        .await?;
    Ok(())
}

/// The one of number 0 hears; the others do not.
fn row(number: u32, others: Others) -> ActiveModel {
    let (owner, event, team) = match others {
        _ if number == 0 => (0, Kind::CallCompleted, 0),
        Others::AnotherOwner => (number, Kind::CallCompleted, 0),
        Others::OtherEvents => (0, Kind::CallFailed, 0),
        Others::OtherCalls => (0, Kind::CallCompleted, number),
    };
    let filter = json!({"metadata": {"team": [team.to_string()]}});
    ActiveModel {
        id: Set(SubscriptionId::from_uuid(Uuid::now_v7())),
        owner: Set(format!("owner-{owner}")),
        scope: Set(SubscriptionScope::Own),
        url: Set(format!("https://receiver.invalid/{number}")),
        events: Set(json!([event.name()]).to_string()),
        filter: Set(Some(filter.to_string())),
        ordering: Set(Ordering::Call),
        max_in_flight: Set(8),
        secret: Set(Sealed(Vec::new())),
        epoch: Set(1),
        created_at: Set(0),
        updated_at: Set(0),
        ..Default::default()
    }
}
