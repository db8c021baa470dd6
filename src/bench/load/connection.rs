//! A keep-alive connection to a server.

use std::{io, net::SocketAddr};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

use crate::bench::http1;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpSocket::new_v4()?.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1_024),
        })
    }

    /// Sends a request, and gives the status of its answer.
    pub async fn status_of(&mut self, request: &[u8]) -> io::Result<u16> {
        Ok(self.answer_to(request).await?.0)
    }

    /// Sends a request, and gives the status and the body of its answer.
    pub async fn answer_to(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let answer = http1::read(&mut self.stream, &mut self.buffer).await?;
        let answer = answer.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = status(answer.head(&self.buffer)).ok_or(io::ErrorKind::InvalidData)?;
        Ok((status, answer.body(&self.buffer)))
    }
}

/// Of `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    str::from_utf8(head.get(9..12)?).ok()?.parse().ok()
}
