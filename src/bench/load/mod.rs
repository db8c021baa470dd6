//! Load: messages sent to a server over keep-alive connections, each answered before the next.
//!
//! It runs on a thread of its own, with one runtime and no locks that anybody else wants, because
//! every microsecond that it takes is missing where the measurement is.

pub mod connection;
pub mod letter;
mod turns;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{runtime, sync::oneshot, task::JoinSet, time::timeout};

use super::statistics::Latencies;
use connection::Connection;
use turns::Turns;
pub use turns::{Pace, Until};

/// What a load may take beyond its time, before it counts as hung.
const OVERTIME: Duration = Duration::from_secs(120);

/// Writes the request of a number into an empty buffer.
pub type Write = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

#[derive(Clone)]
pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    pub pace: Pace,
    pub until: Until,
    /// The number of the first message.
    pub first: u64,
    pub write: Write,
}

/// One message that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub number: u64,
    /// When it should have been sent.
    pub due: Instant,
    pub answered: Instant,
}

/// A load that went through: every message was answered with a success.
#[derive(Clone, Debug)]
pub struct Went {
    pub began: Instant,
    pub ended: Instant,
    pub sent: Vec<Sent>,
}

impl Went {
    pub fn per_second(&self) -> f64 {
        self.sent.len() as f64 / (self.ended - self.began).as_secs_f64()
    }

    pub fn latencies(&self) -> Latencies {
        let took = self.sent.iter().map(|sent| sent.answered - sent.due);
        took.collect()
    }
}

/// Sends it all, on a thread of its own. The first message that is refused ends it: what is
/// measured beside failures is not what was meant to be measured.
pub async fn send(load: Load) -> anyhow::Result<Went> {
    let (done, went) = oneshot::channel();
    let work = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let sent = runtime
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(send_here(load)));
        // Whoever asked may be gone, and with them the interest in it.
        let _ = done.send(sent);
    };
    std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(work)?;
    went.await.context("the load broke off")?
}

async fn send_here(load: Load) -> anyhow::Result<Went> {
    let count = load.pace.connections(load.connections);
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(Connection::open(load.address).await?);
    }
    let began = Instant::now();
    let turns = Arc::new(Turns::from(began, load.pace, load.until, load.first)?);
    let mut senders = JoinSet::new();
    for connection in connections {
        senders.spawn(take_turns(
            connection,
            Arc::clone(&turns),
            load.write.clone(),
        ));
    }
    let limit = load.until.lasts(load.pace).unwrap_or_default() + OVERTIME;
    let sent = timeout(limit, all(senders))
        .await
        .context("messages are not answered any more")??;
    let ended = sent.iter().map(|it| it.answered).max();
    Ok(Went {
        began,
        ended: ended.context("nothing was sent")?,
        sent,
    })
}

async fn all(mut senders: JoinSet<anyhow::Result<Vec<Sent>>>) -> anyhow::Result<Vec<Sent>> {
    let mut sent = Vec::new();
    while let Some(ended) = senders.join_next().await {
        sent.extend(ended??);
    }
    Ok(sent)
}

async fn take_turns(
    mut connection: Connection,
    turns: Arc<Turns>,
    write: Write,
) -> anyhow::Result<Vec<Sent>> {
    let (mut sent, mut request) = (Vec::new(), Vec::new());
    while let Some(turn) = turns.next().await {
        request.clear();
        write(turn.number, &mut request);
        let status = connection.status_of(&request).await?;
        ensure!(
            (200..300).contains(&status),
            "message {} was answered with {status}",
            turn.number
        );
        sent.push(Sent {
            number: turn.number,
            due: turn.due,
            answered: Instant::now(),
        });
    }
    Ok(sent)
}
