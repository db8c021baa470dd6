//! What a client and a receiver exchange over this machine's loopback when nothing is between them:
//! both of hyper, each on a thread of its own as in all measurements here, messages of 1 KB over 64
//! connections. No server of webhooks can do more here, whoever made it; so two machines compare by
//! this.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    client, server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::oneshot,
    task::JoinSet,
};

use crate::infra::clock::Clock;

const CONNECTIONS: usize = 64;
const BODY_BYTES: usize = 1_024;

/// How many exchanges a second, over this time.
pub async fn exchanges_per_second(clock: &Clock, time: Duration) -> anyhow::Result<f64> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let (address, count) = (listener.local_addr()?, Arc::new(AtomicU64::new(0)));
    let receiving = on_a_thread("bare receiver", receive(listener))?;
    let sending = on_a_thread("bare client", send_all(address, Arc::clone(&count)))?;
    // They never end by themselves, but when this lets go of them.
    tokio::select! {
        rate = rate(clock, time, &count) => Ok(rate),
        ended = sending => bail!("the bare client broke off: {ended:?}"),
        ended = receiving => bail!("the bare receiver broke off: {ended:?}"),
    }
}

/// Over this time, or longer where the machine does nothing of ours for as long.
async fn rate(clock: &Clock, time: Duration, count: &AtomicU64) -> f64 {
    clock.sleep(time / 4).await;
    let (began, before) = (Instant::now(), count.load(Relaxed));
    loop {
        clock.sleep(time).await;
        let exchanged = count.load(Relaxed) - before;
        if exchanged > 0 {
            return exchanged as f64 / began.elapsed().as_secs_f64();
        }
    }
}

/// Works until it is done, or nobody waits for it any more.
fn on_a_thread(
    name: &str,
    work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
) -> anyhow::Result<oneshot::Receiver<anyhow::Result<()>>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut done, end) = oneshot::channel();
    let until_unwanted = async move {
        let ended = tokio::select! {
            () = done.closed() => return,
            ended = work => ended,
        };
        // Whoever waited may have gone at this moment.
        let _ = done.send(ended);
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || runtime.block_on(until_unwanted))?;
    Ok(end)
}

async fn send_all(address: SocketAddr, count: Arc<AtomicU64>) -> anyhow::Result<()> {
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        connections.spawn(send(address, Arc::clone(&count)));
    }
    match connections.join_next().await {
        Some(ended) => ended?,
        None => Ok(()),
    }
}

async fn send(address: SocketAddr, count: Arc<AtomicU64>) -> anyhow::Result<()> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends when its sender is gone.
    tokio::spawn(connection);
    let body = "x".repeat(BODY_BYTES);
    loop {
        let request = Request::post("/")
            .header("host", "bench")
            .header("content-type", "application/json")
            .body(body.clone())?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        ensure!(response.status().is_success(), "{}", response.status());
        read(response.into_body()).await?;
        count.fetch_add(1, Relaxed);
    }
}

async fn receive(listener: std::net::TcpListener) -> anyhow::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        // It ends when its client is gone.
        tokio::spawn(connection);
    }
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<String>> {
    read(request.into_body()).await?;
    Ok(Response::new(String::new()))
}

async fn read(mut body: Incoming) -> hyper::Result<()> {
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        frame?;
    }
    Ok(())
}
