//! Records go out, oldest first, and are gone when somebody else has them.
//!
//! What comes next but cannot be read (a frame that no key opens, bytes that
//! are no frame) is kept aside and passed over, so that one bad spot never
//! holds up what lies behind it.

use std::io;

use super::{Journal, Peeked, place};
use crate::{
    infra::seal::SealError,
    ingest::spool::{
        Record,
        folder::Cursor,
        frame::{self, Frame},
    },
};

/// How many records are handed out at once.
const RECORDS_PER_PEEK: usize = 256;

impl Journal {
    /// The oldest records; they stay until they are done or set aside.
    pub fn peek(&mut self) -> io::Result<Vec<Record>> {
        self.peeked.clear();
        while let Some(oldest) = self.segments.front() {
            let bytes = oldest.read(&self.folder.segment(oldest.number))?;
            let records = self.open_frames(&bytes);
            if let Some(first) = records.first() {
                self.oldest_at = Some(first.appended_at);
                return Ok(records);
            }
            self.pass_over(&bytes)?;
        }
        Ok(Vec::new())
    }

    fn open_frames(&mut self, mut bytes: &[u8]) -> Vec<Record> {
        let mut records = Vec::new();
        while records.len() < RECORDS_PER_PEEK
            && let Some(frame) = Frame::read(bytes)
            && let Ok(opened) = self.open_frame(&frame)
        {
            self.peeked.push_back(Peeked {
                sequence: opened.sequence,
                bytes: frame.length() as u64,
            });
            records.push(opened);
            bytes = &bytes[frame.length()..];
        }
        records
    }

    fn open_frame(&self, frame: &Frame<'_>) -> Result<Record, SealError> {
        let row = frame.sequence.to_be_bytes();
        Ok(Record {
            sequence: frame.sequence,
            appended_at: frame.appended_at,
            bytes: self.seal.open(place(&row), frame.sealed)?,
        })
    }

    /// Sets aside what `bytes` begin with: a frame that does not open, or
    /// garbage up to the next good frame.
    fn pass_over(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(frame) = Frame::read(bytes)
            && let Err(why) = self.open_frame(&frame)
        {
            return self.keep_refused(&bytes[..frame.length()], &why.to_string());
        }
        let garbage = frame::find(bytes).map_or(bytes, |(at, _)| &bytes[..at]);
        let number = self.next_number();
        let kept = self.folder.keep_unreadable(number, garbage)?;
        tracing::error!(
            bytes = garbage.len(), kept = %kept.display(),
            "a part of the spool cannot be read and was set aside",
        );
        self.aside_bytes += garbage.len() as u64;
        self.advance(garbage.len() as u64, 0);
        Ok(())
    }

    /// All that was handed out up to this record is done.
    pub fn done(&mut self, through: u64) {
        let is_last = |peeked: &Peeked| peeked.sequence == through;
        if let Some(last) = self.peeked.iter().position(is_last) {
            let bytes = self.peeked.drain(..=last).map(|peeked| peeked.bytes).sum();
            self.advance(bytes, last as u64 + 1);
        }
    }

    /// Takes the oldest record out of the way, and keeps it.
    pub fn set_aside(&mut self, sequence: u64, why: &'static str) -> io::Result<()> {
        let length = match self.peeked.front() {
            Some(oldest) if oldest.sequence == sequence => oldest.bytes as usize,
            _ => return Err(io::Error::other("only the oldest record can be set aside")),
        };
        if let Some(oldest) = self.segments.front() {
            let bytes = oldest.read(&self.folder.segment(oldest.number))?;
            self.keep_refused(&bytes[..length], why)?;
        }
        self.peeked.pop_front();
        Ok(())
    }

    fn keep_refused(&mut self, frame: &[u8], why: &str) -> io::Result<()> {
        let number = self.next_number();
        let kept = self.folder.keep_refused(number, frame)?;
        tracing::error!(why, kept = %kept.display(), "a spooled event was set aside");
        self.aside_bytes += frame.len() as u64;
        self.advance(frame.len() as u64, 1);
        Ok(())
    }

    /// Remembers how far the oldest segment is done, and removes it when
    /// nothing is left of it.
    fn advance(&mut self, bytes: u64, records: u64) {
        let Some(oldest) = self.segments.front_mut() else {
            return;
        };
        oldest.done += bytes;
        oldest.records = oldest.records.saturating_sub(records);
        self.folder.set_cursor(Cursor {
            segment: oldest.number,
            done: oldest.done,
        });
        if oldest.is_done() {
            self.folder.remove_segment(oldest.number);
            self.segments.pop_front();
        }
        if self.segments.is_empty() {
            self.tail = None;
            self.oldest_at = None;
        }
    }
}
