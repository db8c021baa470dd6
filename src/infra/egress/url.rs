//! Which URLs we send to.
//!
//! There is one parser, WHATWG's, and what it makes of a text is what is
//! judged, stored and dialled; so no spelling can mean one host to the judge
//! and another to the socket. It turns every way to write an address (decimal,
//! octal, hexadecimal, short, percent-encoded, full-width) into the address,
//! which is judged here. A name is judged when it has been resolved, at each
//! send, but for `localhost`, which means this machine everywhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, ParseError, Url};

use super::{
    address::{Reserved, Verdict, judge_ip},
    ports::is_for_webhooks,
};
use crate::config::EgressConfig;

pub const URL_BYTES_MAX: usize = 2048;
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Why a URL is not sent to, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the URL is longer than {URL_BYTES_MAX} bytes: use a shorter one")]
    TooLong,
    #[error("the URL contains a space or a control character: remove it, or write it as %20")]
    Blank,
    #[error("this is not a URL ({0}): write it whole, like https://example.com/webhook")]
    Unreadable(ParseError),
    #[error("the URL names no host: write it whole, like https://example.com/webhook")]
    NoHost,
    #[error("{0}: is not a scheme that webhooks are sent with: use https")]
    Scheme(String),
    #[error(
        "plain http is not allowed: use https (the server's operator may set RINGBACK_ALLOW_HTTP)"
    )]
    PlainHttp,
    #[error("the URL contains a user name or a password: remove it, and send a header instead")]
    Credentials,
    #[error("the host is not a name that can be looked up: write it like example.com")]
    HostName,
    #[error(
        "port {0} is not for webhooks: use 443, 80, or one from 1024 up that is not known for another service"
    )]
    Port(u16),
    #[error(
        "the address is not public but {0}: use a public one (the server's operator may allow it by RINGBACK_ALLOW_NETWORKS)"
    )]
    Address(&'static Reserved),
}

/// Reads a URL that somebody gave us, and judges it.
pub fn read_url(text: &str, config: &EgressConfig) -> Result<Url, Refusal> {
    if text.len() > URL_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    // The parser leaves them out without a word, and so would read another
    // URL than the one that a person sees.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::Blank);
    }
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::EmptyHost => Refusal::NoHost,
        error => Refusal::Unreadable(error),
    })?;
    judge_url(&url, config)?;
    Ok(url)
}

/// Judges all of a URL that can be judged without looking its name up.
pub fn judge_url(url: &Url, config: &EgressConfig) -> Result<(), Refusal> {
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    judge_scheme(url.scheme(), config.allow_http)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    judge_host(url.host().ok_or(Refusal::NoHost)?, config)?;
    match url.port_or_known_default() {
        Some(port) if !is_for_webhooks(port) => Err(Refusal::Port(port)),
        _ => Ok(()),
    }
}

fn judge_scheme(scheme: &str, allow_http: bool) -> Result<(), Refusal> {
    match scheme {
        "https" => Ok(()),
        "http" if allow_http => Ok(()),
        "http" => Err(Refusal::PlainHttp),
        other => Err(Refusal::Scheme(other.to_owned())),
    }
}

fn judge_host(host: Host<&str>, config: &EgressConfig) -> Result<(), Refusal> {
    let judge = |ip: IpAddr| match judge_ip(ip, &config.allow_networks) {
        Verdict::Permitted => Ok(()),
        Verdict::Refused(reserved) => Err(Refusal::Address(reserved)),
    };
    match host {
        Host::Ipv4(ip) => judge(ip.into()),
        Host::Ipv6(ip) => judge(ip.into()),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            judge_name(name)?;
            // It may stand for either, so one that is allowed is enough here;
            // whichever it turns out to be is judged when it is looked up.
            if is_localhost(name) {
                judge(Ipv6Addr::LOCALHOST.into()).or(judge(Ipv4Addr::LOCALHOST.into()))?;
            }
            Ok(())
        }
    }
}

fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next() == Some("localhost")
}

/// The parser has made the name lower-case ASCII, but lets through signs that
/// neither name servers nor the HTTP client know.
fn judge_name(name: &str) -> Result<(), Refusal> {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if name.len() > NAME_BYTES_MAX || !name.split('.').all(is_label) {
        return Err(Refusal::HostName);
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
