//! How far long work has come: one line on standard error that is drawn over
//! itself, for people at a terminal. Whoever redirects it, or wants JSON or
//! quiet, gets none of it.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const DRAWN_EVERY: Duration = Duration::from_millis(100);
const BAR_CELLS: u64 = 24;
/// Back to the beginning of the line, and the rest of it is gone.
const OVER_ITSELF: &str = "\r\x1b[K";

pub(super) struct Progress {
    is_shown: bool,
    drawn: Mutex<Option<Instant>>,
}

impl Progress {
    pub fn unless(is_unwanted: bool) -> Self {
        Self {
            is_shown: !is_unwanted && stderr().is_terminal(),
            drawn: Mutex::new(None),
        }
    }

    /// So much of what is being done; of how much, where that is known.
    pub fn show(&self, doing: &str, done: u64, of: Option<u64>) {
        if self.is_shown && self.is_time() {
            let line = line(doing, done, of);
            // A terminal that has gone is no reason to stop.
            let _ = write!(stderr(), "{OVER_ITSELF}{line}");
        }
    }

    fn is_time(&self) -> bool {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = drawn.is_none_or(|at| at.elapsed() >= DRAWN_EVERY);
        if is_time {
            *drawn = Some(Instant::now());
        }
        is_time
    }
}

/// What comes next is written where it was.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "{OVER_ITSELF}");
        }
    }
}

fn line(doing: &str, done: u64, of: Option<u64>) -> String {
    match of {
        Some(of) if of > 0 => {
            let cells = (done.min(of) * BAR_CELLS / of) as usize;
            let bar = format!("{:<1$}", "#".repeat(cells), BAR_CELLS as usize);
            format!(
                "{doing:<30} [{bar}] {:>3} %  {done} of {of}",
                done.min(of) * 100 / of
            )
        }
        _ => format!("{doing:<30} {done}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_of_how_much() {
        assert_eq!(
            line("copying calls", 50, Some(200)),
            "copying calls                  [######                  ]  25 %  50 of 200"
        );
        assert_eq!(
            line("sealing again", 7, None),
            "sealing again                  7"
        );
        assert!(line("more than was there", 9, Some(3)).contains("100 %"));
    }
}
