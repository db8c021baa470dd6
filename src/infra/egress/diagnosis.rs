//! Reading the client's errors.
//!
//! Such an error is a chain of other libraries' errors. It is read once, here,
//! and becomes a kind, to be counted and compared, and a hint that tells a
//! person what to look at.

use std::{error::Error, io, iter, time::Duration};

use rustls::CertificateError;

use super::{
    CONNECT_TIME_MAX,
    failure::FailureKind,
    journey::Phase,
    resolver::{LOOKUP_TIME_MAX, LookupError},
};

/// A kind of failure and its hint.
pub(super) type Reason = (FailureKind, String);

fn because(kind: FailureKind, hint: impl Into<String>) -> Reason {
    (kind, hint.into())
}

/// The time limit for the whole exchange struck.
pub(super) fn out_of_time(phase: Phase, limit: Duration) -> Reason {
    let what = match phase {
        Phase::Connect => "no connection: look for a firewall or a wrong port",
        Phase::Answer => "connected, but no answer: answer first and do the work afterwards",
        Phase::Body => "the answer began, but did not end: end it, or send a content-length",
    };
    because(
        FailureKind::Timeout(phase),
        format!("after {limit:?}, {what}"),
    )
}

/// What an error means to a request that had come as far as `phase`.
pub(super) fn reason_of(error: &reqwest::Error, phase: Phase) -> Reason {
    for cause in causes(error) {
        if let Some(error) = cause.downcast_ref::<LookupError>() {
            return not_looked_up(error);
        }
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return because(FailureKind::Tls, tls_hint(error));
        }
    }
    let io = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .last()
        .map(io::Error::kind);
    match phase {
        Phase::Connect if error.is_connect() => not_connected(error.is_timeout(), io),
        _ if error.is_timeout() => because(
            FailureKind::Timeout(phase),
            "the connection went dead: look for a crash or a broken network",
        ),
        _ => broken_off(error, io),
    }
}

fn not_looked_up(error: &LookupError) -> Reason {
    match error {
        LookupError::Refused(_) => because(
            FailureKind::EgressRefused,
            format!("{error} (the server's operator may allow it by RINGBACK_ALLOW_NETWORKS)"),
        ),
        LookupError::Failed(_) | LookupError::Empty => because(
            FailureKind::Dns,
            format!("{error}: look at its spelling and its DNS records"),
        ),
        LookupError::TimedOut => because(
            FailureKind::DnsTimeout,
            format!("after {LOOKUP_TIME_MAX:?}, no answer from its name servers: look at them"),
        ),
    }
}

fn not_connected(timed_out: bool, io: Option<io::ErrorKind>) -> Reason {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, UnexpectedEof};
    match io {
        Some(UnexpectedEof) => because(
            FailureKind::Tls,
            "the connection was closed during the TLS handshake: does this port speak https?",
        ),
        _ if timed_out => because(
            FailureKind::ConnectTimeout,
            format!(
                "after {CONNECT_TIME_MAX:?}, no connection, or no end of the TLS handshake: \
                 look for a firewall or a wrong port"
            ),
        ),
        Some(ConnectionRefused) => because(
            FailureKind::Connect,
            "the connection was refused: nothing listens at this address and port",
        ),
        Some(HostUnreachable | NetworkUnreachable) => because(
            FailureKind::Connect,
            "no route leads to this address: look at its DNS records and its network",
        ),
        _ => because(
            FailureKind::Connect,
            "no connection could be made: look at the address and the port",
        ),
    }
}

/// What the client says, and nothing else does, of a connection that ended
/// between request and answer; its own error type is not ours to name.
const CLOSED_UNANSWERED: &str = "connection closed before message completed";

fn broken_off(error: &reqwest::Error, io: Option<io::ErrorKind>) -> Reason {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let closed = || causes(error).any(|cause| cause.to_string() == CLOSED_UNANSWERED);
    match io {
        Some(ConnectionReset | ConnectionAborted | BrokenPipe) => because(
            FailureKind::Reset,
            "the connection was reset: look for a crash in the log of the receiver or its proxy",
        ),
        Some(UnexpectedEof) => because(
            FailureKind::Closed,
            "the connection was closed within the answer: look in the receiver's log",
        ),
        _ if closed() => because(
            FailureKind::Closed,
            "the connection was closed without an answer: look in the receiver's log",
        ),
        _ => because(
            FailureKind::Protocol,
            format!(
                "this is no HTTP answer that can be read ({})",
                root_of(error)
            ),
        ),
    }
}

fn tls_hint(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_hint(error),
        rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => {
            "no TLS version and cipher in common: it must speak TLS 1.2 or 1.3"
        }
        rustls::Error::InvalidMessage(_) => "this port does not speak TLS: is it an http port?",
        _ => "the TLS handshake failed: try `openssl s_client`",
    }
}

fn certificate_hint(error: &CertificateError) -> &'static str {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Revoked, UnknownIssuer,
    };
    match error {
        Expired | ExpiredContext { .. } => "its certificate has expired: renew it",
        NotValidYet | NotValidYetContext { .. } => {
            "its certificate is not valid yet: look at the clocks"
        }
        NotValidForName | NotValidForNameContext { .. } => {
            "its certificate is for another name: get one for this host"
        }
        UnknownIssuer => {
            "its certificate is by nobody we trust: get one from a public authority, \
             and send the intermediate certificates along"
        }
        Revoked => "its certificate was revoked: get a new one",
        _ => {
            "its certificate is not accepted, perhaps because it signed itself: \
             get one from a public authority"
        }
    }
}

/// An error and everything behind it. What an I/O error wraps is not its
/// source but the error itself, so it is unpacked.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    iter::successors(Some(first), |&cause| {
        let wrapped = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as _).or_else(|| cause.source())
    })
}

/// The innermost cause: the parser's words about bytes. The outermost one
/// would name the URL.
fn root_of(error: &reqwest::Error) -> String {
    causes(error)
        .skip(1)
        .last()
        .map_or_else(|| "it cannot be sent".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    #[test]
    fn each_fault_of_a_certificate_has_a_hint_of_its_own() {
        for (fault, word) in [
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidYet, "clocks"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::UnknownIssuer, "intermediate"),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadSignature, "public authority"),
        ] {
            let hint = tls_hint(&rustls::Error::InvalidCertificate(fault));
            assert!(hint.contains(word), "{hint}");
        }
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert!(tls_hint(&alert).contains("TLS 1.2"));
    }

    #[test]
    fn a_connection_that_fails_is_told_apart_by_its_cause() {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut, UnexpectedEof};
        for (timed_out, io, name) in [
            (true, None, "connect_timeout"),
            (true, Some(TimedOut), "connect_timeout"),
            (false, Some(ConnectionRefused), "connect"),
            (false, Some(HostUnreachable), "connect"),
            (false, Some(UnexpectedEof), "tls"),
            (false, None, "connect"),
        ] {
            assert_eq!(not_connected(timed_out, io).0.name(), name);
        }
    }
}
