//! Long work that makes a file grow, watched by the size of the file.

use std::{fs, path::Path, time::Duration};

use super::Watch;
use crate::infra::clock::Clock;

const LOOKED_AT_EVERY: Duration = Duration::from_millis(200);

pub(super) async fn watched<T>(
    file: &Path,
    bytes: Option<u64>,
    watch: Watch<'_>,
    work: impl Future<Output = T>,
) -> T {
    let clock = Clock::system();
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            () = clock.sleep(LOOKED_AT_EVERY) => {
                let grown = fs::metadata(file).map_or(0, |file| file.len());
                watch(grown, bytes);
            }
        }
    }
}
