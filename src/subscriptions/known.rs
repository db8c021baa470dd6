//! A subscription as people look at it: with how its receiver is, and with
//! what may be shown of what is sealed.

use entity::{
    lanes::{LaneState, Model as Lane},
    subscriptions::Model,
};

use super::sealed::{SecretColumn, open_headers, open_secret};
use crate::{
    error::{Error, Result},
    infra::{clock::Millis, seal::Seal},
};

/// What waits is not counted further: it costs, and whoever has so much
/// needs no exact number.
pub const WAITING_COUNTED_MAX: u32 = 10_000;

/// A subscription with how its receiver is.
#[derive(Clone, Debug)]
pub struct Known {
    pub row: Model,
    pub lane: Lane,
    /// How many deliveries it waits for, as far as they are counted.
    pub waiting: u32,
}

impl Known {
    /// Whether events are sent: it is neither paused nor deactivated.
    pub fn is_active(&self) -> bool {
        matches!(self.lane.state, LaneState::Healthy | LaneState::Failing)
    }

    /// Whether more may wait than were counted.
    pub fn waiting_is_capped(&self) -> bool {
        self.waiting == WAITING_COUNTED_MAX
    }

    /// The last characters of its secret, to tell one from another.
    pub fn secret_hint(&self, seal: &Seal) -> Result<String> {
        let secret = open_secret(seal, self.row.id, SecretColumn::Current, &self.row.secret);
        Ok(secret.map_err(Error::internal)?.hint().to_owned())
    }

    /// Until when the secret before signs as well, where it does.
    pub fn previous_secret_until(&self, now: Millis) -> Option<Millis> {
        self.row.previous_until.filter(|until| *until > now)
    }

    /// The names of its own headers. Their values are nobody's to see.
    pub fn header_names(&self, seal: &Seal) -> Result<Vec<String>> {
        let headers = open_headers(seal, self.row.id, self.row.headers.as_ref());
        Ok(headers.map_err(Error::internal)?.into_keys().collect())
    }
}
