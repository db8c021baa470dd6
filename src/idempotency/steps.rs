//! Work that is too long for one transaction: the key is taken before it and
//! the answer kept after it, and nobody who hangs up can cut it off.

use std::future::Future;

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use super::once::{Answer, Claim, first_answer, forget, remember, take};
use crate::{
    app::App,
    error::{Error, Result},
};

pub(super) async fn answer<A, Fut>(
    app: &App,
    claim: Option<Claim>,
    work: Fut,
) -> Result<HttpResponse>
where
    A: Serialize,
    Fut: Future<Output = Result<A>> + Send + 'static,
{
    let app = app.clone();
    let owned = tokio::spawn(async move {
        if let Some(claim) = &claim
            && let Some(first) = taken_before(&app, claim).await?
        {
            return Ok(first);
        }
        let made = work.await.and_then(|made| {
            let body = serde_json::to_vec(&made);
            body.map_err(Error::internal)
        });
        keep(&app, claim, made).await
    });
    let answer: Result<Answer> = owned.await.map_err(Error::internal)?;
    Ok(answer?.into_response())
}

/// Takes the key, or gives the answer that it has.
async fn taken_before(app: &App, claim: &Claim) -> Result<Option<Answer>> {
    let (claim, seal, now) = (claim.clone(), app.seal.clone(), app.clock.millis());
    app.db
        .write(move |tx| async move {
            match take(&tx, &claim, now).await? {
                true => Ok(None),
                false => first_answer(&tx, &claim, &seal).await.map(Some),
            }
        })
        .await
}

async fn keep(app: &App, claim: Option<Claim>, made: Result<Vec<u8>>) -> Result<Answer> {
    if let Some(claim) = claim {
        let (kept, seal) = (made.as_ref().ok().cloned(), app.seal.clone());
        let keeping = app.db.write(move |tx| async move {
            match kept {
                Some(body) => {
                    let sealed = seal.seal(claim.place(), &body);
                    remember(&tx, &claim, StatusCode::OK, sealed).await
                }
                None => forget(&tx, &claim).await,
            }
        });
        keeping.await?;
    }
    Ok(Answer {
        status: StatusCode::OK,
        body: made?,
        repeated: false,
    })
}
