//! A PostgreSQL of our own: with its own settings as they come, so that a commit is on the disk
//! before it is told, on the loopback interface and a free port, with a password.
//!
//! PostgreSQL refuses to be run by root. Where we are root, it is run by the user that its package
//! has made, or by nobody.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::{bench::folder::folder_below, config::Secret, infra::postgres_programs};

const USERS: [&str; 2] = ["postgres", "nobody"];
/// Somebody may take a port before the server has it.
const TRIES: usize = 4;
const STARTS_WITHIN_SECONDS: &str = "60";

/// Where `initdb` and `pg_ctl` are.
#[derive(Clone, Debug)]
pub struct Programs(PathBuf);

impl Programs {
    pub fn find() -> Option<Self> {
        postgres_programs::folder_of(&["initdb", "pg_ctl"]).map(Self)
    }
}

pub struct Private {
    programs: Programs,
    folder: TempDir,
    user: Option<User>,
    password: String,
    port: u16,
}

/// Who runs it, where it is not us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    id: u32,
    group: u32,
}

impl Private {
    /// Takes a few seconds, and blocks.
    pub fn start(programs: Programs, below: &Path) -> anyhow::Result<Self> {
        let folder = folder_below(below)?;
        let is_root = fs::metadata(folder.path())?.uid() == 0;
        let mut server = Self {
            programs,
            user: is_root
                .then(|| other_user(Path::new("/etc/passwd")))
                .transpose()?,
            password: hex::encode(rand::random::<[u8; 16]>()),
            port: 0,
            folder,
        };
        server.make_cluster()?;
        for _ in 0..TRIES {
            server.port = free_port()?;
            match server.start_at_port() {
                Ok(()) => return Ok(server),
                Err(error) if server.log().contains("Address already in use") => drop(error),
                Err(error) => bail!("{error:#}: {}", server.log()),
            }
        }
        bail!("PostgreSQL found no free port")
    }

    pub fn url(&self) -> Secret {
        let (password, port) = (&self.password, self.port);
        Secret::new(format!(
            "postgres://postgres:{password}@127.0.0.1:{port}/postgres"
        ))
    }

    /// Of the process that all others are children of.
    pub fn pid(&self) -> Option<u32> {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    /// Ends it in mid-sentence; what it had not written to the disk is lost.
    pub fn stop_at_once(&self) -> anyhow::Result<()> {
        run(self.tool("pg_ctl").args(["stop", "--mode=immediate"]))
    }

    /// The same server at the same port, which repairs itself first.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.start_at_port()
    }

    fn make_cluster(&self) -> anyhow::Result<()> {
        let password_file = self.folder.path().join("password");
        let mut file = fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&password_file)?;
        writeln!(file, "{}", self.password)?;
        if let Some(user) = self.user {
            for path in [self.folder.path(), &password_file] {
                chown(path, Some(user.id), Some(user.group))?;
            }
        }
        let mut initdb = self.tool("initdb");
        initdb.arg(format!("--pwfile={}", password_file.display()));
        initdb.args(
            "--username=postgres --auth=password --encoding=UTF8 --locale=C --no-sync".split(' '),
        );
        run(&mut initdb)?;
        let mut settings = fs::OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        writeln!(
            settings,
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''"
        )?;
        Ok(())
    }

    fn start_at_port(&self) -> anyhow::Result<()> {
        let mut start = self.tool("pg_ctl");
        start.args(["start", "--wait", "--timeout", STARTS_WITHIN_SECONDS]);
        start.arg(format!("--log={}", self.log_file().display()));
        start.arg(format!("--options=-p {}", self.port));
        run(&mut start)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.0.join(name));
        command.arg("-D").arg(self.data()).current_dir("/");
        if let Some(user) = self.user {
            command.uid(user.id).gid(user.group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // All of it goes, so nothing has to be written any more; where it was never started there is
        // nothing to stop.
        let _ = self.stop_at_once();
    }
}

/// Runs it, and tells what it complained of. Its output is not a pipe: the server that is started
/// would hold it open.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_owned();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run", name.display()))?;
    ensure!(status.success(), "{} failed: {status}", name.display());
    Ok(())
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn other_user(passwd: &Path) -> anyhow::Result<User> {
    let users = fs::read_to_string(passwd)?;
    let found = USERS.iter().find_map(|name| user(&users, name));
    found.with_context(|| format!("there is no user to run PostgreSQL as: none of {USERS:?}"))
}

/// Of lines such as `postgres:x:102:104:…`.
fn user(users: &str, name: &str) -> Option<User> {
    let line = users
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let mut fields = line.split(':').skip(1).map(str::parse);
    Some(User {
        id: fields.next()?.ok()?,
        group: fields.next()?.ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_its_numbers() {
        let users = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:8::/:/bin/sh\npostgres:x:102:104::/:/bin/sh\n";
        let postgres = User {
            id: 102,
            group: 104,
        };
        assert_eq!(user(users, "postgres"), Some(postgres));
        assert_eq!(user(users, "nobody"), None);
    }
}
