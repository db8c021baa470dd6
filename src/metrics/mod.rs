//! What is counted and measured, for Prometheus.
//!
//! Every name stands here with what it means, so that this file is the list.
//! Labels are drawn from closed sets only: a route's pattern, never a path.

pub mod http;

use std::{sync::OnceLock, time::Duration};

use anyhow::Context;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

use crate::app::App;

const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// From a cache hit to a request that waits, in seconds.
const LATENCY_BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 15.0, 60.0,
];

/// The process's one recorder: the libraries keep it in a global.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts recording; a second start in the same process finds it started.
pub fn start() -> anyhow::Result<()> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        RECORDER
            .set(handle)
            .ok()
            .context("metrics were started twice")?;
        describe();
    }
    Ok(())
}

fn describe() {
    describe_histogram!(
        "ringback_http_request_seconds",
        Unit::Seconds,
        "How long requests took, by method, route and status"
    );
    describe_counter!(
        "ringback_auth_refused_total",
        "Callers that were not let in, by reason"
    );
    describe_counter!(
        "ringback_jwks_fetches_total",
        "Fetches of token issuers' keys, by outcome"
    );
    describe_counter!(
        "ringback_ingest_refused_total",
        "Webhooks that did not prove where they come from, by reason"
    );
    describe_counter!(
        "ringback_ingest_limited_total",
        "Webhooks that came too often, by limit"
    );
    describe_counter!(
        "ringback_tool_calls_total",
        "What assistants asked of tools, by outcome"
    );
    describe_histogram!(
        "ringback_tool_call_seconds",
        Unit::Seconds,
        "How long tools took to answer"
    );
    describe_histogram!(
        "ringback_ingest_seconds",
        Unit::Seconds,
        "How long taking an event in took, by address"
    );
    describe_counter!(
        "ringback_ingest_duplicates_total",
        "Events that were known already and changed nothing"
    );
    describe_counter!(
        "ringback_ingest_not_understood_total",
        "Bodies that were refused, by reason"
    );
    describe_counter!(
        "ringback_ingest_unknown_types_total",
        "Events of a type that is new to us, kept all the same"
    );
    describe_counter!(
        "ringback_session_errors_total",
        "Errors that sessions told of"
    );
    describe_histogram!(
        "ringback_record_commit_seconds",
        Unit::Seconds,
        "How long recording a batch took"
    );
    describe_counter!(
        "ringback_record_events_total",
        "Events that were recorded, duplicates included"
    );
    describe_counter!(
        "ringback_worker_restarts_total",
        "Background workers that failed and were started again, by worker"
    );
    describe_gauge!(
        "ringback_spool_records",
        "Events that wait on disk for the database"
    );
    describe_gauge!(
        "ringback_spool_bytes",
        Unit::Bytes,
        "Size of the spool's files, with those that were set aside"
    );
    describe_gauge!(
        "ringback_spool_oldest_seconds",
        Unit::Seconds,
        "How long the oldest event has waited in the spool"
    );
    describe_counter!(
        "ringback_spool_set_aside_total",
        "Events, or stretches of unreadable bytes, that the spool has set aside"
    );
}

/// All of it in Prometheus' text format.
fn render() -> String {
    RECORDER
        .get()
        .map(PrometheusHandle::render)
        .unwrap_or_default()
}

/// The worker that folds samples away, so that memory stays bounded where
/// nobody scrapes.
pub async fn upkeep(app: App, stop: CancellationToken) -> anyhow::Result<()> {
    while stop
        .run_until_cancelled(app.clock.sleep(UPKEEP_EVERY))
        .await
        .is_some()
    {
        RECORDER.get().inspect(|recorder| recorder.run_upkeep());
    }
    Ok(())
}
