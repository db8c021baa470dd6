//! The connection to a server's stream, which comes back by itself.
//!
//! After a break it goes on behind the last event that it has given, so nothing is missed. It gives
//! up only where a server says that it is asked wrongly: then asking again would be of no use.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, header::HeaderName};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    Heard,
    frames::{Frame, Frames},
};
use crate::{config::Secret, infra::clock::Clock};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The server says that it is there every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// The client would end a request after a few seconds, which is right for all but this one.
const STREAM_TIME_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
const PAUSES_SECS: [u64; 6] = [1, 2, 4, 8, 15, 30];

/// What is asked for, and in whose name.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The stream's address, with what is wanted in its query.
    pub url: Url,
    /// None at the open door of `ringback dev`.
    pub token: Option<Secret>,
}

pub struct Wire {
    client: Client,
    clock: Clock,
    asked: Asked,
    last_event_id: Option<String>,
    open: Option<(Response, Frames)>,
    /// How often in a row it was lost.
    losses: usize,
}

/// What happened next.
#[derive(Debug)]
pub enum News {
    Connected,
    Heard(Heard),
    /// It is tried again after this time.
    Lost {
        why: String,
        again_in: Duration,
    },
    /// For good: the status and what the server says to it.
    Refused {
        status: StatusCode,
        message: String,
    },
}

impl Wire {
    pub fn new(client: Client, clock: Clock, asked: Asked) -> Self {
        Self {
            client,
            clock,
            asked,
            last_event_id: None,
            open: None,
            losses: 0,
        }
    }

    /// Whatever happens next; after a loss, see [`Self::rest`].
    pub async fn next(&mut self) -> News {
        let next = match self.open.take() {
            None => self.connect().await,
            Some((response, frames)) => self.read(response, frames).await,
        };
        next.unwrap_or_else(|why| self.lost(why))
    }

    /// The pause between a loss and the next try.
    pub async fn rest(&self, pause: Duration) {
        self.clock.sleep(pause).await;
    }

    async fn connect(&mut self) -> Result<News, String> {
        let mut request = self.client.get(self.asked.url.clone());
        if let Some(token) = &self.asked.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(id) = &self.last_event_id {
            request = request.header(LAST_EVENT_ID, id);
        }
        let answer = request.timeout(STREAM_TIME_MAX).send();
        let answer = timeout(SILENCE_MAX, answer).await;
        let response = answer.map_err(|_| silence())?.map_err(words)?;
        let status = response.status();
        if status.is_success() {
            self.open = Some((response, Frames::default()));
            return Ok(News::Connected);
        }
        let message = message_of(response).await;
        match is_final(status) {
            true => Ok(News::Refused { status, message }),
            false => Err(format!("{status}: {message}")),
        }
    }

    async fn read(&mut self, mut response: Response, mut frames: Frames) -> Result<News, String> {
        loop {
            match frames.next() {
                Some(Frame::Event(heard)) => {
                    self.last_event_id = Some(heard.id.clone());
                    self.losses = 0;
                    self.open = Some((response, frames));
                    return Ok(News::Heard(heard));
                }
                Some(Frame::Farewell(why)) => return Err(farewell(&why)),
                None => {}
            }
            let piece = timeout(SILENCE_MAX, response.chunk()).await;
            let piece = piece.map_err(|_| silence())?.map_err(words)?;
            let piece = piece.ok_or("the server has ended the stream".to_owned())?;
            let taken = frames.take_in(&piece);
            taken.map_err(|_| "what comes is no stream of events".to_owned())?;
        }
    }

    fn lost(&mut self, why: String) -> News {
        let pause = PAUSES_SECS[self.losses.min(PAUSES_SECS.len() - 1)];
        self.losses += 1;
        News::Lost {
            why,
            again_in: Duration::from_secs(pause),
        }
    }
}

/// Being too early or too many passes; not being let in does not.
fn is_final(status: StatusCode) -> bool {
    let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !passes.contains(&status)
}

fn silence() -> String {
    format!("nothing came for {} s", SILENCE_MAX.as_secs())
}

/// The last cause says most, and nothing says the address, which the reader knows.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut last: &dyn std::error::Error = &error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn farewell(why: &[u8]) -> String {
    let told: Option<Envelope> = serde_json::from_slice(why).ok();
    told.map_or_else(
        || "the server has ended the stream".to_owned(),
        |told| told.message,
    )
}

async fn message_of(response: Response) -> String {
    let told = response.json::<Envelope>().await.ok();
    told.map_or_else(
        || "it is no ringback that answers".to_owned(),
        |told| told.message,
    )
}

/// What of our own answers says why.
#[derive(Deserialize)]
struct Envelope {
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_asking_again_cannot_mend_is_final() {
        for status in [400, 401, 403, 404] {
            assert!(is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [408, 429, 500, 502, 503] {
            assert!(!is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }

    #[test]
    fn pauses_grow_and_stay_at_the_longest() {
        let asked = Asked {
            url: "http://127.0.0.1:9/".parse().unwrap(),
            token: None,
        };
        let egress = crate::infra::egress::Egress::new(&crate::config::EgressConfig {
            allow_networks: Vec::new(),
            allow_http: true,
        });
        let mut wire = Wire::new(egress.unwrap().operator_client(), Clock::system(), asked);
        let mut pause = || match wire.lost(String::new()) {
            News::Lost { again_in, .. } => again_in.as_secs(),
            other => panic!("{other:?}"),
        };
        let pauses: Vec<u64> = (0..8).map(|_| pause()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 15, 30, 30, 30]);
    }
}
