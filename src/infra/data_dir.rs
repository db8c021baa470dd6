//! The data directory: everything local to this machine, for its owner only.
//!
//! It is made on the first start with mode 0700. What is generated there
//! (sealing keys, the secrets of Vapi's webhooks) is a file of mode 0600,
//! written beside its place and renamed into it, so that a crash leaves the
//! whole file or none. A lock file says that a server runs on this data.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::config::Secret;

#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Opens the directory, making it where it is missing.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        make_private(path).with_context(|| {
            format!(
                "RINGBACK_DATA_DIR is `{}`, which cannot be made",
                path.display()
            )
        })?;
        Ok(Self(path.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A secret kept here under `name`: read if it is there, else made.
    pub fn secret_or(&self, name: &str, make: impl FnOnce() -> Secret) -> anyhow::Result<Secret> {
        if let Some(kept) = self.secret(name)? {
            return Ok(kept);
        }
        let made = make();
        self.keep_secret(name, &made)?;
        Ok(made)
    }

    pub fn secret(&self, name: &str) -> anyhow::Result<Option<Secret>> {
        let file = self.file(name);
        match fs::read_to_string(&file) {
            Ok(text) if text.trim().is_empty() => {
                bail!("{} is empty: restore it from a backup", file.display())
            }
            Ok(text) => Ok(Some(Secret::new(text.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    /// Writes a secret so that a crash leaves the old file or the new one.
    pub fn keep_secret(&self, name: &str, secret: &Secret) -> anyhow::Result<()> {
        let (file, beside) = (self.file(name), self.file(&format!("{name}.new")));
        let write = || -> io::Result<()> {
            let mut out = private_file(&beside)?;
            writeln!(out, "{}", secret.expose())?;
            out.sync_all()?;
            fs::rename(&beside, &file)?;
            File::open(&self.0)?.sync_all()
        };
        write().with_context(|| format!("{} cannot be written", file.display()))
    }
}

/// Held while a server runs on a database file; released by the kernel when
/// the process ends, however it ends.
#[derive(Debug)]
pub struct LockFile {
    _held: File,
}

impl LockFile {
    /// Takes the lock, or says who seems to hold it.
    pub fn take(path: &Path) -> anyhow::Result<Self> {
        let mut file = lockable_file(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another ringback already serves this database ({} is locked): \
                 stop it first, or give this one its own RINGBACK_DATA_DIR",
                path.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _held: file })
    }

    /// Takes the lock, waiting for whoever holds it.
    pub fn wait_for(path: &Path) -> anyhow::Result<Self> {
        let file = lockable_file(path)?;
        file.lock()?;
        Ok(Self { _held: file })
    }
}

fn lockable_file(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("the lock file {} cannot be opened", path.display()))
}

fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a file that only its owner can read, where there is none yet. One that is there is not opened:
/// to close it again would let go of every lock that this process has on it, SQLite's too.
pub fn make_private_file(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&folder.path().join("data")).unwrap();
        let made = dir.secret_or("key", || Secret::new("first")).unwrap();
        let kept = dir.secret_or("key", || Secret::new("second")).unwrap();
        assert_eq!((made.expose(), kept.expose()), ("first", "first"));
        assert_eq!((mode(dir.path()), mode(&dir.file("key"))), (0o700, 0o600));
    }

    #[test]
    fn an_emptied_secret_is_never_replaced_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path()).unwrap();
        fs::write(dir.file("key"), "\n").unwrap();
        let told = dir
            .secret_or("key", || Secret::new("new"))
            .unwrap_err()
            .to_string();
        assert!(told.contains("is empty"), "{told}");
    }

    #[test]
    fn the_lock_is_held_once_and_freed_when_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = LockFile::take(&path).unwrap();
        assert!(
            LockFile::take(&path)
                .unwrap_err()
                .to_string()
                .contains("already serves")
        );
        drop(held);
        LockFile::take(&path).unwrap();
    }
}
