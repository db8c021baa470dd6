//! The way to Redis, which may be away: then the cache is empty, and nobody
//! waits for it.
//!
//! A question gets a second at most. When one fails, the link is down
//! for a while that doubles with each try, and says so once; questions that
//! come meanwhile are answered with nothing, at once. Whoever comes back finds
//! a cache that may have missed what went out of date, so it is emptied first.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult,
    aio::MultiplexedConnection, cmd,
};
use tokio::runtime::Handle;

use super::{KEYS_PER_SCAN, scan};
use crate::{
    config::Secret,
    infra::clock::{Clock, Millis, millis_of},
};

/// Much longer than Redis takes, on a busy machine too.
const TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

pub(super) struct Link {
    way: Arc<Way>,
    /// The process's own runtime, which outlives the server's threads.
    runtime: Handle,
}

struct Way {
    client: Client,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Clone)]
enum State {
    Up(MultiplexedConnection),
    /// Somebody tries, and the others do not wait.
    Trying,
    Down {
        again_at: Millis,
        pause: Duration,
    },
}

impl Link {
    pub fn new(url: &Secret, clock: Clock) -> anyhow::Result<Self> {
        let client = Client::open(url.expose())
            .map_err(|_| anyhow::anyhow!("REDIS_URL is not understood by the Redis client"))?;
        let state = State::Down {
            again_at: Millis::MIN,
            pause: Duration::ZERO,
        };
        let way = Way {
            client,
            clock,
            state: Mutex::new(state),
        };
        Ok(Self {
            way: Arc::new(way),
            runtime: Handle::current(),
        })
    }

    /// The answer, or nothing where there is no way to it.
    pub async fn ask<T: FromRedisValue>(&self, question: &Cmd) -> Option<T> {
        let mut connection = self.connection().await?;
        let answer = question.query_async(&mut connection).await;
        answer.map_err(|error| self.way.failed(&error)).ok()
    }

    /// Removes all that we keep there.
    pub async fn empty(&self) {
        let Some(mut connection) = self.connection().await else {
            return;
        };
        if let Err(error) = empty(&mut connection).await {
            self.way.failed(&error);
        }
    }

    async fn connection(&self) -> Option<MultiplexedConnection> {
        let pause = {
            let mut state = self.way.state();
            match state.clone() {
                State::Up(connection) => return Some(connection),
                State::Trying => return None,
                State::Down { again_at, .. } if again_at > self.way.clock.millis() => return None,
                State::Down { pause, .. } => {
                    *state = State::Trying;
                    pause
                }
            }
        };
        // Whoever asked may hang up, and what was begun goes on.
        let way = Arc::clone(&self.way);
        let tried = self.runtime.spawn(async move { way.connect(pause).await });
        tried.await.ok().flatten()
    }
}

impl Way {
    async fn connect(&self, pause: Duration) -> Option<MultiplexedConnection> {
        match connect(&self.client).await {
            Ok(connection) => {
                if !pause.is_zero() {
                    tracing::info!("Redis is back");
                }
                *self.state() = State::Up(connection.clone());
                Some(connection)
            }
            Err(error) => {
                self.down(pause, &error);
                None
            }
        }
    }

    fn failed(&self, error: &RedisError) {
        metrics::counter!("ringback_result_cache_failures_total").increment(1);
        if matches!(*self.state(), State::Up(_)) {
            self.down(Duration::ZERO, error);
        }
    }

    fn down(&self, before: Duration, error: &RedisError) {
        if before.is_zero() {
            tracing::warn!(%error, "Redis is away; results come from the database until it is back");
        }
        let pause = (before * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        *self.state() = State::Down {
            again_at: self.clock.millis() + millis_of(pause),
            pause,
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    let patience = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&patience)
        .await?;
    empty(&mut connection).await?;
    Ok(connection)
}

async fn empty(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let mut cursor = 0;
    loop {
        let (next, keys): (u64, Vec<String>) = scan(cursor).query_async(connection).await?;
        for some in keys.chunks(KEYS_PER_SCAN) {
            let () = cmd("UNLINK").arg(some).query_async(connection).await?;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(());
        }
    }
}
