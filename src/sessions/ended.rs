//! What is told of a session, summed up.

use entity::calls::Model;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::{Session, analysis::Analysis, messages, summary::Summary, wire::SummaryView};
use crate::{
    error::{Error, Result},
    infra::seal::Seal,
};

/// The summary of a session that is over, as it is read by who asks for it.
pub async fn ended(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: Model,
) -> Result<Map<String, Value>> {
    summed_up(conn, seal, &Session(call)).await
}

/// The summary of a session, as far as it has come.
pub async fn summed_up(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    session: &Session,
) -> Result<Map<String, Value>> {
    let lines = messages::all(conn, seal, session).await?;
    let analysis = Analysis::of(conn, seal, session).await?;
    let summary = Summary::of(session, analysis, &lines);
    match serde_json::to_value(SummaryView::new(session, summary)).map_err(Error::internal)? {
        Value::Object(summary) => Ok(summary),
        _ => Ok(Map::new()),
    }
}
