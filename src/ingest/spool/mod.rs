//! Where events wait on disk while the database is away.
//!
//! ```text
//!   append ─▶ seal ─▶ frame ─▶ the newest segment ─▶ fsync ─▶ 200
//!                                     ⋮
//!   next ◀─ open ◀─ frame ◀─ the oldest segment ─▶ done: the cursor, then gone
//! ```
//!
//! Append-only files in the data directory. What was appended survives a
//! `kill -9` and a power failure; a torn end was never acknowledged and is cut
//! off; garbage costs the records that it hit and no other. Records are
//! sealed, bounded by the size of the whole folder, and handed out in order.
//! Progress is written without waiting for the disk, so after a crash a few
//! records come again: their identities make that harmless.
//!
//! One thread owns the files. It takes whatever queued while the last fsync
//! ran and writes it with the next one; there is no timer. A request that is
//! dropped half-way therefore never leaves half a record.

mod folder;
#[doc(hidden)]
pub mod frame;
mod journal;
mod segment;
mod thread;

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use crate::infra::{
    clock::{Clock, Millis},
    seal::Seal,
};
use journal::{Journal, Limits};
use thread::{Command, Shared, Thread};

/// How much the folder may hold, what was set aside included.
pub const BYTES_MAX: u64 = 1024 * 1024 * 1024;
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
const COMMANDS_WAITING_MAX: usize = 256;

/// Why a record was not kept. It was not kept, whichever it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("the spool is full")]
    Full,
    #[error("the spool cannot be written or read")]
    Broken(#[source] Arc<io::Error>),
}

/// A record as it was appended.
pub struct Record {
    pub sequence: u64,
    pub appended_at: Millis,
    pub bytes: Zeroizing<Vec<u8>>,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub records: u64,
    /// Of all files, what was set aside included.
    pub bytes: u64,
    pub oldest_at: Option<Millis>,
}

#[derive(Clone)]
pub struct Spool {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    // Dropped after the sender, because it ends when the last one is gone.
    _thread: Arc<Thread>,
}

impl Spool {
    /// Opens `spool/` in the data directory, with what an earlier process
    /// left there. No other process may have it open.
    pub fn open(data_dir: &Path, seal: Seal, clock: Clock, bytes_max: u64) -> anyhow::Result<Self> {
        let limits = Limits {
            segment_bytes: SEGMENT_BYTES,
            bytes_max,
        };
        let journal = Journal::open(data_dir.join("spool"), seal, limits)?;
        let (commands, queue) = mpsc::channel(COMMANDS_WAITING_MAX);
        let shared = Arc::new(Shared::default());
        let thread = Thread::start(journal, clock, queue, shared.clone())?;
        Ok(Self {
            commands,
            shared,
            _thread: Arc::new(thread),
        })
    }

    /// Keeps a record: when this comes back with its sequence, it is on disk.
    /// The record is kept, or not, even if nobody waits for this any more.
    pub async fn append(&self, record: Vec<u8>) -> Result<u64, SpoolError> {
        self.enter(record).await?.await
    }

    /// Comes back when the record has its place behind those that came before;
    /// what comes back waits for the disk.
    pub async fn enter(
        &self,
        record: Vec<u8>,
    ) -> Result<impl Future<Output = Result<u64, SpoolError>> + use<>, SpoolError> {
        let entered = Shared::enter(&self.shared);
        let kept = self
            .say(|reply| Command::Append(record, entered, reply))
            .await?;
        Ok(async move { kept.await.map_err(|_| gone())? })
    }

    /// The oldest records, as soon as there are any. The same ones come again
    /// until they are done or set aside.
    pub async fn next(&self) -> Result<Vec<Record>, SpoolError> {
        loop {
            let records = self.ask(Command::Peek).await??;
            if !records.is_empty() {
                return Ok(records);
            }
            self.shared.filled().await;
        }
    }

    /// Of what `next` gave, everything up to this one is safe elsewhere.
    pub async fn done(&self, through: u64) -> Result<(), SpoolError> {
        self.ask(|reply| Command::Done(through, reply)).await
    }

    /// Takes the oldest record out of the way for its own sake; it is kept in
    /// `spool/aside/`. The reason goes to the log.
    pub async fn set_aside(&self, sequence: u64, why: &'static str) -> Result<(), SpoolError> {
        self.ask(|reply| Command::SetAside(sequence, why, reply))
            .await?
    }

    /// Whether nothing waits and nothing is on its way in. While it is not
    /// empty, new events queue behind what it holds.
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty()
    }

    pub fn depth(&self) -> Depth {
        self.shared.depth()
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SpoolError> {
        self.say(command).await?.await.map_err(|_| gone())
    }

    async fn say<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<oneshot::Receiver<T>, SpoolError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| gone())?;
        Ok(answer)
    }
}

fn gone() -> SpoolError {
    SpoolError::from(io::Error::other("the spool's thread has ended"))
}

/// How many records an earlier process left in the data directory, those that
/// were set aside included. No process may have them open.
pub fn left_behind(data_dir: &Path, seal: Seal) -> anyhow::Result<u64> {
    let folder = data_dir.join("spool");
    if !folder.is_dir() {
        return Ok(0);
    }
    let limits = Limits {
        segment_bytes: SEGMENT_BYTES,
        bytes_max: BYTES_MAX,
    };
    let waiting = Journal::open(folder.clone(), seal, limits)?.depth().records;
    Ok(waiting + fs::read_dir(folder.join("aside"))?.count() as u64)
}

impl Depth {
    /// How long the oldest record has waited.
    pub fn oldest_age(&self, now: Millis) -> Duration {
        let waited = self.oldest_at.map_or(0, |oldest| now - oldest);
        Duration::from_millis(u64::try_from(waited).unwrap_or(0))
    }
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        Self::Broken(Arc::new(error))
    }
}

#[cfg(test)]
mod tests;
