//! A new secret, while receivers that know only the one before may be left.
//!
//! For the overlap both sign. There is one place for an old secret, so a second
//! rotation within an overlap lets go of the older of the two.

use std::time::Duration;

use entity::SubscriptionId;

use super::{
    Known, SigningSecret,
    permission::may_change,
    sealed::{SecretColumn, open_secret, seal_secret},
    settings::Wrong,
    store,
};
use crate::{
    app::App,
    auth::Caller,
    error::{Error, Result},
    infra::{
        clock::{Millis, millis_of},
        db::Tx,
    },
};

/// How long both secrets sign where nobody says how long.
pub const OVERLAP_DEFAULT: Duration = Duration::from_secs(24 * 3_600);
const OVERLAP_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A rotation that is wanted.
pub struct Rotation {
    pub secret: Option<SigningSecret>,
    /// None at all: the secret before signs no more.
    pub overlap: Duration,
}

impl Rotation {
    /// With what somebody gives; what is wrong is noted.
    pub fn read(secret: Option<&str>, overlap: Duration, wrong: &mut Wrong) -> Self {
        if overlap > OVERLAP_MAX {
            let most = OVERLAP_MAX.as_secs();
            wrong.add(
                "overlap_seconds",
                format!("give 0 to {most} seconds, which is 30 days"),
            );
        }
        let secret = secret.and_then(|text| wrong.note("secret_key", SigningSecret::parse(text)));
        Self { secret, overlap }
    }
}

pub struct Rotated {
    pub known: Known,
    pub secret: SigningSecret,
    /// Until when the one before signs as well.
    pub previous_until: Option<Millis>,
}

pub async fn rotate(
    tx: &Tx,
    app: &App,
    caller: &Caller,
    id: SubscriptionId,
    wanted: Rotation,
) -> Result<Rotated> {
    let (now, seal) = (app.clock.millis(), &app.seal);
    let (mut row, _) = store::lock(tx, &caller.scope(), id).await?;
    may_change(caller, &row)?;
    let current =
        open_secret(seal, id, SecretColumn::Current, &row.secret).map_err(Error::internal)?;
    let secret = wanted.secret.unwrap_or_else(SigningSecret::generate);
    if secret == current {
        let message = "this is the secret already: give another, or none to have one made";
        return Err(Error::invalid("secret_key", message));
    }
    let overlaps = !wanted.overlap.is_zero();
    row.secret = seal_secret(seal, id, SecretColumn::Current, &secret);
    row.previous_secret = overlaps.then(|| seal_secret(seal, id, SecretColumn::Previous, &current));
    row.previous_until = overlaps.then(|| now + millis_of(wanted.overlap));
    row.updated_at = now;
    let row = store::save(tx, row).await?;
    tracing::info!(subscription_id = %id, by = caller.owner(), "a secret was rotated");
    Ok(Rotated {
        previous_until: row.previous_until,
        known: store::one_known(&**tx, row).await?,
        secret,
    })
}
