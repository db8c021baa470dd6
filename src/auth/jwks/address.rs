//! Where an issuer's keys are: at an address of their own, or at the one that
//! the issuer's discovery document names.
//!
//! The document is read each time before the keys are: an issuer may move
//! them, and a question an hour costs nothing.

use std::{fmt, time::Duration};

use anyhow::{Context, ensure};
use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};
use serde::Deserialize;
use url::Url;

use super::key::{Key, read_keys};
use crate::{config::is_private_to_the_wire, infra::egress::Egress};

const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";
const DISCOVERY_BYTES_MAX: usize = 64 * 1024;
const KEYS_BYTES_MAX: usize = 256 * 1024;

#[derive(Clone, Debug)]
pub enum Address {
    Keys(Url),
    /// The issuer, letter for letter as its tokens name it.
    Issuer(String),
}

/// An answer, and how long it says that it holds.
pub(super) struct Fetched {
    pub keys: Vec<Key>,
    pub fresh_for: Option<Duration>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: Url,
}

impl Address {
    pub(super) async fn fetch(&self, egress: &Egress) -> anyhow::Result<Fetched> {
        let url = match self {
            Self::Keys(url) => url.clone(),
            Self::Issuer(issuer) => discover(egress, issuer).await?,
        };
        let document = egress.fetch(&url, KEYS_BYTES_MAX).await?;
        Ok(Fetched {
            keys: read_keys(&document.body)?,
            fresh_for: fresh_for(&document.headers),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(url) => url.fmt(f),
            Self::Issuer(issuer) => issuer.fmt(f),
        }
    }
}

/// Asks an issuer where its keys are. The document must be about that issuer,
/// or anybody who can have one served there could name other keys.
async fn discover(egress: &Egress, issuer: &str) -> anyhow::Result<Url> {
    let url: Url = format!("{}{DISCOVERY_PATH}", issuer.trim_end_matches('/')).parse()?;
    let document = egress.fetch(&url, DISCOVERY_BYTES_MAX).await?;
    let found: Discovery = serde_json::from_slice(&document.body)
        .with_context(|| format!("{url} is no discovery document"))?;
    ensure!(
        found.issuer == issuer,
        "{url} is about another issuer, `{}`",
        found.issuer
    );
    ensure!(
        is_private_to_the_wire(&found.jwks_uri),
        "{url} names keys that would travel in the clear"
    );
    Ok(found.jwks_uri)
}

/// `max-age`, less the time that the answer has already spent in a cache.
fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let max_age_secs: u64 = directives
        .flat_map(|text| text.split(','))
        .filter_map(|directive| directive.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .and_then(|(_, secs)| secs.trim().trim_matches('"').parse().ok())?;
    let age_secs = headers
        .get(AGE)
        .and_then(|age| age.to_str().ok()?.trim().parse().ok());
    Some(Duration::from_secs(
        max_age_secs.saturating_sub(age_secs.unwrap_or(0)),
    ))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn keys_hold_as_long_as_cache_control_says_less_their_age() {
        let secs = |cache_control: &'static str, age: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
            headers.insert(AGE, HeaderValue::from_static(age));
            fresh_for(&headers).map(|fresh_for| fresh_for.as_secs())
        };
        assert_eq!(
            secs("public, max-age=21478, must-revalidate", ""),
            Some(21_478)
        );
        assert_eq!(secs("Max-Age=\"600\"", "100"), Some(500));
        assert_eq!(secs("max-age=600", "700"), Some(0));
        assert_eq!(secs("s-maxage=600", ""), None);
        assert_eq!(secs("max-age=soon", ""), None);
        assert_eq!(fresh_for(&HeaderMap::new()), None);
    }

    #[test]
    fn keys_may_not_travel_in_the_clear() {
        let safe = |text: &str| is_private_to_the_wire(&text.parse().unwrap());
        assert!(safe("https://id.example.com/keys"));
        assert!(
            safe("http://127.0.0.1:9/keys")
                && safe("http://[::1]/keys")
                && safe("http://localhost/keys")
        );
        assert!(!safe("http://id.example.com/keys"));
        assert!(!safe("http://localhost.example.com/keys"));
        assert!(!safe("file://localhost/etc/keys"));
    }
}
