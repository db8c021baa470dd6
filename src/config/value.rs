//! How values are written: durations, sizes, rates, switches, networks.
//!
//! Each kind is a parse function with the words that an error uses to say
//! what it takes, so that the two cannot drift apart.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use ipnet::IpNet;
use url::{Host, Url};

use super::Secret;

/// A way of writing a value, and what a person is told it takes.
pub(super) struct Kind<T> {
    pub allowed: &'static str,
    pub parse: fn(&str) -> Option<T>,
}

macro_rules! kinds {
    ($($name:ident: $type:ty = $allowed:literal, $parse:expr;)*) => {
        $(pub(super) const $name: Kind<$type> = Kind { allowed: $allowed, parse: $parse };)*
    };
}

kinds! {
    ADDRESS: SocketAddr = "an address and a port, such as 127.0.0.1:8000",
        |text| text.parse().ok();
    PATH: PathBuf = "the path of a folder", |text| (!has_control(text)).then(|| text.into());
    DURATION: Duration = "a duration above zero, such as 30s, 5m, 2h or 90d", read_duration;
    DURATION_OR_NEVER: Option<Duration> = "a duration such as 30s, or 0 for never",
        |text| if text == "0" { Some(None) } else { read_duration(text).map(Some) };
    DURATIONS: Vec<Duration> = "durations by comma, such as 5s,5m,30m (at most 32)", read_durations;
    SIZE: usize = "a size between 1KiB and 1GiB, such as 10MiB", parse_size;
    RATE: Rate = "a number per second, minute or hour, such as 50/min", parse_rate;
    COUNT: NonZeroU32 = "a whole number from 1 to 1000000",
        |text| text.parse::<NonZeroU32>().ok().filter(|n| n.get() <= 1_000_000);
    ON_OFF: bool = "on or off", |text| one_of(text, &[("on", true), ("off", false)]);
    YES_NO: bool = "yes or no", |text| one_of(text, &[("yes", true), ("no", false)]);
    NETWORKS: Vec<IpNet> = "networks by comma, such as 10.0.0.0/8,fd00::/8, or `none`, or `loopback`",
        parse_networks;
    ORIGINS: Vec<String> = "web origins by comma, such as https://app.example.com, or `none`, or `*`",
        parse_origins;
    SECRET: Secret = "one word of printable ASCII", |text| is_word(text).then(|| Secret::new(text));
    SECRETS: Vec<Secret> = "words of printable ASCII by comma", parse_secrets;
    WORD: String = "one word of letters, digits and . _ - : /",
        |text| is_name(text).then(|| text.to_owned());
    HTTP_URL: Url = "an http or https URL, such as https://example.com",
        |text| parse_url(text, &["http", "https"]);
    SECURE_URL: Url = "an https URL (http only where it names this machine), such as https://example.com",
        |text| parse_url(text, &["http", "https"]).filter(is_private_to_the_wire);
    REDIS_URL: Url = "a Redis URL, such as redis://127.0.0.1:6379",
        |text| parse_url(text, &["redis", "rediss"]);
}

/// So many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: NonZeroU32,
    pub per: Duration,
}

/// Reads `250ms`, `30s`, `5m`, `2h`, `90d`; a plain number counts seconds.
pub fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis_per_unit = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let duration = Duration::from_millis(number.checked_mul(millis_per_unit)?);
    (!duration.is_zero() && duration <= DURATION_MAX).then_some(duration)
}

/// Ten years: long enough for any retention, short enough to add to a date.
const DURATION_MAX: Duration = Duration::from_secs(3_650 * 86_400);
const SCHEDULE_STEPS_MAX: usize = 32;

fn read_durations(text: &str) -> Option<Vec<Duration>> {
    let steps: Vec<_> = text
        .split(',')
        .map(|step| read_duration(step.trim()))
        .collect::<Option<_>>()?;
    (steps.len() <= SCHEDULE_STEPS_MAX).then_some(steps)
}

fn parse_size(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let bytes_per_unit: usize = match unit {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        _ => return None,
    };
    let bytes = number.parse::<usize>().ok()?.checked_mul(bytes_per_unit)?;
    ((1 << 10)..=(1 << 30)).contains(&bytes).then_some(bytes)
}

fn parse_rate(text: &str) -> Option<Rate> {
    let (count, unit) = text.split_once('/')?;
    let per_secs = match unit.trim() {
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" | "hour" => 3_600,
        _ => return None,
    };
    Some(Rate {
        count: count.trim().parse().ok()?,
        per: Duration::from_secs(per_secs),
    })
}

fn parse_networks(text: &str) -> Option<Vec<IpNet>> {
    match text {
        "none" => Some(Vec::new()),
        "loopback" => Some(loopback_networks()),
        list => list
            .split(',')
            .map(|network| network.trim().parse().ok())
            .collect(),
    }
}

/// This machine, as networks.
pub(super) fn loopback_networks() -> Vec<IpNet> {
    let v4 = ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 0, 0, 0), 8);
    let v6 = ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::LOCALHOST, 128);
    vec![v4.into(), v6.into()]
}

fn parse_origins(text: &str) -> Option<Vec<String>> {
    match text {
        "none" => Some(Vec::new()),
        "*" => Some(vec!["*".to_owned()]),
        list => list
            .split(',')
            .map(|origin| {
                let url = parse_url(origin.trim(), &["http", "https"])?;
                let is_origin = url.path() == "/" && url.query().is_none();
                is_origin.then(|| url.origin().ascii_serialization())
            })
            .collect(),
    }
}

fn parse_secrets(text: &str) -> Option<Vec<Secret>> {
    text.split(',')
        .map(|word| is_word(word.trim()).then(|| Secret::new(word.trim())))
        .collect()
}

fn parse_url(text: &str, schemes: &[&str]) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| schemes.contains(&url.scheme()) && url.has_host())
}

/// What travels to this URL is encrypted, or does not leave the machine.
pub fn is_private_to_the_wire(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_on_this_machine(url))
}

pub fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Option<T> {
    let given = text.to_ascii_lowercase();
    words
        .iter()
        .find(|(word, _)| *word == given)
        .map(|(_, value)| *value)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_human_units() {
        let seconds = |text| read_duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("30s"), Some(30));
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("2h"), Some(7_200));
        assert_eq!(seconds("90d"), Some(7_776_000));
        assert_eq!(read_duration("250ms"), Some(Duration::from_millis(250)));
        for nonsense in [
            "",
            "s",
            "5 s",
            "-5s",
            "5y",
            "0s",
            "9999999999999999999d",
            "4000d",
        ] {
            assert_eq!(read_duration(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn sizes_are_read_in_human_units_and_bounded() {
        assert_eq!(parse_size("10MiB"), Some(10 << 20));
        assert_eq!(parse_size("2048"), Some(2048));
        for nonsense in ["", "MiB", "1", "2GiB", "1.5MiB", "10MB"] {
            assert_eq!(parse_size(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn rates_and_networks_are_read() {
        let rate = parse_rate("50/min").unwrap();
        assert_eq!((rate.count.get(), rate.per.as_secs()), (50, 60));
        assert_eq!(parse_rate("0/min"), None);
        assert_eq!(parse_networks("none"), Some(vec![]));
        assert_eq!(parse_networks("loopback").unwrap().len(), 2);
        assert_eq!(parse_networks("10.0.0.0/8, fd00::/8").unwrap().len(), 2);
        assert_eq!(parse_networks("10.0.0.0/33"), None);
    }

    #[test]
    fn a_plain_http_address_is_private_only_on_this_machine() {
        let secure = |text| (SECURE_URL.parse)(text).is_some();
        assert!(secure("https://keys.example.com"));
        assert!(secure("http://127.0.0.1:9099"));
        assert!(secure("http://localhost:9099"));
        assert!(!secure("http://keys.example.com"));
        assert!(!secure("http://localhost.example.com"));
    }
}
