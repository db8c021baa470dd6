//! Who is told: a receiver that answers at once and notes who has heard of which call, and when.
//!
//! Each subscriber is a path. It may also be one that fails, or one that never answers. All of them
//! are on a thread of their own.

mod arrivals;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::Context;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime,
    sync::oneshot,
};

pub use arrivals::{Arrival, Arrivals};

use super::http1;

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const BAD: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

/// How a subscriber behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Answers,
    /// With 500.
    Fails,
    NeverAnswers,
    /// Nobody listens there.
    IsNotThere,
}

pub struct Receiver {
    address: SocketAddr,
    pub arrivals: Arc<Arrivals>,
    _until: oneshot::Sender<()>,
}

impl Receiver {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let arrivals = Arc::new(Arrivals::default());
        let (until, end) = oneshot::channel::<()>();
        let (runtime, heard) = (
            runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            Arc::clone(&arrivals),
        );
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = end => {}
                    () = listen(listener, heard) => {}
                }
            });
        };
        std::thread::Builder::new()
            .name("receiver".to_owned())
            .spawn(work)?;
        Ok(Self {
            address,
            arrivals,
            _until: until,
        })
    }

    /// Where the subscriber of this number is to be told.
    pub fn url(&self, subscriber: usize, manner: Manner) -> anyhow::Result<String> {
        let path = match manner {
            Manner::Answers => "answers",
            Manner::Fails => "fails",
            Manner::NeverAnswers => "silent",
            Manner::IsNotThere => {
                let port = unused_port().context("there is no free port")?;
                return Ok(format!("http://127.0.0.1:{port}/{subscriber}"));
            }
        };
        Ok(format!("http://{}/{path}/{subscriber}", self.address))
    }
}

/// A port that nobody listens at: the system will not give it away again so soon.
fn unused_port() -> std::io::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}

async fn listen(listener: std::net::TcpListener, heard: Arc<Arrivals>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((peer, _)) = listener.accept().await {
        // A peer that breaks off is one less; the arrivals tell what is missing.
        tokio::spawn(serve(peer, Arc::clone(&heard)));
    }
}

async fn serve(mut peer: TcpStream, heard: Arc<Arrivals>) -> std::io::Result<()> {
    peer.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    while let Some(request) = http1::read(&mut peer, &mut buffer).await? {
        let at = Instant::now();
        let answer = match addressed(request.head(&buffer)) {
            Some(("answers", subscriber)) => {
                heard.note(subscriber, request.body(&buffer), at);
                GOOD
            }
            Some(("silent", _)) => {
                buffer.drain(..request.bytes());
                continue;
            }
            _ => BAD,
        };
        peer.write_all(answer).await?;
        buffer.drain(..request.bytes());
    }
    Ok(())
}

/// The manner and the number, of `POST /answers/7 HTTP/1.1`.
fn addressed(head: &[u8]) -> Option<(&str, u32)> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let path = str::from_utf8(line).ok()?.split(' ').nth(1)?;
    let (manner, subscriber) = path.strip_prefix('/')?.split_once('/')?;
    Some((manner, subscriber.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::load::{connection::Connection, letter::call_id};

    #[tokio::test]
    async fn what_comes_is_noted_once_with_its_subscriber() {
        let receiver = Receiver::start().await.unwrap();
        let url = receiver.url(3, Manner::Answers).unwrap();
        let path = &url[format!("http://{}", receiver.address).len()..];
        let mut connection = Connection::open(receiver.address).await.unwrap();
        let body = format!(r#"{{"id":"evt_1","callId":"{}"}}"#, call_id(9));
        for path in [path, path, "/fails/4"] {
            let request = format!(
                "POST {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let status = connection.status_of(request.as_bytes()).await.unwrap();
            assert_eq!(status, if path == "/fails/4" { 500 } else { 200 });
        }
        assert_eq!(
            (receiver.arrivals.count(), receiver.arrivals.repeats()),
            (1, 1)
        );
        let arrived = receiver.arrivals.take(10);
        assert_eq!(arrived[0].number, 9);
        assert_eq!(receiver.arrivals.count(), 0);
        receiver.arrivals.note(3, body.as_bytes(), Instant::now());
        assert_eq!(receiver.arrivals.count(), 0, "it is from before");
    }

    #[test]
    fn a_path_names_a_manner_and_a_subscriber() {
        assert_eq!(
            addressed(b"POST /silent/12 HTTP/1.1\r\n"),
            Some(("silent", 12))
        );
        assert_eq!(addressed(b"GET / HTTP/1.1\r\n"), None);
    }
}
