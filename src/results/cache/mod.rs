//! Finished answers, so that asking for a result again costs next to nothing.
//!
//! They are kept for a while, in memory, or in Redis where replicas share one.
//! Behind them stands the database: what is not here was never here, has
//! expired, or went out of date, and is made anew.
//!
//! **Nothing goes back.** A result has a version, and an older one never takes
//! the place of a newer one, however late whoever read it is with keeping it.
//! When a newer version is heard of, the place is kept free for it; a dismissal
//! is a version that nothing is ever kept of.

mod memory;
mod redis;

use std::sync::Arc;

use bytes::Bytes;
use entity::CallId;
use serde::{Deserialize, Serialize};

use self::{memory::Memory, redis::Redis};
use super::store::Version;
use crate::{app::App, infra::clock::Millis};

/// What is listed of a cache, at most.
const ENTRIES_LISTED_MAX: usize = 1_000;

/// A result that was made, with what it takes to keep and to give it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub about: About,
    /// The whole answer.
    pub body: Bytes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The id by which most people know the call.
    pub name: String,
    #[serde(with = "as_text")]
    pub call: CallId,
    pub owner: Option<String>,
    pub version: i32,
    pub since: Millis,
    pub until: Millis,
}

/// What a cache holds.
#[derive(Debug, Default, PartialEq)]
pub struct Stock {
    pub size: u64,
    pub entries: Vec<About>,
}

/// How often the cache had what was asked for, and what it has.
pub struct Figures {
    pub hits: u64,
    pub misses: u64,
    pub stock: Stock,
}

#[derive(Debug)]
pub(super) enum Cache {
    Memory(Memory),
    Redis(Redis),
}

impl Cache {
    pub async fn open(app: &App) -> anyhow::Result<Self> {
        Ok(match &app.config.storage.redis_url {
            None => Self::Memory(Memory::new(app.clock.clone())),
            Some(url) => Self::Redis(Redis::open(app, url).await?),
        })
    }

    pub async fn get(&self, name: &str) -> Option<Arc<Kept>> {
        match self {
            Self::Memory(memory) => memory.get(name),
            Self::Redis(redis) => redis.get(name).await.map(Arc::new),
        }
    }

    pub async fn put(&self, kept: &Arc<Kept>) {
        match self {
            Self::Memory(memory) => memory.put(kept),
            Self::Redis(redis) => redis.put(kept).await,
        }
    }

    /// Whether there may be a place for this call; of what replicas share nobody knows.
    pub fn may_hold(&self, call: CallId) -> bool {
        match self {
            Self::Memory(memory) => memory.holds(call),
            Self::Redis(_) => true,
        }
    }

    /// Lets go of whatever is older than this version.
    pub async fn outdate(&self, version: &Version) {
        match self {
            Self::Memory(memory) => memory.outdate(version),
            Self::Redis(redis) => redis.outdate(version).await,
        }
    }

    /// Lets go of everything, because what went out of date is not known.
    pub async fn forget(&self) {
        match self {
            Self::Memory(memory) => memory.forget(),
            Self::Redis(redis) => redis.forget().await,
        }
    }

    pub async fn stock(&self) -> Stock {
        match self {
            Self::Memory(memory) => memory.stock(),
            Self::Redis(redis) => redis.stock().await,
        }
    }

    /// Throws out what has expired, where that does not happen by itself.
    pub fn sweep(&self) {
        if let Self::Memory(memory) = self {
            memory.sweep();
        }
    }
}

mod as_text {
    use entity::CallId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(id: &CallId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CallId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
