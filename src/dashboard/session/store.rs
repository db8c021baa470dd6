//! The rows of those who are logged in.

use entity::{
    Sealed,
    dashboard_sessions::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use super::token::Token;
use crate::{
    auth::Credential,
    error::{Error, Result},
    infra::{
        clock::Millis,
        seal::{Place, Seal},
    },
};

pub(super) struct New<'a> {
    pub token: &'a Token,
    pub credential: &'a Credential,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// Keeps a session, and clears away those that have expired.
pub(super) async fn keep(conn: &impl ConnectionTrait, seal: &Seal, new: New<'_>) -> Result<()> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lte(new.created_at))
        .exec(conn)
        .await?;
    let id = new.token.digest();
    let credential = seal.seal(place(&id), &new.credential.to_bytes()?);
    let row = ActiveModel {
        credential: Set(Sealed(credential)),
        id: Set(id),
        created_at: Set(new.created_at),
        expires_at: Set(new.expires_at),
    };
    row.insert(conn).await?;
    Ok(())
}

/// What the holder of this token was recognised by, if it still holds.
pub(super) async fn find(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    token: &Token,
    now: Millis,
) -> Result<Option<Credential>> {
    let id = token.digest();
    let row = Entity::find_by_id(id.clone())
        .filter(Column::ExpiresAt.gt(now))
        .one(conn)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let plain = seal.open(place(&id), &row.credential.0);
    Credential::from_bytes(&plain.map_err(Error::internal)?).map(Some)
}

pub(super) async fn end(conn: &impl ConnectionTrait, token: &Token) -> Result<()> {
    Entity::delete_by_id(token.digest()).exec(conn).await?;
    Ok(())
}

fn place(id: &[u8]) -> Place<'_> {
    Place {
        table: "dashboard_sessions",
        column: "credential",
        row: id,
    }
}
