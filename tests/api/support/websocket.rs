//! A client of a WebSocket, which reads it frame by frame.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderName},
};

use super::TestApp;

pub struct WebSocket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Something that a server says.
#[derive(Debug, PartialEq)]
pub enum Said {
    Frame(Value),
    Ping,
    Closed(u16),
}

impl TestApp {
    /// Opens a socket, with these headers in its handshake.
    pub async fn connect(&self, path: &str, headers: &[(&str, &str)]) -> WebSocket {
        self.try_connect(path, headers).await.unwrap()
    }

    /// Opens a socket, or gives the status of the refusal.
    pub async fn try_connect(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<WebSocket, u16> {
        let url = self.url(path).replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(WebSocket(socket)),
            Err(Error::Http(refused)) => Err(refused.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket that never answers a ping.
    pub async fn connect_absently(&self, path: &str, token: &str) -> Absent {
        let host = self.url("").replacen("http://", "", 1);
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        Absent(stream)
    }
}

impl WebSocket {
    pub async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    /// What the server says next.
    pub async fn next(&mut self) -> Said {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Said::Frame(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Ping(_))) => return Said::Ping,
                Some(Ok(Message::Close(Some(why)))) => return Said::Closed(why.code.into()),
                Some(Ok(_)) => {}
                end => panic!("the socket broke off: {end:?}"),
            }
        }
    }

    pub async fn frame(&mut self) -> Value {
        match self.next().await {
            Said::Frame(frame) => frame,
            other => panic!("no frame but {other:?}"),
        }
    }

    /// The code with which the server closes, and it says nothing before.
    pub async fn closed(&mut self) -> u16 {
        match self.next().await {
            Said::Closed(code) => code,
            other => panic!("not closed but {other:?}"),
        }
    }
}

/// A client whose machine still takes what is sent, and nothing more.
pub struct Absent(TcpStream);

impl Absent {
    /// The first byte, which says what it is, and the rest of the next frame.
    pub async fn next(&mut self) -> (u8, Vec<u8>) {
        let kind = self.0.read_u8().await.unwrap();
        let length = match self.0.read_u8().await.unwrap() {
            126 => self.0.read_u16().await.unwrap(),
            length => length.into(),
        };
        let mut payload = vec![0; length.into()];
        self.0.read_exact(&mut payload).await.unwrap();
        (kind, payload)
    }
}
