//! The questions that this process is putting to tools at the moment.
//!
//! Who comes with one of them again joins the one that is under way. Each
//! runs in a task of its own on the process's runtime, so that it goes on when
//! nobody waits for it any more.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, future::BoxFuture, future::Shared};
use tokio::runtime::Handle;

use super::question::{Answer, Digest};

type Asking = Shared<BoxFuture<'static, Option<Answer>>>;

pub(super) struct InFlight {
    asking: Arc<Mutex<HashMap<Digest, Asking>>>,
    runtime: Handle,
}

impl InFlight {
    /// On the runtime of whoever calls this.
    pub fn here() -> Self {
        Self {
            asking: Arc::default(),
            runtime: Handle::current(),
        }
    }

    /// Runs `work`, or joins what runs for the same question already. Nothing
    /// comes back of work that has broken down.
    pub fn join(
        &self,
        digest: Digest,
        work: impl Future<Output = Answer> + Send + 'static,
    ) -> Asking {
        let start = || {
            let asking = self.asking.clone();
            let task = self.runtime.spawn(async move {
                let _departure = Departure(asking, digest);
                work.await
            });
            task.map(Result::ok).boxed().shared()
        };
        lock(&self.asking)
            .entry(digest)
            .or_insert_with(start)
            .clone()
    }
}

/// Takes a question off the list however its work ends.
struct Departure(Arc<Mutex<HashMap<Digest, Asking>>>, Digest);

impl Drop for Departure {
    fn drop(&mut self) {
        lock(&self.0).remove(&self.1);
    }
}

fn lock(asking: &Mutex<HashMap<Digest, Asking>>) -> MutexGuard<'_, HashMap<Digest, Asking>> {
    asking.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::known(Ok(text.to_owned()))
    }

    fn text(answer: Option<Answer>) -> String {
        answer.map_or_else(String::new, |answer| answer.outcome.unwrap())
    }

    #[tokio::test]
    async fn who_comes_meanwhile_joins_and_who_comes_later_does_not() {
        let in_flight = InFlight::here();
        let (go_on, held) = oneshot::channel::<()>();
        let first = in_flight.join([1; 32], async move {
            let _ = held.await;
            answer("first")
        });
        let second = in_flight.join([1; 32], async { answer("second") });
        let other = in_flight.join([2; 32], async { answer("other") });
        assert_eq!(text(other.await), "other");
        go_on.send(()).unwrap();
        assert_eq!(text(first.await), "first");
        assert_eq!(text(second.await), "first");
        let third = in_flight.join([1; 32], async { answer("third") });
        assert_eq!(text(third.await), "third");
    }

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_and_a_breakdown_leaves_nothing_behind() {
        let in_flight = InFlight::here();
        let (done, seen) = oneshot::channel();
        drop(in_flight.join([1; 32], async move {
            let _ = done.send(());
            answer("unheard")
        }));
        seen.await.unwrap();
        let broken = in_flight.join([2; 32], async { panic!("as the test wants it") });
        assert!(broken.await.is_none());
        assert!(!lock(&in_flight.asking).contains_key(&[2; 32]));
    }
}
