//! A request that got no whole answer, and why.

use reqwest::StatusCode;

use super::journey::{Phase, Timings};

/// What is known of it. Nothing here names the URL, whose query may hold a
/// secret.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    /// What a person should look at.
    pub hint: String,
    /// Of a success whose body never came whole.
    pub status: Option<StatusCode>,
    pub timings: Timings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// We do not send there.
    EgressRefused,
    Dns,
    DnsTimeout,
    Connect,
    ConnectTimeout,
    /// There is no agreement on how to speak in private, or no proof of who it is.
    Tls,
    TlsTimeout,
    /// The time for the whole exchange was over while this was waited for.
    Timeout(Phase),
    /// The connection was reset.
    Reset,
    /// The connection was closed before the answer was whole.
    Closed,
    /// There were more headers, or longer ones, than we take.
    TooManyHeaders,
    /// What came back is not HTTP.
    Protocol,
}

impl FailureKind {
    /// The name under which it is stored, counted and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::EgressRefused => "egress_refused",
            Self::Dns => "dns",
            Self::DnsTimeout => "dns_timeout",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls",
            Self::TlsTimeout => "tls_timeout",
            Self::Timeout(_) => "timeout",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::TooManyHeaders => "too_many_headers",
            Self::Protocol => "protocol",
        }
    }
    /// Whether it was we who would wait no longer, and for what.
    pub fn timed_out_in(self) -> Option<Phase> {
        match self {
            Self::DnsTimeout => Some(Phase::Dns),
            Self::ConnectTimeout => Some(Phase::Connect),
            Self::TlsTimeout => Some(Phase::Tls),
            Self::Timeout(phase) => Some(phase),
            _ => None,
        }
    }
}
