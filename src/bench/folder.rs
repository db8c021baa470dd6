//! A folder of its own for everything that is started; it is gone when the value is.

use std::{io, path::Path};

use tempfile::{Builder, TempDir};

pub fn folder_below(folder: &Path) -> io::Result<TempDir> {
    Builder::new().prefix("ringback-bench-").tempdir_in(folder)
}
