//! One tool call, from the question to an answer that is kept.
//!
//! It runs in a task of its own: Vapi may hang up on us, and the tool's answer
//! is still written down, for when Vapi asks again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::sync::Cache;

use super::{
    Answered, CALLS_AT_ONCE_MAX, Outcome,
    forward::forward,
    in_flight::InFlight,
    ledger::{self, Claim},
    question::{Answer, Digest, Question},
    registry::{Registry, Tool},
};
use crate::{
    app::App,
    error::{Code, Result},
    infra::clock::{Millis, millis_of},
    instances::Membership,
};

/// How often another process's answer is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What a process gets, beyond its tool's time, to write the answer down.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

/// Where questions are put.
pub(super) struct Desk {
    pub app: App,
    pub membership: Membership,
    pub registry: Registry,
    pub in_flight: InFlight,
    /// Answers that the database was away for.
    pub unwritten: Cache<Digest, Outcome>,
}

impl Desk {
    pub async fn answer(
        self: &Arc<Self>,
        tool: Arc<Tool>,
        question: Question,
        database_answers: bool,
    ) -> Answered {
        let (desk, asked) = (self.clone(), question.clone());
        let asking = async move { desk.answer_once(&tool, &asked, database_answers).await };
        let answer = self.in_flight.join(question.digest, asking).await;
        let answer = answer.unwrap_or_else(|| lost(&question.name));
        question.answered(answer)
    }

    async fn answer_once(
        &self,
        tool: &Tool,
        question: &Question,
        database_answers: bool,
    ) -> Answer {
        let unwritten = self.unwritten.get(&question.digest);
        match (unwritten, database_answers) {
            (Some(outcome), true) => self.keep(question, repeated(outcome)).await,
            (Some(outcome), false) => self.keep_in_memory(question, repeated(outcome)),
            (None, true) => self.answer_by_row(tool, question).await,
            (None, false) => self.keep_in_memory(question, self.ask(tool, question).await),
        }
    }

    async fn answer_by_row(&self, tool: &Tool, question: &Question) -> Answer {
        match ledger::claim(&self.app, question.digest, self.membership.id()).await {
            Ok(Claim::Ours) => self.keep(question, self.ask(tool, question).await).await,
            Ok(Claim::Answered(outcome)) => Answer::known(repeated(outcome)),
            Ok(Claim::Anothers { since }) => self.wait(tool, question, since).await,
            Ok(Claim::Lost) => lost(&tool.name),
            Err(error) if error.code() == Code::StoreUnavailable => {
                self.keep(question, self.ask(tool, question).await).await
            }
            Err(error) => {
                tracing::error!(cause = ?error.source_chain(), "a tool call could not be claimed");
                Answer::error(format!("{} cannot be reached just now.", tool.name))
            }
        }
    }

    async fn ask(&self, tool: &Tool, question: &Question) -> Outcome {
        let started = Instant::now();
        let outcome = forward(&self.app, tool, question).await;
        metrics::histogram!("ringback_tool_call_seconds").record(started.elapsed());
        count(match outcome {
            Ok(_) => "answered",
            Err(_) => "failed",
        });
        outcome
    }

    /// Keeps an answer in the database, else in memory.
    async fn keep(&self, question: &Question, outcome: Outcome) -> Answer {
        match self.write(&question.digest, &outcome).await {
            Ok(()) => Answer::known(outcome),
            Err(error) => {
                tracing::warn!(cause = ?error.source_chain(), "a tool's answer is in memory only");
                self.keep_in_memory(question, outcome)
            }
        }
    }

    /// Nobody on the line waits for a database that is known to be away.
    fn keep_in_memory(&self, question: &Question, outcome: Outcome) -> Answer {
        self.unwritten.insert(question.digest, outcome.clone());
        Answer {
            outcome,
            kept: false,
        }
    }

    pub async fn write(&self, digest: &Digest, outcome: &Outcome) -> Result<()> {
        ledger::finish(&self.app, *digest, self.membership.id(), outcome).await?;
        self.unwritten.invalidate(digest);
        Ok(())
    }

    /// Waits for the answer that another process is getting, as long as that
    /// can take. What this one is getting is in flight, and not waited for here.
    async fn wait(&self, tool: &Tool, question: &Question, since: Millis) -> Answer {
        let until = since + millis_of(tool.timeout + WRITTEN_WITHIN);
        loop {
            let is_late = self.app.clock.millis() >= until;
            match ledger::look(&self.app, question.digest, self.membership.id()).await {
                Ok(Claim::Answered(outcome)) => return Answer::known(repeated(outcome)),
                Ok(Claim::Anothers { .. }) if !is_late => {}
                _ => return lost(&tool.name),
            }
            self.app.clock.sleep(LOOK_EVERY).await;
        }
    }
}

/// Nobody was asked, so asking again does no harm.
pub(super) fn unknown(name: &str) -> Answer {
    count("unknown");
    Answer::error(format!("Unknown function: {name}"))
}

pub(super) fn too_many() -> Answer {
    count("refused");
    Answer::error(format!(
        "Only {CALLS_AT_ONCE_MAX} functions can be called at once."
    ))
}

/// It was asked, and how that ended is not known.
fn lost(name: &str) -> Answer {
    count("lost");
    Answer::error(format!(
        "{name} was called before, and its answer did not come back. It may have done what it was asked."
    ))
}

fn repeated(outcome: Outcome) -> Outcome {
    count("repeated");
    outcome
}

fn count(outcome: &'static str) {
    metrics::counter!("ringback_tool_calls_total", "outcome" => outcome).increment(1);
}
