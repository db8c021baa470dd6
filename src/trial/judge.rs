//! Judging a signature by the secret that is given, or by a subscription's own.

use super::{
    Limit,
    asked::VerifySignature,
    target,
    verify::{Judged, Secrets, verify},
};
use crate::{
    app::App,
    auth::Caller,
    delivery::sign::Signers,
    error::{Error, Result},
    infra::clock::Millis,
};

/// Says whether a signature verifies, and if not, which mistake was made.
pub async fn judge(
    app: &App,
    caller: &Caller,
    limit: &Limit,
    given: &VerifySignature,
) -> Result<Judged> {
    limit.charge(caller)?;
    let secrets = secrets(app, caller, given).await?;
    let headers = given.headers.read()?;
    let now = app.clock.now().timestamp();
    Ok(verify(&secrets, &headers, given.body.as_bytes(), now))
}

async fn secrets(app: &App, caller: &Caller, given: &VerifySignature) -> Result<Secrets> {
    match (&given.secret_key, &given.subscription_id) {
        (Some(secret), None) => Ok(Secrets::of(secret)),
        (None, Some(id)) => {
            let row = target::subscription(app, caller, id).await?;
            // The one before as well, whether or not it still signs.
            let Signers { current, previous } = target::receiver(app, row)?.signers(Millis::MIN);
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
