//! The spool's folder and the names in it, for its owner only.
//!
//! ```text
//!   spool/00000000000000000042.spool         a segment: frames, oldest first
//!   spool/cursor                             how far the oldest segment is done
//!   spool/aside/00000000000000000057.spool   a record that was refused
//!   spool/aside/00000000000000000058.unreadable   bytes that are no frame
//! ```
//!
//! What was refused lies in a segment of its own: moved back into `spool/`
//! while no server runs, it is tried again. All numbers come from one counter,
//! so no name is ever used twice. The folder itself is locked, as two
//! processes would take each other's events.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

const SEGMENT: &str = "spool";
const UNREADABLE: &str = "unreadable";
const CURSOR_BYTES: usize = 24;

/// How far the spool is done: this segment, up to this byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub segment: u64,
    pub done: u64,
}

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    aside: PathBuf,
    /// Open for its lock, and to make new names durable.
    handle: File,
    cursor: File,
}

impl Folder {
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let aside = path.join("aside");
        let open = || -> io::Result<_> {
            let mut make = DirBuilder::new();
            make.recursive(true).mode(0o700).create(&aside)?;
            let mut cursor = OpenOptions::new();
            cursor.read(true).write(true).create(true).mode(0o600);
            Ok((File::open(&path)?, cursor.open(path.join("cursor"))?))
        };
        let (handle, cursor) =
            open().with_context(|| format!("the spool {} cannot be opened", path.display()))?;
        handle.try_lock().with_context(|| {
            format!(
                "another ringback keeps its spool in {}: give this one its own RINGBACK_DATA_DIR",
                path.display()
            )
        })?;
        Ok(Self {
            path,
            aside,
            handle,
            cursor,
        })
    }

    /// The numbers of all segments, oldest first.
    pub fn segments(&self) -> io::Result<Vec<u64>> {
        let names = fs::read_dir(&self.path)?.collect::<io::Result<Vec<_>>>()?;
        let mut found: Vec<u64> = names
            .iter()
            .map(fs::DirEntry::path)
            .filter(|path| path.extension().is_some_and(|kind| kind == SEGMENT))
            .filter_map(|path| number_of(&path))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    pub fn segment(&self, number: u64) -> PathBuf {
        self.path.join(name(number, SEGMENT))
    }

    /// A new segment whose name is durable before anything is written.
    pub fn new_segment(&self, number: u64) -> io::Result<File> {
        let file = new_file(&self.segment(number))?;
        self.handle.sync_all()?;
        Ok(file)
    }

    /// The segment may come back after a power failure: then it is drained
    /// again, which changes nothing.
    pub fn remove_segment(&self, number: u64) {
        if let Err(error) = fs::remove_file(self.segment(number)) {
            tracing::warn!(%error, segment = number, "a drained part of the spool cannot be removed");
        }
    }

    /// Where the last process stopped, if that is known.
    pub fn cursor(&self) -> Option<Cursor> {
        let mut bytes = [0; CURSOR_BYTES];
        self.cursor.read_exact_at(&mut bytes, 0).ok()?;
        let number = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
        let cursor = Cursor {
            segment: number(0)?,
            done: number(8)?,
        };
        (cursor.bytes() == bytes).then_some(cursor)
    }

    /// Written without waiting for the disk: losing it costs duplicates.
    pub fn set_cursor(&self, cursor: Cursor) {
        if let Err(error) = self.cursor.write_all_at(&cursor.bytes(), 0) {
            tracing::warn!(%error, "the spool's progress cannot be written");
        }
    }

    /// The highest number among what was set aside, and how much it all is.
    pub fn aside(&self) -> io::Result<(u64, u64)> {
        let (mut highest, mut bytes) = (0, 0);
        for entry in fs::read_dir(&self.aside)? {
            let entry = entry?;
            highest = highest.max(number_of(&entry.path()).unwrap_or(0));
            bytes += entry.metadata()?.len();
        }
        Ok((highest, bytes))
    }

    /// Keeps a frame that was refused.
    pub fn keep_refused(&self, number: u64, frame: &[u8]) -> io::Result<PathBuf> {
        self.keep_aside(name(number, SEGMENT), frame)
    }

    /// Keeps bytes that are no frame.
    pub fn keep_unreadable(&self, number: u64, bytes: &[u8]) -> io::Result<PathBuf> {
        self.keep_aside(name(number, UNREADABLE), bytes)
    }

    fn keep_aside(&self, name: String, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.aside.join(name);
        let mut file = new_file(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        File::open(&self.aside)?.sync_all()?;
        metrics::counter!("ringback_spool_set_aside_total").increment(1);
        Ok(path)
    }
}

impl Cursor {
    fn bytes(self) -> [u8; CURSOR_BYTES] {
        let mut bytes = [0; CURSOR_BYTES];
        bytes[..8].copy_from_slice(&self.segment.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.done.to_le_bytes());
        let digest = Sha256::digest(&bytes[..16]);
        bytes[16..].copy_from_slice(&digest[..8]);
        bytes
    }
}

fn name(number: u64, kind: &str) -> String {
    format!("{number:020}.{kind}")
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
}
