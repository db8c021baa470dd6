//! The worker that places what is due.
//!
//! The times are rows. A process sleeps until the nearest one, or until a change of its own; where
//! there are replicas it also looks once a second for those that another one has set.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Desk, Schedules, store};
use crate::{auth::Scope, error::Result};

const LOOK_FOR_OTHERS_EVERY: Duration = Duration::from_secs(1);
/// Where nothing is due, a change wakes us; this is only a backstop.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(300);
/// Another process has in hand what is due.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

impl Schedules {
    /// The worker, until it is stopped.
    pub async fn keep_time(self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            // Interest is registered before the look, so that no change between the two is missed.
            let woken = self.0.changed.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            self.place_due().await?;
            let pause = self.0.pause().await?;
            let waited = async {
                tokio::select! {
                    () = self.0.app.clock.sleep(pause) => {}
                    () = woken => {}
                }
            };
            if stop.run_until_cancelled(waited).await.is_none() {
                return Ok(());
            }
        }
    }

    /// A schedule was made or changed here.
    pub fn have_changed(&self) {
        self.0.changed.notify_waiters();
    }
}

impl Desk {
    async fn pause(&self) -> Result<Duration> {
        let at_most = match self.app.db.is_postgres() {
            true => LOOK_FOR_OTHERS_EVERY,
            false => LOOK_AT_LEAST_EVERY,
        };
        let next = store::next_due(self.app.db.read(), &Scope::of_the_service()).await?;
        let until_next = next.map(|due| u64::try_from(due - self.app.clock.millis()).unwrap_or(0));
        Ok(match until_next {
            None => at_most,
            Some(0) => LOOK_AGAIN_AFTER,
            Some(millis) => Duration::from_millis(millis).min(at_most),
        })
    }
}
