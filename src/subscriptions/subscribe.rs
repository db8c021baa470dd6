//! Subscribing, once or again.
//!
//! A page may register on every load, and is not to hear everything twice for
//! it: an owner has one subscription for an address. Who subscribes again gets
//! the same one, set as it asks now, with the same secret; and where that
//! changes nothing, nothing is written.

use entity::{
    SubscriptionId, lanes,
    subscriptions::{Entity, Model, Ordering, SubscriptionScope},
};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use url::Url;
use uuid::Uuid;

use super::{
    Known, Settings, SigningSecret,
    index::bump,
    permission::{may_become, may_change},
    sealed::{SecretColumn, open_secret, seal_secret},
    settings::{Wanted, Wrong, write_events},
    store,
};
use crate::{
    app::App,
    auth::Caller,
    config::EgressConfig,
    error::{Code, Error, Result},
    events::Kind,
    infra::db::Tx,
};

/// Each of an owner's events is matched against all of them.
const SUBSCRIPTIONS_PER_OWNER_MAX: u64 = 10_000;
const MAX_IN_FLIGHT_DEFAULT: i32 = 8;

/// A subscription that is wanted.
pub struct NewSubscription {
    pub url: Url,
    pub settings: Settings,
    pub secret: Option<SigningSecret>,
}

impl NewSubscription {
    /// What somebody gives, understood and allowed, or all that is wrong with it, beside what
    /// was wrong already.
    pub fn read(
        wanted: Wanted,
        secret: Option<&str>,
        egress: &EgressConfig,
        mut wrong: Wrong,
    ) -> Result<Self> {
        let mut settings = Settings::read(wanted, egress, &mut wrong);
        let secret = secret.and_then(|text| wrong.note("secret_key", SigningSecret::parse(text)));
        match settings.url.take() {
            Some(url) if wrong.is_nothing() => Ok(Self {
                url,
                settings,
                secret,
            }),
            _ => Err(wrong.into()),
        }
    }
}

pub struct Subscribed {
    pub known: Known,
    pub secret: SigningSecret,
    pub found: Found,
}

/// What was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// A subscription, which is now set otherwise.
    Another,
    TheSame,
}

/// Subscribes the caller, or finds that it is.
pub async fn subscribe(
    tx: &Tx,
    app: &App,
    caller: &Caller,
    wanted: NewSubscription,
) -> Result<Subscribed> {
    may_become(caller, wanted.settings.scope)?;
    let (own, url) = (caller.own(), wanted.url.as_str());
    if let Some(row) = store::find_at(&**tx, &own, url).await? {
        let (same, secret) = again(app, caller, row.clone(), &wanted)?;
        if same == row {
            return subscribed(tx, row, secret, Found::TheSame).await;
        }
    }
    // From here on nobody else changes any subscription.
    let epoch = bump(tx).await?;
    match store::lock_at(tx, &own, url).await? {
        Some(row) => {
            let (mut row, secret) = again(app, caller, row, &wanted)?;
            (row.epoch, row.updated_at) = (epoch, app.clock.millis());
            let row = store::save(tx, row).await?;
            subscribed(tx, row, secret, Found::Another).await
        }
        None => {
            let (row, secret) = new(app, caller, epoch, wanted)?;
            make(tx, caller, &row).await?;
            tracing::info!(subscription_id = %row.id, owner = row.owner, "somebody subscribed");
            subscribed(tx, row, secret, Found::Nothing).await
        }
    }
}

async fn subscribed(
    tx: &Tx,
    row: Model,
    secret: SigningSecret,
    found: Found,
) -> Result<Subscribed> {
    Ok(Subscribed {
        known: store::one_known(&**tx, row).await?,
        secret,
        found,
    })
}

/// What becomes of a subscription that is asked for again.
fn again(
    app: &App,
    caller: &Caller,
    mut row: Model,
    wanted: &NewSubscription,
) -> Result<(Model, SigningSecret)> {
    may_change(caller, &row)?;
    let current = open_secret(&app.seal, row.id, SecretColumn::Current, &row.secret)
        .map_err(Error::internal)?;
    if wanted
        .secret
        .as_ref()
        .is_some_and(|given| *given != current)
    {
        let message = format!(
            "you have a subscription at this URL with another secret: leave secret_key out, or \
             change it by POST /api/v6/call/webhook/subscriptions/{}/rotate-secret",
            row.id
        );
        return Err(Error::invalid("secret_key", message));
    }
    wanted.settings.clone().apply(&mut row, &app.seal)?;
    Ok((row, current))
}

fn new(
    app: &App,
    caller: &Caller,
    epoch: i64,
    wanted: NewSubscription,
) -> Result<(Model, SigningSecret)> {
    let (id, now) = (
        SubscriptionId::from_uuid(Uuid::now_v7()),
        app.clock.millis(),
    );
    let secret = wanted.secret.unwrap_or_else(SigningSecret::generate);
    let defaults: Vec<Kind> = Kind::defaults().collect();
    let mut row = Model {
        id,
        owner: caller.owner().to_owned(),
        scope: SubscriptionScope::Own,
        url: wanted.url.into(),
        description: None,
        events: write_events(&defaults).map_err(Error::internal)?,
        filter: None,
        headers: None,
        ordering: Ordering::Call,
        max_in_flight: MAX_IN_FLIGHT_DEFAULT,
        rate_per_second: None,
        secret: seal_secret(&app.seal, id, SecretColumn::Current, &secret),
        previous_secret: None,
        previous_until: None,
        epoch,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    };
    wanted.settings.apply(&mut row, &app.seal)?;
    Ok((row, secret))
}

async fn make(tx: &Tx, caller: &Caller, row: &Model) -> Result<()> {
    if store::count(&**tx, &caller.own()).await? >= SUBSCRIPTIONS_PER_OWNER_MAX {
        let message =
            format!("You have {SUBSCRIPTIONS_PER_OWNER_MAX} subscriptions, which is the most.");
        return Err(Error::new(Code::Conflict, message));
    }
    // Nobody knows this lane yet, so that it comes after the epoch does no harm.
    let lane = lanes::ActiveModel {
        subscription_id: Set(row.id),
        ..Default::default()
    };
    lanes::Entity::insert(lane)
        .exec_without_returning(&**tx)
        .await?;
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}
