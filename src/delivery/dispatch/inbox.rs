//! What others have for the dispatcher. Wakes fold into each other, and new
//! rows that would be too many become wakes, so it cannot grow without bound.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use entity::SubscriptionId;
use tokio::sync::{Notify, oneshot};

use crate::delivery::Fresh;

const FRESH_MAX: usize = 16_384;
const FRESH_BYTES_MAX: usize = 32 << 20;

#[derive(Debug, Default)]
pub(in crate::delivery) struct Inbox {
    content: Mutex<Content>,
    bell: Notify,
}

#[derive(Default)]
pub(super) struct Content {
    /// To be heard before `fresh`: a lane that has something unread takes in
    /// nothing else.
    pub wakes: HashSet<SubscriptionId>,
    pub fresh: Vec<Fresh>,
    fresh_bytes: usize,
    /// Settings have changed.
    pub settings: bool,
    /// Who waits until nothing is left to do.
    pub waiters: Vec<oneshot::Sender<()>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("wakes", &self.wakes.len())
            .field("fresh", &self.fresh.len())
            .finish_non_exhaustive()
    }
}

impl Inbox {
    pub fn give(&self, rows: Vec<Fresh>, unread: Vec<SubscriptionId>) {
        self.put(|content| {
            content.wakes.extend(unread);
            for row in rows {
                content.add(row);
            }
        });
    }

    pub fn wake(&self, lane: SubscriptionId) {
        self.put(|content| {
            content.wakes.insert(lane);
        });
    }

    pub fn changed(&self, lane: SubscriptionId) {
        self.put(|content| {
            content.wakes.insert(lane);
            content.settings = true;
        });
    }

    /// Becomes ready when nothing is left to do.
    pub fn when_idle(&self) -> oneshot::Receiver<()> {
        let (waiter, idle) = oneshot::channel();
        self.put(|content| content.waiters.push(waiter));
        idle
    }

    pub(super) fn take(&self) -> Content {
        std::mem::take(&mut *self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Rings once more where something was put in since.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    pub(super) fn is_empty(&self) -> bool {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.wakes.is_empty()
            && content.fresh.is_empty()
            && !content.settings
            && content.waiters.is_empty()
    }

    fn put(&self, put: impl FnOnce(&mut Content)) {
        put(&mut self.content.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_one();
    }
}

impl Content {
    fn add(&mut self, row: Fresh) {
        let bytes = self.fresh_bytes + row.bytes.len();
        if self.fresh.len() < FRESH_MAX && bytes <= FRESH_BYTES_MAX {
            self.fresh_bytes = bytes;
            self.fresh.push(row);
        } else {
            self.wakes.insert(row.subscription);
        }
    }
}
