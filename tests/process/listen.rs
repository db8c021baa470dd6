//! `ringback listen`: what a developer's receiver gets, what is printed, how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Home, Receiver, Server, client};

/// A `ringback listen` that is listening.
struct Listener {
    child: Child,
    stderr: BufReader<ChildStderr>,
    greeting: String,
}

impl Listener {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(&[&["listen"], arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut greeting = String::new();
        while !greeting.ends_with("listening\n") {
            assert_ne!(stderr.read_line(&mut greeting).unwrap(), 0, "{greeting}");
        }
        Self {
            child,
            stderr,
            greeting,
        }
    }

    fn secret(&self) -> &str {
        let mut words = self.greeting.split_whitespace();
        words.find(|word| word.starts_with("whsec_")).unwrap()
    }

    /// Its exit code, what it printed, and what it said last.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut printed, mut said) = (String::new(), String::new());
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut printed).unwrap();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), printed, said)
    }
}

/// Lets a call happen, of which one event is told.
async fn ring(server: &Server, call: &str) {
    let url = format!("{}/api/webhooks/vapi", server.base());
    let said = json!({"type": "call.ringing", "call": {"id": call}});
    let answer = client().post(url).json(&said).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_receiver_gets_what_a_subscriber_would_signed_with_the_secret_that_is_printed() {
    let (home, receiver) = (Home::embedded(), Receiver::start().await);
    let server = home.dev();
    let to = [
        "--server",
        &server.base(),
        "--forward",
        &receiver.url(),
        "--count",
        "1",
    ];
    let listener = Listener::start(&home, &[&to[..], &["--json"]].concat());
    let secret = listener.secret().to_owned();
    ring(&server, "call-1").await;

    let heard = receiver.heard(1).await.remove(0);
    heard.assert_signed_by(&secret);
    assert_eq!(heard.header("x-webhook-event"), "call.status.changed");
    assert_eq!(heard.header("x-webhook-attempt"), "1");
    assert_eq!(heard.json()["id"], heard.header("x-webhook-id"));

    let (code, printed, _) = tokio::task::spawn_blocking(|| listener.end())
        .await
        .unwrap();
    assert_eq!(code, Some(0));
    let line: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&line["callId"], &line["status"]),
        (&json!("call-1"), &json!("ringing"))
    );
    assert_eq!(line["forwarded"]["status"], 200);
}

#[tokio::test]
async fn a_receiver_that_does_not_take_an_event_is_shown_and_counted() {
    let (home, receiver) = (Home::embedded(), Receiver::start().await);
    receiver.replies([200_u16, 500]);
    let server = home.dev();
    let to = [
        "--server",
        &server.base(),
        "--forward",
        &receiver.url(),
        "--count",
        "2",
    ];
    let listener = Listener::start(&home, &to);
    ring(&server, "call-1").await;
    ring(&server, "call-2").await;
    let (code, printed, said) = tokio::task::spawn_blocking(|| listener.end())
        .await
        .unwrap();
    assert_eq!(code, Some(1), "{said}");
    let lines: Vec<_> = printed.lines().collect();
    assert!(
        lines[0].contains("call-1") && lines[0].contains("→ 200 in"),
        "{printed}"
    );
    assert!(
        lines[1].contains("call-2") && lines[1].contains("→ 500 in"),
        "{printed}"
    );
    assert!(
        !printed.contains('\x1b'),
        "colours are for terminals: {printed}"
    );
    assert!(
        said.contains("the receiver did not take 1 of 2 events"),
        "{said}"
    );
}

#[test]
fn who_is_not_let_in_is_told_so_at_once() {
    let home = Home::embedded();
    let server = home.serve();
    std::fs::write(home.file("key"), "rbk_somebody-elses\n").unwrap();
    let base = server.base();
    let said = home.last_words(&["listen", "--server", &base, "--key-file", "key"]);
    assert!(said.contains("refuses it with 401"), "{said}");
    assert_eq!(
        home.run(&["listen", "--forward", "not-a-url"])
            .status
            .code(),
        Some(2)
    );
}
