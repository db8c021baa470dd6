//! A small disk, which others can fill. Only root can have one; for anybody else what needs it is
//! left out.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

pub struct Disk {
    place: TempDir,
    below: PathBuf,
}

impl Disk {
    /// Of so many MiB, for a user of this machine.
    #[expect(clippy::print_stdout, reason = "a notice where something is missing")]
    pub fn mount(mebibytes: u32, user: &str) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mount = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        if !runs(Command::new("mount").args(mount).arg(place.path())) {
            println!("skipped: only root can mount a small disk");
            return None;
        }
        let disk = Self {
            below: place.path().join("data"),
            place,
        };
        std::fs::create_dir(disk.path()).unwrap();
        let all = [disk.place.path(), disk.path()];
        assert!(runs(Command::new("chown").arg(user).args(all)));
        Some(disk)
    }

    pub fn path(&self) -> &Path {
        &self.below
    }

    /// Until not a byte more goes in.
    pub fn fill(&self) {
        let mut others = File::create(self.others()).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while others.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub fn free(&self) {
        std::fs::remove_file(self.others()).unwrap();
    }

    fn others(&self) -> PathBuf {
        self.place.path().join("others")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever is still in there goes with the test.
        runs(Command::new("umount").arg("--lazy").arg(self.place.path()));
    }
}

fn runs(command: &mut Command) -> bool {
    let output = command.output();
    output.is_ok_and(|output| output.status.success())
}
