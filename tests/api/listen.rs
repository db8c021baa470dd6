//! Listening to a stream from outside: coming back where it was, and giving up where that is no use.

use ringback::{
    config::{EgressConfig, Secret},
    infra::{clock::Clock, egress::Egress},
    listen::{Asked, News, Wire},
};

use crate::support::{Receiver, Reply};

fn wire(url: &str) -> Wire {
    let egress = Egress::new(&EgressConfig {
        allow_networks: Vec::new(),
        allow_http: true,
    });
    let asked = Asked {
        url: url.parse().unwrap(),
        token: Some(Secret::new("rbk_a-key")),
    };
    Wire::new(egress.unwrap().operator_client(), Clock::system(), asked)
}

fn stream(frames: &str) -> Reply {
    Reply::with(200, "content-type: text/event-stream\r\n", frames)
}

/// What happens next, in short.
async fn next(wire: &mut Wire) -> String {
    match wire.next().await {
        News::Connected => "connected".to_owned(),
        News::Heard(heard) => heard.id,
        News::Lost { why, again_in } => format!("lost for {} s: {why}", again_in.as_secs()),
        News::Refused { status, message } => format!("{status}: {message}"),
    }
}

#[tokio::test]
async fn after_a_break_it_goes_on_behind_the_last_event_that_it_has_given() {
    let server = Receiver::start().await;
    let frame = |id: &str| format!("id: {id}\nevent: call.completed\ndata: {{}}\n\n");
    server.replies([
        stream(&format!(
            ": listening\n\n{}{}",
            frame("evt_1"),
            frame("evt_2")
        )),
        stream(&frame("evt_3")),
    ]);
    let mut wire = wire(&server.url());
    let ended = "lost for 1 s: the server has ended the stream";
    for happens in [
        "connected",
        "evt_1",
        "evt_2",
        ended,
        "connected",
        "evt_3",
        ended,
    ] {
        assert_eq!(next(&mut wire).await, happens);
    }
    let asked = server.requests();
    let told = asked.iter().map(|heard| heard.header("last-event-id"));
    assert_eq!(told.collect::<Vec<_>>(), ["", "evt_2"]);
    assert_eq!(asked[0].header("authorization"), "Bearer rbk_a-key");
}

#[tokio::test]
async fn it_comes_back_from_a_server_in_trouble_and_from_its_farewell() {
    let server = Receiver::start().await;
    let envelope =
        |status, message| Reply::with(status, "", format!("{{\"message\":\"{message}\"}}"));
    server.replies([
        envelope(503, "Busy."),
        Reply::with(502, "", "<html>"),
        stream("event: error\ndata: {\"code\":\"TOO_SLOW\",\"message\":\"Go on.\"}\n\n"),
    ]);
    let mut wire = wire(&server.url());
    for happens in [
        "lost for 1 s: 503 Service Unavailable: Busy.",
        "lost for 2 s: 502 Bad Gateway: it is no ringback that answers",
        "connected",
        "lost for 4 s: Go on.",
    ] {
        assert_eq!(next(&mut wire).await, happens);
    }
}

#[tokio::test]
async fn it_gives_up_where_it_is_not_let_in() {
    let server = Receiver::start().await;
    server.replies([Reply::with(
        401,
        "",
        "{\"message\":\"This API key is not valid.\"}",
    )]);
    let said = next(&mut wire(&server.url())).await;
    assert_eq!(said, "401 Unauthorized: This API key is not valid.");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let said = next(&mut wire(&url)).await;
    assert!(said.starts_with("lost for 1 s: "), "{said}");
}
