//! What the process says about itself: lines, and traces where they are wanted.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
};

use serde_json::Value;

use crate::support::Home;

#[tokio::test]
async fn a_request_is_one_json_line_with_its_id_and_without_its_query_or_a_number() {
    let home = Home::embedded().with("RINGBACK_LOG_FORMAT", "json");
    let server = home.serve();
    server.get("/health/live?token=hunter2", None).await;
    let by_number = "/api/v1/vapi/calls/by-phone/";
    server.get(&format!("{by_number}+18641234567"), None).await;
    server.signal("TERM");
    assert!(server.wait().0);
    let log = home.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answered: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "answered")
        .collect();
    assert_eq!(answered.len(), 2, "{log}");
    assert_eq!(answered[0]["status"], 200);
    assert_eq!(answered[0]["span"]["path"], "\"/health/live\"");
    assert!(
        answered[0]["span"]["request_id"]
            .as_str()
            .is_some_and(|id| id.len() == 36)
    );
    assert_eq!(answered[1]["span"]["path"], format!("{by_number:?}"));
    for unsaid in ["hunter2", "8641234567"] {
        assert!(!log.contains(unsaid), "{log}");
    }
}

#[tokio::test]
async fn traces_go_to_the_collector_that_is_named() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let received = std::thread::spawn(move || receive_one(&collector));
    let home = Home::embedded().with("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
    let server = home.serve();
    server.get("/health/live", None).await;
    server.signal("TERM");
    assert!(server.wait().0, "{}", home.log());
    let (head, body) = received.join().unwrap();
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    let holds = |text: &[u8]| body.windows(text.len()).any(|window| window == text);
    assert!(holds(b"/health/live") && holds(b"ringback"));
}

/// Takes one HTTP request and answers that all is well.
fn receive_one(collector: &TcpListener) -> (String, Vec<u8>) {
    let (stream, _) = collector.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader
        .get_mut()
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .unwrap();
    (head, body)
}
