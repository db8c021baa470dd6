//! Somebody who takes webhooks on loopback, keeps what came, and answers as a test decides.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use serde_json::Value;
use tokio::sync::watch;

pub struct Receiver {
    pub url: String,
    pub heard: watch::Receiver<Vec<Heard>>,
}

/// A request, as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub path: String,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// The status to answer with; with none, the connection is broken.
type Decide = dyn Fn(&Heard) -> Option<u16> + Send + Sync;

impl Heard {
    pub fn message(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["message"].clone()
    }

    pub fn call_id(&self) -> String {
        self.message()["call"]["id"].as_str().unwrap().to_owned()
    }
}

impl Receiver {
    pub fn patient() -> Self {
        Self::answering(|_| Some(200))
    }

    pub fn answering(decide: impl Fn(&Heard) -> Option<u16> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let (ears, heard) = watch::channel(Vec::new());
        let (decide, ears): (Arc<Decide>, _) = (Arc::new(decide), Arc::new(ears));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (decide, ears) = (Arc::clone(&decide), Arc::clone(&ears));
                // A connection ends when the other side has had enough.
                thread::spawn(move || listen(stream, &*decide, &ears).ok());
            }
        });
        Self { url, heard }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }
}

fn listen(stream: TcpStream, decide: &Decide, ears: &watch::Sender<Vec<Heard>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(heard) = read(&mut stream)? {
        let status = decide(&heard);
        ears.send_modify(|all| all.push(heard));
        let Some(status) = status else { break };
        let answer = format!("HTTP/1.1 {status} -\r\ncontent-length: 2\r\n\r\n{{}}");
        stream.get_mut().write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// The next request, until the connection ends.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Heard>> {
    let (mut heard, mut line) = (Heard::default(), String::new());
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    heard.path = line.split(' ').nth(1).unwrap().to_owned();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        heard
            .headers
            .insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = heard.headers["content-length"].parse().unwrap();
    heard.body.resize(length, 0);
    stream.read_exact(&mut heard.body)?;
    Ok(Some(heard))
}
