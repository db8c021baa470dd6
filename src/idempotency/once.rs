//! The transaction that makes a thing and remembers the answer, or finds the
//! answer that was given before.

use std::{future::Future, time::Duration};

use actix_web::{HttpResponse, http::StatusCode};
use entity::{
    Sealed,
    idempotency_keys::{self, Column},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
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
#[derive(Clone, Debug)]
pub(super) struct Claim {
    id: Vec<u8>,
    request_digest: [u8; 32],
}

/// What is answered, and whether it is a repetition.
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    pub(super) repeated: bool,
}

/// The header of an answer that was given before.
pub(super) const REPEATED: &str = "idempotent-replayed";
/// In the row of a request that is not answered yet.
const UNANSWERED: i16 = 0;
/// After this a request that is done in steps has died with its process.
const STEPS_TAKE_AT_MOST: Duration = Duration::from_secs(10 * 60);
const ASK_AGAIN_AFTER_SECS: u64 = 5;

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

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            table: "idempotency_keys",
            column: "answer",
            row: &self.id,
        }
    }
}

/// What a request with a key has come to, where making the thing takes longer than a transaction.
pub enum Begun<P> {
    /// It was begun now, and is to be ended by the ticket.
    First(P, Ticket),
    /// It was begun before, with this note, and has no answer yet.
    Again(Vec<u8>, Ticket),
    Answered(Answer),
}

/// The right to say what a request is answered, now and when it is repeated, for as long as its key
/// has the note that stood there when this was given.
pub struct Ticket(Option<Noted>);

/// A key with the note in the place of its answer, as it is in the row.
struct Noted {
    claim: Claim,
    note: Sealed,
}

/// In the row of a request that has left a note in the place of its answer.
const NOTED: StatusCode = StatusCode::PROCESSING;

impl Ticket {
    fn of(claim: Claim, note: Sealed) -> Self {
        Self(Some(Noted { claim, note }))
    }

    pub async fn answer(
        self,
        app: &App,
        status: StatusCode,
        made: &impl Serialize,
    ) -> Result<HttpResponse> {
        let body = serde_json::to_vec(made).map_err(Error::internal)?;
        if let Some(noted) = self.0 {
            let sealed = Sealed(app.seal.seal(noted.claim.place(), &body));
            let answered = app.db.write(move |tx| async move {
                let row = idempotency_keys::Entity::update_many()
                    .col_expr(Column::Status, Expr::value(number(status)))
                    .col_expr(Column::Answer, Expr::value(sealed))
                    .filter(noted.is_there());
                row.exec(&*tx).await?;
                Ok(())
            });
            answered.await?;
        }
        Ok(Answer {
            status,
            body,
            repeated: false,
        }
        .into_response())
    }

    /// Nothing was made after all: the same key may try again.
    pub async fn forget(self, app: &App) -> Result<()> {
        let Some(noted) = self.0 else { return Ok(()) };
        app.db
            .write(move |tx| async move {
                let row = idempotency_keys::Entity::delete_many().filter(noted.is_there());
                row.exec(&*tx).await?;
                Ok(())
            })
            .await
    }
}

impl Noted {
    /// Whoever repeats the request may have forgotten the note, and made the thing anew.
    fn is_there(&self) -> Condition {
        Condition::all()
            .add(Column::Id.eq(self.claim.id.clone()))
            .add(Column::Answer.eq(self.note.clone()))
    }
}

/// Runs the first half of `work`, which leaves a note for whoever repeats the request before there
/// is an answer.
pub(super) async fn begin<P, F, Fut>(app: &App, claim: Option<Claim>, work: F) -> Result<Begun<P>>
where
    P: Send + 'static,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(Vec<u8>, P)>> + Send,
{
    let (seal, now) = (app.seal.clone(), app.clock.millis());
    app.db
        .write(move |tx| async move {
            while let Some(claim) = &claim
                && !take(&tx, claim, now).await?
            {
                let Some(row) = row_of(&tx, claim).await? else {
                    continue; // its note was forgotten in between
                };
                let first = answer_of(&row, claim, &seal)?;
                return Ok(match first.status {
                    NOTED => Begun::Again(first.body, Ticket::of(claim.clone(), row.answer)),
                    _ => Begun::Answered(first),
                });
            }
            let (note, begun) = work(tx.clone()).await?;
            let Some(claim) = claim else {
                return Ok(Begun::First(begun, Ticket(None)));
            };
            let note = seal.seal(claim.place(), &note);
            remember(&tx, &claim, NOTED, note.clone()).await?;
            Ok(Begun::First(begun, Ticket::of(claim, Sealed(note))))
        })
        .await
}

impl Answer {
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.repeated {
            response.insert_header((REPEATED, "true"));
        }
        response.content_type("application/json").body(self.body)
    }
}

pub(super) async fn answer<A, F, Fut>(app: &App, claim: Option<Claim>, work: F) -> Result<Answer>
where
    A: Serialize,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(StatusCode, A)>> + Send,
{
    let (seal, now) = (app.seal.clone(), app.clock.millis());
    app.db
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
        .await
}

/// The same for a page, which shows what was made and passes no answer on.
pub(super) async fn made<A, F, Fut>(app: &App, claim: Option<Claim>, work: F) -> Result<A>
where
    A: Serialize + DeserializeOwned,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<A>> + Send,
{
    let work = move |tx| {
        let made = work(tx);
        async move { Ok((StatusCode::OK, made.await?)) }
    };
    let answer = answer(app, claim, work).await?;
    serde_json::from_slice(&answer.body).map_err(Error::internal)
}

/// Takes the key's row, waiting for a transaction that holds it; false where
/// the request was answered before.
pub(super) async fn take(tx: &Tx, claim: &Claim, now: Millis) -> Result<bool> {
    let before = |age| Column::CreatedAt.lte(now - millis_of(age));
    let given_up = before(STEPS_TAKE_AT_MOST).and(Column::Status.eq(UNANSWERED));
    idempotency_keys::Entity::delete_many()
        .filter(Column::Id.eq(claim.id.clone()))
        .filter(before(REMEMBERED).or(given_up))
        .exec(&**tx)
        .await?;
    let row = idempotency_keys::ActiveModel {
        id: Set(claim.id.clone()),
        request_digest: Set(claim.request_digest.to_vec()),
        status: Set(UNANSWERED),
        answer: Set(Sealed(Vec::new())),
        created_at: Set(now),
    };
    let taken = idempotency_keys::Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(taken == 1)
}

pub(super) async fn remember(
    tx: &Tx,
    claim: &Claim,
    status: StatusCode,
    sealed: Vec<u8>,
) -> Result<()> {
    let row = idempotency_keys::ActiveModel {
        id: Set(claim.id.clone()),
        status: Set(number(status)),
        answer: Set(Sealed(sealed)),
        ..Default::default()
    };
    idempotency_keys::Entity::update(row).exec(&**tx).await?;
    Ok(())
}

/// Gives the key back, for a request that failed.
pub(super) async fn forget(tx: &Tx, claim: &Claim) -> Result<()> {
    idempotency_keys::Entity::delete_by_id(claim.id.clone())
        .exec(&**tx)
        .await?;
    Ok(())
}

/// What was answered before, as far as that is durable; the key is left as it is.
pub(super) async fn answered_before(app: &App, claim: Claim) -> Result<Option<Answer>> {
    let (seal, since) = (app.seal.clone(), app.clock.millis() - millis_of(REMEMBERED));
    app.db
        .write(move |tx| async move {
            let remembered = idempotency_keys::Entity::find_by_id(claim.id.clone())
                .filter(Column::CreatedAt.gt(since));
            let row = remembered.one(&*tx).await?;
            row.map(|row| answer_of(&row, &claim, &seal)).transpose()
        })
        .await
}

pub(super) async fn first_answer(tx: &Tx, claim: &Claim, seal: &Seal) -> Result<Answer> {
    let row = row_of(tx, claim).await?;
    let row = row.ok_or_else(|| Error::internal(anyhow::anyhow!("a taken key has no row")))?;
    answer_of(&row, claim, seal)
}

async fn row_of(tx: &Tx, claim: &Claim) -> Result<Option<idempotency_keys::Model>> {
    let row = idempotency_keys::Entity::find_by_id(claim.id.clone());
    Ok(row.one(&**tx).await?)
}

fn number(status: StatusCode) -> i16 {
    status.as_u16().cast_signed()
}

fn answer_of(row: &idempotency_keys::Model, claim: &Claim, seal: &Seal) -> Result<Answer> {
    if row.request_digest != claim.request_digest {
        return Err(Error::new(
            Code::IdempotencyKeyReused,
            "This Idempotency-Key came with another body before: use a new key for a new request.",
        ));
    }
    if row.status == UNANSWERED {
        return Err(still_runs());
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

fn still_runs() -> Error {
    let message = "The first request with this Idempotency-Key still runs: ask again in a moment.";
    Error::new(Code::Conflict, message).with_retry_after(ASK_AGAIN_AFTER_SECS)
}
