//! The table of tool calls: who asks, and what was answered.
//!
//! No transaction is open while a tool is asked. The row is written before and
//! completed after; between the two it belongs to an instance, and if that
//! dies the row stays as it is, for nobody may ask again.

use std::time::Duration;

use entity::{
    Sealed, instances,
    tool_calls::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use super::{Outcome, question::Digest};
use crate::{
    app::App,
    error::{Error, Result},
    infra::{
        clock::Millis,
        db::in_time,
        seal::{Place, Seal},
    },
};

/// A database that takes longer is away: somebody is on the line.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Whose a tool call is.
#[derive(Debug)]
pub(super) enum Claim {
    /// Ours: it was not asked yet.
    Ours,
    Answered(Outcome),
    /// A process that lives is asking.
    Anothers {
        since: Millis,
    },
    /// It was asked, and whoever asked is gone without a word.
    Lost,
}

/// Says that we are asking, unless somebody has said so before.
pub(super) async fn claim(app: &App, digest: Digest, instance: Uuid) -> Result<Claim> {
    let row = ActiveModel {
        digest: Set(digest.to_vec()),
        instance: Set(instance),
        answer: Set(None),
        created_at: Set(app.clock.millis()),
        finished_at: Set(None),
    };
    let written = app.db.write(move |tx| async move {
        let on_conflict = OnConflict::column(Column::Digest).do_nothing().to_owned();
        let insert = Entity::insert(row).on_conflict(on_conflict);
        Ok(insert.exec_without_returning(&*tx).await?)
    });
    if in_time(WRITE_TIMEOUT, written).await? == 1 {
        return Ok(Claim::Ours);
    }
    // Somebody has asked: whatever else goes wrong now, we do not.
    let standing = look(app, digest, instance).await;
    Ok(standing.unwrap_or_else(|error| {
        tracing::warn!(cause = ?error.source_chain(), "a tool call cannot be looked up");
        Claim::Lost
    }))
}

/// How a tool call stands that is written down. What stands under our own
/// name is not being asked: that would be in flight, and nobody would look.
pub(super) async fn look(app: &App, digest: Digest, ours: Uuid) -> Result<Claim> {
    let row = Entity::find_by_id(digest).one(app.db.read()).await?;
    Ok(match row {
        Some(Model {
            answer: Some(sealed),
            ..
        }) => Claim::Answered(open(&app.seal, &digest, &sealed)?),
        Some(row) if row.instance != ours && is_alive(app, row.instance).await? => {
            Claim::Anothers {
                since: row.created_at,
            }
        }
        _ => Claim::Lost,
    })
}

async fn is_alive(app: &App, instance: Uuid) -> Result<bool> {
    let row = instances::Entity::find_by_id(instance)
        .one(app.db.read())
        .await?;
    let now = app.db.now_millis().await?;
    Ok(row.is_some_and(|row| row.expires_at > now))
}

/// Completes the row, or writes one where there is none. The first answer stays.
pub(super) async fn finish(
    app: &App,
    digest: Digest,
    instance: Uuid,
    outcome: &Outcome,
) -> Result<()> {
    let plain = serde_json::to_vec(outcome).map_err(Error::internal)?;
    let now = app.clock.millis();
    let row = ActiveModel {
        digest: Set(digest.to_vec()),
        instance: Set(instance),
        answer: Set(Some(Sealed(app.seal.seal(place(&digest), &plain)))),
        created_at: Set(now),
        finished_at: Set(Some(now)),
    };
    let written = app.db.write(move |tx| async move {
        let unanswered = Expr::col((Entity, Column::Answer)).is_null();
        let on_conflict = OnConflict::column(Column::Digest)
            .update_columns([Column::Answer, Column::FinishedAt])
            .action_and_where(unanswered)
            .to_owned();
        let upsert = Entity::insert(row).on_conflict(on_conflict);
        upsert.exec_without_returning(&*tx).await?;
        Ok(())
    });
    in_time(WRITE_TIMEOUT, written).await
}

fn open(seal: &Seal, digest: &Digest, sealed: &Sealed) -> Result<Outcome> {
    let plain = seal
        .open(place(digest), &sealed.0)
        .map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

fn place(digest: &Digest) -> Place<'_> {
    Place {
        table: "tool_calls",
        column: "answer",
        row: digest,
    }
}
