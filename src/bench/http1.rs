//! Reading HTTP/1.1 messages, as cheaply as may be: generator and receiver share the machine with
//! what they measure.
//!
//! Both ends speak to programs that we know, so a message is a head and as many bytes as it says.
//! Anything else is an error.

use std::{io, str};

use tokio::{io::AsyncReadExt, net::TcpStream};

const HEAD_END: &[u8] = b"\r\n\r\n";
const CONTENT_LENGTH: &str = "content-length";
const CHUNKED: &str = "transfer-encoding";
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// A whole message, at the beginning of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub head_bytes: usize,
    pub body_bytes: usize,
}

impl Message {
    pub fn bytes(self) -> usize {
        self.head_bytes + self.body_bytes
    }

    pub fn head(self, buffer: &[u8]) -> &[u8] {
        &buffer[..self.head_bytes]
    }

    pub fn body(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.head_bytes..self.bytes()]
    }
}

/// Reads until the buffer begins with a whole message; none where the other side has ended.
pub async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Message>> {
    let mut needed = 1;
    loop {
        if buffer.len() >= needed
            && let Some(message) = framed(buffer)?
        {
            if buffer.len() >= message.bytes() {
                return Ok(Some(message));
            }
            needed = message.bytes();
            buffer.reserve(needed - buffer.len());
        }
        if stream.read_buf(buffer).await? == 0 {
            return match buffer.is_empty() {
                true => Ok(None),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
    }
}

/// How long the message is that the buffer begins with, once its head is there.
fn framed(buffer: &[u8]) -> io::Result<Option<Message>> {
    let end = buffer.windows(HEAD_END.len()).position(|it| it == HEAD_END);
    let Some(end) = end else { return Ok(None) };
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let head = str::from_utf8(&buffer[..end]).map_err(|_| wrong("a head that is no text"))?;
    let mut body_bytes = 0;
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case(CONTENT_LENGTH) {
            let length = value.trim().parse().ok();
            body_bytes = length
                .filter(|bytes| *bytes <= MESSAGE_BYTES_MAX)
                .ok_or_else(|| wrong("a length that is none"))?;
        } else if name.eq_ignore_ascii_case(CHUNKED) {
            return Err(wrong("a body in chunks"));
        }
    }
    Ok(Some(Message {
        head_bytes: end + HEAD_END.len(),
        body_bytes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed_text(text: &str) -> Option<Message> {
        framed(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_message_is_as_long_as_its_head_says() {
        let text = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\n{}rest";
        let message = framed_text(text).unwrap();
        assert_eq!(message.body(text.as_bytes()), b"{}");
        assert!(message.head(text.as_bytes()).ends_with(b"2\r\n\r\n"));
        assert_eq!(
            framed_text("HTTP/1.1 204 No Content\r\n\r\n")
                .unwrap()
                .body_bytes,
            0
        );
    }

    #[test]
    fn half_a_head_is_waited_for_and_nonsense_is_refused() {
        assert_eq!(framed_text(""), None);
        assert_eq!(
            framed_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"),
            None
        );
        for nonsense in ["content-length: -1", "transfer-encoding: chunked"] {
            let text = format!("HTTP/1.1 200 OK\r\n{nonsense}\r\n\r\n");
            assert!(framed(text.as_bytes()).is_err(), "{nonsense}");
        }
    }
}
