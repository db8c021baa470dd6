//! Passing an event on, as a first try at delivering it.

use std::time::Duration;

use reqwest::Url;

use super::Heard;
pub use crate::delivery::sign::SigningSecret;
use crate::{
    delivery::sign::{Attempt, Signers, sign},
    infra::{
        clock::Clock,
        egress::{Egress, Outcome, Outgoing},
    },
};

/// As long as a delivery waits.
const TIME_MAX: Duration = Duration::from_secs(15);
const RESPONSE_BYTES_MAX: usize = 64 << 10;

pub struct Relay {
    pub egress: Egress,
    pub clock: Clock,
    pub to: Url,
    pub secret: SigningSecret,
}

impl Relay {
    /// The only error is an event that no header can name, which our servers do not send.
    pub async fn pass_on(&self, heard: &Heard) -> anyhow::Result<Outcome> {
        let attempt = Attempt {
            id: &heard.id,
            event: &heard.kind,
            at: self.clock.now(),
            number: 1,
            is_replay: false,
        };
        let signers = Signers {
            current: self.secret.clone(),
            previous: None,
        };
        let headers = sign(attempt, &heard.payload, &signers)?;
        let request = Outgoing {
            url: self.to.clone(),
            headers,
            body: heard.payload.clone(),
            timeout: TIME_MAX,
            response_bytes_max: RESPONSE_BYTES_MAX,
        };
        Ok(self.egress.send(request).await)
    }
}
