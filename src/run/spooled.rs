//! What waits in a spool that no server has open: for commands that would
//! leave it behind.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::{config::Database, infra::seal::Seal, ingest};

/// Events that are on no database yet would stay where they are.
pub fn assert_nothing_waits(
    data_dir: &Path,
    database: &Database,
    seal: Option<&Seal>,
) -> anyhow::Result<()> {
    for folder in folders(data_dir, database) {
        let waiting = waiting(&folder, seal)?;
        ensure!(
            waiting == 0,
            "{waiting} events wait in the spool in {}, and would be left behind: start the server, \
             wait until ringback_spool_records is 0, stop it, and put back or give up what lies in \
             spool/aside",
            folder.display()
        );
    }
    Ok(())
}

/// How many events wait, or were set aside.
pub fn waiting(data_dir: &Path, seal: Option<&Seal>) -> anyhow::Result<u64> {
    match seal {
        Some(seal) => ingest::left_behind(data_dir, seal.clone()),
        // Nothing was ever sealed here.
        None => Ok(0),
    }
}

/// The data directory, and the folder of the database, which mostly is the same.
fn folders(data_dir: &Path, database: &Database) -> Vec<PathBuf> {
    let mut folders = vec![data_dir.to_owned()];
    if let Database::Sqlite { file } = database {
        folders.extend(file.parent().map(Path::to_owned));
    }
    folders.dedup();
    folders
}
