//! What the spool promises to those who append and to those who drain.

mod damage;
mod model;
mod promises;

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::DateTime;
use tempfile::TempDir;

use super::*;
use crate::config::Secret;

const KEY_A: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const KEY_B: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// A data directory that outlives the spools opened in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn spool(&self) -> Spool {
        self.try_spool(KEY_A, BYTES_MAX).unwrap()
    }

    fn try_spool(&self, keys: &str, bytes_max: u64) -> anyhow::Result<Spool> {
        let clock = Clock::stepped(DateTime::UNIX_EPOCH);
        Spool::open(self.0.path(), seal(keys), clock, bytes_max)
    }

    /// A journal whose segments hold little.
    fn journal(&self) -> Journal {
        let limits = Limits {
            segment_bytes: 400,
            bytes_max: BYTES_MAX,
        };
        Journal::open(self.folder(), seal(KEY_A), limits).unwrap()
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("spool")
    }

    fn aside(&self) -> Vec<PathBuf> {
        files(&self.folder().join("aside"))
    }

    /// Oldest first.
    fn segments(&self) -> Vec<PathBuf> {
        let mut segments = files(&self.folder());
        segments.retain(|path| path.extension().is_some());
        segments
    }

    /// What the disk holds at this moment, as a process finds it that starts
    /// after this one was killed.
    fn after_a_kill(&self) -> Self {
        let copy = Self::new();
        fs::create_dir_all(copy.folder().join("aside")).unwrap();
        for from in files(&self.folder()) {
            fs::copy(&from, copy.folder().join(from.file_name().unwrap())).unwrap();
        }
        copy
    }
}

fn seal(keys: &str) -> Seal {
    Seal::from_list(&Secret::new(keys)).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn texts(records: &[Record]) -> Vec<String> {
    let text = |record: &Record| String::from_utf8(record.bytes.to_vec()).unwrap();
    records.iter().map(text).collect()
}

/// Drains a journal to the end.
fn drained(journal: &mut Journal) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let records = journal.peek().unwrap();
        let Some(last) = records.last() else {
            return all;
        };
        all.extend(texts(&records));
        journal.done(last.sequence);
    }
}
