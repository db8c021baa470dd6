//! Nobody but Vapi is heard.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

#[tokio::test]
async fn without_a_proof_nothing_is_taken_at_any_address() {
    let app = TestApp::spawn().await;
    let body = json!({"message": status("v1", "ringing", 1)});
    for address in ADDRESSES {
        app.post(address)
            .json(&body)
            .await
            .assert_refused(401, "INVALID_SIGNATURE");
        for (header, value) in [
            ("x-webhook-secret", ""),
            ("x-webhook-secret", "wrong"),
            ("authorization", "Bearer wrong"),
            ("x-vapi-signature", "00"),
        ] {
            let refused = app.post(address).header(header, value).json(&body).await;
            refused.assert_refused(401, "INVALID_SIGNATURE");
        }
    }
    assert!(app.find_call("v1").await.is_none());
    app.finish().await;
}

#[tokio::test]
async fn every_way_to_prove_it_works_at_every_address() {
    let app = TestApp::spawn().await;
    let ways = [
        ("x-webhook-secret", "a-shared-secret"),
        ("x-vapi-secret", "a-shared-secret"),
        ("x-vapi-secret", "Bearer a-shared-secret"),
        ("authorization", "Bearer a-shared-secret"),
        ("authorization", "a-shared-secret"),
    ];
    for address in ADDRESSES {
        for (header, value) in ways {
            let body = json!({"message": status("v1", "ringing", 1)});
            assert_eq!(
                app.post(address)
                    .header(header, value)
                    .json(&body)
                    .await
                    .status,
                200,
                "{address} {header}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn who_fails_too_often_waits_and_who_is_vapi_never_does() {
    let app = TestApp::spawn().await;
    let body = json!({"message": status("v1", "ringing", 1)});
    let fail = || app.post(VAPI).header("x-vapi-secret", "wrong").json(&body);
    for _ in 0..50 {
        fail().await.assert_refused(401, "INVALID_SIGNATURE");
    }
    let told = fail().await;
    told.assert_refused(429, "RATE_LIMITED");
    assert!(told.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(
        app.say(VAPI, &body).await.status,
        200,
        "a valid one always passes"
    );
    app.advance(Duration::from_secs(60));
    fail().await.assert_refused(401, "INVALID_SIGNATURE");
    app.finish().await;
}

#[tokio::test]
async fn a_session_may_speak_so_often_and_the_real_vapi_as_it_likes() {
    let app = TestApp::with(&[("RINGBACK_SESSION_RATE", "3/min")]).await;
    let speak = |at: i64| json!({"type": "message", "data": {"callId": "s1", "role": "user", "transcript": "Hi", "timestamp": at}});
    for at in 0..3 {
        assert_eq!(app.say(SESSIONS, &speak(at)).await.status, 200);
    }
    app.say(SESSIONS, &speak(9))
        .await
        .assert_refused(429, "RATE_LIMITED");
    for at in 0..20 {
        app.hears(line("s1", "user", "Hi", at)).await;
    }
    app.finish().await;
}

/// The HTTP server takes all that comes after such a head for the body, and waits for more.
#[tokio::test]
async fn a_body_ends_where_its_length_says_even_where_a_socket_is_wished_for() {
    let app = TestApp::spawn().await;
    let whole = json!({"message": status("v1", "ringing", 1)}).to_string();
    for (body, length, answer) in [
        (whole.as_str(), Some(whole.len()), "HTTP/1.1 200 "),
        ("and more of it", Some(0), "HTTP/1.1 401 "),
        ("", None, "HTTP/1.1 401 "),
    ] {
        let told = app.says_wishing_for_a_socket(body, length).await;
        assert!(told.starts_with(answer), "{length:?}: {told}");
    }
    assert!(app.find_call("v1").await.is_some());
    app.finish().await;
}

impl TestApp {
    /// The first line of the answer; the sender's side stays open.
    async fn says_wishing_for_a_socket(&self, body: &str, length: Option<usize>) -> String {
        let host = self.url("").replacen("http://", "", 1);
        let secret = if body.starts_with('{') {
            "x-vapi-secret: a-shared-secret\r\n"
        } else {
            ""
        };
        let length = length.map(|length| format!("content-length: {length}\r\n"));
        let head = format!(
            "POST {VAPI} HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             content-type: application/json\r\n{secret}{}\r\n",
            length.unwrap_or_default()
        );
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(line).unwrap()
    }
}
