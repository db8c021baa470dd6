//! Records go in, and are on disk when their sequence is known.
//!
//! A process appends only to segments that it began itself, and never again
//! to one where a write or an fsync failed: what the kernel still holds of it
//! cannot be known, and a second fsync would say that all is well.

use std::{
    fs::File,
    io::{self, Write},
    sync::Arc,
};

use super::{Journal, Segment, place};
use crate::{
    infra::{clock::Millis, failpoint},
    ingest::spool::{SpoolError, frame::Frame},
};

type Kept = Result<u64, SpoolError>;

impl Journal {
    /// Keeps the records, in this order, with one write and one fsync. The
    /// answers come in the same order.
    pub fn append(&mut self, records: &[Vec<u8>], now: Millis) -> Vec<Kept> {
        let first = self.number + 1;
        let mut room = self.limits.bytes_max.saturating_sub(self.depth().bytes);
        let mut frames = Vec::new();
        let mut kept = Vec::with_capacity(records.len());
        for record in records {
            let framed = self
                .frame(record, now)
                .filter(|(_, frame)| frame.len() as u64 <= room);
            kept.push(framed.ok_or(SpoolError::Full).map(|(sequence, frame)| {
                room -= frame.len() as u64;
                frames.extend(frame);
                sequence
            }));
        }
        let records = kept.iter().flatten().count() as u64;
        if records == 0 {
            return kept;
        }
        match self.write(first, &frames, records) {
            Ok(()) => self.oldest_at = self.oldest_at.or(Some(now)),
            Err(error) => {
                let broken = SpoolError::Broken(Arc::new(error));
                for kept in kept.iter_mut().filter(|kept| kept.is_ok()) {
                    *kept = Err(broken.clone());
                }
            }
        }
        kept
    }

    /// `None` where a record is longer than a frame can say.
    fn frame(&mut self, record: &[u8], now: Millis) -> Option<(u64, Vec<u8>)> {
        let sequence = self.next_number();
        let sealed = self.seal.seal(place(&sequence.to_be_bytes()), record);
        let frame = Frame {
            sequence,
            appended_at: now,
            sealed: &sealed,
        };
        Some((sequence, frame.bytes()?))
    }

    fn write(&mut self, first: u64, frames: &[u8], records: u64) -> io::Result<()> {
        let mut file = self.newest_file(first)?;
        failpoint::pass("spool.before-write");
        let written = file.write_all(frames).and_then(|()| {
            failpoint::pass("spool.before-fsync");
            file.sync_data()
        });
        match written {
            Ok(()) => {
                failpoint::pass("spool.after-fsync");
                self.tail = Some(file);
                if let Some(newest) = self.segments.back_mut() {
                    newest.length += frames.len() as u64;
                    newest.records += records;
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the spool cannot be written; a new segment will be tried");
                self.give_up(&file);
                Err(error)
            }
        }
    }

    fn newest_file(&mut self, first: u64) -> io::Result<File> {
        let has_room = |newest: &Segment| newest.length < self.limits.segment_bytes;
        if let Some(tail) = self.tail.take()
            && self.segments.back().is_some_and(has_room)
        {
            return Ok(tail);
        }
        let file = self.folder.new_segment(first)?;
        self.segments.push_back(Segment::empty(first));
        Ok(file)
    }

    /// What was not acknowledged is cut off where the disk still allows it.
    /// Should it survive, it is drained, which does no harm.
    fn give_up(&mut self, file: &File) {
        let Some(newest) = self.segments.back() else {
            return;
        };
        if let Err(error) = file.set_len(newest.length) {
            tracing::warn!(%error, segment = newest.number, "the spool's torn end stays");
        }
        if newest.length == 0 {
            self.folder.remove_segment(newest.number);
            self.segments.pop_back();
        }
    }
}
