//! Between the program and PostgreSQL: it carries their words, and on demand it is slow, or silent, or
//! breaks a connection off at its COMMIT, before the server has heard it or after the server has done
//! it. In the second case nobody but the server knows that it was done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

use super::in_time;

/// The protocol's number of a start; what else comes before it only asks for encryption.
const START: [u8; 4] = [0, 3, 0, 0];
const READY: u8 = b'Z';

pub struct Proxy {
    port: u16,
    mischief: Arc<Mischief>,
    carrying: JoinHandle<()>,
}

#[derive(Default)]
struct Mischief {
    /// Every so-manieth COMMIT is cut off; 0 is none.
    cuts_every: AtomicUsize,
    commits: AtomicUsize,
    delay_millis: AtomicU64,
    cuts: watch::Sender<[usize; 2]>,
    is_silent: watch::Sender<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Not,
    Before,
    After,
}

impl Proxy {
    /// In front of the server of a URL.
    pub async fn to(url: &str) -> Self {
        let url = url::Url::parse(url).unwrap();
        let server = (
            url.host_str().unwrap().to_owned(),
            url.port().unwrap_or(5432),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mischief = Arc::new(Mischief::default());
        let shared = mischief.clone();
        let carrying = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, mischief) = (server.clone(), shared.clone());
                tokio::spawn(async move {
                    // Either side may end the talk whenever it likes.
                    if let Ok(server) = TcpStream::connect(server).await {
                        let _ = carry(client, server, &mischief).await;
                    }
                });
            }
        });
        Self {
            port,
            mischief,
            carrying,
        }
    }

    /// The same database, by way of this.
    pub fn instead_of(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string()
    }

    pub fn cuts_every(&self, commits: usize) {
        self.mischief.cuts_every.store(commits, SeqCst);
    }

    pub fn is_slow_by(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap();
        self.mischief.delay_millis.store(millis, SeqCst);
    }

    /// From now on nothing is carried, and nobody hears that it is not.
    pub fn falls_silent(&self) {
        self.mischief.is_silent.send_replace(true);
    }

    /// Who was connected is told now that there is nobody any more; whoever connects anew is heard.
    pub fn is_heard_again(&self) {
        self.mischief.is_silent.send_replace(false);
    }

    /// Waits until so many were cut off before the server heard of them, and as many after it had
    /// done them. How many events that takes is the machine's matter: a slow one puts hundreds into
    /// a commit, and others aside while it looks for its database.
    pub async fn has_cut(&self, each: usize) -> [usize; 2] {
        let mut cuts = self.mischief.cuts.subscribe();
        let enough = cuts.wait_for(|cuts| cuts.iter().all(|cuts| *cuts >= each));
        *in_time(enough).await.unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

impl Mischief {
    fn at_a_commit(&self) -> Cut {
        let every = self.cuts_every.load(SeqCst);
        if every == 0 {
            return Cut::Not;
        }
        let number = self.commits.fetch_add(1, SeqCst) + 1;
        if !number.is_multiple_of(every) {
            return Cut::Not;
        }
        let when = number / every % 2;
        self.cuts.send_modify(|cuts| cuts[when] += 1);
        [Cut::Before, Cut::After][when]
    }

    /// The delay of a slow network, which is nothing that a test waits for.
    async fn dawdle(&self) {
        let delay = Duration::from_millis(self.delay_millis.load(SeqCst));
        if !delay.is_zero() {
            let _ = timeout(delay, std::future::pending::<()>()).await;
        }
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    mischief: &Mischief,
) -> std::io::Result<()> {
    let (mut said, mut answered) = (Vec::new(), Vec::new());
    let mut has_started = false;
    let mut silence = mischief.is_silent.subscribe();
    loop {
        tokio::select! {
            () = becomes(true, &mut silence) => {
                becomes(false, &mut silence).await;
                return Ok(());
            }
            read = client.read_buf(&mut said) => {
                if read? == 0 {
                    return Ok(());
                }
                while let Some(message) = next(&mut said, &mut has_started) {
                    let cut = match is_commit(&message) {
                        true => mischief.at_a_commit(),
                        false => Cut::Not,
                    };
                    if cut == Cut::Before {
                        return Ok(());
                    }
                    server.write_all(&message).await?;
                    if cut == Cut::After {
                        return until_ready(&mut server).await;
                    }
                }
            }
            read = server.read_buf(&mut answered) => {
                if read? == 0 {
                    return Ok(());
                }
                mischief.dawdle().await;
                client.write_all(&answered).await?;
                answered.clear();
            }
        }
    }
}

async fn becomes(silent: bool, silence: &mut watch::Receiver<bool>) {
    // Whoever says so is there for as long as anything is carried.
    let _ = silence.wait_for(|is_silent| *is_silent == silent).await;
}

/// The next whole message: a length, and a letter before it once the talk has begun.
fn next(said: &mut Vec<u8>, has_started: &mut bool) -> Option<Vec<u8>> {
    let letter = usize::from(*has_started);
    let length = said.get(letter..letter + 4)?.try_into().unwrap();
    let whole = letter + usize::try_from(u32::from_be_bytes(length)).unwrap();
    if said.len() < whole {
        return None;
    }
    let message: Vec<u8> = said.drain(..whole).collect();
    if !*has_started {
        *has_started = message.get(4..8) == Some(&START);
    }
    Some(message)
}

fn is_commit(message: &[u8]) -> bool {
    message.first() == Some(&b'Q')
        && message
            .get(5..)
            .is_some_and(|sql| sql.starts_with(b"COMMIT"))
}

/// The server says that it has done it, to nobody.
async fn until_ready(server: &mut TcpStream) -> std::io::Result<()> {
    let mut answered = Vec::new();
    while answered.iter().rev().nth(5) != Some(&READY) {
        if server.read_buf(&mut answered).await? == 0 {
            return Ok(());
        }
    }
    Ok(())
}

#[test]
fn a_commit_is_found_in_what_is_said() {
    let start = [&[0, 0, 0, 8][..], &START].concat();
    let commit = [&b"Q\0\0\0\x0b"[..], b"COMMIT\0"].concat();
    let mut said = [&start[..], &commit, &commit[..5]].concat();
    let mut has_started = false;
    assert_eq!(next(&mut said, &mut has_started), Some(start));
    assert!(has_started);
    assert!(next(&mut said, &mut has_started).is_some_and(|it| is_commit(&it)));
    assert_eq!(
        next(&mut said, &mut has_started),
        None,
        "only a part has come"
    );
}
