//! The cache in Redis, one for all replicas.
//!
//! A value is its version in clear, for the script that compares versions
//! inside of Redis, and the sealed answer; a version alone keeps its place
//! free for it. Redis may be read by others and written by others: what does
//! not open is not there.

mod link;

use redis::cmd;

use self::link::Link;
use super::{About, ENTRIES_LISTED_MAX, Kept, Stock, Version};
use crate::{
    app::App,
    config::Secret,
    infra::{
        clock::{Clock, millis_of},
        seal::{Place, Seal},
    },
};

const KEYS: &str = "vapi:call:";
/// As many keys as are looked at for a list.
const SCANS_MAX: usize = 100;
const KEYS_PER_SCAN: usize = 1_000;
const VALUES_PER_READ: usize = 100;

/// Sets a value, unless one of a version above the first argument is there.
const REPLACE: &str = r"
local before = redis.call('GET', KEYS[1])
local version = before and tonumber(string.match(before, '^(%d+):')) or 0
if version > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
";

pub struct Redis {
    link: Link,
    seal: Seal,
    clock: Clock,
    ttl_millis: i64,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis")
    }
}

impl Redis {
    /// Redis may be away at the start too.
    pub async fn open(app: &App, url: &Secret) -> anyhow::Result<Self> {
        let link = Link::new(url, app.clock.clone())?;
        let _: Option<String> = link.ask(&cmd("PING")).await;
        Ok(Self {
            link,
            seal: app.seal.clone(),
            clock: app.clock.clone(),
            ttl_millis: millis_of(app.config.delivery.result_ttl),
        })
    }

    pub async fn get(&self, name: &str) -> Option<Kept> {
        let value: Option<Vec<u8>> = self.link.ask(cmd("GET").arg(key(name))).await?;
        self.open_value(name, &value?)
            .filter(|kept| kept.about.until > self.clock.millis())
    }

    pub async fn put(&self, kept: &Kept) {
        let about = &kept.about;
        let mut plain = serde_json::to_vec(about).unwrap_or_default();
        plain.push(b'\n');
        plain.extend_from_slice(&kept.body);
        let sealed = self.seal.seal(place(&about.name), &plain);
        self.set(&about.name, about.version, about.version, &sealed)
            .await;
    }

    /// A place that has this version already is left as it is.
    pub async fn outdate(&self, version: &Version) {
        let is_now = version.result_version;
        self.set(&version.name(), is_now - 1, is_now, &[]).await;
    }

    pub async fn forget(&self) {
        self.link.empty().await;
    }

    pub async fn stock(&self) -> Stock {
        let mut entries = Vec::new();
        let mut size = 0;
        for keys in self.keys().await.chunks(VALUES_PER_READ) {
            let values: Option<Vec<Option<Vec<u8>>>> = self.link.ask(cmd("MGET").arg(keys)).await;
            let held = keys.iter().zip(values.unwrap_or_default());
            for (key, value) in held {
                let kept = value.and_then(|value| self.open_value(&key[KEYS.len()..], &value));
                let Some(kept) = kept else { continue };
                size += 1;
                if entries.len() < ENTRIES_LISTED_MAX {
                    entries.push(kept.about);
                }
            }
        }
        Stock { size, entries }
    }

    async fn set(&self, name: &str, replaces: i32, version: i32, sealed: &[u8]) {
        let mut value = format!("{version}:").into_bytes();
        value.extend_from_slice(sealed);
        let mut replace = cmd("EVAL");
        replace.arg(REPLACE).arg(1).arg(key(name));
        replace.arg(replaces).arg(value).arg(self.ttl_millis);
        let _: Option<i64> = self.link.ask(&replace).await;
    }

    async fn keys(&self) -> Vec<String> {
        let (mut cursor, mut keys) = (0_u64, Vec::new());
        for _ in 0..SCANS_MAX {
            let scan = scan(cursor);
            let Some((next, found)): Option<(u64, Vec<String>)> = self.link.ask(&scan).await else {
                break;
            };
            keys.extend(found);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        keys
    }

    /// Nothing where the place is free, or holds what is not ours.
    fn open_value(&self, name: &str, value: &[u8]) -> Option<Kept> {
        let colon = value.iter().position(|byte| *byte == b':')?;
        let plain = self.seal.open(place(name), &value[colon + 1..]).ok()?;
        let line = plain.iter().position(|byte| *byte == b'\n')?;
        let about: About = serde_json::from_slice(&plain[..line]).ok()?;
        let body = bytes::Bytes::copy_from_slice(&plain[line + 1..]);
        Some(Kept { about, body })
    }
}

fn scan(cursor: u64) -> redis::Cmd {
    let mut scan = cmd("SCAN");
    scan.arg(cursor).arg("MATCH").arg(format!("{KEYS}*"));
    scan.arg("COUNT").arg(KEYS_PER_SCAN);
    scan
}

fn key(name: &str) -> String {
    format!("{KEYS}{name}")
}

fn place(name: &str) -> Place<'_> {
    Place {
        table: "redis",
        column: "result",
        row: name.as_bytes(),
    }
}
