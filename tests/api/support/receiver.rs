//! A receiver on loopback: it keeps every request and answers by a script.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinHandle,
};

pub struct Receiver {
    port: u16,
    script: Arc<Mutex<VecDeque<Reply>>>,
    heard: watch::Sender<Vec<Heard>>,
    serving: JoinHandle<()>,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What a request is answered.
pub enum Reply {
    Words(Vec<u8>),
    /// Nothing, until the other side has had enough.
    Silence,
    /// The answer, once it is let go.
    Held(oneshot::Receiver<()>, Box<Reply>),
}

impl From<u16> for Reply {
    /// A status, and an empty object.
    fn from(status: u16) -> Self {
        Self::with(status, "", "{}")
    }
}

impl From<Value> for Reply {
    /// 200, and this.
    fn from(body: Value) -> Self {
        Self::with(200, "", body.to_string())
    }
}

impl Reply {
    /// `headers` as lines, each with its end.
    pub fn with(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        Self::Words([head.as_bytes(), body].concat())
    }

    /// The same, held back until the other half is used.
    pub fn held(self) -> (oneshot::Sender<()>, Self) {
        let (let_go, held) = oneshot::channel();
        (let_go, Self::Held(held, Box::new(self)))
    }
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (script, heard) = (Arc::default(), watch::Sender::default());
        let (read, hear) = (Arc::clone(&script), heard.clone());
        let serving = tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                tokio::spawn(serve(peer, Arc::clone(&read), hear.clone()));
            }
        });
        Self {
            port,
            script,
            heard,
            serving,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// What the next requests are answered, in order; after that it is 200.
    pub fn replies(&self, replies: impl IntoIterator<Item = impl Into<Reply>>) {
        let replies = replies.into_iter().map(Into::into);
        self.script.lock().unwrap().extend(replies);
    }

    /// All that came so far.
    pub fn requests(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Waits until so many have come.
    pub async fn heard(&self, count: usize) -> Vec<Heard> {
        self.until(|heard| heard.len() >= count).await
    }

    /// Waits until what has come is enough.
    pub async fn until(&self, is_enough: impl FnMut(&[Heard]) -> bool) -> Vec<Heard> {
        let (mut is_enough, mut heard) = (is_enough, self.heard.subscribe());
        let enough = heard.wait_for(|heard| is_enough(heard)).await;
        enough.unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts both signatures, as a receiver would that knows the secret.
    #[track_caller]
    pub fn assert_signed_by(&self, secret: &str) {
        let [over_body, over_message] = self.signatures_by(secret);
        assert_eq!(self.header("x-webhook-signature"), over_body);
        assert_eq!(self.header("webhook-signature"), over_message);
    }

    /// What a receiver that knows the secret works out, over the body and over the message.
    pub fn signatures_by(&self, secret: &str) -> [String; 2] {
        let over_body = hex::encode(hmac(secret.as_bytes(), &self.body));
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap());
        let signed = [format!("{id}.{at}.").as_bytes(), &self.body].concat();
        let over_message = BASE64.encode(hmac(&key.unwrap(), &signed));
        [format!("sha256={over_body}"), format!("v1,{over_message}")]
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

async fn serve(
    mut peer: TcpStream,
    script: Arc<Mutex<VecDeque<Reply>>>,
    heard: watch::Sender<Vec<Heard>>,
) {
    while let Some(request) = hear(&mut peer).await {
        let reply = script.lock().unwrap().pop_front();
        heard.send_modify(|heard| heard.push(request));
        let mut reply = reply.unwrap_or_else(|| 200.into());
        while let Reply::Held(held, then) = reply {
            let _ = held.await;
            reply = *then;
        }
        match reply {
            Reply::Words(words) if peer.write_all(&words).await.is_ok() => {}
            Reply::Silence => while peer.read_u8().await.is_ok() {},
            _ => break,
        }
    }
}

/// A whole request, or nothing where the other side has gone.
async fn hear(peer: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = read(&bytes) {
            return Some(request);
        }
        if peer.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn read(bytes: &[u8]) -> Option<Heard> {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(&bytes[..end]).unwrap(), &bytes[end + 4..]);
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((
            name.parse::<HeaderName>().ok()?,
            value.parse::<HeaderValue>().ok()?,
        ))
    };
    let headers: HeaderMap = lines.filter_map(header).collect();
    let length = headers.get("content-length");
    let length = length.map_or("0", |length| length.to_str().unwrap());
    let is_whole = length.parse() == Ok(body.len());
    is_whole.then(|| Heard {
        path,
        headers,
        body: body.to_vec(),
    })
}
