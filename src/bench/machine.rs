//! The machine that is measured on: no figure means anything without it.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    num::NonZero,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::folder::folder_below;

const FSYNCS_FOR: Duration = Duration::from_millis(500);
/// A page of PostgreSQL, two of SQLite.
const FSYNC_BYTES: usize = 8 << 10;

#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub cores: usize,
    pub processor: Option<String>,
    pub memory_bytes: Option<u64>,
    pub kernel: Option<String>,
    /// How often a second one page can be brought onto the disk where the databases are.
    pub fsyncs_per_second: f64,
    /// How many programs wanted a core, over the minute before, and over the last minute.
    pub load_average: Vec<f64>,
}

impl Machine {
    pub fn look(folder: PathBuf) -> anyhow::Result<Self> {
        let memory = proc_field("/proc/meminfo", "MemTotal");
        Ok(Self {
            cores: thread::available_parallelism().map_or(1, NonZero::get),
            processor: proc_field("/proc/cpuinfo", "model name"),
            memory_bytes: memory.and_then(|text| {
                let kib: u64 = text.strip_suffix(" kB")?.trim().parse().ok()?;
                Some(kib << 10)
            }),
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            fsyncs_per_second: fsyncs_per_second(folder)?,
            load_average: load_average().into_iter().collect(),
        })
    }

    /// When all is done: who else was there?
    pub fn look_at_load_again(&mut self) {
        self.load_average.extend(load_average());
    }
}

fn load_average() -> Option<f64> {
    read("/proc/loadavg")?.split(' ').next()?.parse().ok()
}

fn proc_field(file: &str, name: &str) -> Option<String> {
    field(&read(file)?, name)
}

fn read(file: &str) -> Option<String> {
    fs::read_to_string(file).ok()
}

/// Of lines such as `MemTotal:  100 kB`.
fn field(text: &str, name: &str) -> Option<String> {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().to_owned())
}

/// By doing it, in a file like those of the databases.
fn fsyncs_per_second(folder: PathBuf) -> io::Result<f64> {
    let folder = folder_below(&folder)?;
    let mut file = File::create(folder.path().join("page"))?;
    let page = [0x5a; FSYNC_BYTES];
    file.write_all(&page)?;
    file.sync_all()?;
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < FSYNCS_FOR {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "MemTotalish:  1 kB\nMemTotal:  \t 100 kB\nmodel name\t: A: b\n";
        assert_eq!(field(text, "MemTotal").as_deref(), Some("100 kB"));
        assert_eq!(field(text, "model name").as_deref(), Some("A: b"));
        assert_eq!(field(text, "Mem"), None);
    }
}
