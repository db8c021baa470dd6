//! What the process says about itself: log lines, traces, and panics.
//!
//! One line per thing that happened: text on a terminal, JSON elsewhere, on
//! standard error, so that standard output stays free for answers. Where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` is set, the same spans also go there as
//! traces, over HTTP.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource, runtime,
    trace::{SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use self::one_line::OneLine;
use super::egress::Egress;
use crate::config::{LogFormat, TelemetryConfig};

mod one_line;

/// Keeps the trace exporter; what is buffered goes out at [`Telemetry::stop`].
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logging for the whole process; to be called once.
    pub fn start(config: &TelemetryConfig, egress: &Egress) -> anyhow::Result<Self> {
        let traces = config
            .otlp_endpoint
            .as_ref()
            .map(|url| tracer(url, egress))
            .transpose()?;
        let trace_layer = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer().with_tracer(provider.tracer("ringback"))
        });
        let format = config
            .format
            .unwrap_or_else(format_for_a_person_or_a_machine);
        tracing_subscriber::registry()
            .with(filter(&config.filter)?)
            .with(trace_layer)
            .with(log_layer(format, config.no_color))
            .try_init()
            .context("logging was started twice")?;
        log_panics();
        Ok(Self { traces })
    }

    /// Sends what is still buffered.
    pub async fn stop(self) {
        let Some(traces) = self.traces else { return };
        let flushed = tokio::task::spawn_blocking(move || traces.shutdown()).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// Libraries that announce their own steps are quiet unless they are named:
/// what they would say is a line of ours already.
fn filter(wanted: &str) -> anyhow::Result<EnvFilter> {
    let quiet = "actix_server=warn,sea_orm_migration=warn,sqlx=warn";
    EnvFilter::try_new(format!("{quiet},{wanted}")).context("RINGBACK_LOG")
}

fn format_for_a_person_or_a_machine() -> LogFormat {
    match stderr().is_terminal() {
        true => LogFormat::Text,
        false => LogFormat::Json,
    }
}

fn log_layer<S>(format: LogFormat, no_color: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
{
    let in_colour = format == LogFormat::Text && stderr().is_terminal() && !no_color;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || OneLine {
            log: stderr(),
            in_colour,
        })
        .with_target(false);
    match format {
        LogFormat::Text => lines.with_ansi(in_colour).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    }
}

/// The endpoint is the collector's root, as the variable is defined to be.
fn tracer(endpoint: &url::Url, egress: &Egress) -> anyhow::Result<SdkTracerProvider> {
    let traces_url = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(egress.operator_client())
        .with_endpoint(traces_url)
        .build()
        .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    Ok(SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("ringback").build())
        .with_span_processor(BatchSpanProcessor::builder(exporter, runtime::Tokio).build())
        .build())
}

/// A panic is one log line like everything else that happens.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let text = super::worker::panic_text(panic.payload());
        tracing::error!(at, panic = text, "panicked");
    }));
}
