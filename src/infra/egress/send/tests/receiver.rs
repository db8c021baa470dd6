//! A receiver on loopback that hears a request and then does as it is told.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::interval,
};

const DRIP_EVERY: Duration = Duration::from_millis(10);

pub struct Receiver {
    port: u16,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

/// What follows once the words have been said.
#[derive(Clone)]
pub enum Then {
    Close,
    /// Silence, until the other side has had enough.
    Hang,
    Reset,
    /// The same again and again, until the other side has had enough.
    Repeat(String),
    /// So many bytes, one after another, each after a while.
    Drip(usize),
    /// The next request on the same connection.
    Next,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    request: Mutex<String>,
    dropped: Notify,
}

impl Receiver {
    /// Says `words` to each request, `then` goes on.
    pub async fn that(words: impl Into<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, words) = (Arc::new(Seen::default()), words.into());
        let saw = seen.clone();
        let serving = tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                saw.connections.fetch_add(1, SeqCst);
                tokio::spawn(serve(peer, words.clone(), then.clone(), saw.clone()));
            }
        });
        Self {
            port,
            seen,
            serving,
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.authority())
    }

    pub fn url_by_name(&self) -> String {
        format!("http://localhost:{}/hook", self.port)
    }

    /// How many connections have been made so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    /// The last request, as it came.
    pub fn heard(&self) -> String {
        self.seen.request.lock().unwrap().clone()
    }

    /// Waits until the other side has dropped a connection.
    pub async fn dropped(&self) {
        self.seen.dropped.notified().await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut peer: TcpStream, words: Vec<u8>, then: Then, seen: Arc<Seen>) {
    while let Some(request) = hear(&mut peer).await {
        *seen.request.lock().unwrap() = request;
        // A client that has heard enough may have gone before the end.
        let _ = peer.write_all(&words).await;
        match &then {
            Then::Next => continue,
            Then::Close => {
                let _ = peer.shutdown().await;
            }
            Then::Hang => while peer.read_u8().await.is_ok() {},
            Then::Reset => peer.set_zero_linger().unwrap(),
            Then::Drip(count) => drip(&mut peer, *count).await,
            Then::Repeat(piece) => while peer.write_all(piece.as_bytes()).await.is_ok() {},
        }
        break;
    }
    seen.dropped.notify_one();
}

#[expect(clippy::disallowed_methods, reason = "to be slow is what it does")]
async fn drip(peer: &mut TcpStream, count: usize) {
    let mut drips = interval(DRIP_EVERY);
    for _ in 0..count {
        drips.tick().await;
        if peer.write_all(b"a").await.is_err() {
            return;
        }
    }
}

/// A whole request, or the first words of a TLS handshake.
async fn hear(peer: &mut TcpStream) -> Option<String> {
    const TLS_HANDSHAKE: u8 = 0x16;
    let mut heard = Vec::new();
    loop {
        if peer.read_buf(&mut heard).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&heard);
        if heard[0] == TLS_HANDSHAKE || is_whole(&text) {
            return Some(text.into_owned());
        }
    }
}

/// Without a length there is no body: so asks who follows a redirect, and is to be answered too.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| length.parse() == Ok(body.len()))
}
