//! A session, in JSON.

use entity::CallId;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    infra::{clock::rfc3339, seal::Seal},
    sessions::{Session, analysis::Analysis},
};

/// As long as Vapi's ids of calls are let in.
const SESSION_ID_CHARS_MAX: usize = 255;

/// A session to be claimed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimSession {
    /// The id of the call, as Vapi told it to the app.
    #[schema(
        min_length = 1,
        max_length = 255,
        example = "019a9c95-32a0-7ccd-93e9-2655308be9ae"
    )]
    session_id: String,
}

/// Whether more is to come.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SessionStatus {
    Active,
    Completed,
}

/// A session: a call, as who speaks in it sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Vapi's id of the call, or ours until that is known. Either finds it.
    #[schema(example = "019a9c95-32a0-7ccd-93e9-2655308be9ae")]
    id: String,
    /// Our own id of the call.
    #[schema(value_type = String, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    call_id: CallId,
    status: SessionStatus,
    #[schema(format = DateTime, required = true)]
    started_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    ended_at: Option<String>,
    /// Vapi's reason.
    #[schema(required = true, example = "customer-ended-call")]
    ended_reason: Option<String>,
    /// The summary of Vapi's analysis, where there is one.
    #[schema(required = true)]
    transcript_summary: Option<String>,
    /// The structured data of Vapi's analysis, where there are any.
    #[schema(required = true, value_type = Option<Object>)]
    key_insights: Option<Value>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
}

/// One session.
#[derive(Serialize, ToSchema)]
pub struct OneSession {
    #[schema(example = true)]
    success: bool,
    session: SessionView,
}

/// A page of sessions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    #[schema(example = true)]
    success: bool,
    sessions: Vec<SessionView>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl ClaimSession {
    /// The id, if it can be one.
    pub fn id(&self) -> Result<&str> {
        let id = self.session_id.as_str();
        let is_id = !id.trim().is_empty()
            && id.chars().count() <= SESSION_ID_CHARS_MAX
            && !id.chars().any(char::is_control);
        let wanted = format!(
            "give 1 to {SESSION_ID_CHARS_MAX} characters, not all spaces, no control characters"
        );
        is_id
            .then_some(id)
            .ok_or_else(|| Error::invalid("session_id", wanted))
    }
}

impl SessionStatus {
    pub fn of(session: &Session) -> Self {
        match session.is_over() {
            true => Self::Completed,
            false => Self::Active,
        }
    }
}

impl SessionView {
    fn of(session: &Session, analysis: Analysis) -> Self {
        let call = &session.0;
        Self {
            id: session.id(),
            call_id: call.id,
            status: SessionStatus::of(session),
            started_at: call.started_at.map(rfc3339),
            ended_at: call.ended_at.map(rfc3339),
            ended_reason: call.ended_reason.clone(),
            transcript_summary: analysis.summary,
            key_insights: analysis.structured_data,
            created_at: rfc3339(call.created_at),
        }
    }
}

impl OneSession {
    pub async fn of(conn: &impl ConnectionTrait, seal: &Seal, session: &Session) -> Result<Self> {
        let analysis = Analysis::of(conn, seal, session).await?;
        Ok(Self {
            success: true,
            session: SessionView::of(session, analysis),
        })
    }
}

impl Sessions {
    pub async fn of(
        conn: &impl ConnectionTrait,
        seal: &Seal,
        (sessions, next_cursor): (Vec<Session>, Option<String>),
    ) -> Result<Self> {
        let analyses = Analysis::of_each(conn, seal, &sessions).await?;
        let views = sessions
            .iter()
            .zip(analyses)
            .map(|(session, analysis)| SessionView::of(session, analysis));
        Ok(Self {
            success: true,
            sessions: views.collect(),
            next_cursor,
        })
    }
}
