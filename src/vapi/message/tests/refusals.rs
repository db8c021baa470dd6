//! What is refused, what is survived, and what is never kept.

use serde_json::json;

use super::{super::*, envelope, fixture, understood};

fn refused(body: &[u8]) -> String {
    understand(body).unwrap_err().0.path
}

#[test]
fn what_is_no_message_is_refused() {
    for (body, path) in [
        (&fixture!("assistant")[..], ""),
        (fixture!("call-create.request"), ""),
        (fixture!("call-create.response.201"), ""),
        (fixture!("call-create-batch.response.201"), ""),
        (fixture!("error-400-validation"), ""),
        (fixture!("tool-calls.response"), ""),
        (b"", ""),
        (b"{\"message\":", ""),
        (b"\xff\xfe", ""),
        (
            br#"{"message":{"type":"status-update","status":"ended"}}"#,
            "message.call.id",
        ),
        (br#"{"type":"call.ringing","call":{}}"#, "call.id"),
        (
            br#"{"type":"message","data":{"transcript":"Hi"}}"#,
            "data.callId",
        ),
    ] {
        assert_eq!(refused(body), path, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(refused(&br#"{"message":"#.repeat(10_000)), "");
}

#[test]
fn odd_bytes_are_survived() {
    let odd = br#"{"message":{"type":"transcript\u0000","type":"transcript","role":"user",
        "transcript":"cut \ud83d","timestamp":1e300,"call":{"id":"a\u0000b","id":"c\u0000d"}}}"#;
    let message = understand(odd).unwrap();
    assert_eq!(message.call.unwrap().vapi_id, "c\u{fffd}d");
    assert_eq!(message.occurred_at, None);
    assert!(matches!(message.said, Said::Transcript { line, .. } if line.text == "cut \u{fffd}"));
}

#[test]
fn no_secret_is_kept_anywhere() {
    let message = understand(fixture!("end-of-call-report")).unwrap();
    let payload = String::from_utf8(message.payload).unwrap();
    assert!(payload.contains("twilioAuthToken") && !payload.contains("REDACT\""));
    let body = envelope(
        "hang",
        json!({"assistant": {"server": {"secret": "tulip"}}}),
    );
    assert!(!format!("{:?}", understood(&body)).contains("tulip"));
}
