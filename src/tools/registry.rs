//! Which tools serve a call, and all of them in memory.
//!
//! The database is asked at each use, so that a tool which was registered or
//! deleted through another process is known at once. It gets half a second;
//! where it does not answer, the tools that were last seen serve. An owner's own
//! tool comes before one that serves everybody.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use entity::{ToolId, calls, tools::ToolScope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::time::timeout;
use url::Url;

use super::{
    Asked,
    new_tool::is_name,
    store::{self, Row},
};
use crate::{
    app::App,
    auth::Scope,
    delivery::sign::{Signers, SigningSecret},
    error::{Error, Result},
    infra::seal::Seal,
    vapi::message::ToolCall,
};

/// Somebody is on the line: a database that takes longer is away.
const LOOK_UP_TIMEOUT: Duration = Duration::from_millis(500);

/// A tool, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub id: ToolId,
    pub name: String,
    pub owner: String,
    pub scope: ToolScope,
    pub url: Url,
    pub timeout: Duration,
    pub signers: Signers,
}

/// The tools that serve one message.
pub(super) struct Found {
    tools: Vec<Arc<Tool>>,
    /// The database said so just now; else it is away.
    pub is_fresh: bool,
}

pub(super) struct Registry {
    app: App,
    by_name: RwLock<ByName>,
}

type ByName = HashMap<String, Vec<Arc<Tool>>>;

impl Found {
    /// Whichever comes first serves.
    pub fn named(&self, name: &str) -> Option<&Arc<Tool>> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

impl Registry {
    pub async fn load(app: &App) -> Result<Self> {
        let registry = Self {
            app: app.clone(),
            by_name: RwLock::default(),
        };
        registry.reload().await?;
        Ok(registry)
    }

    /// Forgets what is in memory for what is in the database.
    pub async fn reload(&self) -> Result<()> {
        let rows = store::all(self.app.db.read(), &Scope::of_the_service()).await?;
        let mut by_name = ByName::new();
        for tool in self.ready(rows) {
            by_name.entry(tool.name.clone()).or_default().push(tool);
        }
        *self.by_name.write().unwrap_or_else(PoisonError::into_inner) = by_name;
        Ok(())
    }

    /// The tools that serve these calls, best first.
    pub async fn serving(&self, asked: &Asked<'_>, calls: &[ToolCall]) -> Found {
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| is_name(name)).collect();
        let found = timeout(LOOK_UP_TIMEOUT, self.look_up(asked, &names)).await;
        let (owner, is_fresh) =
            match found.unwrap_or_else(|late| Err(Error::store_unavailable(late))) {
                Ok(owner) => (owner, true),
                Err(error) => {
                    tracing::warn!(cause = ?error.source_chain(), "tools are served out of memory");
                    (asked.owner.map(str::to_owned), false)
                }
            };
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        Found {
            tools: best_first(&by_name, owner.as_deref(), &names),
            is_fresh,
        }
    }

    /// Asks the database, puts what it says into memory, and tells whose call
    /// it is.
    async fn look_up(&self, asked: &Asked<'_>, names: &[&str]) -> Result<Option<String>> {
        let (db, service) = (self.app.db.read(), Scope::of_the_service());
        let known = calls::Entity::find()
            .select_only()
            .column(calls::Column::Owner)
            .filter(calls::Column::VapiCallId.eq(asked.vapi_call_id))
            .into_tuple::<Option<String>>()
            .one(db)
            .await?;
        let owner = known.flatten().or_else(|| asked.owner.map(str::to_owned));
        let rows = store::serving(db, &service, owner.as_deref(), names).await?;
        let fresh = self.ready(rows);
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        learn(&mut by_name, owner.as_deref(), names, fresh);
        Ok(owner)
    }

    /// What cannot be opened or read is left out, and the log says why.
    fn ready(&self, rows: Vec<Row>) -> Vec<Arc<Tool>> {
        let ready = |row: Row| {
            let id = row.id;
            Tool::open(row, &self.app.seal)
                .inspect_err(|error| {
                    tracing::error!(tool = %id, error = format!("{error:#}"), "a tool cannot be served");
                })
                .ok()
                .map(Arc::new)
        };
        rows.into_iter().filter_map(ready).collect()
    }
}

impl Tool {
    fn open(row: Row, seal: &Seal) -> anyhow::Result<Self> {
        let secret = seal.open(store::secret_place(&row.id), &row.secret.0)?;
        let current = SigningSecret::parse(std::str::from_utf8(&secret)?)?;
        Ok(Self {
            id: row.id,
            name: row.name,
            owner: row.owner,
            scope: row.scope,
            url: row.url.parse()?,
            timeout: Duration::from_millis(row.timeout_ms.unsigned_abs().into()),
            signers: Signers {
                current,
                previous: None,
            },
        })
    }

    fn is_of(&self, owner: Option<&str>) -> bool {
        owner == Some(self.owner.as_str())
    }

    fn serves(&self, owner: Option<&str>) -> bool {
        self.scope == ToolScope::All || self.is_of(owner)
    }
}

/// Whatever was known of what this owner's calls reach by these names gives
/// way to what is so.
fn learn(by_name: &mut ByName, owner: Option<&str>, names: &[&str], fresh: Vec<Arc<Tool>>) {
    for name in names {
        if let Some(known) = by_name.get_mut(*name) {
            known.retain(|tool| !tool.serves(owner));
        }
    }
    for tool in fresh {
        by_name.entry(tool.name.clone()).or_default().push(tool);
    }
    by_name.retain(|_, tools| !tools.is_empty());
}

/// An owner's own first, then everybody's, the oldest first.
fn best_first(by_name: &ByName, owner: Option<&str>, names: &[&str]) -> Vec<Arc<Tool>> {
    let named = names.iter().filter_map(|name| by_name.get(*name)).flatten();
    let mut serving: Vec<_> = named.filter(|tool| tool.serves(owner)).cloned().collect();
    serving.sort_by_key(|tool| (!tool.is_of(owner), tool.id));
    serving
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tool(id: u128, owner: &str, scope: ToolScope) -> Arc<Tool> {
        Arc::new(Tool {
            id: ToolId::from_uuid(Uuid::from_u128(id)),
            name: "t".to_owned(),
            owner: owner.to_owned(),
            scope,
            url: "https://example.com".parse().unwrap(),
            timeout: LOOK_UP_TIMEOUT,
            signers: Signers {
                current: SigningSecret::generate(),
                previous: None,
            },
        })
    }

    fn serving(by_name: &ByName, owner: Option<&str>) -> Vec<u128> {
        let best = best_first(by_name, owner, &["t"]);
        best.iter().map(|tool| tool.id.uuid().as_u128()).collect()
    }

    #[test]
    fn an_owners_own_comes_first_then_the_oldest_that_serves_all() {
        let tools = vec![
            tool(5, "admin", ToolScope::All),
            tool(3, "root", ToolScope::All),
            tool(9, "alice", ToolScope::Own),
            tool(1, "mallory", ToolScope::Own),
        ];
        let by_name = ByName::from([("t".to_owned(), tools)]);
        assert_eq!(serving(&by_name, Some("alice")), [9, 3, 5]);
        assert_eq!(serving(&by_name, Some("admin")), [5, 3]);
        assert_eq!(serving(&by_name, None), [3, 5]);
    }

    #[test]
    fn what_the_database_says_replaces_what_was_known_within_reach_alone() {
        let mut by_name = ByName::new();
        let (old, other) = (
            tool(1, "root", ToolScope::All),
            tool(2, "mallory", ToolScope::Own),
        );
        learn(&mut by_name, None, &["t"], vec![old, other]);
        let fresh = vec![tool(3, "alice", ToolScope::Own)];
        learn(&mut by_name, Some("alice"), &["t"], fresh);
        assert_eq!(serving(&by_name, Some("alice")), [3]);
        assert_eq!(serving(&by_name, Some("mallory")), [2]);
        learn(&mut by_name, Some("mallory"), &["t"], Vec::new());
        learn(&mut by_name, Some("alice"), &["t"], Vec::new());
        assert!(by_name.is_empty(), "nothing is kept of what is gone");
    }
}
