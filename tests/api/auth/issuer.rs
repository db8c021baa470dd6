//! An issuer of tokens on loopback, whose every answer a test decides.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::forge::Signer;

pub const KEYS: &str = "/keys";
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

pub struct Issuer {
    pub base: String,
    desk: Arc<Desk>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Desk {
    answers: Mutex<HashMap<&'static str, Answer>>,
    /// Requests for keys so far.
    asked: watch::Sender<usize>,
    held: AtomicUsize,
    released: Notify,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    header: String,
    body: String,
}

impl Issuer {
    /// An issuer with a discovery document and these keys.
    pub async fn with(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk::default());
        let serving = tokio::spawn(serve(listener, Arc::clone(&desk)));
        let issuer = Self {
            base,
            desk,
            serving,
        };
        issuer.publishes(signers);
        let keys = format!("{}{KEYS}", issuer.base);
        issuer.answers(
            DISCOVERY,
            200,
            &json!({ "issuer": issuer.base, "jwks_uri": keys }).to_string(),
        );
        issuer
    }

    pub fn publishes(&self, signers: &[&Signer]) {
        self.publishes_for("max-age=3600", signers);
    }

    pub fn publishes_for(&self, cache_control: &str, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
        let header = format!("cache-control: {cache_control}");
        self.set(KEYS, 200, &header, &json!({ "keys": keys }).to_string());
    }

    pub fn answers(&self, path: &'static str, status: u16, body: &str) {
        self.set(path, status, "cache-control: max-age=3600", body);
    }

    /// Moves its keys, good ones, and says where they are now.
    pub fn redirects_to(&self, path: &'static str) {
        let keys = self.desk.answers.lock().unwrap()[KEYS].clone();
        self.answers(path, 200, &keys.body);
        self.set(KEYS, 302, &format!("location: {}{path}", self.base), "");
    }

    pub fn is_down(&self) {
        self.answers(KEYS, 500, "");
    }

    /// How often its keys were asked for.
    pub fn times_asked(&self) -> usize {
        *self.desk.asked.borrow()
    }

    /// The next answer about keys waits until it is released.
    pub fn holds_its_answer(&self) {
        self.desk.held.store(1, SeqCst);
    }

    pub async fn was_asked(&self, times: usize) {
        self.desk
            .asked
            .subscribe()
            .wait_for(|asked| *asked >= times)
            .await
            .unwrap();
    }

    pub fn releases_its_answer(&self) {
        self.desk.released.notify_one();
    }

    fn set(&self, path: &'static str, status: u16, header: &str, body: &str) {
        let answer = Answer {
            status,
            header: header.to_owned(),
            body: body.to_owned(),
        };
        self.desk.answers.lock().unwrap().insert(path, answer);
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&desk)));
    }
}

/// One request, one answer, and the connection ends.
async fn answer(stream: TcpStream, desk: Arc<Desk>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut header = String::new();
    while stream.read_line(&mut header).await? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    if path == KEYS {
        desk.asked.send_modify(|asked| *asked += 1);
        if desk.held.swap(0, SeqCst) == 1 {
            desk.released.notified().await;
        }
    }
    let found = desk.answers.lock().unwrap().get(path).cloned();
    let Answer {
        status,
        header,
        body,
    } = found.unwrap_or(Answer {
        status: 404,
        header: "x-empty: yes".to_owned(),
        body: String::new(),
    });
    let head = format!(
        "HTTP/1.1 {status} -\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len(),
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
