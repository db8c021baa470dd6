//! Why a subscription was told of an event, or why not.
//!
//! Whether it was is known: there is a delivery or there is none. Where there
//! is none, its settings as they are now are asked, and where they would hear
//! the event, they have changed since.

use entity::{
    DeliveryId, SubscriptionId,
    delivery_attempts::{self as attempts, Column as Attempt},
    delivery_queue::{self as queue, Column as Queued},
    events::Model as Event,
    subscriptions::{Column, Entity, Model, SubscriptionScope},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::log::{
    attempts::of_replays,
    read::{Found, standing},
    status::Status,
    why::Why,
};
use crate::{
    app::App,
    auth::Scope,
    error::{Error, Result},
    events::Remembered,
    infra::page::Page,
    subscriptions::{Facts, Subscription, Verdict},
};

const MADE_LATER: &str = "the subscription was made after the event";
const MATCHED_THEN: &str = "it asked for this event when it was told, and has changed since";
const MATCHES_NOW: &str =
    "it asks for this event now, and did not when it was told, or that is past retention";

/// What became of an event for one subscription.
#[derive(Debug)]
pub struct Explained {
    pub subscription_id: SubscriptionId,
    pub url: String,
    pub matched: bool,
    pub rule: String,
    pub delivery: Option<(DeliveryId, Status, Why)>,
}

/// A page of the subscriptions within the scope that could hear the event,
/// newest first.
pub async fn explain(
    app: &App,
    scope: &Scope,
    event: &Event,
    page: &Page,
) -> Result<(Vec<Explained>, Option<String>)> {
    let remembered = Remembered::of(&app.seal, event)?;
    let mut rows = subscriptions(app.db.read(), scope, event, page).await?;
    let next_cursor = page.cut(&mut rows, |row| row.id.uuid());
    let mut explained = Vec::with_capacity(rows.len());
    for row in rows {
        explained.push(explain_one(app, scope, event, &remembered, row).await?);
    }
    Ok((explained, next_cursor))
}

async fn subscriptions(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    event: &Event,
    page: &Page,
) -> Result<Vec<Model>> {
    let of_owner = event.owner.as_deref().map(|owner| {
        Condition::all()
            .add(Column::Owner.eq(owner))
            .add(Column::Scope.eq(SubscriptionScope::Own))
    });
    // What hears everybody's events is for admins alone, and so are its deliveries.
    let to_all = scope
        .includes(None)
        .then(|| Column::Scope.eq(SubscriptionScope::All));
    let could_hear = Condition::any().add_option(of_owner).add_option(to_all);
    let before = page.before.map(SubscriptionId::from_uuid);
    let rows = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::DeletedAt.is_null())
        .filter(could_hear)
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    Ok(rows.all(conn).await?)
}

async fn explain_one(
    app: &App,
    scope: &Scope,
    event: &Event,
    remembered: &Remembered,
    row: Model,
) -> Result<Explained> {
    let (id, made_at, url) = (row.id, row.created_at, row.url.clone());
    let verdict = Subscription::of(row)
        .map_err(Error::internal)?
        .judge(&facts(remembered));
    let delivery = delivery(app, scope, event, id).await?;
    let rule = match (&delivery, &verdict) {
        (Some(_), Verdict::Hears) => verdict.to_string(),
        (Some(_), _) => MATCHED_THEN.to_owned(),
        (None, _) if made_at > event.created_at => MADE_LATER.to_owned(),
        (None, Verdict::Hears) => MATCHES_NOW.to_owned(),
        (None, _) => verdict.to_string(),
    };
    Ok(Explained {
        subscription_id: id,
        url,
        matched: delivery.is_some(),
        rule,
        delivery,
    })
}

/// What subscriptions are chosen by, of an event that was told before.
pub(super) fn facts(remembered: &Remembered) -> Facts<'_> {
    Facts {
        kind: remembered.kind,
        owner: remembered.owner.as_deref(),
        campaign_id: remembered.campaign_id,
        outcome: remembered.outcome,
        metadata: &remembered.metadata,
        not_to: remembered.about,
    }
}

async fn delivery(
    app: &App,
    scope: &Scope,
    event: &Event,
    subscription: SubscriptionId,
) -> Result<Option<(DeliveryId, Status, Why)>> {
    let conn = app.db.read();
    let first = Found::find(conn, scope, DeliveryId::of(subscription, event.id)).await?;
    let found = match (first, replay(conn, event, subscription).await?) {
        (None, Some(replay)) => Found::find(conn, scope, replay).await?,
        (first, _) => first,
    };
    let Some(found) = found else { return Ok(None) };
    let standing = standing(&app.db, &found, app.clock.millis()).await?;
    Ok(standing.map(|(line, why)| (line.id, line.status, why)))
}

/// A delivery that is not the first: one that waits for its first try, or else
/// the last that was tried.
async fn replay(
    conn: &impl ConnectionTrait,
    event: &Event,
    subscription: SubscriptionId,
) -> Result<Option<DeliveryId>> {
    let untried = queue::Entity::find()
        .filter(Queued::SubscriptionId.eq(subscription))
        .filter(Expr::cust("attempt = 0"))
        .filter(Queued::Position.eq(event.position))
        .one(conn)
        .await?;
    if let Some(row) = untried {
        return Ok(Some(row.id));
    }
    let tried = attempts::Entity::find()
        .select_only()
        .column(Attempt::DeliveryId)
        .filter(of_replays(conn.get_database_backend(), [event.id]))
        .filter(Attempt::SubscriptionId.eq(subscription))
        .order_by_desc(Attempt::Id)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(tried)
}
