//! What of a subscription is sealed, and how it is opened.
//!
//! Each value is bound to its row and its column, so a secret that is rotated
//! is opened in the one place and sealed again for the other.

use std::collections::BTreeMap;

use entity::{Sealed, SubscriptionId};

use super::SigningSecret;
use crate::infra::seal::{Place, Seal};

/// Headers of a subscriber's own, by their names in lower case.
pub type Headers = BTreeMap<String, String>;

/// The two places of a secret.
#[derive(Clone, Copy, Debug)]
pub enum SecretColumn {
    Current,
    Previous,
}

pub fn seal_secret(
    seal: &Seal,
    id: SubscriptionId,
    column: SecretColumn,
    secret: &SigningSecret,
) -> Sealed {
    let text = secret.text().expose().as_bytes();
    Sealed(seal.seal(column.place(&id), text))
}

pub fn open_secret(
    seal: &Seal,
    id: SubscriptionId,
    column: SecretColumn,
    sealed: &Sealed,
) -> anyhow::Result<SigningSecret> {
    let text = seal.open(column.place(&id), &sealed.0)?;
    Ok(SigningSecret::parse(std::str::from_utf8(&text)?)?)
}

pub fn seal_headers(
    seal: &Seal,
    id: SubscriptionId,
    headers: &Headers,
) -> serde_json::Result<Sealed> {
    let json = zeroize::Zeroizing::new(serde_json::to_vec(headers)?);
    Ok(Sealed(seal.seal(place("headers", &id), &json)))
}

/// None are sealed where there are none.
pub fn open_headers(
    seal: &Seal,
    id: SubscriptionId,
    sealed: Option<&Sealed>,
) -> anyhow::Result<Headers> {
    let Some(sealed) = sealed else {
        return Ok(Headers::new());
    };
    let json = seal.open(place("headers", &id), &sealed.0)?;
    Ok(serde_json::from_slice(&json)?)
}

impl SecretColumn {
    fn place(self, id: &SubscriptionId) -> Place<'_> {
        let column = match self {
            Self::Current => "secret",
            Self::Previous => "previous_secret",
        };
        place(column, id)
    }
}

fn place<'a>(column: &'static str, id: &'a SubscriptionId) -> Place<'a> {
    Place {
        table: "subscriptions",
        column,
        row: id.as_bytes(),
    }
}
