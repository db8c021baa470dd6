//! What a session came to, in JSON.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::session::SessionStatus;
use crate::{
    infra::clock::Millis,
    sessions::{Session, summary::Summary},
};

/// Where a summary has its text from.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SummarySource {
    /// Vapi's analysis.
    Analysis,
    /// What was said, counted and quoted.
    Messages,
}

/// What a session came to.
#[derive(Serialize, ToSchema)]
#[schema(as = Summary)]
pub struct SummaryView {
    #[schema(example = "019a9c95-32a0-7ccd-93e9-2655308be9ae")]
    session_id: String,
    status: SessionStatus,
    /// False while the session goes on, or its report is still waited for.
    r#final: bool,
    /// Null as long as nothing was said.
    #[schema(required = true)]
    text: Option<String>,
    source: SummarySource,
    /// How often the word passed from one to the other.
    #[schema(example = 4)]
    turns: usize,
    /// From the begin to the end, or to what was said last.
    #[schema(required = true, example = 70)]
    duration_seconds: Option<Millis>,
    /// The user's first turn.
    #[schema(required = true)]
    first_request: Option<String>,
    /// The assistant's last turn.
    #[schema(required = true)]
    last_answer: Option<String>,
    /// The structured data of Vapi's analysis, where there are any.
    #[schema(required = true, value_type = Option<Object>)]
    key_insights: Option<Value>,
}

impl SummaryView {
    pub fn new(session: &Session, summary: Summary) -> Self {
        Self {
            session_id: session.id(),
            status: SessionStatus::of(session),
            r#final: session.is_settled(),
            text: summary.text,
            source: match summary.by_analysis {
                true => SummarySource::Analysis,
                false => SummarySource::Messages,
            },
            turns: summary.turns,
            duration_seconds: summary.duration_millis.map(|millis| millis / 1_000),
            first_request: summary.first_request,
            last_answer: summary.last_answer,
            key_insights: summary.key_insights,
        }
    }
}

/// The summary of a session.
#[derive(Serialize, ToSchema)]
pub struct OneSummary {
    #[schema(example = true)]
    success: bool,
    summary: SummaryView,
}

impl OneSummary {
    pub fn new(session: &Session, summary: Summary) -> Self {
        Self {
            success: true,
            summary: SummaryView::new(session, summary),
        }
    }
}
