//! Who goes first where there are fewer cores than threads with work.
//!
//! An answer to a request takes some fifty microseconds of work, and somebody waits for it. What is
//! recorded and sent goes in batches, and what comes a moment later is in the next one. But a system
//! gives every thread its turn of some milliseconds, and so the answer waits for several turns. Hence
//! the threads that record and send stand back: they are *nicer*, and the system lets those that serve
//! requests pass. These take half of the cores at most, so nobody starves.

/// From even, a tenth of what the others get where both want the same core.
#[cfg(target_os = "linux")]
const STEPS: i32 = 10;
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

/// For a thread to call that stands back behind the one that calls this. Elsewhere than on Linux all
/// threads of a process go together.
pub fn stand_back() -> impl Fn() + Send + Sync + 'static {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        // Of nobody in particular means of the thread that asks.
        let ours = getpriority_process(None).unwrap_or(0);
        move || {
            // Whoever may not be nicer serves as well, only later.
            let _ = setpriority_process(None, (ours + STEPS).min(NICEST));
        }
    }
    #[cfg(not(target_os = "linux"))]
    || {}
}
