//! Which addresses a packet may go to.
//!
//! Somebody else writes the URLs that we send to, so an address that is not
//! public is refused: behind it stand this machine, its neighbours, and the
//! metadata service that hands out a cloud machine's credentials. The list
//! holds what is reserved by the IANA registries and the one public address
//! that a cloud keeps for itself. An operator may allow networks by name.
//!
//! An IPv6 address that only wraps an IPv4 one is refused whole, with one
//! exception: behind NAT64 every IPv4 host looks like that, so there the
//! address inside is judged, by the list alone. A translator's 127.0.0.1 is
//! not ours, whatever has been allowed here.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv6Net};

/// May a packet go there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Permitted,
    Refused(&'static Reserved),
}

/// A network that is not the public internet.
#[derive(Debug, PartialEq, Eq)]
pub struct Reserved {
    network: IpNet,
    purpose: &'static str,
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.purpose, self.network)
    }
}

/// Judges an address; what lies in an `allowed` network is permitted.
pub fn judge_ip(ip: IpAddr, allowed: &[IpNet]) -> Verdict {
    if allowed.iter().any(|network| network.contains(&ip)) {
        return Verdict::Permitted;
    }
    let seen = behind_nat64(ip).map_or(ip, IpAddr::V4);
    RESERVED
        .iter()
        .find(|reserved| reserved.network.contains(&seen))
        .map_or(Verdict::Permitted, Verdict::Refused)
}

const NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// The IPv4 address that a NAT64 translator would send to.
fn behind_nat64(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V6(ip) if NAT64.contains(&ip) => {
            let [.., a, b, c, d] = ip.octets();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

/// The first that holds an address names its purpose, so `::1` is loopback
/// before it is a part of `::/8`.
static RESERVED: [Reserved; 31] = [
    v4([0, 0, 0, 0], 8, "this network"),
    v4([10, 0, 0, 0], 8, "private"),
    v4([100, 64, 0, 0], 10, "shared by a carrier's customers"),
    v4([127, 0, 0, 0], 8, "loopback"),
    v4([168, 63, 129, 16], 32, "a cloud's own platform"),
    v4(
        [169, 254, 0, 0],
        16,
        "link-local, where clouds keep metadata",
    ),
    v4([172, 16, 0, 0], 12, "private"),
    v4([192, 0, 0, 0], 24, "protocol assignments"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([192, 88, 99, 0], 24, "6to4 relays"),
    v4([192, 168, 0, 0], 16, "private"),
    v4([198, 18, 0, 0], 15, "benchmarks"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([255, 255, 255, 255], 32, "broadcast"),
    v4([240, 0, 0, 0], 4, "reserved"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4 in disguise"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local translation"),
    v6(
        [0, 0, 0, 0, 0, 0, 0, 0],
        8,
        "unspecified and IPv4 in disguise",
    ),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discarded"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

const fn v4([a, b, c, d]: [u8; 4], bits: u8, purpose: &'static str) -> Reserved {
    let first = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    Reserved {
        network: IpNet::new_assert(first, bits),
        purpose,
    }
}

const fn v6(s: [u16; 8], bits: u8, purpose: &'static str) -> Reserved {
    let first = Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
    Reserved {
        network: IpNet::new_assert(IpAddr::V6(first), bits),
        purpose,
    }
}

#[cfg(test)]
mod tests;
