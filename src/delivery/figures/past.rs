//! What is past does not change, and need not be added up again: the day's
//! spans that are over are remembered for each who looks.
//!
//! A subscription that is deleted stays in the spans that are remembered: what
//! it was sent, it was sent.

use std::sync::Arc;

use moka::sync::Cache;
use sea_orm::ConnectionTrait;

use super::flow::{Flow, Span, flow_from};
use crate::{auth::Scope, error::Result, infra::clock::Millis};

const LOOKERS_MAX: u64 = 1_000;
/// Another replica's clock may be behind, and count into a span that is over.
const OVER_FOR: Millis = 300_000;

/// Of one kind of span, the oldest first and without a gap.
#[derive(Clone, Debug)]
pub struct Past {
    span: Span,
    known: Cache<Scope, Arc<Vec<Flow>>>,
}

impl Past {
    pub fn of(span: Span) -> Self {
        Self {
            span,
            known: Cache::new(LOOKERS_MAX),
        }
    }

    /// All spans up to now, of which only those are read that are not known.
    pub async fn flow(
        &self,
        conn: &impl ConnectionTrait,
        scope: &Scope,
        now: Millis,
    ) -> Result<Vec<Flow>> {
        let begin = self.span.begin(now);
        let known = self.known.get(scope).unwrap_or_default();
        let still = known.iter().filter(|flow| flow.starts_at >= begin);
        let mut flows: Vec<Flow> = still.copied().collect();
        let unknown = self.span.but(flows.len());
        flows.extend(flow_from(conn, scope, unknown.begin(now), unknown).await?);
        let is_over = |flow: &&Flow| flow.starts_at + self.span.width() + OVER_FOR <= now;
        let over: Vec<Flow> = flows.iter().take_while(is_over).copied().collect();
        if over.len() != known.len() || over.first() != known.first() {
            self.known.insert(scope.clone(), Arc::new(over));
        }
        Ok(flows)
    }
}
