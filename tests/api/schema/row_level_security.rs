//! Row-level security: whoever was merely granted SELECT sees what one owner has, or nothing.
//!
//! SQLite has neither roles nor this, so there the tests say so and end.

use entity::{CallId, call_events, calls, events, messages};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};
use uuid::Uuid;

use super::{Store, sample, tables};

/// A database on PostgreSQL with a call of alice's, one of bob's and one of nobody's.
#[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
async fn three_calls() -> Option<Store> {
    let store = Store::open().await;
    if !store.db.is_postgres() {
        eprintln!("SQLite has no row-level security, so there is nothing to test");
        store.close().await;
        return None;
    }
    let calls = [Some("alice"), Some("bob"), None].map(call_of);
    store.insert(calls.each_ref().map(event_of)).await;
    store.insert(calls.each_ref().map(call_event_of)).await;
    store.insert(calls.each_ref().map(message_of)).await;
    store.insert(calls).await;
    // These belong to no call: an event of alice's, one of nobody's, and a log row of nobody's.
    store
        .insert([of_no_call(Some("alice")), of_no_call(None)])
        .await;
    let no_call = call_events::Model {
        call_id: None,
        ..sample::call_event(4)
    };
    store.insert([no_call]).await;
    Some(store)
}

fn call_of(owner: Option<&str>) -> calls::Model {
    calls::Model {
        owner: owner.map(str::to_owned),
        ..sample::call()
    }
}

/// An event that names no owner: it is the call's owner who may see it.
fn event_of(call: &calls::Model) -> events::Model {
    events::Model {
        call_id: Some(call.id),
        owner: None,
        ..sample::event(1)
    }
}

fn of_no_call(owner: Option<&str>) -> events::Model {
    events::Model {
        call_id: None::<CallId>,
        owner: owner.map(str::to_owned),
        ..sample::event(1)
    }
}

fn call_event_of(call: &calls::Model) -> call_events::Model {
    call_events::Model {
        call_id: Some(call.id),
        ..sample::call_event(1)
    }
}

fn message_of(call: &calls::Model) -> messages::Model {
    messages::Model {
        call_id: call.id,
        ..sample::message()
    }
}

/// A transaction as a role that owns nothing and was granted everything. It is not committed, so
/// the role goes with it.
async fn as_reader(store: &Store) -> DatabaseTransaction {
    let tx = store.plain_connection().await.begin().await.unwrap();
    let role = format!("reader_{}", Uuid::now_v7().simple());
    let steps = [
        format!("CREATE ROLE {role}"),
        format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"),
        format!("SET LOCAL ROLE {role}"),
    ];
    for step in steps {
        tx.execute_unprepared(&step).await.unwrap();
    }
    tx
}

async fn name_owner(tx: &DatabaseTransaction, owner: &str) {
    let name = format!("SET LOCAL ringback.owner = '{owner}'");
    tx.execute_unprepared(&name).await.unwrap();
}

async fn count(tx: &DatabaseTransaction, table: &str) -> i64 {
    let sql = format!("SELECT count(*) AS rows FROM {table}");
    let ask = Statement::from_string(tx.get_database_backend(), sql);
    let row = tx.query_one_raw(ask).await.unwrap().unwrap();
    row.try_get("", "rows").unwrap()
}

const OF_SETTINGS: [&str; 4] = ["campaigns", "schedules", "subscriptions", "tools"];
const WITH_OWNER: [&str; 4] = ["calls", "call_events", "messages", "events"];

/// How many calls, call events, messages and events are seen.
async fn seen(tx: &DatabaseTransaction) -> [i64; 4] {
    [
        count(tx, "calls").await,
        count(tx, "call_events").await,
        count(tx, "messages").await,
        count(tx, "events").await,
    ]
}

#[tokio::test]
async fn a_reader_sees_what_the_named_owner_has_and_nothing_without_a_name() {
    let Some(store) = three_calls().await else {
        return;
    };
    let tx = as_reader(&store).await;
    assert_eq!(seen(&tx).await, [0, 0, 0, 0], "no name was set");
    for (owner, rows) in [
        ("alice", [1, 1, 1, 2]),
        ("bob", [1, 1, 1, 1]),
        ("carol", [0, 0, 0, 0]),
        ("", [0, 0, 0, 0]),
    ] {
        name_owner(&tx, owner).await;
        assert_eq!(seen(&tx).await, rows, "{owner}");
    }
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_reader_sees_the_tools_subscriptions_schedules_and_campaigns_of_the_named_owner_alone() {
    let Some(store) = three_calls().await else {
        return;
    };
    store.insert([sample::tool()]).await;
    store.insert([sample::subscription()]).await;
    store.insert([sample::schedule()]).await;
    store.insert([sample::campaign()]).await;
    let tx = as_reader(&store).await;
    for (owner, rows) in [("alice", 1), ("bob", 0), ("", 0)] {
        name_owner(&tx, owner).await;
        assert_eq!(count(&tx, "tools").await, rows, "{owner}");
        assert_eq!(count(&tx, "subscriptions").await, rows, "{owner}");
        assert_eq!(count(&tx, "schedules").await, rows, "{owner}");
        assert_eq!(count(&tx, "campaigns").await, rows, "{owner}");
    }
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_reader_sees_nothing_of_the_tables_that_have_no_owner() {
    let Some(store) = three_calls().await else {
        return;
    };
    store.insert([sample::api_key()]).await;
    store.insert([sample::dashboard_session()]).await;
    store.insert([sample::delivery_attempt(1)]).await;
    store.insert([sample::idempotency_key()]).await;
    store.insert([sample::identity()]).await;
    store.insert([sample::instance()]).await;
    store.insert([sample::lane()]).await;
    store.insert([sample::queued_delivery()]).await;
    store.insert([sample::schedule_run()]).await;
    store.insert([sample::stats_minute()]).await;
    store.insert([sample::tool_call()]).await;
    let tx = as_reader(&store).await;
    name_owner(&tx, "alice").await;
    let without_owner = tables::all().map(|table| table.name).into_iter();
    let without_owner = without_owner.chain(["maintenance_at_rest", "seaql_migrations"]);
    for table in
        without_owner.filter(|name| !WITH_OWNER.contains(name) && !OF_SETTINGS.contains(name))
    {
        assert_eq!(count(&tx, table).await, 0, "{table}");
    }
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_reader_writes_nothing_though_it_was_granted() {
    let Some(store) = three_calls().await else {
        return;
    };
    let tx = as_reader(&store).await;
    name_owner(&tx, "alice").await;
    for change in ["UPDATE calls SET owner = 'bob'", "DELETE FROM calls"] {
        let changed = tx.execute_unprepared(change).await.unwrap();
        assert_eq!(changed.rows_affected(), 0, "{change}");
    }
    let insert = "INSERT INTO calls (id, owner, origin, status, created_at, updated_at)
                  VALUES (gen_random_uuid(), 'alice', 'placed', 'QUEUED', 1, 1)";
    let refusal = tx.execute_unprepared(insert).await.unwrap_err().to_string();
    assert!(refusal.contains("row-level security"), "{refusal}");
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn no_table_is_without_row_level_security() {
    let Some(store) = three_calls().await else {
        return;
    };
    let open = Statement::from_string(
        store.db.backend(),
        "SELECT tablename::text AS name FROM pg_tables
         WHERE schemaname = 'public' AND NOT rowsecurity",
    );
    let open = store.db.read().query_all_raw(open).await.unwrap();
    let open: Vec<String> = open
        .iter()
        .map(|row| row.try_get("", "name").unwrap())
        .collect();
    assert!(open.is_empty(), "{open:?}");
    store.close().await;
}
