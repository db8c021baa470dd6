//! How patient we are: retries, probes, leases, retention.

use std::time::Duration;

use super::{ConfigError, Environment, value};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    /// `RINGBACK_RETRY_SCHEDULE`: the waits between a delivery's attempts.
    pub retry_schedule: Vec<Duration>,
    /// `RINGBACK_PROBE_SCHEDULE`: the waits between probes of an open breaker.
    pub probe_schedule: Vec<Duration>,
    /// `RINGBACK_BREAKER_AFTER`: consecutive failures that open the breaker.
    pub breaker_after: u32,
    /// `RINGBACK_DEACTIVATE_AFTER`: consecutive failures that deactivate.
    pub deactivate_after: u32,
    /// `RINGBACK_DELIVERY_TIMEOUT`: how long one attempt may take in all.
    pub timeout: Duration,
    /// `RINGBACK_REPORT_GRACE`: how long an ended call waits for its report.
    pub report_grace: Duration,
    /// `RINGBACK_RESULT_TTL`: how long a result stays in the cache.
    pub result_ttl: Duration,
    /// `RINGBACK_RETENTION`: how long history is kept.
    pub retention: Duration,
    /// `RINGBACK_RECONCILE_EVERY`: how often Vapi is asked about silent calls; 0 is never.
    pub reconcile_every: Option<Duration>,
    /// `RINGBACK_INSTANCE_TTL`: how long a silent process keeps its lanes.
    pub instance_ttl: Duration,
}

/// Below this a slow heartbeat would look like a death.
const INSTANCE_TTL_MIN: Duration = Duration::from_secs(10);
/// Beyond the time limit of an attempt: a process that may be taken for dead
/// before its attempts end begins none.
const INSTANCE_TTL_MARGIN: Duration = Duration::from_secs(10);

impl DeliveryConfig {
    pub(super) fn read(env: &Environment) -> Result<Self, ConfigError> {
        let duration =
            |name, default: Duration| Ok(env.read(name, value::DURATION)?.unwrap_or(default));
        let count = |name, default: u32| {
            Ok(env
                .read(name, value::COUNT)?
                .map_or(default, std::num::NonZero::get))
        };
        let schedule = |name, default: &dyn Fn() -> Vec<Duration>| {
            Ok(env.read(name, value::DURATIONS)?.unwrap_or_else(default))
        };
        Self {
            retry_schedule: schedule("RINGBACK_RETRY_SCHEDULE", &default_retries)?,
            probe_schedule: schedule("RINGBACK_PROBE_SCHEDULE", &default_probes)?,
            breaker_after: count("RINGBACK_BREAKER_AFTER", 5)?,
            deactivate_after: count("RINGBACK_DEACTIVATE_AFTER", 15)?,
            timeout: duration("RINGBACK_DELIVERY_TIMEOUT", 15 * SECOND)?,
            report_grace: duration("RINGBACK_REPORT_GRACE", 5 * SECOND)?,
            result_ttl: duration("RINGBACK_RESULT_TTL", 30 * MINUTE)?,
            retention: duration("RINGBACK_RETENTION", 90 * DAY)?,
            reconcile_every: env
                .read("RINGBACK_RECONCILE_EVERY", value::DURATION_OR_NEVER)?
                .unwrap_or(Some(30 * SECOND)),
            instance_ttl: duration("RINGBACK_INSTANCE_TTL", 30 * SECOND)?,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.instance_ttl < INSTANCE_TTL_MIN {
            return Err(ConfigError::Refused {
                name: "RINGBACK_INSTANCE_TTL",
                why: "below 10s a slow heartbeat would look like a death".to_owned(),
            });
        }
        if self.instance_ttl < self.timeout + INSTANCE_TTL_MARGIN {
            return Err(ConfigError::Refused {
                name: "RINGBACK_INSTANCE_TTL",
                why:
                    "it must be at least 10s longer than RINGBACK_DELIVERY_TIMEOUT, or an attempt \
                      could outlive what its process is believed"
                        .to_owned(),
            });
        }
        Ok(self)
    }
}

fn default_retries() -> Vec<Duration> {
    let hours = [2, 5, 10, 14, 20, 24].map(|hours| hours * HOUR);
    [&[5 * SECOND, 5 * MINUTE, 30 * MINUTE][..], &hours].concat()
}

fn default_probes() -> Vec<Duration> {
    let minutes = [1, 5, 15, 30].map(|minutes| minutes * MINUTE);
    let hours = [1, 2, 4, 8].map(|hours| hours * HOUR);
    [&[10 * SECOND, 30 * SECOND][..], &minutes, &hours].concat()
}
