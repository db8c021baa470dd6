//! Where a sample goes, and who signs it.

use entity::{SubscriptionId, subscriptions::Model};
use reqwest::{Url, header::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::TestWebhook;
use crate::{
    app::App,
    auth::Caller,
    config::Secret,
    delivery::{
        Receiver,
        sign::{Signers, SigningSecret},
    },
    error::{Error, Result},
    events::Kind,
    infra::egress::read_url,
    subscriptions::{Subscription, find, find_at},
};

/// Whose secret signed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignedWith {
    /// That of your subscription for this URL.
    Subscription,
    /// The one that you gave.
    SecretKey,
    /// A new one, which this answer names.
    NewSecret,
}

/// A trial that may be made.
pub(super) struct Target {
    pub url: Url,
    pub kind: Kind,
    pub signers: Signers,
    pub signed_with: SignedWith,
    /// The subscription's own, whose values are nobody's to see.
    pub headers: HeaderMap,
}

impl Target {
    pub async fn of(app: &App, caller: &Caller, wanted: &TestWebhook) -> Result<Self> {
        let kind = wanted
            .event_type
            .parse::<Kind>()
            .map_err(|unknown| Error::invalid("event_type", unknown.to_string()))?;
        let given = wanted.secret_key.as_deref().map(read_secret).transpose()?;
        let (url, subscription) = whither(app, caller, wanted).await?;
        match subscription {
            Some(row) => Self::of_subscription(app, url, kind, row, given),
            None => Ok(Self::of_nobody(url, kind, given)),
        }
    }

    fn of_subscription(
        app: &App,
        url: Url,
        kind: Kind,
        row: Model,
        given: Option<SigningSecret>,
    ) -> Result<Self> {
        let receiver = receiver(app, row)?;
        let signers = receiver.signers(app.clock.millis());
        if given.is_some_and(|given| given != signers.current) {
            let message = "your subscription for this URL has another secret, with which it signs: \
                           leave this one out";
            return Err(Error::invalid("secret_key", message));
        }
        Ok(Self {
            url,
            kind,
            signers,
            signed_with: SignedWith::Subscription,
            headers: receiver.headers,
        })
    }

    fn of_nobody(url: Url, kind: Kind, given: Option<SigningSecret>) -> Self {
        let (current, signed_with) = match given {
            Some(given) => (given, SignedWith::SecretKey),
            None => (SigningSecret::generate(), SignedWith::NewSecret),
        };
        Self {
            url,
            kind,
            signers: Signers {
                current,
                previous: None,
            },
            signed_with,
            headers: HeaderMap::new(),
        }
    }

    /// The secret that was made for this trial, which its caller must be told.
    pub fn new_secret(&self) -> Option<&Secret> {
        let is_new = self.signed_with == SignedWith::NewSecret;
        is_new.then(|| self.signers.current.text())
    }
}

/// The URL, and the caller's subscription for it.
async fn whither(app: &App, caller: &Caller, wanted: &TestWebhook) -> Result<(Url, Option<Model>)> {
    let conn = app.db.read();
    match (&wanted.webhook_url, &wanted.subscription_id) {
        (Some(url), None) => {
            let url = read_url(url, &app.config.egress)
                .map_err(|refusal| Error::invalid("webhook_url", refusal.to_string()))?;
            let row = find_at(conn, &caller.own(), url.as_str()).await?;
            Ok((url, row))
        }
        (None, Some(id)) => {
            let row = subscription(app, caller, id).await?;
            let url = Url::parse(&row.url).map_err(Error::internal)?;
            Ok((url, Some(row)))
        }
        _ => Err(Error::invalid(
            "webhook_url",
            "give either this or subscription_id",
        )),
    }
}

/// The caller's own, or an admin's to look into.
pub(super) async fn subscription(app: &App, caller: &Caller, id: &str) -> Result<Model> {
    let not_found = || Error::not_found("subscription");
    let id: SubscriptionId = id.parse().map_err(|_| not_found())?;
    let found = find(app.db.read(), &caller.scope(), id).await?;
    found.ok_or_else(not_found)
}

/// A subscription's secrets and headers, opened for a trial.
pub(super) fn receiver(app: &App, row: Model) -> Result<Receiver> {
    let subscription = Subscription::of(row).map_err(Error::internal)?;
    Receiver::open(&app.seal, &subscription).map_err(Error::internal)
}

fn read_secret(text: &str) -> Result<SigningSecret> {
    SigningSecret::parse(text).map_err(|error| Error::invalid("secret_key", error.to_string()))
}
