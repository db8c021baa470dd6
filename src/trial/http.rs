//! `/api/v6/call/webhook/test` and `/verify`.

use actix_web::{
    post,
    web::{Data, Json},
};

use super::{
    Limit, TestWebhook, TestedWebhook, VerifySignature, answered::VerifiedSignature, judge, test,
};
use crate::{
    app::App,
    auth::Caller,
    error::{Envelope, Result},
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
    test(&app, &caller, &limit, &body.value).await.map(Json)
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
    let judged = judge(&app, &caller, &limit, &body.value).await?;
    Ok(Json(VerifiedSignature::new(judged)))
}
