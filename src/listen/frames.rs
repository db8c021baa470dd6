//! Server-sent events, out of the pieces in which they arrive.
//!
//! Of the format this reads what our own stream writes: lines that end with a
//! line feed, fields with one space behind the colon, an empty line at the end.

use bytes::{Bytes, BytesMut};

use super::Heard;

/// More than any payload, which the largest webhook bounds.
const FRAME_BYTES_MAX: usize = 32 << 20;

/// What has arrived, and is no whole frame yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    held: BytesMut,
    /// So much of it was searched already.
    searched: usize,
}

/// A whole frame that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Event(Heard),
    /// Why the stream ends here.
    Farewell(Bytes),
}

/// A frame has no end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Frames {
    pub fn take_in(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        if self.held.len() + piece.len() > FRAME_BYTES_MAX {
            return Err(TooLong);
        }
        self.held.extend_from_slice(piece);
        Ok(())
    }

    /// The next frame that is whole. Comments, such as the heartbeat, are passed over.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            let from = self.searched.saturating_sub(1);
            let Some(at) = self.held[from..].windows(2).position(|two| two == b"\n\n") else {
                self.searched = self.held.len();
                return None;
            };
            let frame = self.held.split_to(from + at + 2).freeze();
            self.searched = 0;
            if let Some(frame) = read(&frame) {
                return Some(frame);
            }
        }
    }
}

fn read(frame: &Bytes) -> Option<Frame> {
    let field = |name: &[u8]| {
        let mut lines = frame.split(|byte| *byte == b'\n');
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(b": "))?;
        Some(frame.slice_ref(value))
    };
    let text = |name| Some(String::from_utf8_lossy(&field(name)?).into_owned());
    let payload = field(b"data")?;
    Some(match (text(b"id"), text(b"event")) {
        (Some(id), Some(kind)) => Frame::Event(Heard { id, kind, payload }),
        _ => Frame::Farewell(payload),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"retry: 2000\n: listening\n\n\
        id: evt_1\nevent: call.completed\ndata: {\"a\":\"data: 1\"}\n\n\
        : still here\n\n\
        event: error\ndata: {\"code\":\"TOO_SLOW\"}\n\n";

    #[test]
    fn a_stream_is_read_the_same_however_it_is_cut() {
        for size in 1..STREAM.len() {
            let (mut frames, mut read) = (Frames::default(), Vec::new());
            for piece in STREAM.chunks(size) {
                frames.take_in(piece).unwrap();
                read.extend(std::iter::from_fn(|| frames.next()));
            }
            let heard = Heard {
                id: "evt_1".to_owned(),
                kind: "call.completed".to_owned(),
                payload: Bytes::from_static(br#"{"a":"data: 1"}"#),
            };
            let why = Bytes::from_static(br#"{"code":"TOO_SLOW"}"#);
            assert_eq!(read, [Frame::Event(heard), Frame::Farewell(why)], "{size}");
        }
    }

    #[test]
    fn a_frame_without_an_end_is_given_up() {
        let mut frames = Frames::default();
        let piece = vec![b'a'; FRAME_BYTES_MAX / 2];
        assert!(frames.take_in(&piece).is_ok());
        assert!(frames.take_in(&piece).is_ok());
        assert!(frames.next().is_none());
        assert_eq!(frames.take_in(b"a"), Err(TooLong));
    }
}
