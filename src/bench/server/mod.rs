//! What is measured: a server as a child process, in a folder of its own, with nothing of our
//! environment in it.

mod api;
mod histogram;
pub mod usage;

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

pub use api::Api;
pub use histogram::Histogram;

use super::folder::folder_below;
use crate::infra::clock::Clock;

const LOG_FILE: &str = "log";
const LOG_LINES: usize = 5;
/// Every server of ours says in a line where it listens.
const LISTENS_ON: &str = " listens on http://";
const STOPS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How to start it: arguments, and the whole of its environment.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub arguments: Vec<String>,
    pub settings: BTreeMap<&'static str, String>,
}

pub struct Server {
    pub address: SocketAddr,
    child: Running,
    recipe: Recipe,
    home: TempDir,
}

/// A process that is killed when the value goes.
struct Running {
    child: Child,
    /// Open for as long as the child may write to it.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one in a new folder below this one; it is ready when this comes back.
    pub async fn start(recipe: Recipe, below: &Path) -> anyhow::Result<Self> {
        let home = folder_below(below)?;
        let (address, child) = spawn(&recipe, home.path()).await?;
        Ok(Self {
            address,
            child,
            recipe,
            home,
        })
    }

    /// Stops it in order.
    pub async fn stop(&mut self, clock: &Clock) -> anyhow::Result<()> {
        self.child.stop(clock).await
    }

    /// Starts it again on the same data, at another address.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        (self.address, self.child) = spawn(&self.recipe, self.home.path()).await?;
        Ok(())
    }

    pub fn pid(&self) -> u32 {
        self.child.child.id()
    }
}

impl Running {
    /// In order, as a service manager would.
    async fn stop(&mut self, clock: &Clock) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let mut waited = Duration::ZERO;
        while self.child.try_wait()?.is_none() {
            if waited >= STOPS_WITHIN {
                bail!("the server does not stop");
            }
            clock.sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn spawn(recipe: &Recipe, home: &Path) -> anyhow::Result<(SocketAddr, Running)> {
    let mut child = Command::new(env::current_exe()?)
        .args(&recipe.arguments)
        .env_clear()
        .envs(&recipe.settings)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(home.join(LOG_FILE))?)
        .spawn()
        .context("the server to measure does not start")?;
    let stdout = child.stdout.take().context("the server has no output")?;
    let mut running = Running {
        child,
        _stdout: BufReader::new(stdout),
    };
    let greeted = spawn_blocking(move || {
        let address = listens_on(&mut running._stdout);
        (address, running)
    });
    let (address, running) = greeted.await?;
    let address = address?.with_context(|| format!("the server ended: {}", last_words(home)))?;
    Ok((address, running))
}

fn listens_on(stdout: &mut impl BufRead) -> anyhow::Result<Option<SocketAddr>> {
    for line in stdout.lines() {
        if let Some((_, address)) = line?.split_once(LISTENS_ON) {
            return Ok(Some(address.trim().parse()?));
        }
    }
    Ok(None)
}

fn last_words(home: &Path) -> String {
    let log = fs::read_to_string(home.join(LOG_FILE)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().rev().take(LOG_LINES).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
}
