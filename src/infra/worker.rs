//! Background workers, never silently half-dead.
//!
//! A worker is a loop that ends only when it is told to. Should it panic or
//! end with an error, that is logged, counted, and the worker is started
//! again after a pause that doubles up to a minute; the pause is short again
//! once the worker has lived for a while. Stopping waits for every worker.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::clock::Clock;

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A worker that lived this long before it failed is not in a crash loop.
const SOUND_AFTER: Duration = Duration::from_secs(300);

#[derive(Clone, Debug)]
pub struct Workers {
    clock: Clock,
    stop: CancellationToken,
    running: TaskTracker,
}

impl Workers {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            stop: CancellationToken::new(),
            running: TaskTracker::new(),
        }
    }

    /// Becomes cancelled when the workers are to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a worker under supervision. `start` is called again after each
    /// failure; an `Ok` means that it stopped because it was told to.
    pub fn supervise<F, Fut>(&self, name: &'static str, mut start: F)
    where
        F: FnMut(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send,
    {
        let (clock, stop) = (self.clock.clone(), self.stop.clone());
        let span = tracing::info_span!("worker", worker = name);
        let supervised = async move {
            let mut pause = PAUSE_MIN;
            loop {
                let started = Instant::now();
                let run = AssertUnwindSafe(start(stop.child_token())).catch_unwind();
                let Some(why) = failure(run.await) else { break };
                metrics::counter!("ringback_worker_restarts_total", "worker" => name).increment(1);
                if started.elapsed() >= SOUND_AFTER {
                    pause = PAUSE_MIN;
                }
                tracing::error!(
                    error = why,
                    restart_in_secs = pause.as_secs(),
                    "worker failed"
                );
                if stop.run_until_cancelled(clock.sleep(pause)).await.is_none() {
                    break;
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
        };
        self.running.spawn(supervised.instrument(span));
    }

    /// Tells every worker to stop and waits until the last one has.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
    }
}

type Run = Result<anyhow::Result<()>, Box<dyn std::any::Any + Send>>;

fn failure(run: Run) -> Option<String> {
    match run {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => Some(format!("panicked: {}", panic_text(panic.as_ref()))),
    }
}

/// What a panic said, where it said it in words.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_or_fails_is_started_again_after_a_growing_pause() {
        let clock = Clock::stepped(DateTime::UNIX_EPOCH);
        let workers = Workers::new(clock.clone());
        let (runs, mut seen) = mpsc::unbounded_channel();
        let mut run = 0;
        workers.supervise("test", move |stop| {
            run += 1;
            runs.send(run).unwrap();
            async move {
                match run {
                    1 => panic!("on purpose"),
                    2 => anyhow::bail!("on purpose"),
                    _ => stop.cancelled().await,
                }
                Ok(())
            }
        });
        assert_eq!(seen.recv().await, Some(1));
        for (expected, pause) in [(2, PAUSE_MIN), (3, PAUSE_MIN * 2)] {
            tokio::task::yield_now().await;
            clock.advance(pause);
            assert_eq!(seen.recv().await, Some(expected));
        }
        workers.stop().await;
    }

    #[tokio::test]
    async fn stopping_does_not_wait_for_a_pause() {
        let workers = Workers::new(Clock::stepped(DateTime::UNIX_EPOCH));
        workers.supervise("test", |_| async { anyhow::bail!("on purpose") });
        tokio::task::yield_now().await;
        workers.stop().await;
    }
}
