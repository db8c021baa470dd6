//! The other end of a lane: where it is, and what it takes to be believed
//! there. Its secrets are opened once, when the lane learns of them.

use anyhow::Context;
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::sign::Signers;
use crate::{
    infra::{clock::Millis, seal::Seal},
    subscriptions::{
        SigningSecret, Subscription,
        sealed::{Headers, SecretColumn, open_headers, open_secret},
    },
};

/// It has no `Debug`: its headers are often somebody's tokens.
pub struct Receiver {
    pub url: Url,
    /// The subscription's own.
    pub headers: HeaderMap,
    current: SigningSecret,
    previous: Option<(SigningSecret, Millis)>,
}

impl Receiver {
    pub fn open(seal: &Seal, subscription: &Subscription) -> anyhow::Result<Self> {
        let id = subscription.id;
        let secret = |column, sealed| open_secret(seal, id, column, sealed);
        let previous = subscription.previous_secret.as_ref();
        Ok(Self {
            url: subscription.url.parse().context("url")?,
            headers: own_headers(open_headers(seal, id, subscription.headers.as_ref())?)?,
            current: secret(SecretColumn::Current, &subscription.secret)?,
            previous: previous
                .zip(subscription.previous_until)
                .map(|(sealed, until)| anyhow::Ok((secret(SecretColumn::Previous, sealed)?, until)))
                .transpose()?,
        })
    }

    /// Those that sign now.
    pub fn signers(&self, now: Millis) -> Signers {
        let previous = self.previous.as_ref().filter(|(_, until)| *until > now);
        Signers {
            current: self.current.clone(),
            previous: previous.map(|(secret, _)| secret.clone()),
        }
    }
}

fn own_headers(named: Headers) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        let mut value = HeaderValue::from_str(&value)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name)?, value);
    }
    Ok(headers)
}
