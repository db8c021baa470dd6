//! The segments in their order: appended to at one end, drained at the other.
//!
//! One thread owns it, so nothing here waits for anything but the disk. Its
//! two verbs are files: `append` and `drain`.

mod append;
mod drain;

use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{
    Depth,
    folder::{Cursor, Folder},
    segment::Segment,
};
use crate::infra::{
    clock::Millis,
    seal::{Place, Seal},
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A segment that has grown beyond this gets a successor.
    pub segment_bytes: u64,
    /// Everything in the folder, what was set aside too.
    pub bytes_max: u64,
}

pub(super) struct Journal {
    folder: Folder,
    seal: Seal,
    limits: Limits,
    /// Oldest first.
    segments: VecDeque<Segment>,
    /// The newest segment's file, while it may be appended to.
    tail: Option<File>,
    /// What was handed out last, from where the oldest segment is done.
    peeked: VecDeque<Peeked>,
    /// The last number given to a record, a segment or a file set aside.
    number: u64,
    aside_bytes: u64,
    oldest_at: Option<Millis>,
}

struct Peeked {
    sequence: u64,
    bytes: u64,
}

impl Journal {
    /// Finds what an earlier process left.
    pub fn open(path: PathBuf, seal: Seal, limits: Limits) -> anyhow::Result<Self> {
        let folder = Folder::open(path)?;
        let cursor = folder.cursor().unwrap_or_default();
        let (highest_aside, aside_bytes) = folder.aside()?;
        let mut journal = Self {
            number: highest_aside.max(cursor.segment),
            folder,
            seal,
            limits,
            segments: VecDeque::new(),
            tail: None,
            peeked: VecDeque::new(),
            aside_bytes,
            oldest_at: None,
        };
        let numbers = journal.folder.segments()?;
        for number in &numbers {
            let is_last = Some(number) == numbers.last();
            let path = journal.folder.segment(*number);
            journal
                .adopt(*number, cursor, is_last, &path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
        }
        Ok(journal)
    }

    /// The end of the last segment may be torn: it was never acknowledged.
    fn adopt(&mut self, number: u64, cursor: Cursor, is_last: bool, path: &Path) -> io::Result<()> {
        let done = match cursor.segment == number {
            true => cursor.done,
            false => 0,
        };
        let found = Segment::find(path, number, done)?;
        let mut segment = found.segment;
        if is_last && found.torn > 0 {
            segment.length -= found.torn;
            cut(path, segment.length)?;
            tracing::warn!(bytes = found.torn, "the spool's torn end was cut off");
        }
        self.number = self.number.max(found.highest_sequence);
        self.oldest_at = self.oldest_at.or(found.oldest_at);
        match segment.is_done() {
            true => self.folder.remove_segment(number),
            false => self.segments.push_back(segment),
        }
        Ok(())
    }

    pub fn depth(&self) -> Depth {
        let in_segments: u64 = self.segments.iter().map(|segment| segment.length).sum();
        Depth {
            records: self.segments.iter().map(|segment| segment.records).sum(),
            bytes: in_segments + self.aside_bytes,
            oldest_at: self.oldest_at,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// A record opens under its own sequence alone.
fn place(sequence: &[u8; 8]) -> Place<'_> {
    Place {
        table: "spool",
        column: "record",
        row: sequence,
    }
}

#[cfg(test)]
mod tests;
