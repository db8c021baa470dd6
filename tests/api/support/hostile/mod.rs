//! Receivers that mean no good: each does one wrong thing to everybody who comes, for as long as
//! the other side lets it.

pub mod deeds;

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{Interval, interval},
};

/// Slow enough to hold a slot for hours, and fast enough never to look dead.
const DRIP_EVERY: Duration = Duration::from_millis(20);

/// What is done to everybody who comes.
#[derive(Clone)]
pub struct Deed {
    pub after: After,
    pub says: Vec<u8>,
    pub then: Then,
}

/// How far a request is let come first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    Connected,
    /// The first words of a TLS handshake.
    Hello,
    Head,
    Request,
}

/// What follows once the words have been said.
#[derive(Clone)]
pub enum Then {
    Close,
    Reset,
    /// Silence.
    Hang,
    /// The same as fast as it is taken.
    Repeat(Vec<u8>),
    /// A byte, and after a while another.
    Drip(u8),
}

/// Who has come, and who of them has gone again.
#[derive(Clone, Copy, Default)]
pub struct Met {
    pub came: usize,
    pub gone: usize,
}

pub struct Hostile {
    port: u16,
    met: watch::Sender<Met>,
    serving: JoinHandle<()>,
}

impl Hostile {
    pub async fn that(deed: Deed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let met = watch::Sender::new(Met::default());
        let count = met.clone();
        let serving = tokio::spawn(async move {
            let mut peers = JoinSet::new();
            while let Ok((peer, _)) = listener.accept().await {
                count.send_modify(|met| met.came += 1);
                let (deed, count) = (deed.clone(), count.clone());
                peers.spawn(async move {
                    meet(peer, &deed).await;
                    count.send_modify(|met| met.gone += 1);
                });
            }
        });
        Self { port, met, serving }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Waits until so many have come and gone again.
    pub async fn gone(&self, count: usize) -> Met {
        self.when(|met| met.gone >= count).await
    }

    /// Waits until so many have come.
    pub async fn came(&self, count: usize) -> Met {
        self.when(|met| met.came >= count).await
    }

    async fn when(&self, is_so: impl FnMut(&Met) -> bool) -> Met {
        let mut met = self.met.subscribe();
        *met.wait_for(is_so).await.unwrap()
    }
}

/// Whoever is still there is left at once.
impl Drop for Hostile {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn meet(peer: TcpStream, deed: &Deed) {
    if matches!(deed.then, Then::Reset) {
        peer.set_zero_linger().unwrap();
    }
    act(peer, deed).await;
}

#[expect(clippy::disallowed_methods, reason = "to be slow is what it does")]
fn drips() -> Interval {
    interval(DRIP_EVERY)
}

/// Does the deed; the other side may have had enough at any moment.
async fn act(mut peer: impl AsyncRead + AsyncWrite + Unpin, deed: &Deed) {
    if !hear(&mut peer, deed.after).await || peer.write_all(&deed.says).await.is_err() {
        return;
    }
    match &deed.then {
        Then::Reset => {}
        Then::Close => {
            let _ = peer.shutdown().await;
            // What is still unread would turn the close into a reset.
            while peer.read_u8().await.is_ok() {}
        }
        Then::Hang => while peer.read_u8().await.is_ok() {},
        Then::Repeat(piece) => while peer.write_all(piece).await.is_ok() {},
        Then::Drip(byte) => {
            let mut drips = drips();
            while peer.write_all(&[*byte]).await.is_ok() {
                drips.tick().await;
            }
        }
    }
}

/// Whether so much of a request has come.
async fn hear(peer: &mut (impl AsyncRead + Unpin), until: After) -> bool {
    let mut heard = Vec::new();
    while !is_enough(&heard, until) {
        if !peer.read_buf(&mut heard).await.is_ok_and(|read| read > 0) {
            return false;
        }
    }
    true
}

fn is_enough(heard: &[u8], until: After) -> bool {
    let text = String::from_utf8_lossy(heard);
    let whole = text.split_once("\r\n\r\n");
    match (until, whole) {
        (After::Connected, _) | (After::Head, Some(_)) => true,
        (After::Hello, _) => !heard.is_empty(),
        (After::Request, Some((head, body))) => {
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            length.is_some_and(|length| length.parse() == Ok(body.len()))
        }
        (_, None) => false,
    }
}
