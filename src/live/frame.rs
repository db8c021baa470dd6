//! What goes over the wire of a stream of server-sent events.

use std::fmt::Display;

use bytes::{BufMut, Bytes, BytesMut};

/// What a client hears first: that it listens, and how soon to come back, in
/// milliseconds, when it is cut off.
pub(super) const WELCOME: Bytes = Bytes::from_static(b"retry: 2000\n: listening\n\n");

/// Says that nobody has hung up.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// An event. A payload is one line, because line breaks in JSON are escaped.
pub(super) fn event(id: impl Display, kind: &str, payload: &[u8], into: &mut BytesMut) {
    into.put_slice(format!("id: {id}\nevent: {kind}\ndata: ").as_bytes());
    into.put_slice(payload);
    into.put_slice(b"\n\n");
}

/// Why the stream ends here. It has no id, so whoever comes back goes on after
/// the last event.
pub(super) fn farewell(code: &str, message: &str) -> Bytes {
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
