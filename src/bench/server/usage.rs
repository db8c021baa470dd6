//! What a process has used: processor time and memory, as Linux tells. Elsewhere nothing is known.

use std::{fs, time::Duration};

/// Linux counts in hundredths of a second, on every machine that it runs on today.
const TICK: Duration = Duration::from_millis(10);

/// The processor time of a process, and of its children that have ended.
pub fn cpu(pid: u32) -> Option<Duration> {
    parse_cpu(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The processor time of a process and of all its children.
pub fn cpu_of_family(pid: u32) -> Option<Duration> {
    let entries = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let children = stats.filter(|stat| parse_parent(stat) == Some(pid));
    let children: Duration = children.filter_map(|stat| parse_cpu(&stat)).sum();
    Some(cpu(pid)? + children)
}

/// The memory that a process has at the moment, in bytes.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    parse_resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// After the name, which is in brackets and may hold anything, come the state, the parent, and as
/// the 12th to 15th field the times.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_whitespace().skip(11).take(4);
    let ticks: Vec<u32> = times.map_while(|time| time.parse().ok()).collect();
    (ticks.len() == 4).then(|| TICK * ticks.iter().sum::<u32>())
}

fn parse_parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "7 (a (b) c) S 3 7 7 0 -1 4194560 100 0 0 0 250 50 20 10 20 0 9 0 100 1 2";

    #[test]
    fn processor_time_is_the_sum_of_four_fields() {
        assert_eq!(parse_cpu(STAT), Some(Duration::from_millis(3_300)));
        assert_eq!(parse_parent(STAT), Some(3));
        assert_eq!(parse_cpu("7 (a) S 3 7"), None);
        assert_eq!(parse_cpu(""), None);
    }

    #[test]
    fn resident_memory_is_a_line_among_others() {
        let status = "Name:\ta\nVmHWM:\t  900 kB\nVmRSS:\t  512 kB\n";
        assert_eq!(parse_resident(status), Some(512 << 10));
        assert_eq!(parse_resident("Name:\ta\n"), None);
    }
}
