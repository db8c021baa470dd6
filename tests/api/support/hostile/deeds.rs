//! What such receivers do, and what an attempt must then say of itself.

use super::{After, Deed, Then};

/// A deed, the outcome that it must have, and words of the hint that a person is given.
pub struct Expected {
    pub deed: Deed,
    pub outcome: &'static str,
    pub hint: &'static str,
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const TAKEN: &str = "delivered";

fn expected(deed: Deed, outcome: &'static str, hint: &'static str) -> Expected {
    Expected {
        deed,
        outcome,
        hint,
    }
}

/// Said to a request that has come whole.
fn answers(words: &str, then: Then) -> Deed {
    Deed {
        after: After::Request,
        says: words.as_bytes().to_vec(),
        then,
    }
}

fn on_and_on(head: &str, piece: impl Into<Vec<u8>>) -> Deed {
    answers(&format!("{OK}{head}"), Then::Repeat(piece.into()))
}

/// Answers without an end, of which only the beginning is read.
pub fn floods() -> Vec<Expected> {
    let letters = "b".repeat(8 << 10);
    let chunk = format!("2000\r\n{letters}\r\n");
    let gzip = "content-encoding: gzip\r\ncontent-length: 10737418240\r\n\r\n\u{1f}";
    let (too_many, unreadable) = ("too_many_headers", "no HTTP answer that can be read");
    let chunked = "transfer-encoding: chunked\r\n\r\n";
    vec![
        expected(on_and_on("\r\n", letters.as_str()), TAKEN, ""),
        expected(
            on_and_on("content-length: 99999999999\r\n\r\n", letters.as_str()),
            TAKEN,
            "",
        ),
        expected(on_and_on(chunked, chunk), TAKEN, ""),
        expected(on_and_on(gzip, packed()), TAKEN, ""),
        expected(
            on_and_on("", "a: b\r\n".repeat(512)),
            too_many,
            "send fewer",
        ),
        expected(on_and_on("a: ", letters.as_str()), too_many, "send fewer"),
        expected(
            on_and_on(&format!("{chunked}1;"), letters.as_str()),
            "protocol",
            unreadable,
        ),
        expected(
            on_and_on(&format!("{chunked}0\r\n"), "a: b\r\n".repeat(512)),
            "protocol",
            unreadable,
        ),
    ]
}

/// Gzip that goes on: blocks that are stored as they are.
fn packed() -> Vec<u8> {
    const BYTES: u16 = 4096;
    let [low, high] = BYTES.to_le_bytes();
    let mut block = vec![0, low, high, !low, !high];
    block.resize(block.len() + usize::from(BYTES), 0);
    block
}

/// Answers that end by themselves, and are wrong.
pub fn nonsense() -> Vec<Expected> {
    let unreadable = "no HTTP answer that can be read";
    let closes = |words: &str| answers(words, Then::Close);
    let chunked = |chunks: &str| closes(&format!("{OK}transfer-encoding: chunked\r\n\r\n{chunks}"));
    let mut all: Vec<_> = [
        closes("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        closes("HTTP/1.1 200 OK\r\na b: c\r\n\r\n"),
        closes("HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n"),
        closes("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na"),
        closes("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\na"),
        closes("HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na"),
        chunked("not a length\r\n"),
        chunked("-1\r\na\r\n"),
        chunked("fffffffffffffffff\r\n"),
        chunked("1\r\nab\r\n0\r\n\r\n"),
    ]
    .into_iter()
    .map(|deed| expected(deed, "protocol", unreadable))
    .collect();
    all.extend([301, 302, 303, 307, 308].map(|status| {
        let to = "location: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n";
        let words = format!("HTTP/1.1 {status} Moved\r\n{to}");
        expected(closes(&words), "status", "redirects are not followed")
    }));
    all
}

/// Connections that end too early, at each point on the way.
pub fn breaks() -> Vec<Expected> {
    let points = [
        (After::Connected, ""),
        (After::Head, ""),
        (After::Request, ""),
        (After::Request, "HTTP/1.1 2"),
        (After::Request, "HTTP/1.1 200 OK\r\nx-a: b\r\n"),
        (
            After::Request,
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
        ),
        (
            After::Request,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        ),
    ];
    let ends = [
        (Then::Close, "closed", "the connection was closed"),
        (Then::Reset, "reset", "the connection was reset"),
    ];
    let mut all = Vec::new();
    for (then, outcome, hint) in ends {
        for (after, words) in points {
            let deed = Deed {
                after,
                says: words.as_bytes().to_vec(),
                then: then.clone(),
            };
            all.push(expected(deed, outcome, hint));
        }
    }
    all
}

/// Answers that never come to an end, though little comes: time alone helps.
pub fn delays() -> Vec<Expected> {
    let no_answer = "connected, but no answer";
    let no_end = "the answer began, but did not end";
    let drips = |words: &str| answers(&format!("{OK}{words}"), Then::Drip(b'a'));
    let hangs = |words: &str| answers(words, Then::Hang);
    let says = |piece: &str| answers("", Then::Repeat(piece.into()));
    let deaf = Deed {
        after: After::Connected,
        says: Vec::new(),
        then: Then::Hang,
    };
    let until = |deed: Deed, hint| expected(deed, "timeout", hint);
    vec![
        until(deaf, no_answer),
        until(hangs(""), no_answer),
        until(hangs("HTTP/1.1 100 Continue\r\n\r\n"), no_answer),
        until(drips("x-drip: "), no_answer),
        until(says("HTTP/1.1 100 Continue\r\n\r\n"), no_answer),
        until(
            says("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
            no_answer,
        ),
        until(drips("content-length: 60000\r\n\r\n"), no_end),
        until(drips("\r\n"), no_end),
        until(drips("transfer-encoding: chunked\r\n\r\nffff\r\n"), no_end),
        until(
            hangs("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
            no_end,
        ),
    ]
}
