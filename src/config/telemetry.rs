//! What the process says about itself.

use url::Url;

use super::{
    ConfigError, Environment,
    value::{self, Kind},
};

const FILTER: &str = "info";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    /// `RINGBACK_LOG`: a level, or `target=level` by comma.
    pub filter: String,
    /// `RINGBACK_LOG_FORMAT`: unset means text on a terminal and JSON else.
    pub format: Option<LogFormat>,
    /// `NO_COLOR`: whatever it holds, nothing is shown in colour.
    pub no_color: bool,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: where traces go, if anywhere.
    pub otlp_endpoint: Option<Url>,
}

const LOG_FILTER: Kind<String> = Kind {
    allowed: "error, warn, info, debug or trace, or target=level by comma",
    parse: parse_filter,
};

/// As <https://no-color.org> has it.
const ANYTHING: Kind<()> = Kind {
    allowed: "anything",
    parse: |_| Some(()),
};

const FORMAT: Kind<LogFormat> = Kind {
    allowed: "text or json",
    parse: |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    },
};

impl TelemetryConfig {
    pub(super) fn read(env: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            filter: env
                .read("RINGBACK_LOG", LOG_FILTER)?
                .unwrap_or_else(|| FILTER.to_owned()),
            format: env.read("RINGBACK_LOG_FORMAT", FORMAT)?,
            no_color: env.read("NO_COLOR", ANYTHING)?.is_some(),
            otlp_endpoint: env.read("OTEL_EXPORTER_OTLP_ENDPOINT", value::HTTP_URL)?,
        })
    }
}

/// A bare word that is no level would be taken for a target and silence
/// everything else, so it is refused here.
fn parse_filter(text: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    let words_are_levels = text.split(',').all(|part| {
        part.contains('=') || LEVELS.contains(&part.trim().to_ascii_lowercase().as_str())
    });
    let parses = tracing_subscriber::EnvFilter::try_new(text).is_ok();
    (words_are_levels && parses).then(|| text.to_owned())
}
