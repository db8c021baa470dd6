//! The cache that replicas share: sealed, never behind, and never missed.

use std::time::Duration;

use super::*;
use crate::support::{
    RedisServer,
    vapi::{self, WELL, report},
};

async fn app_with(redis: &RedisServer) -> TestApp {
    TestApp::with(&[("REDIS_URL", &redis.url())]).await
}

#[tokio::test]
async fn results_are_kept_in_redis_sealed_and_for_a_while() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let app = app_with(&redis).await;
    vapi::says(&app, report("v1", "alice", WELL, "Quite short.")).await;
    for _ in 0..2 {
        assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Quite short.");
    }
    let kept: Vec<u8> = redis.ask(&["GET", "vapi:call:v1"]).await;
    assert!(kept.starts_with(b"1:"));
    assert!(!String::from_utf8_lossy(&kept).contains("short"));
    let ttl: i64 = redis.ask(&["PTTL", "vapi:call:v1"]).await;
    assert!((1..=1_800_000).contains(&ttl), "{ttl}");
    let stats = cache_stats(&app).await;
    assert_eq!((&stats["size"], &stats["hits"]), (&json!(1), &json!(1)));
    assert_eq!(stats["entries"][0]["callId"], "v1");
    app.advance(Duration::from_secs(30 * 60));
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Quite short.");
    assert_eq!(cache_stats(&app).await["misses"], 2);
    app.finish().await;
}

#[tokio::test]
async fn a_dismissal_is_a_version_that_nothing_is_kept_of() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let app = app_with(&redis).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    summary(&app, ADMIN_KEY, "v1").await;
    assert_eq!(app.delete(&at("v1")).by(ADMIN_KEY).await.status, 200);
    let kept: String = redis.ask(&["GET", "vapi:call:v1"]).await;
    assert_eq!(kept, "2:");
    assert_none(&result(&app, ADMIN_KEY, "v1").await, "v1");
    app.finish().await;
}

#[tokio::test]
async fn what_was_read_too_early_does_not_take_the_place_of_what_is_newer() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let app = app_with(&redis).await;
    cache_stats(&app).await;
    let () = redis.ask(&["SET", "vapi:call:v1", "7:"]).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    let kept: String = redis.ask(&["GET", "vapi:call:v1"]).await;
    assert_eq!(kept, "7:");
    app.finish().await;
}

#[tokio::test]
async fn without_redis_results_are_given_all_the_same_and_what_it_missed_is_not_believed() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let app = app_with(&redis).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    let () = redis.ask(&["SAVE"]).await;
    redis.end().await;
    let news = app.desk.news_of(vapi::call(&app, "v1").await.id);
    vapi::says(&app, report("v1", "alice", WELL, "Longer.")).await;
    news.await;
    for _ in 0..2 {
        assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Longer.");
    }
    redis.begin().await;
    app.advance(Duration::from_secs(30));
    for _ in 0..2 {
        assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Longer.");
    }
    assert_eq!(cache_stats(&app).await["size"], 1, "it is in use again");
    app.finish().await;
}

#[tokio::test]
async fn what_is_kept_there_under_another_name_does_not_open() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let app = app_with(&redis).await;
    let mallory = app.user("mallory").await;
    vapi::says(&app, report("v1", "alice", WELL, "Hers.")).await;
    summary(&app, ADMIN_KEY, "v1").await;
    let () = redis.ask(&["RENAME", "vapi:call:v1", "vapi:call:v2"]).await;
    assert_none(&result(&app, ADMIN_KEY, "v2").await, "v2");
    assert_none(&result(&app, &mallory, "v1").await, "v1");
    app.finish().await;
}
