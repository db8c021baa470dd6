//! The transaction that makes a thing and remembers the answer, or finds the
//! answer that was given before.

use std::future::Future;

use actix_web::{HttpResponse, http::StatusCode};
use entity::{Sealed, idempotency_keys};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::REMEMBERED;
use crate::{
    app::App,
    error::{Code, Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
        seal::{Place, Seal},
    },
};

/// A request that may have been made before.
#[derive(Debug)]
pub(super) struct Claim {
    id: Vec<u8>,
    request_digest: [u8; 32],
}

/// What is answered, and whether it is a repetition.
struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    repeated: bool,
}

impl Claim {
    /// Lengths go in with the parts, so that no two claims share their bytes.
    pub(super) fn new(principal: &str, path: &str, key: &str, request_digest: [u8; 32]) -> Self {
        let mut digest = Sha256::new();
        for part in [principal, path, key] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self {
            id: digest.finalize().to_vec(),
            request_digest,
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            table: "idempotency_keys",
            column: "answer",
            row: &self.id,
        }
    }
}

pub(super) async fn answer<A, F, Fut>(
    app: &App,
    claim: Option<Claim>,
    work: F,
) -> Result<HttpResponse>
where
    A: Serialize,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(StatusCode, A)>> + Send,
{
    let (seal, now) = (app.seal.clone(), app.clock.millis());
    let answer = app
        .db
        .write(move |tx| async move {
            if let Some(claim) = &claim
                && !take(&tx, claim, now).await?
            {
                return first_answer(&tx, claim, &seal).await;
            }
            let (status, body) = {
                let (status, made) = work(tx.clone()).await?;
                (status, serde_json::to_vec(&made).map_err(Error::internal)?)
            };
            if let Some(claim) = &claim {
                remember(&tx, claim, status, seal.seal(claim.place(), &body)).await?;
            }
            Ok(Answer {
                status,
                body,
                repeated: false,
            })
        })
        .await?;
    let mut response = HttpResponse::build(answer.status);
    if answer.repeated {
        response.insert_header(("idempotent-replayed", "true"));
    }
    Ok(response.content_type("application/json").body(answer.body))
}

/// Takes the key's row, waiting for a transaction that holds it; false where
/// the request was answered before.
async fn take(tx: &Tx, claim: &Claim, now: Millis) -> Result<bool> {
    idempotency_keys::Entity::delete_many()
        .filter(idempotency_keys::Column::Id.eq(claim.id.clone()))
        .filter(idempotency_keys::Column::CreatedAt.lte(now - millis_of(REMEMBERED)))
        .exec(&**tx)
        .await?;
    let row = idempotency_keys::ActiveModel {
        id: Set(claim.id.clone()),
        request_digest: Set(claim.request_digest.to_vec()),
        status: Set(0),
        answer: Set(Sealed(Vec::new())),
        created_at: Set(now),
    };
    let taken = idempotency_keys::Entity::insert(row)
        .on_conflict(
            OnConflict::column(idempotency_keys::Column::Id)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(taken == 1)
}

async fn remember(tx: &Tx, claim: &Claim, status: StatusCode, sealed: Vec<u8>) -> Result<()> {
    let row = idempotency_keys::ActiveModel {
        id: Set(claim.id.clone()),
        status: Set(status.as_u16().cast_signed()),
        answer: Set(Sealed(sealed)),
        ..Default::default()
    };
    idempotency_keys::Entity::update(row).exec(&**tx).await?;
    Ok(())
}

async fn first_answer(tx: &Tx, claim: &Claim, seal: &Seal) -> Result<Answer> {
    let row = idempotency_keys::Entity::find_by_id(claim.id.clone())
        .one(&**tx)
        .await?
        .ok_or_else(|| Error::internal(anyhow::anyhow!("a taken key has no row")))?;
    if row.request_digest != claim.request_digest {
        return Err(Error::new(
            Code::IdempotencyKeyReused,
            "This Idempotency-Key came with another body before: use a new key for a new request.",
        ));
    }
    let body = seal
        .open(claim.place(), &row.answer.0)
        .map_err(Error::internal)?;
    let status = StatusCode::from_u16(row.status.cast_unsigned()).map_err(Error::internal)?;
    Ok(Answer {
        status,
        body: body.to_vec(),
        repeated: true,
    })
}
