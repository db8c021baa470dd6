//! Tools: what an assistant may ask for in the middle of a call.
//!
//! A tool is an address that its owner registers. When an assistant asks for
//! it, Vapi asks us and waits, with somebody on the line; we ask the tool and
//! give its answer back.
//!
//! ```text
//!   registry ──▶ in_flight ──▶ ledger ──▶ forward ──▶ answer ──▶ ledger
//!   whose tool   asked here    written    signed,     one line   kept for
//!   serves this  already?      first      guarded     of text    who asks again
//! ```
//!
//! **A tool is asked once.** What it does may cost money or fill a calendar,
//! and Vapi asks again whenever it did not hear us. So a row says that a tool
//! is being asked before it is, and what it answered after. Who comes with the
//! same question meanwhile waits for the answer; who comes later gets the same
//! one. If the process that asked has died, nobody knows how that ended, and
//! an error says so: a person on the line can be told, and can decide.
//!
//! **A call is answered while the database is away**, out of memory and
//! without a row. Such an answer stays in memory for who asks again, and
//! whoever keeps the question until the database is back has it remembered.
//!
//! What a tool does wrong is never our error: it is a sentence that the
//! assistant can say.

mod answer;
mod call;
mod forward;
pub mod http;
mod in_flight;
mod ledger;
mod new_tool;
mod question;
mod register;
mod registry;
pub mod store;
mod wire;

use std::sync::Arc;

use futures_util::future::join_all;
use moka::sync::Cache;

use crate::{app::App, error::Result, instances::Membership, vapi::message::ToolCall};

pub use self::wire::CreateTool;
use self::{call::Desk, in_flight::InFlight, question::Question, registry::Registry};

/// More than any assistant asks for in one breath.
const CALLS_AT_ONCE_MAX: usize = 32;
/// Answers that are held in memory because the database was away.
const UNWRITTEN_ANSWERS_MAX: u64 = 1_000;

/// The tools of everybody, ready to be asked.
#[derive(Clone)]
pub struct Tools(Arc<Desk>);

/// What one message asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub vapi_call_id: &'a str,
    pub calls: &'a [ToolCall],
    /// Whose call the message says it is, where that is to be believed. What
    /// the database knows comes first.
    pub owner: Option<&'a str>,
    /// The message as it came: by it a question is known that has no id.
    pub body: &'a [u8],
}

/// What became of one tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub id: Option<String>,
    pub name: String,
    /// One line that the assistant is given: a result, or what went wrong.
    pub outcome: Outcome,
    /// False where the database was away and should have it: whoever keeps
    /// this answer gives it to [`Tools::remember`] later.
    pub kept: bool,
}

type Outcome = std::result::Result<String, String>;

impl Tools {
    /// Reads all tools into memory.
    pub async fn start(app: &App, membership: &Membership) -> Result<Self> {
        let desk = Desk {
            registry: Registry::load(app).await?,
            in_flight: InFlight::here(),
            unwritten: Cache::new(UNWRITTEN_ANSWERS_MAX),
            membership: membership.clone(),
            app: app.clone(),
        };
        Ok(Self(Arc::new(desk)))
    }

    /// Asks all tools of a message at once. The answers are in the order of
    /// the calls, and there is one to each, whatever happens.
    pub async fn answer_all(&self, asked: &Asked<'_>) -> Vec<Answered> {
        let now = asked.calls.len().min(CALLS_AT_ONCE_MAX);
        let found = self.0.registry.serving(asked, &asked.calls[..now]).await;
        let questions = asked.calls.iter().enumerate().map(|(at, call)| {
            let question = Question::new(asked, at, call);
            let tool = found.named(&call.name).cloned();
            async move {
                match tool {
                    _ if at >= CALLS_AT_ONCE_MAX => question.answered(call::too_many()),
                    None => question.answered(call::unknown(&call.name)),
                    Some(tool) => self.0.answer(tool, question, found.is_fresh).await,
                }
            }
        });
        join_all(questions).await
    }

    /// Writes down what a message was answered while the database was away.
    pub async fn remember(&self, asked: &Asked<'_>, answers: &[Answered]) -> Result<()> {
        for (at, (call, answered)) in asked.calls.iter().zip(answers).enumerate() {
            let question = Question::new(asked, at, call);
            self.0.write(&question.digest, &answered.outcome).await?;
        }
        Ok(())
    }

    /// Reads all tools again, after one was made or deleted. Where that does
    /// not succeed, the next use will see to it.
    pub async fn reload(&self) {
        if let Err(error) = self.0.registry.reload().await {
            tracing::warn!(cause = ?error.source_chain(), "the tools in memory are not fresh");
        }
    }
}
