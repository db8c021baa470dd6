//! Receivers that speak HTTP/2, frame by frame, and mean it no better than the others.

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::tls::{acceptor, authority, by, certificate, showing, tried, trusting};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 4;
/// `:status: 200`, by its place in the table of headers.
const OK: &[u8] = &[0x88];
/// `a: b`, written out.
const A_HEADER: [u8; 5] = [0, 1, b'a', 1, b'b'];

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head, payload].concat()
}

/// Whether the body has begun to come, the one part that nobody packs.
fn is_request(heard: &[u8]) -> bool {
    const BODY: &[u8] = b"\"event\":";
    heard.windows(BODY.len()).any(|bytes| bytes == BODY)
}

/// A receiver that says `first` to the first request, and `then` again and again.
async fn receiver(config: ServerConfig, first: Vec<u8>, then: Vec<u8>) -> String {
    let acceptor = acceptor(config, &[b"h2"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (peer, _) = listener.accept().await.unwrap();
        let Ok(mut peer) = acceptor.accept(peer).await else {
            return;
        };
        // The preface, the settings and the request may come in pieces.
        let mut heard = Vec::new();
        while !is_request(&heard) {
            if !peer.read_buf(&mut heard).await.is_ok_and(|read| read > 0)
                || peer.write_all(&frame(SETTINGS, 0, 0, &[])).await.is_err()
            {
                return;
            }
        }
        if peer.write_all(&first).await.is_err() {
            return;
        }
        match then.is_empty() {
            true => while peer.read_u8().await.is_ok() {},
            false => while peer.write_all(&then).await.is_ok() {},
        }
    });
    format!("https://localhost:{port}/hook")
}

/// What is said first, and then again and again.
struct Deed {
    name: &'static str,
    first: Vec<u8>,
    then: Vec<u8>,
}

fn deed(name: &'static str, first: &[&[u8]], then: Vec<u8>) -> Deed {
    Deed {
        name,
        first: first.concat(),
        then,
    }
}

fn headers(flags: u8) -> Vec<u8> {
    frame(HEADERS, flags, 1, OK)
}

/// What no receiver may say.
fn breaches() -> Vec<Deed> {
    let many = A_HEADER.repeat(3_000);
    let more = |flags| frame(CONTINUATION, flags, 1, &many);
    let letters = frame(DATA, 0, 1, &[b'b'; 16_000]);
    let reset = frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]);
    let away = frame(GO_AWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11]);
    let promise = frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]);
    let nothings = frame(DATA, 0, 1, &[]).repeat(100);
    let too_long = [0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1, 0, 0, 0];
    vec![
        deed("headers without an end", &[&headers(0)], more(0)),
        deed(
            "too many headers",
            &[&headers(0), &more(END_HEADERS)],
            vec![],
        ),
        deed("data before headers", &[&letters], vec![]),
        deed("empty data", &[&headers(END_HEADERS)], nothings),
        deed("a reset", &[&reset], vec![]),
        deed("a good-bye", &[&away], vec![]),
        deed("a promise", &[&promise], vec![]),
        deed("a frame that is too long", &[&too_long], vec![]),
        deed("no HTTP/2 at all", &[b"HTTP/1.1 200 OK\r\n\r\n"], vec![]),
    ]
}

/// What they may say, and never come to an end with.
fn floods() -> Vec<Deed> {
    let [pings, settings] =
        [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[])].map(|frame| frame.repeat(100));
    vec![
        deed("pings", &[], pings),
        deed("settings", &[], settings),
        deed("nothing", &[], vec![]),
    ]
}

#[tokio::test]
async fn a_receiver_that_abuses_http_2_fails_alone_and_in_time() {
    let ours = authority("the tests'");
    let (home, server) = trusting(&ours).await;
    for (deeds, error) in [(breaches(), "protocol"), (floods(), "timeout")] {
        for Deed { name, first, then } in deeds {
            let shown = by(&ours, certificate("localhost"));
            let url = receiver(showing(shown), first, then).await;
            let tried = tried(&server, &url).await;
            assert_eq!(tried["delivered"], false, "{name}: {tried}");
            assert_eq!(tried["error"], error, "{name}: {tried}");
        }
    }
    drop(server);
    home.leave().await;
}
