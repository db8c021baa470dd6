//! What was delivered, and what failed, in equal spans of time; and how soon it
//! arrived.

use entity::{
    stats_minutes::{Column, Entity},
    subscriptions,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    Select, sea_query::Expr,
};

use super::Arrivals;
use crate::{auth::Scope, error::Result, infra::clock::Millis};

const MINUTE: Millis = 60_000;

/// So many spans of so many minutes, up to the one that a moment is in.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub count: i64,
    pub minutes: i64,
}

/// One span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub starts_at: Millis,
    /// Attempts that succeeded, and that did not.
    pub delivered: i64,
    pub failed: i64,
}

const ARRIVALS: [Column; 8] = [
    Column::Within5ms,
    Column::Within20ms,
    Column::Within100ms,
    Column::Within500ms,
    Column::Within2s,
    Column::Within10s,
    Column::Within60s,
    Column::Slower,
];

impl Span {
    pub(super) const fn width(self) -> Millis {
        self.minutes * MINUTE
    }

    /// When the first of them begins.
    pub(super) const fn begin(self, now: Millis) -> Millis {
        now - now.rem_euclid(self.width()) - (self.count - 1) * self.width()
    }

    /// All but so many of the oldest.
    pub(super) fn but(self, known: usize) -> Self {
        let known = i64::try_from(known).unwrap_or(self.count);
        Self {
            count: self.count - known,
            ..self
        }
    }
}

/// All spans up to now, the oldest first, those without anything too. The
/// last one is still under way.
pub async fn flow(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    now: Millis,
    span: Span,
) -> Result<Vec<Flow>> {
    flow_from(conn, scope, span.begin(now), span).await
}

/// So many spans from the first one's beginning.
pub(super) async fn flow_from(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    begin: Millis,
    span: Span,
) -> Result<Vec<Flow>> {
    let width = span.width();
    // The width is ours and no text, so it may stand in the statement; a
    // bound one would make the two places where it stands two expressions.
    let start = Expr::cust(format!("minute / {width} * {width}"));
    let sums = since(scope, begin)
        .expr_as(start.clone(), "starts_at")
        .column_as(Column::Delivered.into_expr().sum(), "delivered")
        .column_as(Column::Failed.into_expr().sum(), "failed")
        .group_by(start);
    let rows: Vec<(Millis, i64, i64)> = sums.into_tuple().all(conn).await?;
    let empty = (0..span.count).map(|at| Flow {
        starts_at: begin + at * width,
        ..Flow::default()
    });
    let mut flows: Vec<Flow> = empty.collect();
    for (starts_at, delivered, failed) in rows {
        let at = usize::try_from((starts_at - begin) / width).ok();
        if let Some(flow) = at.and_then(|at| flows.get_mut(at)) {
            (flow.delivered, flow.failed) = (delivered, failed);
        }
    }
    Ok(flows)
}

/// How soon what was delivered arrived, in all of the spans together.
pub async fn arrivals(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    now: Millis,
    span: Span,
) -> Result<Arrivals> {
    let mut sums = since(scope, span.begin(now));
    for count in ARRIVALS {
        sums = sums.column_as(count.into_expr().sum(), count);
    }
    type Sum = Option<i64>;
    type Sums = (Sum, Sum, Sum, Sum, Sum, Sum, Sum, Sum);
    let sums: Option<Sums> = sums.into_tuple().one(conn).await?;
    let (a, b, c, d, e, f, g, h) = sums.unwrap_or_default();
    Ok(Arrivals(
        [a, b, c, d, e, f, g, h].map(Option::unwrap_or_default),
    ))
}

/// Subscription by subscription along the key, as the rows stand.
fn since(scope: &Scope, begin: Millis) -> Select<Entity> {
    let mine = subscriptions::Entity::find()
        .select_only()
        .column(subscriptions::Column::Id)
        .filter(subscriptions::Column::DeletedAt.is_null())
        .filter(scope.owns(subscriptions::Column::Owner));
    Entity::find()
        .select_only()
        .filter(Column::SubscriptionId.in_subquery(mine.into_query()))
        .filter(Column::Minute.gte(begin))
}
