//! What Vapi has not told us, and is asked for.
//!
//! Vapi repeats nothing unless it was told to, so a report that was sent while nobody could take it
//! is lost. Now and then this worker looks for calls of which there should have been news, and asks
//! Vapi how they stand:
//!
//! ```text
//!   silent ───▶ inquiries ───▶ vapi::client ───▶ verdict ───▶ record, like any webhook
//!   which       of several      GET /call/{id}      │
//!   calls?      replicas one                        ├───▶ ask again, later and later
//!               asks                                └───▶ the call is over by our own clock
//! ```
//!
//! The answer is put into the words of the webhook that did not come and goes the same way, so a
//! result that was lost is told of as if it had come late; and if the report comes all the same, it
//! is known already, or adds what it knows more. A call that Vapi does not know either, or of which
//! nobody can be asked, becomes `TIMEOUT`: whoever waits for its end hears of one.
//!
//! **It is gentle.** It asks one question after another, a bounded number a round; when Vapi says
//! that it is too much, or says nothing, the round is over.
//!
//! **It knows what it has.** After an outage of the database the news of calls that seem silent may
//! wait in this process's own spool, and an end by our own clock would come before the true one: so
//! nobody is asked until the spool is empty.

mod inquiries;
mod silent;
mod verdict;

use std::{sync::Arc, time::Duration};

use entity::calls::Model;
use serde_json::json;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use self::{
    silent::{Overdue, Patience},
    verdict::{Verdict, verdict},
};
use super::{event::Event, record::Recorder, spool::Spool};
use crate::{
    app::App,
    error::{Error, Result},
    infra::clock::{Millis, millis_of, rfc3339},
    vapi::{
        client::{Client, Trouble},
        message::understand,
        news::News,
        outcome::NO_NEWS,
    },
};

const QUESTIONS_PER_SECOND: u64 = 2;
const QUESTIONS_PER_ROUND_MAX: u64 = 120;
const QUIET_MAX: Duration = Duration::from_secs(600);
/// Longer than a round is by default, so that another call is asked about first.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(300);
/// Where the log has the address at which an event came in.
const SOURCE: &str = "reconciler";
/// Why a call is over by our own clock, where there was somebody to ask.
const UNKNOWN_TO_VAPI: &str = "unknown-to-vapi";

pub(super) struct Reconciler {
    app: App,
    recorder: Recorder,
    spool: Option<Spool>,
    vapi: Option<Client>,
    every: Duration,
    /// Held by who goes through a round.
    mood: Mutex<Mood>,
}

/// How Vapi takes our questions.
#[derive(Default)]
struct Mood {
    quiet_until: Millis,
    is_in_trouble: bool,
}

impl Reconciler {
    /// Nothing where it is switched off.
    pub fn new(app: &App, recorder: &Recorder, spool: Option<&Spool>) -> Option<Self> {
        Some(Self {
            every: app.config.delivery.reconcile_every?,
            vapi: Client::new(&app.config.vapi, &app.egress),
            app: app.clone(),
            recorder: recorder.clone(),
            spool: spool.cloned(),
            mood: Mutex::default(),
        })
    }

    /// The worker, until it is stopped. It may be stopped at any point of a round: who was not
    /// asked about by then is asked about soon after the next start.
    pub async fn keep_asking(self: Arc<Self>, stop: CancellationToken) -> anyhow::Result<()> {
        if self.vapi.is_none() {
            tracing::info!("VAPI_API_KEY is not set: calls that fall silent end by our own clock");
        }
        loop {
            let round = async {
                self.round().await?;
                self.app.clock.sleep(self.every).await;
                Ok::<_, Error>(())
            };
            match stop.run_until_cancelled(round).await {
                Some(ended) => ended?,
                None => return Ok(()),
            }
        }
    }

    /// Asks about what is overdue now, as much as a round takes.
    pub async fn round(&self) -> Result<()> {
        let mut mood = self.mood.lock().await;
        let now = self.app.clock.millis();
        let has_news = self.spool.as_ref().is_some_and(|spool| !spool.is_empty());
        if has_news || now < mood.quiet_until {
            return Ok(());
        }
        inquiries::sweep(&self.app, now).await?;
        let patience = Patience {
            every: self.every,
            grace: self.app.config.delivery.report_grace,
            can_ask: self.vapi.is_some(),
        };
        for overdue in silent::find(&self.app, &patience, self.questions_per_round(), now).await? {
            match self.inquire(&overdue).await? {
                None => mood.is_in_trouble = false,
                Some(trouble) => {
                    let quiet = quiet_after(&trouble).map_or(0, millis_of);
                    mood.quiet_until = self.app.clock.millis() + quiet;
                    if !std::mem::replace(&mut mood.is_in_trouble, true) {
                        tracing::warn!(%trouble, "Vapi cannot be asked about silent calls");
                    }
                    break;
                }
            }
        }
        Ok(())
    }

    fn questions_per_round(&self) -> usize {
        let questions = self.every.as_secs().saturating_mul(QUESTIONS_PER_SECOND);
        usize::try_from(questions.clamp(1, QUESTIONS_PER_ROUND_MAX)).unwrap_or(1)
    }

    /// One question, and what follows from its answer. What comes back is why there was none.
    async fn inquire(&self, overdue: &Overdue) -> Result<Option<Trouble>> {
        let (call, vapi_id, now) = (&overdue.call, &overdue.vapi_id, self.app.clock.millis());
        let Some(answers) = inquiries::claim(&self.app, call.id, now).await? else {
            return Ok(None); // another replica has it in hand
        };
        let news = match &self.vapi {
            Some(vapi) => vapi.news(vapi_id).await,
            None => Ok(None),
        };
        let news = match news {
            Ok(news) => news,
            Err(trouble) => return self.was_in_vain(call, answers, trouble, now).await,
        };
        let verdict = verdict(overdue, answers, news);
        if self.vapi.is_some() {
            let outcome = verdict.word();
            metrics::counter!("ringback_inquiries_total", "outcome" => outcome).increment(1);
        }
        match verdict {
            Verdict::Record(news) => self.recover(call, *news).await?,
            Verdict::TimeOut { silent_since } => {
                self.give_up(call, vapi_id, silent_since).await?;
            }
            Verdict::AskAgain { after } => {
                let due_at = now + millis_of(after);
                inquiries::put_off(&self.app, call.id, answers + 1, due_at).await?;
            }
        }
        Ok(None)
    }

    /// The question is put again later. What is wrong with Vapi's answer about one call says nothing
    /// of the others; any other trouble ends the round.
    async fn was_in_vain(
        &self,
        call: &Model,
        answers: i32,
        trouble: Trouble,
        now: Millis,
    ) -> Result<Option<Trouble>> {
        metrics::counter!("ringback_inquiries_total", "outcome" => "failed").increment(1);
        let again = quiet_after(&trouble).unwrap_or(TRIED_AGAIN_AFTER);
        inquiries::put_off(&self.app, call.id, answers, now + millis_of(again)).await?;
        if matches!(trouble, Trouble::NotUnderstood(_)) {
            tracing::warn!(call = %call.id, %trouble, "a question about a silent call was in vain");
            return Ok(None);
        }
        Ok(Some(trouble))
    }

    async fn recover(&self, call: &Model, news: News) -> Result<()> {
        let status = news.message.status();
        self.record(news).await?;
        tracing::info!(call = %call.id, ?status, "Vapi was asked, and told what had not come");
        Ok(())
    }

    /// Says in Vapi's place that nothing more is to be heard of a call. It counts only if nothing
    /// was heard meanwhile.
    async fn give_up(&self, call: &Model, vapi_id: &str, silent_since: Millis) -> Result<()> {
        let reason = match self.vapi {
            Some(_) => UNKNOWN_TO_VAPI,
            None => NO_NEWS,
        };
        let body = json!({
            "type": "call.timeout",
            "timestamp": rfc3339(silent_since),
            "call": {"id": vapi_id, "status": "timeout", "endedReason": reason},
        });
        let body = body.to_string().into_bytes();
        let message = understand(&body).map_err(Error::internal)?;
        self.record(News { message, body }).await?;
        tracing::warn!(call = %call.id, reason, "a call is given up: nothing was heard of it");
        Ok(())
    }

    async fn record(&self, news: News) -> Result<()> {
        let (received_at, seal) = (self.app.clock.millis(), &self.app.seal);
        let event = Event::new(news.message, &news.body, SOURCE, None, received_at, seal);
        self.recorder.record(Arc::new(event)).await?;
        Ok(())
    }
}

/// For how long Vapi wants to be left alone, where it says so.
fn quiet_after(trouble: &Trouble) -> Option<Duration> {
    match trouble {
        Trouble::Busy { retry_after } => retry_after.map(|after| after.min(QUIET_MAX)),
        _ => None,
    }
}
