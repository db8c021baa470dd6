//! Reading the client's errors.
//!
//! Such an error is a chain of other libraries' errors. It is read once, here,
//! and becomes a kind, to be counted and compared, and a hint that tells a
//! person what to look at.

use std::{error::Error, io, iter, time::Duration};

use rustls::{AlertDescription, CertificateError, OtherError};

use super::{
    CONNECT_TIME_MAX, RESPONSE_HEADERS_MAX,
    advice::{WRONG_NAME, WRONG_URL},
    certificate::SignedItself,
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
        Phase::Dns => "its name was not looked up: look at its name servers",
        Phase::Tls => "connected, but no end of the TLS handshake: does this port speak https?",
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
        Phase::Dns | Phase::Connect | Phase::Tls if error.is_connect() => {
            not_connected(phase, error.is_timeout(), io)
        }
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
            format!("{error}: look at its DNS records. {WRONG_URL}"),
        ),
        LookupError::TimedOut => because(
            FailureKind::DnsTimeout,
            format!("after {LOOKUP_TIME_MAX:?}, no answer from its name servers: look at them"),
        ),
        LookupError::Crowded => because(
            FailureKind::DnsTimeout,
            format!("{error}: the server's operator should look at its resolver"),
        ),
    }
}

fn not_connected(phase: Phase, timed_out: bool, io: Option<io::ErrorKind>) -> Reason {
    match (phase, timed_out) {
        (Phase::Tls, true) => because(
            FailureKind::TlsTimeout,
            format!(
                "connected, but after {CONNECT_TIME_MAX:?} no end of the TLS handshake: \
                 does this port speak https?"
            ),
        ),
        (Phase::Tls, false) => because(FailureKind::Tls, handshake_hint(io)),
        (_, true) => because(
            FailureKind::ConnectTimeout,
            format!(
                "after {CONNECT_TIME_MAX:?}, no connection: look for a firewall or a wrong port"
            ),
        ),
        (_, false) => because(FailureKind::Connect, dialling_hint(io)),
    }
}

fn handshake_hint(io: Option<io::ErrorKind>) -> &'static str {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    match io {
        Some(UnexpectedEof) => {
            "the connection was closed during the TLS handshake: does this port speak https?"
        }
        Some(ConnectionReset | BrokenPipe) => {
            "the connection was reset during the TLS handshake: does this port speak https, \
             and for this host?"
        }
        _ => "the TLS handshake failed: try `openssl s_client`",
    }
}

fn dialling_hint(io: Option<io::ErrorKind>) -> String {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match io {
        Some(ConnectionRefused) => {
            format!("the connection was refused: nothing listens there. {WRONG_URL}")
        }
        Some(HostUnreachable | NetworkUnreachable) => {
            "no route leads to this address: look at its DNS records and its network".to_owned()
        }
        _ => format!("no connection could be made. {WRONG_URL}"),
    }
}

/// What the client says, and nothing else does, of a connection that ended
/// between request and answer; its own error type is not ours to name.
const CLOSED_UNANSWERED: &str = "connection closed before message completed";
/// And of too many headers, or too long ones.
const HEAD_TOO_LARGE: &str = "message head is too large";

fn broken_off(error: &reqwest::Error, io: Option<io::ErrorKind>) -> Reason {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let says = |words: &str| causes(error).any(|cause| cause.to_string() == words);
    match io {
        Some(ConnectionReset | ConnectionAborted | BrokenPipe) => because(
            FailureKind::Reset,
            "the connection was reset: look for a crash in the log of the receiver or its proxy",
        ),
        Some(UnexpectedEof) => because(
            FailureKind::Closed,
            "the connection was closed within the answer: look in the receiver's log",
        ),
        _ if says(CLOSED_UNANSWERED) => because(
            FailureKind::Closed,
            "the connection was closed without an answer: look in the receiver's log",
        ),
        _ if says(HEAD_TOO_LARGE) => because(
            FailureKind::TooManyHeaders,
            format!(
                "its answer has more than {RESPONSE_HEADERS_MAX} headers, or too long ones: \
                 send fewer"
            ),
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
    use rustls::{Error, PeerIncompatible};
    match error {
        Error::InvalidCertificate(error) => certificate_hint(error),
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "it speaks only versions of TLS that are no longer safe: let it speak TLS 1.2 or 1.3"
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "it knows no host of this name: look at the host in the URL and at its TLS settings"
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants a certificate from us, and we have none: switch client certificates off"
        }
        Error::AlertReceived(_) | Error::PeerIncompatible(_) => {
            "no TLS version and cipher in common: it must speak TLS 1.2 or 1.3"
        }
        Error::InvalidMessage(_) => "this port does not speak TLS: is it an http port?",
        _ => "the TLS handshake failed: try `openssl s_client`",
    }
}

fn certificate_hint(error: &CertificateError) -> &'static str {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Other, Revoked, UnknownIssuer,
    };
    match error {
        Expired | ExpiredContext { .. } => "its certificate has expired: renew it",
        NotValidYet | NotValidYetContext { .. } => {
            "its certificate is not valid yet: look at the clocks"
        }
        NotValidForName | NotValidForNameContext { .. } => WRONG_NAME,
        UnknownIssuer => {
            "its certificate is by nobody we trust: get one from a public authority, \
             and send the intermediate certificates along"
        }
        Revoked => "its certificate was revoked: get a new one",
        Other(OtherError(cause)) if cause.is::<SignedItself>() => {
            "its certificate signed itself: get one from a public authority"
        }
        _ => "its certificate is not accepted: get one from a public authority",
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
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_fault_of_a_certificate_has_a_hint_of_its_own() {
        let itself = CertificateError::Other(OtherError(Arc::new(SignedItself)));
        for (fault, word) in [
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidYet, "clocks"),
            (CertificateError::NotValidForName, WRONG_NAME),
            (CertificateError::UnknownIssuer, "intermediate"),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadSignature, "not accepted"),
            (itself, "signed itself"),
        ] {
            let hint = tls_hint(&rustls::Error::InvalidCertificate(fault));
            assert!(hint.contains(word), "{hint}");
        }
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert!(tls_hint(&alert).contains("TLS 1.2"));
    }

    #[test]
    fn a_name_whose_turn_did_not_come_is_not_blamed_for_it() {
        let (kind, hint) = not_looked_up(&LookupError::Crowded);
        assert_eq!(kind.name(), "dns_timeout");
        assert!(!hint.contains("its name servers"), "{hint}");
    }

    #[test]
    fn a_connection_that_fails_is_told_apart_by_its_cause() {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut, UnexpectedEof};
        for (phase, timed_out, io, name) in [
            (Phase::Connect, true, None, "connect_timeout"),
            (Phase::Connect, true, Some(TimedOut), "connect_timeout"),
            (Phase::Connect, false, Some(ConnectionRefused), "connect"),
            (Phase::Connect, false, Some(HostUnreachable), "connect"),
            (Phase::Connect, false, None, "connect"),
            (Phase::Tls, true, None, "tls_timeout"),
            (Phase::Tls, false, Some(UnexpectedEof), "tls"),
            (Phase::Tls, false, None, "tls"),
        ] {
            assert_eq!(not_connected(phase, timed_out, io).0.name(), name);
        }
    }
}
