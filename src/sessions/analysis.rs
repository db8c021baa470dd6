//! What Vapi's models made of sessions, as far as it was reported and was not dismissed.

use entity::calls::Model;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::Session;
use crate::{error::Result, infra::seal::Seal, results::reported, vapi::message::Results};

/// It is the work of a model, so any of it may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    pub summary: Option<String>,
    pub structured_data: Option<Value>,
}

impl Analysis {
    pub async fn of(conn: &impl ConnectionTrait, seal: &Seal, session: &Session) -> Result<Self> {
        let only = Self::of_each(conn, seal, std::slice::from_ref(session)).await?;
        Ok(only.into_iter().next().unwrap_or_default())
    }

    /// In the order of the sessions.
    pub async fn of_each(
        conn: &impl ConnectionTrait,
        seal: &Seal,
        sessions: &[Session],
    ) -> Result<Vec<Self>> {
        let calls = || sessions.iter().map(|session| &session.0);
        let stands = |call: &&Model| call.result_dismissed_at.is_none();
        let mut reported = reported::of(conn, seal, calls().filter(stands)).await?;
        let of = |call: &Model| match reported.remove(&call.id) {
            Some(reported) => Self::read(reported.results.into_owned()),
            None => Self::default(),
        };
        Ok(calls().map(of).collect())
    }

    fn read(results: Results) -> Self {
        let summary = results.summary.map(|text| text.trim().to_owned());
        let data = results.structured_data;
        Self {
            summary: summary.filter(|text| !text.is_empty()),
            structured_data: data.filter(|data| !data.is_null() && *data != empty()),
        }
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}
