//! Many who ask the same at once are answered by one look.
//!
//! A look answers all who asked before it began, and nobody who asked after:
//! what was committed before a question is in its answer. So those who come
//! while somebody looks wait, and then one of them looks for all of them.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use tokio::sync::Mutex as Turn;

type Last<T> = Turn<Option<(u64, T)>>;

#[derive(Debug)]
pub(super) struct Flights<T> {
    ticks: AtomicU64,
    by_name: Mutex<HashMap<String, Weak<Last<T>>>>,
}

/// Somebody who wants to know.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    name: &'a str,
    flight: Arc<Last<T>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self {
            ticks: AtomicU64::new(0),
            by_name: Mutex::default(),
        }
    }
}

impl<T: Clone> Flights<T> {
    pub async fn look<Fut: Future<Output = T>>(&self, name: &str, look: impl FnOnce() -> Fut) -> T {
        let seat = self.join(name);
        let arrived = self.tick();
        let mut last = seat.flight.lock().await;
        if let Some((began, seen)) = last.as_ref()
            && *began > arrived
        {
            return seen.clone();
        }
        let began = self.tick();
        let seen = look().await;
        *last = Some((began, seen.clone()));
        seen
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, SeqCst)
    }
}

impl<T> Flights<T> {
    /// Whether anybody looks for anything.
    pub fn is_any(&self) -> bool {
        !self.by_name().is_empty()
    }

    fn join<'a>(&'a self, name: &'a str) -> Seat<'a, T> {
        let mut by_name = self.by_name();
        let flight = by_name.get(name).and_then(Weak::upgrade);
        let flight = flight.unwrap_or_else(|| {
            let flight = Arc::new(Turn::new(None));
            by_name.insert(name.to_owned(), Arc::downgrade(&flight));
            flight
        });
        Seat {
            flights: self,
            name,
            flight,
        }
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, Weak<Last<T>>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever leaves last, answered or not, takes the name along.
impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut by_name = self.flights.by_name();
        if Arc::strong_count(&self.flight) == 1 {
            by_name.remove(self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{future::join_all, poll};
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn one_look_answers_all_who_came_before_it_and_nobody_who_came_after() {
        let flights = Flights::default();
        let (looks, may_end) = (AtomicU64::new(0), Semaphore::new(0));
        let ask = || {
            flights.look("x", || async {
                let look = looks.fetch_add(1, SeqCst) + 1;
                may_end.acquire().await.unwrap().forget();
                look
            })
        };
        let mut first = Box::pin(ask());
        assert!(poll!(&mut first).is_pending());
        assert!(flights.is_any());
        let mut late: Vec<_> = (0..50).map(|_| Box::pin(ask())).collect();
        for asked in &mut late {
            assert!(poll!(asked).is_pending());
        }
        may_end.add_permits(2);
        assert_eq!(first.await, 1);
        assert_eq!(join_all(late).await, vec![2; 50]);
        assert!(!flights.is_any());
    }

    #[tokio::test]
    async fn who_hangs_up_while_looking_leaves_the_look_to_the_next() {
        let flights = Flights::default();
        let mut gone = Box::pin(flights.look("x", std::future::pending::<u64>));
        assert!(poll!(&mut gone).is_pending());
        let mut next = Box::pin(flights.look("x", || async { 7 }));
        assert!(poll!(&mut next).is_pending());
        drop(gone);
        assert_eq!(next.await, 7);
        assert!(!flights.is_any());
    }
}
