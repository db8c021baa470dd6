//! Plays scripts against an address: the steps of a call in turn, the calls side by side.
//!
//! The next step of a call is sent once the one before was answered, which is kinder than Vapi, but
//! what order a call's messages come in is for its script to say. New calls begin at their rate,
//! whether or not the others have ended, up to a limit.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{
    Client, Response, Url,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::Value;

use super::{
    script::Script,
    sign::Proof,
    stage::Step,
    tally::{Answer, Tally},
};
use crate::infra::clock::{Clock, Millis, millis_of};

const CALLS_AT_ONCE_MAX: usize = 256;

pub struct Player {
    pub client: Client,
    pub clock: Clock,
    pub target: Url,
    pub proof: Proof,
    /// How many times faster than they were spoken calls are played. Zero leaves no pauses.
    pub speed: f64,
}

/// Which calls are played.
#[derive(Clone, Debug)]
pub struct Run {
    pub seed: u64,
    pub calls: u64,
    /// How many calls begin in a second. Zero is as fast as it goes.
    pub rate: f64,
    pub owner: Option<String>,
}

/// Nobody listens there.
#[derive(Debug, thiserror::Error)]
#[error("nothing listens at {0}: start `ringback`, or name another address by --target")]
pub struct Unreachable(Url);

impl Player {
    /// Plays all of them, telling of each that has ended. Only where the first message finds nobody
    /// it gives up; what is lost later is counted.
    pub async fn play_all(
        &self,
        run: &Run,
        mut told: impl FnMut(&Script, &Tally),
    ) -> Result<Tally, Unreachable> {
        let began_at = self.clock.millis();
        let calls = stream::iter(0..run.calls)
            .map(|number| self.play_one(run, number, began_at))
            .buffer_unordered(CALLS_AT_ONCE_MAX);
        let mut calls = std::pin::pin!(calls);
        let mut total = Tally::default();
        while let Some((script, tally)) = calls.try_next().await? {
            told(&script, &tally);
            total.add(&tally);
        }
        Ok(total)
    }

    async fn play_one(
        &self,
        run: &Run,
        number: u64,
        began_at: Millis,
    ) -> Result<(Script, Tally), Unreachable> {
        let due_at = began_at + millis_of(begins_after(number, run.rate));
        self.wait(until(due_at, self.clock.millis())).await;
        let script = Script::of(run.seed, number);
        let script = match &run.owner {
            Some(owner) => script.owned_by(owner),
            None => script,
        };
        let mut tally = Tally::default();
        for step in &script.steps {
            let answer = self.tell(step).await;
            if answer == Answer::NobodyThere && number == 0 && tally.sent == 0 {
                return Err(Unreachable(self.target.clone()));
            }
            tally.count(&answer);
        }
        Ok((script, tally))
    }

    /// Sends a step, when it is its turn.
    pub(super) async fn tell(&self, step: &Step) -> Answer {
        self.wait(self.pause(step.after)).await;
        self.send(&step.body).await
    }

    async fn send(&self, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        let mut headers = self.proof.headers(&body, self.clock.millis());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let post = self.client.post(self.target.clone()).headers(headers);
        let sent_at = Instant::now();
        let answered = async { read(post.body(body).send().await?).await };
        match answered.await {
            Ok(status) => Answer::Status {
                status,
                within: sent_at.elapsed(),
            },
            Err(error) if error.is_connect() => Answer::NobodyThere,
            Err(_) => Answer::None,
        }
    }

    fn pause(&self, after: Duration) -> Duration {
        divided(after.as_secs_f64(), self.speed)
    }

    async fn wait(&self, by: Duration) {
        if !by.is_zero() {
            self.clock.sleep(by).await;
        }
    }
}

/// The status, once the answer has come to its end.
async fn read(mut response: Response) -> reqwest::Result<u16> {
    while response.chunk().await?.is_some() {}
    Ok(response.status().as_u16())
}

fn begins_after(number: u64, rate: f64) -> Duration {
    divided(number as f64, rate)
}

/// Divided by nothing, it is no time at all.
fn divided(seconds: f64, by: f64) -> Duration {
    match by > 0.0 {
        true => Duration::try_from_secs_f64(seconds / by).unwrap_or(Duration::MAX),
        false => Duration::ZERO,
    }
}

fn until(due_at: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(due_at - now).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_divided_by_the_speed_and_by_nothing_it_is_none() {
        let half_a_minute = Duration::from_secs(30).as_secs_f64();
        assert_eq!(divided(half_a_minute, 15.0), Duration::from_secs(2));
        assert_eq!(divided(half_a_minute, 0.0), Duration::ZERO);
        assert_eq!(divided(half_a_minute, 1e-300), Duration::MAX);
    }

    #[test]
    fn calls_begin_at_even_distances() {
        let starts = [0, 1, 2].map(|number| begins_after(number, 4.0).as_millis());
        assert_eq!(starts, [0, 250, 500]);
        assert_eq!(until(5_000, 4_000), Duration::from_secs(1));
        assert_eq!(until(4_000, 5_000), Duration::ZERO);
    }
}
