//! `/api/v1/keys`: for admins.

use actix_web::{
    HttpResponse, delete, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use entity::KeyId;

use super::{
    Admin,
    api_key::{self, NewKey},
    wire::{CreateKey, CreatedKey, Keys, OneKey, RevokedKey},
};
use crate::{
    app::App,
    error::{Envelope, Error, Result},
    idempotency::Create,
    infra::page::PageQuery,
};

/// Makes an API key. Its text is in this answer and nowhere else, ever.
#[utoipa::path(
    tag = "keys",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = CreateKey,
    responses(
        (status = 201, description = "The key, shown this once", body = CreatedKey),
        (status = 403, description = "Not an admin", body = Envelope),
    ),
)]
#[post("")]
pub async fn create_key(
    admin: Admin,
    app: Data<App>,
    create: Create<CreateKey>,
) -> Result<HttpResponse> {
    let clock = app.clock.clone();
    create
        .once(
            &app,
            &admin.principal(),
            StatusCode::CREATED,
            |tx, wanted: CreateKey| async move {
                let new = NewKey::from(wanted).checked()?;
                let created = api_key::create(&*tx, &clock, new).await?;
                Ok(CreatedKey::new(created))
            },
        )
        .await
}

/// Lists all keys, the revoked ones too, newest first.
#[utoipa::path(
    tag = "keys",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of keys", body = Keys),
        (status = 403, description = "Not an admin", body = Envelope),
    ),
)]
#[get("")]
pub async fn list_keys(_: Admin, app: Data<App>, query: Query<PageQuery>) -> Result<Json<Keys>> {
    let keys = api_key::list(app.db.read(), &query.page()?).await?;
    Ok(Json(Keys::new(keys)))
}

/// Shows one key, but for the key itself.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, example = "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The key", body = OneKey),
        (status = 403, description = "Not an admin", body = Envelope),
        (status = 404, description = "No such key", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_key(_: Admin, app: Data<App>, id: Path<String>) -> Result<Json<OneKey>> {
    let key = api_key::find(app.db.read(), read_id(&id)?).await?;
    Ok(Json(key.ok_or_else(no_such_key)?.into()))
}

/// Revokes a key, for good: it stops working within 5 seconds everywhere.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, example = "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "It is revoked", body = RevokedKey),
        (status = 403, description = "Not an admin", body = Envelope),
        (status = 404, description = "No such key, or revoked before", body = Envelope),
    ),
)]
#[delete("/{id}")]
pub async fn revoke_key(_: Admin, app: Data<App>, id: Path<String>) -> Result<Json<RevokedKey>> {
    let (id, clock) = (read_id(&id)?, app.clock.clone());
    let revoked = app
        .db
        .write(move |tx| async move { api_key::revoke(&*tx, &clock, id).await });
    match revoked.await? {
        true => Ok(Json(RevokedKey::new())),
        false => Err(no_such_key()),
    }
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<KeyId> {
    text.parse().map_err(|_| no_such_key())
}

fn no_such_key() -> Error {
    Error::not_found("key")
}
