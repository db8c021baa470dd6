//! When a commit of SQLite is on the disk.
//!
//! SQLite can bring each commit to the disk itself, and lets nobody else write
//! until it is there. Here the next transaction runs meanwhile, and one call of
//! the kernel serves all that have committed by then: the answer waits for the
//! disk, the writer does not. (`synchronous=NORMAL` leaves exactly that call
//! out, and keeps those that make the database whole after any failure.)
//!
//! A disk that fails to take what was written may have forgotten it, and says
//! so only once. Nothing can then be said of any commit that is not there yet,
//! so the process ends, as PostgreSQL's does, and reads the log anew.

use std::{
    fs::File,
    future::pending,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    sync::{Mutex, Notify},
    task::spawn_blocking,
};

/// The disk under one database's write-ahead log.
#[derive(Debug)]
pub(super) struct Disk {
    log: PathBuf,
    commits: AtomicU64,
    /// Told after each commit that reached the disk, and after each that failed.
    tried: Notify,
    has_failed: AtomicBool,
    reached: Mutex<Reached>,
}

/// How many commits are on the disk, and the open log.
#[derive(Debug, Default)]
struct Reached {
    commits: u64,
    log: Option<Arc<File>>,
}

/// How many commits there were, and whether one failed since it was asked.
pub(super) struct Tried {
    pub commits: u64,
    pub has_failed: bool,
}

/// A commit that is on its way to the disk.
#[derive(Debug)]
pub(super) struct Ticket {
    disk: Arc<Disk>,
    commit: u64,
}

impl Disk {
    pub fn under(database: &Path) -> Arc<Self> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Arc::new(Self {
            log: log.into(),
            commits: AtomicU64::new(0),
            tried: Notify::new(),
            has_failed: AtomicBool::new(false),
            reached: Mutex::default(),
        })
    }

    /// For a commit that has just been made.
    pub fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket {
            disk: Arc::clone(self),
            commit: self.commits.fetch_add(1, Ordering::SeqCst) + 1,
        }
    }

    /// A commit was not made; where the disk is full, it may be for the log's length.
    pub fn failed(&self) {
        self.has_failed.store(true, Ordering::SeqCst);
        self.tried.notify_one();
    }

    /// Comes back when there were so many commits, or one that failed.
    pub async fn tried(&self, enough: u64) -> Tried {
        loop {
            let commits = self.commits.load(Ordering::SeqCst);
            let has_failed = self.has_failed.swap(false, Ordering::SeqCst);
            if commits >= enough || has_failed {
                return Tried {
                    commits,
                    has_failed,
                };
            }
            self.tried.notified().await;
        }
    }

    /// Whoever comes first brings there what all have committed by then.
    async fn reach(&self, commit: u64) -> io::Result<()> {
        let mut reached = self.reached.lock().await;
        if reached.commits >= commit {
            return Ok(());
        }
        let commits = self.commits.load(Ordering::SeqCst);
        bring(reached.open(&self.log)?).await?;
        reached.commits = commits;
        self.tried.notify_one();
        Ok(())
    }
}

impl Reached {
    /// Whoever closes the database last removes the log, and the next one makes another.
    fn open(&mut self, path: &Path) -> io::Result<Arc<File>> {
        if let Some(log) = &self.log
            && log.metadata()?.nlink() > 0
        {
            return Ok(Arc::clone(log));
        }
        let log = Arc::new(File::options().write(true).open(path)?);
        Ok(Arc::clone(self.log.insert(log)))
    }
}

impl Ticket {
    /// Comes back when the commit is on the disk, or not at all.
    pub async fn on_disk(self) {
        if let Err(error) = self.disk.reach(self.commit).await {
            end(&self.disk.log, &error);
        }
    }
}

/// Comes back when all that was written to a file is on the disk.
pub(super) async fn bring(file: Arc<File>) -> io::Result<()> {
    match spawn_blocking(move || file.sync_data()).await {
        Ok(synced) => synced,
        // The runtime ends, and whoever waits for this with it: of the disk nothing is known.
        Err(ended) if ended.is_cancelled() => pending().await,
        Err(panicked) => Err(io::Error::other(panicked)),
    }
}

/// Of what was written to this file nothing is known any more.
pub(super) fn end(file: &Path, error: &io::Error) -> ! {
    let file = file.display();
    tracing::error!(%file, %error, "the disk did not take what was written; this process ends");
    process::abort();
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::runtime::Runtime;

    use super::*;

    fn disk(folder: &Path) -> Arc<Disk> {
        Disk::under(&folder.join("database"))
    }

    #[tokio::test]
    async fn one_call_serves_all_that_have_committed() {
        let folder = tempfile::tempdir().unwrap();
        let disk = disk(folder.path());
        File::create(&disk.log).unwrap();
        let (first, second) = (disk.ticket(), disk.ticket());
        first.on_disk().await;
        assert_eq!(disk.reached.lock().await.commits, second.commit);
        let third = disk.ticket();
        assert!(third.commit > disk.reached.lock().await.commits);
    }

    #[tokio::test]
    async fn a_log_that_was_made_anew_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let disk = disk(folder.path());
        File::create(&disk.log).unwrap();
        disk.ticket().on_disk().await;
        std::fs::remove_file(&disk.log).unwrap();
        let commit = disk.ticket().commit;
        assert!(disk.reach(commit).await.is_err(), "it is removed");
        File::create(&disk.log).unwrap();
        disk.reach(commit).await.unwrap();
    }

    #[test]
    fn a_runtime_that_ends_is_no_fault_of_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let disk = disk(folder.path());
        File::create(&disk.log).unwrap();
        let ended = Runtime::new().unwrap();
        let handle = ended.handle().clone();
        drop(ended);
        let _inside = handle.enter();
        assert!(disk.ticket().on_disk().now_or_never().is_none());
    }

    #[tokio::test]
    async fn what_did_not_reach_the_disk_does_not_count_as_there() {
        let folder = tempfile::tempdir().unwrap();
        let disk = disk(folder.path());
        let commit = disk.ticket().commit;
        assert!(disk.reach(commit).await.is_err(), "there is no log");
        assert_eq!(disk.reached.lock().await.commits, 0);
    }
}
