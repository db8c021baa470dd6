//! What goes over the wire of a stream of server-sent events.

use std::fmt::Display;

use bytes::{BufMut, Bytes, BytesMut};

use super::reader::{Ending, Next};

/// What a client hears first: that it listens, and how soon to come back, in
/// milliseconds, when it is cut off.
pub(super) const WELCOME: Bytes = Bytes::from_static(b"retry: 2000\n: listening\n\n");

/// Says that nobody has hung up.
const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// What is written for what comes next.
pub(super) fn of(next: &Next) -> Bytes {
    match next {
        Next::Events(told) => {
            let mut frames = BytesMut::new();
            for told in told {
                event(told.event.id, &told.event.kind, &told.payload, &mut frames);
            }
            frames.freeze()
        }
        Next::Heartbeat => HEARTBEAT,
        Next::Over(ending) => end(*ending),
    }
}

/// The end of a server that stops needs no words: its clients come back.
fn end(ending: Ending) -> Bytes {
    match ending {
        Ending::Stopping => Bytes::new(),
        Ending::TooSlow => farewell(
            "TOO_SLOW",
            "You do not keep up: come back with Last-Event-ID.",
        ),
        Ending::StoreUnavailable => farewell("STORE_UNAVAILABLE", "Come back with Last-Event-ID."),
        Ending::NotLetIn => farewell(
            "UNAUTHORIZED",
            "Your key or token is good no more: come back with another and Last-Event-ID.",
        ),
    }
}

/// An event. A payload is one line, because line breaks in JSON are escaped.
fn event(id: impl Display, kind: &str, payload: &[u8], into: &mut BytesMut) {
    into.put_slice(format!("id: {id}\nevent: {kind}\ndata: ").as_bytes());
    into.put_slice(payload);
    into.put_slice(b"\n\n");
}

/// Why the stream ends here. It has no id, so whoever comes back goes on after
/// the last event.
fn farewell(code: &str, message: &str) -> Bytes {
    let why = serde_json::json!({"code": code, "message": message});
    Bytes::from(format!("event: error\ndata: {why}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_fields_on_lines_and_ends_with_an_empty_one() {
        let mut frame = BytesMut::new();
        event("evt_1", "call.completed", br#"{"a":1}"#, &mut frame);
        assert_eq!(
            frame,
            "id: evt_1\nevent: call.completed\ndata: {\"a\":1}\n\n"
        );
        assert_eq!(
            farewell("SLOW", "Go on."),
            "event: error\ndata: {\"code\":\"SLOW\",\"message\":\"Go on.\"}\n\n"
        );
    }
}
