//! Whose address a request comes from.
//!
//! The socket's, unless that is a proxy which the operator trusts. Then it is
//! the last address that a trusted proxy has written down and that is not one
//! of theirs: what stands further left is whatever the sender wished to say.
//!
//! ```text
//!   X-Forwarded-For: 10.9.9.9, 203.0.113.7, 10.0.0.2      socket: 10.0.0.1
//!                    a lie     the peer     trusted                trusted
//! ```
//!
//! A proxy that writes one of the two forwarding headers may pass on the other
//! one as the sender wrote it. So where both are there and tell two stories,
//! neither is believed, just as where one cannot be read: the socket counts.

mod forwarded;

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use actix_web::http::header::{AsHeaderName, FORWARDED, HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// More than any honest chain of proxies has.
const HOPS_MAX: usize = 32;
/// What one customer of an IPv6 network has at least: all of it is one peer.
const IPV6_GROUP_BITS: u32 = 64;

/// Who sent a request, as far as an address can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(IpAddr);

/// A forwarding header, or the part of it that matters, is not what it should
/// be.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

/// What a forwarding header says, if it is there.
type Said = Result<Option<IpAddr>, Unreadable>;

impl Peer {
    pub fn of(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let socket = socket.to_canonical();
        let said = match is_trusted(socket, trusted) {
            true => forwarded_peer(headers, trusted),
            false => Ok(None),
        };
        Self(said.ok().flatten().unwrap_or(socket))
    }

    pub fn address(self) -> IpAddr {
        self.0
    }

    /// What is counted as one: an IPv4 address, or a /64 of IPv6, in which
    /// one sender can take a new address for every request.
    pub fn group(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let network = u128::MAX << (Ipv6Addr::BITS - IPV6_GROUP_BITS);
                Ipv6Addr::from_bits(address.to_bits() & network).into()
            }
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn forwarded_peer(headers: &HeaderMap, trusted: &[IpNet]) -> Said {
    let list = one_line(headers, X_FORWARDED_FOR);
    let hops = (!list.is_empty()).then(|| list.rsplit(',').map(|hop| address(hop.trim())));
    let by_list = outermost(hops.into_iter().flatten(), trusted)?;

    let elements = forwarded::hops(&one_line(headers, FORWARDED))?;
    let by_elements = outermost(elements.into_iter().rev(), trusted)?;

    match (by_list, by_elements) {
        (Some(one), Some(other)) if one != other => Err(Unreadable),
        (one, other) => Ok(one.or(other)),
    }
}

/// A list may be spread over several headers, and reads as if it were one.
fn one_line(headers: &HeaderMap, name: impl AsHeaderName) -> String {
    let values = headers.get_all(name);
    let lines: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    lines.join(",")
}

/// From the right, the first hop that is not trusted; where all are, the one
/// where the request began. A hop without an address hides what is behind it.
fn outermost(backwards: impl Iterator<Item = Option<IpAddr>>, trusted: &[IpNet]) -> Said {
    let mut outermost = None;
    for hop in backwards.take(HOPS_MAX) {
        let hop = hop.ok_or(Unreadable)?;
        outermost = Some(hop);
        if !is_trusted(hop, trusted) {
            break;
        }
    }
    Ok(outermost)
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// An address as proxies write it: with a port or without, and in IPv6 with
/// brackets or without.
fn address(text: &str) -> Option<IpAddr> {
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let address = text.parse().ok().or_else(in_brackets).or_else(with_port)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
