//! The HTTP server itself: threads, limits, and what every request passes, whatever its routes.
//!
//! The port is taken before there is anything to serve: whoever cannot have it is not to begin.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZero,
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web,
};
use anyhow::Context;
use tokio::net::TcpSocket;

use crate::{config::ServerConfig, edge};

/// A client may take this long to send the head of its request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const CONNECTIONS_PER_THREAD_MAX: usize = 10_000;
/// So many connections wait in line until they are taken up.
const CONNECTIONS_WAITING_MAX: u32 = 1024;
/// What a request under way gets once the process is told to stop.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(15);

/// Takes the port. Whoever connects from now on waits for a server.
pub fn bind(config: &ServerConfig) -> anyhow::Result<TcpListener> {
    let listen = config.listen;
    taken(listen)
        .with_context(|| format!("RINGBACK_LISTEN is {listen}, where this process cannot listen"))
}

fn taken(listen: SocketAddr) -> io::Result<TcpListener> {
    let socket = match listen {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // What is left of the connections of a server before does not hold the port.
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(CONNECTIONS_WAITING_MAX)?.into_std()
}

/// A server with these routes, and where it listens. It answers once it is awaited.
pub fn serve(
    listener: TcpListener,
    config: &ServerConfig,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> anyhow::Result<(Server, SocketAddr)> {
    let cors_origins = config.cors_origins.clone();
    let server = HttpServer::new(move || {
        App::new()
            .wrap(Compress::default())
            .wrap(edge::cors(&cors_origins))
            .wrap(from_fn(edge::this_machine_alone))
            .wrap(from_fn(edge::edge))
            .configure(&routes)
    })
    .workers(threads())
    .client_request_timeout(REQUEST_HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    // Whoever closes its side has gone, and what it waited for is let go.
    .h1_allow_half_closed(false)
    .max_connections(CONNECTIONS_PER_THREAD_MAX)
    .shutdown_timeout(REQUESTS_END_WITHIN.as_secs())
    .disable_signals()
    .listen(listener)?;
    let addresses = server.addrs();
    let address = addresses.first().context("the server has no address")?;
    Ok((server.run(), *address))
}

/// Half of the cores serve requests: the other half records, seals and sends.
fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    (cores / 2).max(1)
}
