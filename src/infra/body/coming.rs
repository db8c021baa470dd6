//! How much the bodies that are still on their way hold together: a stranger
//! may begin many large ones and end none, and is asked for a proof only behind
//! the last byte. Small ones are let in all the same.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::error::{Code, Error, Result};

/// The beginning of each body is not counted: there are fewer connections than would make it much.
const FREE_BYTES: usize = 16 << 10;
const TRY_AGAIN_AFTER_SECS: u64 = 1;

#[derive(Debug)]
pub(super) struct Coming {
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// What has come of one body, for as long as this lives.
#[derive(Debug)]
pub(super) struct Part<'a> {
    coming: &'a Coming,
    bytes: usize,
}

impl Coming {
    pub const fn of_at_most(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    pub const fn begin(&self) -> Part<'_> {
        Part {
            coming: self,
            bytes: 0,
        }
    }
}

impl Part<'_> {
    /// Refused where all together have become too much.
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        let before = self.counted();
        self.bytes += bytes;
        let more = self.counted() - before;
        if more == 0 || self.coming.bytes.fetch_add(more, Relaxed) + more <= self.coming.bytes_max {
            return Ok(());
        }
        let message = "More is being sent here at once than there is room for: send it again.";
        Err(Error::new(Code::Unready, message).with_retry_after(TRY_AGAIN_AFTER_SECS))
    }

    const fn counted(&self) -> usize {
        self.bytes.saturating_sub(FREE_BYTES)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.coming.bytes.fetch_sub(self.counted(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_ones_that_do_not_end_leave_room_for_small_ones() {
        let coming = Coming::of_at_most(3 * FREE_BYTES);
        let (mut first, mut second) = (coming.begin(), coming.begin());
        first.grow(3 * FREE_BYTES).unwrap();
        second.grow(FREE_BYTES).unwrap();
        second.grow(FREE_BYTES).unwrap();
        let refused = second.grow(1).unwrap_err();
        assert_eq!(refused.code(), Code::Unready);
        let mut small = coming.begin();
        small.grow(FREE_BYTES).unwrap();
        assert_eq!(small.grow(1).unwrap_err().code(), Code::Unready);
    }

    #[test]
    fn what_has_ended_leaves_its_room() {
        let coming = Coming::of_at_most(FREE_BYTES);
        let mut first = coming.begin();
        first.grow(2 * FREE_BYTES).unwrap();
        first.grow(1).unwrap_err();
        drop(first);
        coming.begin().grow(2 * FREE_BYTES).unwrap();
        assert_eq!(coming.bytes.load(Relaxed), 0);
    }
}
