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

/// From nobody there to the longest call that Vapi lets go on, in seconds.
const CALL_BUCKETS: [f64; 12] = [
    5.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 43_200.0,
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
        .set_buckets_for_metric(
            Matcher::Full("ringback_call_duration_seconds".to_owned()),
            &CALL_BUCKETS,
        )?
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

/// What is counted.
#[rustfmt::skip]
const COUNTERS: &[(&str, &str)] = &[
    ("ringback_auth_refused_total", "Callers that were not let in, by reason"),
    ("ringback_calls_ended_total", "Calls that ended, by outcome: the completed among them are the completion rate"),
    ("ringback_calls_failed_total", "Calls that failed or reached nobody, by what was in the way"),
    ("ringback_campaign_refusals_total", "Calls of campaigns that went back into their queues, for Vapi had no line for them"),
    ("ringback_deactivations_total", "Subscriptions that were given up"),
    ("ringback_deliveries_total", "Attempts at deliveries, by outcome"),
    ("ringback_ingest_duplicates_total", "Events that were known already and changed nothing"),
    ("ringback_ingest_limited_total", "Webhooks that came too often, by limit"),
    ("ringback_ingest_not_understood_total", "Bodies that were refused, by reason"),
    ("ringback_ingest_refused_total", "Webhooks that did not prove where they come from, by reason"),
    ("ringback_ingest_unknown_types_total", "Events of a type that is new to us, kept all the same"),
    ("ringback_inquiries_total", "Questions to Vapi about calls that it had stopped talking of, by outcome"),
    ("ringback_jwks_fetches_total", "Fetches of token issuers' keys, by outcome"),
    ("ringback_record_events_total", "Events that were recorded, duplicates included"),
    ("ringback_result_cache_failures_total", "Questions that the shared cache of results did not answer"),
    ("ringback_result_cache_hits_total", "Results that were asked for and in the cache"),
    ("ringback_result_cache_misses_total", "Results that were asked for and not in the cache, be it that there were none yet"),
    ("ringback_retention_rows_total", "Rows that were removed for their age, by table"),
    ("ringback_session_errors_total", "Errors that sessions told of"),
    ("ringback_settle_fenced_total", "Results that came too late: the lane was another process's, or the delivery was dealt with"),
    ("ringback_spool_set_aside_total", "Events, or stretches of unreadable bytes, that the spool has set aside"),
    ("ringback_tool_calls_total", "What assistants asked of tools, by outcome"),
    ("ringback_worker_restarts_total", "Background workers that failed and were started again, by worker"),
];

/// How long things take, in seconds.
#[rustfmt::skip]
const DURATIONS: &[(&str, &str)] = &[
    ("ringback_call_duration_seconds", "How long calls took, from their start to their end"),
    ("ringback_claim_seconds", "How long reading what is due on a lane took"),
    ("ringback_delivery_arrival_seconds", "From an event to its arrival at a receiver"),
    ("ringback_delivery_send_seconds", "How long attempts took"),
    ("ringback_http_request_seconds", "How long requests took, by method, route and status"),
    ("ringback_ingest_seconds", "How long taking an event in took, by address"),
    ("ringback_record_commit_seconds", "How long recording a batch took"),
    ("ringback_result_retrieval_seconds", "How long results were there before somebody came for them"),
    ("ringback_settle_commit_seconds", "How long settling a batch of results took"),
    ("ringback_tool_call_seconds", "How long tools took to answer"),
];

/// How much there is at the moment.
#[rustfmt::skip]
const GAUGES: &[(&str, &str)] = &[
    ("ringback_deliveries_in_flight", "Attempts under way"),
    ("ringback_deliveries_oldest_seconds", "How long the oldest delivery has waited that was never tried and that nothing holds back"),
    ("ringback_deliveries_unsettled", "Attempts that have ended and are not written yet"),
    ("ringback_deliveries_waiting", "Deliveries that wait, 100,000 at most, on the lanes of this process"),
    ("ringback_lanes", "Lanes of this process, by state"),
    ("ringback_live_streams", "Live streams that are open"),
    ("ringback_result_cache_entries", "Results in the cache, as it was last looked through"),
    ("ringback_result_waiting", "Requests that wait for a result"),
    ("ringback_spool_bytes", "Size of the spool's files, with those that were set aside"),
    ("ringback_spool_oldest_seconds", "How long the oldest event has waited in the spool"),
    ("ringback_spool_records", "Events that wait on disk for the database"),
];

fn describe() {
    for (name, what) in COUNTERS.iter().copied() {
        describe_counter!(name, what);
    }
    for (name, what) in DURATIONS.iter().copied() {
        describe_histogram!(name, Unit::Seconds, what);
    }
    for (name, what) in GAUGES.iter().copied() {
        describe_gauge!(name, what);
    }
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
