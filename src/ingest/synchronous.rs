//! Questions of Vapi's: it waits for our answer, and reads nothing but that.
//!
//! Tools are asked first and the event is kept with their answers; a question
//! that comes twice gets the same answer, because a tool call is known by its
//! id. While the database is away the question is answered all the same, and
//! goes to the spool with its answer, so that draining never asks again.

use serde_json::Value;

use super::{
    Ingest,
    accept::{self, Received},
    replies,
};
use crate::{
    app::App,
    error::Result,
    tools::{Answered, Asked},
    vapi::message::{Message, Said, ToolCall},
};

pub(super) fn is_question(message: &Message) -> bool {
    matches!(
        message.said,
        Said::ToolCalls(_) | Said::FunctionCall(_) | Said::AssistantRequest | Said::Request { .. }
    )
}

/// Answers a question, and keeps it with its answer before the answer goes.
pub(super) async fn answer(app: &App, ingest: &Ingest, received: Received) -> Result<Value> {
    let (address, shape) = (received.letter.address, received.message.shape);
    let reply = match &received.message.said {
        Said::ToolCalls(calls) => replies::tool_results(&ask(app, ingest, &received, calls).await),
        Said::FunctionCall(call) => {
            let answers = ask(app, ingest, &received, std::slice::from_ref(call)).await;
            answers
                .first()
                .map(|answered| replies::function_result(address, shape, answered))
                .unwrap_or_default()
        }
        Said::AssistantRequest => replies::assistant(app.config.vapi.assistant_id.as_deref()),
        Said::Request { cannot } => cannot.clone().unwrap_or_default(),
        _ => Value::Null,
    };
    accept::accept(app, ingest, received, Some(&reply)).await?;
    Ok(reply)
}

async fn ask(app: &App, ingest: &Ingest, received: &Received, calls: &[ToolCall]) -> Vec<Answered> {
    let Received { message, letter } = received;
    let asked = asked(app, message, &letter.body, calls);
    ingest.tools.answer_all(&asked).await
}

/// What is asked, and whose call it is by the message's word, where that is
/// to be believed.
fn asked<'a>(app: &App, message: &'a Message, body: &'a [u8], calls: &'a [ToolCall]) -> Asked<'a> {
    let call = message.call.as_ref();
    let believed = call.filter(|call| !call.is_web() || app.config.ingest.trust_web_metadata);
    Asked {
        vapi_call_id: call.map(|call| call.vapi_id.as_str()).unwrap_or_default(),
        calls,
        owner: believed.and_then(|call| call.owner.as_deref()),
        body,
    }
}

/// Writes down what tools answered while the database was away, so that a
/// question that comes again gets the same answer.
pub(super) async fn remember(
    app: &App,
    ingest: &Ingest,
    message: &Message,
    body: &[u8],
    reply: &Value,
) -> Result<()> {
    let Said::ToolCalls(calls) = &message.said else {
        return Ok(());
    };
    let answers = replies::tool_answers(reply);
    ingest
        .tools
        .remember(&asked(app, message, body, calls), &answers)
        .await
}
