//! Waking each other up, within a process and between processes.
//!
//! The hub carries no data, it only says where to look: whoever hears it reads
//! the database, and whoever misses it looks a little later anyway. Within the
//! process that is a broadcast. Between processes on PostgreSQL it is NOTIFY,
//! outside of any transaction that writes, and as many calls as have gathered
//! while the last one was under way go out as one.

mod notify;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::{CallId, SubscriptionId};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

use crate::infra::{db::Db, worker::Workers};

/// Who does not keep up hears [`Wake::All`] instead of so many.
const UNHEARD_MAX: usize = 4_096;
const UNTOLD_MAX: usize = 2_048;

/// Where there is something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    /// Anywhere: some calls were missed.
    All,
    /// The event log.
    Events,
    /// A subscription's settings.
    Subscriptions,
    /// The queues of campaigns, or the room in them.
    Campaigns,
    /// A subscription's queue, or its lane.
    Lane(SubscriptionId),
    /// A call's result.
    Result(CallId),
}

#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// By which a process knows its own calls when they come back.
    name: Uuid,
    here: broadcast::Sender<Wake>,
    /// What the other processes have not been told yet; none where there are none.
    untold: Option<Mutex<BTreeSet<Wake>>>,
    something_to_tell: Notify,
}

impl Hub {
    pub fn new(db: &Db) -> Self {
        Self(Arc::new(Inner {
            name: Uuid::now_v7(),
            here: broadcast::Sender::new(UNHEARD_MAX),
            untold: db.is_postgres().then(Mutex::default),
            something_to_tell: Notify::new(),
        }))
    }

    /// Wakes everybody, here and elsewhere.
    pub fn ring(&self, wake: Wake) {
        self.ring_here(wake);
        self.ring_elsewhere(wake);
    }

    /// Wakes the other processes alone, for what is known here.
    pub fn ring_elsewhere(&self, wake: Wake) {
        let Some(untold) = &self.0.untold else { return };
        let mut untold = lock(untold);
        if untold.len() >= UNTOLD_MAX {
            untold.clear();
            untold.insert(Wake::All);
        } else {
            untold.insert(wake);
        }
        drop(untold);
        self.0.something_to_tell.notify_one();
    }

    fn ring_here(&self, wake: Wake) {
        // That nobody listens is no error.
        let _ = self.0.here.send(wake);
    }

    /// Hears every call from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.here.subscribe())
    }

    /// The workers that carry calls between processes, where there are some.
    pub fn supervise(&self, db: &Db, workers: &Workers) {
        if self.0.untold.is_none() {
            return;
        }
        let (telling, hearing) = ((self.clone(), db.clone()), (self.clone(), db.clone()));
        workers.supervise("hub-out", move |stop| {
            notify::tell_others(telling.0.clone(), telling.1.clone(), stop)
        });
        workers.supervise("hub-in", move |stop| {
            notify::hear_others(hearing.0.clone(), hearing.1.clone(), stop)
        });
    }

    fn take_untold(&self) -> BTreeSet<Wake> {
        let untold = self.0.untold.as_ref();
        untold.map_or_else(BTreeSet::new, |untold| std::mem::take(&mut *lock(untold)))
    }

    fn untold_is(&self, is_so: impl FnOnce(&BTreeSet<Wake>) -> bool) -> bool {
        self.0
            .untold
            .as_ref()
            .is_some_and(|untold| is_so(&lock(untold)))
    }
}

/// Somebody who hears the hub.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Wake>);

impl Listener {
    /// The next call. It ends with the hub, which ends with the process.
    pub async fn next(&mut self) -> Option<Wake> {
        match self.0.recv().await {
            Ok(wake) => Some(wake),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Wake::All),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
