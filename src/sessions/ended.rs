//! What is told of a session that is over.

use entity::calls::Model;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::{
    Session, messages,
    summary::{Analysis, Summary},
    wire::SummaryView,
};
use crate::{
    error::{Error, Result},
    infra::seal::Seal,
};

/// Its summary, as it is read by who asks for it.
pub async fn ended(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: Model,
) -> Result<Map<String, Value>> {
    let session = Session(call);
    let lines = messages::all(conn, seal, &session).await?;
    let summary = Summary::of(&session, Analysis::of(seal, &session)?, &lines);
    match serde_json::to_value(SummaryView::new(&session, summary)).map_err(Error::internal)? {
        Value::Object(summary) => Ok(summary),
        _ => Ok(Map::new()),
    }
}
