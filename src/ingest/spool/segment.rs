//! One file of the spool, read from where it is done to where it is whole.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use super::frame::{self, Frame};
use crate::infra::clock::Millis;

/// How much is read at once, unless a single record is longer.
const READ_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub number: u64,
    /// Up to here it was written and fsynced.
    pub length: u64,
    /// Up to here it is done.
    pub done: u64,
    /// The records that are not done.
    pub records: u64,
}

/// What a segment of an earlier process holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub segment: Segment,
    pub highest_sequence: u64,
    pub oldest_at: Option<Millis>,
    /// Bytes at the end that belong to no whole frame.
    pub torn: u64,
}

impl Segment {
    pub fn empty(number: u64) -> Self {
        Self {
            number,
            length: 0,
            done: 0,
            records: 0,
        }
    }

    pub fn is_done(&self) -> bool {
        self.done >= self.length
    }

    /// Counts what is left behind `done`. Garbage between good frames stays
    /// where it is until its turn comes.
    pub fn find(path: &Path, number: u64, done: u64) -> io::Result<Found> {
        let bytes = fs::read(path)?;
        let length = bytes.len() as u64;
        let done = if done <= length { done } else { 0 };
        let mut found = Found {
            segment: Self {
                number,
                length,
                done,
                records: 0,
            },
            highest_sequence: number,
            oldest_at: None,
            torn: 0,
        };
        let mut rest = &bytes[done as usize..];
        while let Some((at, frame)) = frame::find(rest) {
            found.segment.records += 1;
            found.highest_sequence = found.highest_sequence.max(frame.sequence);
            found.oldest_at = found.oldest_at.or(Some(frame.appended_at));
            rest = &rest[at + frame.length()..];
        }
        found.torn = rest.len() as u64;
        Ok(found)
    }

    /// What comes next: at least the first frame whole, or, where there is no
    /// good frame next, all the rest.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let rest = self.length - self.done;
        let some = self.read_exact(&file, rest.min(READ_BYTES_MAX))?;
        if rest > READ_BYTES_MAX && Frame::read(&some).is_none() {
            return self.read_exact(&file, rest);
        }
        Ok(some)
    }

    fn read_exact(&self, file: &File, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, self.done)?;
        Ok(bytes)
    }
}
