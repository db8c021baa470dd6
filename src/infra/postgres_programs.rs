//! Where PostgreSQL's own programs are: on the path, else where packages put them, the newest first.
//! Packages that allow several versions side by side put none of them on the path.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The folders of the versions, and where below.
const PLACES: [(&str, &str); 3] = [
    ("/usr/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
];

/// The folder that holds all of these programs; an empty one where the path does.
pub fn folder_of(names: &[&str]) -> Option<PathBuf> {
    if names.iter().all(|name| is_on_the_path(name)) {
        return Some(PathBuf::new());
    }
    let mut found = PLACES
        .iter()
        .filter_map(|(place, below)| newest(Path::new(place), below, names));
    found.next()
}

fn is_on_the_path(name: &str) -> bool {
    let mut asked = Command::new(name);
    asked.arg("--version").stdin(Stdio::null());
    asked.output().is_ok_and(|output| output.status.success())
}

fn newest(place: &Path, below: &str, names: &[&str]) -> Option<PathBuf> {
    let versions = fs::read_dir(place).ok()?.filter_map(Result::ok);
    let mut found: Vec<_> = versions
        .map(|entry| entry.path())
        .filter(|path| {
            names
                .iter()
                .all(|name| path.join(below).join(name).exists())
        })
        .collect();
    found.sort_by_key(|path| version(path));
    Some(found.pop()?.join(below))
}

/// Of a folder that is called `17` or `postgresql@17`.
fn version(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.rsplit('@').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_has_all_of_them_is_taken() {
        let place = tempfile::tempdir().unwrap();
        for (version, names) in [
            ("9", &["initdb", "pg_ctl"][..]),
            ("15", &["initdb", "pg_ctl"]),
            ("17", &["initdb"]),
        ] {
            let bin = place.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for name in names {
                fs::write(bin.join(name), "").unwrap();
            }
        }
        let newest = |names: &[&str]| newest(place.path(), "bin", names);
        let bin = |version: &str| Some(place.path().join(version).join("bin"));
        assert_eq!(newest(&["initdb", "pg_ctl"]), bin("15"));
        assert_eq!(newest(&["initdb"]), bin("17"));
        assert_eq!(newest(&["pg_dump"]), None);
    }

    #[test]
    fn a_version_is_a_number_behind_the_name_if_any() {
        assert_eq!(version(Path::new("/usr/local/opt/postgresql@16")), Some(16));
        assert_eq!(version(Path::new("/usr/lib/postgresql/9")), Some(9));
        assert_eq!(version(Path::new("/usr/local/opt/openssl")), None);
    }
}
