//! `Forwarded`, as RFC 7239 has it:
//! `for=192.0.2.60;proto=http, for="[2001:db8::17]:4711"`.
//!
//! Read from the left and strictly, because a sender's quotation mark could
//! otherwise swallow what a proxy has added behind it. One deviation is let
//! through: a port or an IPv6 address without quotes, as some proxies write.

use std::net::IpAddr;

use super::{Unreadable, address};

/// The hops from the left, each with its address if it names one: it may also
/// say `unknown`, or a word that hides it.
pub(super) fn hops(line: &str) -> Result<Vec<Option<IpAddr>>, Unreadable> {
    let mut hops = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (hop, after) = element(rest).ok_or(Unreadable)?;
        hops.push(hop);
        rest = match after.strip_prefix(',') {
            Some("") => return Err(Unreadable),
            Some(next) => next,
            None if after.is_empty() => after,
            None => return Err(Unreadable),
        };
    }
    Ok(hops)
}

/// `name=value;name=value`: one hop.
fn element(text: &str) -> Option<(Option<IpAddr>, &str)> {
    let mut node = None;
    let mut rest = text;
    loop {
        let (name, after) = rest.trim_start().split_once('=')?;
        let (value, after) = value(after)?;
        if !name.bytes().all(is_of_a_name) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && node.replace(value).is_some() {
            return None;
        }
        let after = after.trim_start();
        match after.strip_prefix(';') {
            Some(next) => rest = next,
            None => return Some((node.as_deref().and_then(address), after)),
        }
    }
}

fn value(text: &str) -> Option<(String, &str)> {
    if let Some(inside) = text.strip_prefix('"') {
        return quoted(inside);
    }
    let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
    let (bare, after) = text.split_at(end);
    (!bare.contains(['"', '\\', '='])).then(|| (bare.to_owned(), after))
}

/// Up to the closing mark, which is not one that a backslash has disarmed.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            other => value.push(other),
        }
    }
    None
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}
