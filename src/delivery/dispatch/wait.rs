//! Waiting for the next thing to happen, and hearing what was said meanwhile.

use anyhow::Context;
use entity::SubscriptionId;
use futures_util::FutureExt;
use tokio::{task::JoinError, time::timeout_at};
use tokio_util::sync::CancellationToken;

use super::{Dispatcher, Ended};
use crate::{delivery::Fresh, infra::hub::Wake};

/// What woke the dispatcher.
enum Woken {
    Ended(Box<Option<Result<Ended, JoinError>>>),
    Hub(Option<Wake>),
    /// Something else, which the next turn will see by itself.
    Otherwise,
}

impl Dispatcher {
    pub(super) async fn wait(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let until = self.next_moment().map(|at| self.millis_until(at));
        let clock = self.app.clock.clone();
        let (inbox, stopping) = (self.deliveries.inbox.clone(), self.app.stopping.clone());
        let deadline = self.deadline();
        let next = async {
            tokio::select! {
                ended = self.tasks.join_next(), if !self.tasks.is_empty() => Woken::Ended(Box::new(ended)),
                wake = self.hub.next() => Woken::Hub(wake),
                () = inbox.rung() => Woken::Otherwise,
                () = clock.sleep(until.unwrap_or_default()), if until.is_some() => Woken::Otherwise,
                () = stopping.cancelled(), if !stopping.is_cancelled() => Woken::Otherwise,
                () = stop.cancelled(), if !stop.is_cancelled() => Woken::Otherwise,
            }
        };
        let woken = match deadline {
            Some(at) => timeout_at(at, next).await.unwrap_or(Woken::Otherwise),
            None => next.await,
        };
        match woken {
            Woken::Ended(ended) => self.task_ended(*ended)?,
            Woken::Hub(wake) => self.heard(wake.context("the hub is gone")?),
            Woken::Otherwise => {}
        }
        while let Some(ended) = self.tasks.try_join_next() {
            self.task_ended(Some(ended))?;
        }
        Ok(())
    }

    /// A panic of ours ends the worker, which is started again from the queue.
    fn task_ended(&mut self, ended: Option<Result<Ended, JoinError>>) -> anyhow::Result<()> {
        if let Some(ended) = ended {
            self.take_in(ended?);
        }
        Ok(())
    }

    /// All that was said until now.
    pub(super) fn hear(&mut self) {
        while let Some(Some(wake)) = self.hub.next().now_or_never() {
            self.heard(wake);
        }
        let content = self.deliveries.inbox.take();
        if content.settings {
            self.errand.read_settings();
        }
        for lane in content.wakes {
            self.wake(lane);
        }
        for fresh in content.fresh {
            self.offer(fresh);
        }
        self.waiters.extend(content.waiters);
    }

    fn heard(&mut self, wake: Wake) {
        match wake {
            Wake::All => self.errand.look_over(),
            Wake::Subscriptions => self.errand.read_settings(),
            Wake::Lane(lane) => self.wake(lane),
            Wake::Events | Wake::Campaigns | Wake::Result(_) => {}
        }
    }

    fn wake(&mut self, lane: SubscriptionId) {
        match self.lanes.get_mut(&lane) {
            Some(held) => {
                held.lane.wake();
                self.touch(lane);
            }
            None if self.elsewhere.contains(&lane) => {}
            None => self.errand.ask_for(lane),
        }
    }

    fn offer(&mut self, fresh: Fresh) {
        let (lane, has_room) = (fresh.subscription, self.has_room());
        match self.lanes.get_mut(&lane).filter(|held| !held.is_leaving) {
            Some(held) => {
                let may_be_next = fresh.recorder_was_here && has_room;
                held.lane.offer(fresh.into(), may_be_next);
                self.touch(lane);
            }
            None => {
                self.app.hub.ring_elsewhere(Wake::Lane(lane));
                self.wake(lane);
            }
        }
    }

    /// Tells those who wait, if nothing is left to do at this time.
    pub(super) fn tell_waiters(&mut self) {
        if !self.waiters.is_empty() && self.is_idle() {
            for waiter in self.waiters.drain(..) {
                // Who asked may have gone.
                let _ = waiter.send(());
            }
        }
    }

    fn is_idle(&self) -> bool {
        let now = self.app.clock.millis();
        let has_errand = self.errand.not_before().is_some_and(|at| at <= now);
        self.tasks.is_empty()
            && self.gather.unsettled() == 0
            && self.touched.is_empty()
            && self.turns.is_empty()
            && !has_errand
            && self.deliveries.inbox.is_empty()
    }
}
