//! A subscription's secrets and headers, opened for a trial.

use entity::{
    SubscriptionId,
    subscriptions::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};

use crate::{
    auth::Scope,
    delivery::sign::Signers,
    error::{Error, Result},
    infra::{clock::Millis, seal::Seal},
    subscriptions::{
        SigningSecret,
        sealed::{Headers, SecretColumn, open_headers, open_secret},
    },
};

pub(super) async fn by_id(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: SubscriptionId,
) -> Result<Option<Model>> {
    let wanted = alive(scope).filter(Column::Id.eq(id));
    Ok(wanted.one(conn).await?)
}

/// The one within the scope that is told at this URL.
pub(super) async fn by_url(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    url: &str,
) -> Result<Option<Model>> {
    let wanted = alive(scope).filter(Column::Url.eq(url));
    Ok(wanted.one(conn).await?)
}

fn alive(scope: &Scope) -> Select<Entity> {
    Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::DeletedAt.is_null())
}

/// Who signs at this moment: the secret before signs as long as it has been let.
pub(super) fn signers(seal: &Seal, row: &Model, now: Millis) -> Result<Signers> {
    let secret = |column, sealed| open_secret(seal, row.id, column, sealed);
    let is_over = row.previous_until.is_none_or(|until| until <= now);
    let previous = row.previous_secret.as_ref().filter(|_| !is_over);
    let current = secret(SecretColumn::Current, &row.secret);
    let previous = previous.map(|sealed| secret(SecretColumn::Previous, sealed));
    Ok(Signers {
        current: current.map_err(Error::internal)?,
        previous: previous.transpose().map_err(Error::internal)?,
    })
}

/// The secret and the one before, whether or not that one still signs.
pub(super) fn secrets(seal: &Seal, row: &Model) -> Result<(SigningSecret, Option<SigningSecret>)> {
    let Signers { current, previous } = signers(seal, row, Millis::MIN)?;
    Ok((current, previous))
}

/// The headers that the subscriber asked to be sent along.
pub(super) fn headers(seal: &Seal, row: &Model) -> Result<Headers> {
    open_headers(seal, row.id, row.headers.as_ref()).map_err(Error::internal)
}
