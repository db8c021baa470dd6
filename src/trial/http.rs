//! `/api/v6/call/webhook/test` and `/verify`.

use actix_web::{
    post,
    web::{Data, Json},
};

use super::{
    Limit,
    answered::{TestedWebhook, VerifiedSignature},
    asked::{TestWebhook, VerifySignature},
    send,
    target::{self, Target},
    theirs,
    verify::{self, Secrets},
};
use crate::{
    app::App,
    auth::Caller,
    error::{Envelope, Error, Result},
    infra::body::Body,
};

/// Sends one realistic, signed sample now, and shows all that happened.
///
/// It is sent once, and counts neither for nor against a subscription. A
/// receiver that fails is a 200 with `delivered: false`, an `error` and a
/// `hint`.
#[utoipa::path(
    tag = "subscriptions",
    request_body = TestWebhook,
    responses(
        (status = 200, description = "What was sent, and what became of it", body = TestedWebhook),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
        (status = 429, description = "More than 60 trials within a minute", body = Envelope),
    ),
)]
#[post("/test")]
pub async fn test_webhook(
    caller: Caller,
    app: Data<App>,
    limit: Data<Limit>,
    body: Body<TestWebhook>,
) -> Result<Json<TestedWebhook>> {
    let target = Target::of(&app, &caller, &body.value).await?;
    limit.charge(&caller)?;
    let trial = send::send(&app, &target).await?;
    Ok(Json(TestedWebhook::new(&target, &trial)))
}

/// Says whether a signature verifies, and if not, which mistake was made.
#[utoipa::path(
    tag = "subscriptions",
    request_body = VerifySignature,
    responses(
        (status = 200, description = "Whether it verifies, and if not, why", body = VerifiedSignature),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
        (status = 429, description = "More than 60 trials within a minute", body = Envelope),
    ),
)]
#[post("/verify")]
pub async fn verify_signature(
    caller: Caller,
    app: Data<App>,
    limit: Data<Limit>,
    body: Body<VerifySignature>,
) -> Result<Json<VerifiedSignature>> {
    limit.charge(&caller)?;
    let given = body.value;
    let secrets = secrets(&app, &caller, &given).await?;
    let headers = given.headers.read()?;
    let now = app.clock.now().timestamp();
    let judged = verify::verify(&secrets, &headers, given.body.as_bytes(), now);
    Ok(Json(VerifiedSignature::new(judged)))
}

async fn secrets(app: &App, caller: &Caller, given: &VerifySignature) -> Result<Secrets> {
    match (&given.secret_key, &given.subscription_id) {
        (Some(secret), None) => Ok(Secrets::of(secret)),
        (None, Some(id)) => {
            let row = target::subscription(app, caller, id).await?;
            let (current, previous) = theirs::secrets(&app.seal, &row)?;
            Ok(Secrets {
                current: current.text().clone(),
                previous: previous.map(|secret| secret.text().clone()),
            })
        }
        _ => Err(Error::invalid(
            "secret_key",
            "give either this or subscription_id",
        )),
    }
}
