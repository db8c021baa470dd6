//! Plans: the questions that are asked all the time are answered by the indexes made for them.
//!
//! The tables are empty, so PostgreSQL is told to prefer an index wherever there is one. What the
//! test proves is that the index can answer, and in the wanted order, without sorting.

use entity::{CallId, calls};
use ringback::contact::named::is_named;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryTrait, Statement, TransactionTrait};
use uuid::Uuid;

use super::Store;

/// The question and the index that answers it.
#[rustfmt::skip]
const QUESTIONS: &[(&str, &str)] = &[
    // A lane: its first tries in order, its retries that are due, when the next one is.
    ("SELECT * FROM delivery_queue WHERE subscription_id = $1 AND attempt = 0 AND position > $2 \
        ORDER BY position LIMIT 256", "delivery_queue_first"),
    ("SELECT * FROM delivery_queue WHERE subscription_id = $1 AND attempt > 0 AND due_at <= $2 \
        ORDER BY due_at LIMIT 256", "delivery_queue_again"),
    ("SELECT due_at FROM delivery_queue WHERE subscription_id = $1 AND attempt > 0 ORDER BY due_at LIMIT 1",
        "delivery_queue_again"),
    ("SELECT * FROM lanes WHERE owner = $1", "lanes_by_owner"),
    ("SELECT * FROM lanes WHERE owner IS NULL", "lanes_by_owner"),
    ("SELECT * FROM subscriptions WHERE epoch > $1", "subscriptions_by_epoch"),
    // The timer of announcements, and the reconciler.
    ("SELECT id FROM calls WHERE announce_due_at <= $1 AND announced_at IS NULL \
        ORDER BY announce_due_at LIMIT 100", "calls_to_announce"),
    ("SELECT id FROM calls WHERE ended_at IS NULL AND vapi_call_id IS NOT NULL \
        AND created_at < $1 AND last_event_at < $2", "calls_live"),
    ("SELECT id FROM calls WHERE ended_at > $1 AND result IS NULL AND vapi_call_id IS NOT NULL \
        ORDER BY ended_at LIMIT 60", "calls_unreported"),
    ("SELECT call_id FROM inquiries WHERE due_at > $1", "inquiries_due"),
    // Calls by owner, phone and campaign.
    ("SELECT * FROM calls WHERE owner = $1 ORDER BY id DESC LIMIT 20", "calls_by_owner"),
    ("SELECT * FROM calls WHERE phone_index = $1 ORDER BY id DESC LIMIT 10", "calls_by_phone"),
    ("SELECT * FROM calls WHERE campaign_id = $1 ORDER BY id LIMIT 20", "calls_by_campaign"),
    // Calls that wait for their campaign, and campaigns for which some wait; an owner's.
    ("SELECT * FROM placements WHERE queue = $1 AND due_at <= 1 ORDER BY due_at, call_id LIMIT 9", "placements_queued"),
    ("SELECT * FROM campaigns WHERE state = 'RUNNING' AND queued > 0 ORDER BY id LIMIT 9", "campaigns_queued"),
    ("SELECT * FROM campaigns WHERE owner = $1 ORDER BY id DESC LIMIT 20", "campaigns_by_owner"),
    // The timer of schedules; an owner's, and what became of each run.
    ("SELECT * FROM schedules WHERE next_run_at <= $1 ORDER BY next_run_at LIMIT 1", "schedules_due"),
    ("SELECT * FROM schedules WHERE owner = $1 ORDER BY id DESC LIMIT 20", "schedules_by_owner"),
    ("SELECT * FROM schedule_runs WHERE schedule_id = $1 ORDER BY id DESC LIMIT 20", "schedule_runs_by_schedule"),
    // Events and the log, in order.
    ("SELECT * FROM events WHERE owner = $1 AND position > $2 ORDER BY position LIMIT 20", "events_by_owner"),
    ("SELECT * FROM events WHERE call_id = $1 ORDER BY position", "events_by_call"),
    ("SELECT * FROM call_events WHERE call_id = $1 ORDER BY position", "call_events_by_call"),
    // What was said in a call, in order, page by page; and what a report has said of it.
    ("SELECT * FROM messages WHERE call_id = $1 ORDER BY ordered_at, position LIMIT 20", "messages_by_call"),
    ("SELECT * FROM messages WHERE call_id = $1 AND (ordered_at, position) > ($2, $2) \
        ORDER BY ordered_at, position LIMIT 20", "messages_by_call"),
    ("SELECT * FROM messages WHERE call_id IN ($1, $2) AND reported", "messages_reported"),
    ("SELECT id FROM calls WHERE result_dismissed_at >= $1", "calls_dismissed"),
    // The history of a subscription, and that of a delivery.
    ("SELECT * FROM delivery_attempts WHERE subscription_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20",
        "delivery_attempts_by_time"),
    ("SELECT * FROM delivery_attempts WHERE subscription_id = $1 AND final AND outcome <> 'delivered' \
        ORDER BY created_at DESC, id DESC LIMIT 20", "delivery_attempts_lost"),
    ("SELECT * FROM delivery_attempts WHERE delivery_id = $1 ORDER BY attempt",
        "delivery_attempts_by_delivery"),
];

/// What goes through its index, though the few rows of one place in it may be sorted, and a small table
/// may be read whole.
#[rustfmt::skip]
const WALKS: &[(&str, &str)] = &[
    // The log of deliveries: what waits, what became of an event, what of a call.
    ("SELECT * FROM delivery_queue WHERE subscription_id = $1 AND attempt = 0 \
        ORDER BY position DESC, id DESC LIMIT 20", "delivery_queue_first"),
    ("SELECT * FROM delivery_queue WHERE subscription_id = $1 AND attempt > 0 \
        ORDER BY due_at DESC, id DESC LIMIT 20", "delivery_queue_again"),
    ("SELECT * FROM delivery_queue WHERE subscription_id = $1 AND attempt = 0 AND position IN ($2, $2)",
        "delivery_queue_first"),
    ("SELECT * FROM delivery_attempts WHERE delivery_id IN ($1, $2) AND final", "delivery_attempts_by_delivery"),
    ("SELECT id FROM events WHERE call_id = $1 AND position < $2 ORDER BY position DESC LIMIT 1000",
        "events_by_call"),
    // The pages of a call and of a campaign: what it caused, and its calls from the newest on.
    ("SELECT * FROM delivery_queue WHERE subscription_id IN ($1, $1) AND attempt = 0 AND position IN ($2, $2)",
        "delivery_queue_first"),
    ("SELECT DISTINCT delivery_id FROM delivery_attempts WHERE event_id IN ($1, $2) \
        AND delivery_id BETWEEN $1 AND $2", "delivery_attempts_by_delivery"),
    ("SELECT * FROM calls WHERE campaign_id = $1 ORDER BY id DESC LIMIT 21", "calls_by_campaign"),
    // Figures of old minutes, and log-ins that have expired.
    ("SELECT min(minute) FROM stats_minutes WHERE minute < $1", "stats_minutes_by_age"),
    ("SELECT id FROM dashboard_sessions WHERE expires_at <= $1", "dashboard_sessions_by_end"),
    // Retention: what waits of old events, lane by lane; what goes by its age.
    ("SELECT q.id FROM lanes AS l CROSS JOIN delivery_queue AS q WHERE q.subscription_id = l.subscription_id \
        AND q.attempt = 0 AND q.position <= $1 LIMIT 500", "delivery_queue_first"),
    ("SELECT digest FROM identities WHERE created_at < $1 ORDER BY created_at LIMIT 500", "identities_by_age"),
    ("SELECT id FROM subscriptions WHERE deleted_at < $1 LIMIT 500", "subscriptions_deleted"),
];

/// What a plan says where it reads a whole table, or sorts.
const SLOW: [&str; 4] = ["Seq Scan", "Sort", "SCAN", "TEMP B-TREE"];

#[tokio::test]
async fn each_question_is_answered_by_its_index_and_in_order() {
    let store = Store::open().await;
    for (question, index) in QUESTIONS {
        let plan = plan(&store, question).await;
        assert!(plan.contains(index), "{question}\n{plan}");
        let slow = SLOW.iter().find(|slow| plan.contains(**slow));
        assert_eq!(slow, None, "{question}\n{plan}");
    }
    store.close().await;
}

#[tokio::test]
async fn each_walk_goes_along_its_index() {
    let store = Store::open().await;
    for (question, index) in WALKS {
        let plan = plan(&store, question).await;
        assert!(plan.contains(index), "{question}\n{plan}");
    }
    store.close().await;
}

#[tokio::test]
async fn attempts_at_replays_have_an_index_by_event_of_their_own() {
    let store = Store::open().await;
    let time = match store.db.is_postgres() {
        true => |id: &str| format!("substr(uuid_send({id}), 1, 6)"),
        false => |id: &str| format!("substr({id}, 1, 6)"),
    };
    let question = format!(
        "SELECT * FROM delivery_attempts WHERE event_id IN ($1, $2) AND {} <> {} AND final",
        time("delivery_id"),
        time("event_id"),
    );
    let plan = plan(&store, &question).await;
    assert!(plan.contains("delivery_attempts_at_replays"), "{plan}");
    store.close().await;
}

#[tokio::test]
async fn a_call_is_found_by_each_of_its_names_through_the_index_of_that_name() {
    let store = Store::open().await;
    let name = CallId::from_uuid(Uuid::now_v7()).to_string();
    let question = calls::Entity::find().filter(is_named(&name));
    let question = question.build(store.db.backend()).to_string();
    let (ask, column, search) = match store.db.is_postgres() {
        true => ("EXPLAIN", "QUERY PLAN", "Bitmap Index Scan"),
        false => ("EXPLAIN QUERY PLAN", "detail", "SEARCH calls USING"),
    };
    let plan = explain(store.db.read(), &format!("{ask} {question}"), column).await;
    assert_eq!(plan.matches(search).count(), 3, "{question}\n{plan}");
    assert!(
        !plan.contains("Seq Scan") && !plan.contains("SCAN"),
        "{plan}"
    );
    store.close().await;
}

#[tokio::test]
async fn the_minutes_of_a_subscription_stand_side_by_side() {
    let store = Store::open().await;
    let question = "SELECT minute / 1800000 * 1800000, sum(delivered) FROM stats_minutes
        WHERE subscription_id IN (SELECT id FROM subscriptions WHERE owner = $1 AND deleted_at IS NULL)
          AND minute >= $2 GROUP BY minute / 1800000 * 1800000";
    let key = match store.db.is_postgres() {
        true => "stats_minutes_pkey",
        false => "stats_minutes USING PRIMARY KEY (subscription_id=? AND minute>?)",
    };
    let plan = plan(&store, question).await;
    assert!(plan.contains(key), "{plan}");
    assert!(plan.contains("subscriptions_by_owner"), "{plan}");
    store.close().await;
}

#[tokio::test]
async fn on_postgresql_the_tail_reader_goes_in_the_order_of_commits() {
    let store = Store::open().await;
    if store.db.is_postgres() {
        let question = "SELECT * FROM events
            WHERE (xid, position) > ($1::text::xid8, $2)
              AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, position LIMIT 100";
        let plan = plan(&store, question).await;
        assert!(plan.contains("events_in_commit_order"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    } else {
        eprintln!("SQLite has one writer, so the order of commits is that of positions");
    }
    store.close().await;
}

async fn plan(store: &Store, question: &str) -> String {
    if store.db.is_postgres() {
        plan_on_postgres(store, question).await
    } else {
        let question = format!("EXPLAIN QUERY PLAN {question}");
        explain(store.db.read(), &question, "detail").await
    }
}

/// A generic plan is the one that serves any value.
async fn plan_on_postgres(store: &Store, question: &str) -> String {
    let tx = store.db.read().begin().await.unwrap();
    let settings = "
        SET LOCAL enable_seqscan = off;
        SET LOCAL enable_bitmapscan = off;
        SET LOCAL enable_sort = off;
        SET LOCAL plan_cache_mode = force_generic_plan;";
    let prepare = format!("PREPARE question AS {question}");
    let values = match question.matches('$').count() {
        0 => "",
        1 => "(NULL)",
        _ => "(NULL, NULL)",
    };
    tx.execute_unprepared(settings).await.unwrap();
    tx.execute_unprepared(&prepare).await.unwrap();
    let execute = format!("EXPLAIN EXECUTE question{values}");
    let plan = explain(&tx, &execute, "QUERY PLAN").await;
    tx.execute_unprepared("DEALLOCATE question").await.unwrap();
    tx.rollback().await.unwrap();
    plan
}

async fn explain(connection: &impl ConnectionTrait, sql: &str, column: &str) -> String {
    let ask = Statement::from_string(connection.get_database_backend(), sql);
    let lines = connection.query_all_raw(ask).await.unwrap();
    let lines = lines.iter().map(|line| line.try_get("", column).unwrap());
    lines.collect::<Vec<String>>().join("\n")
}
