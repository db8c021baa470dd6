//! The network, outwards: the only place where an HTTP client is made.
//!
//! Two clients, for two kinds of addresses. The operator's reaches addresses
//! that the operator has set (token keys, an issuer's discovery document). The
//! guarded one reaches those that somebody else has set, and goes only where
//! packets may go:
//!
//! ```text
//!   url      what the text says: scheme, port, literal address
//!   resolver what the name says, at each new connection; then it is dialled
//!   send     who is at the other end, once more; then what it answers counts
//! ```
//!
//! Neither takes a proxy from the environment, follows a redirect, retries or
//! decompresses.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::{Bytes, BytesMut};
use reqwest::{Client, ClientBuilder, Url, header::HeaderMap, redirect};
use rustls::{ClientConfig, pki_types::CertificateDer};

use crate::config::EgressConfig;

mod address;
pub mod advice;
mod answer;
mod certificate;
mod diagnosis;
mod failure;
mod journey;
mod ports;
mod resolver;
mod send;
mod tls;
mod url;

pub use self::{
    address::{Reserved, Verdict, judge_ip},
    answer::Answer,
    failure::{Failure, FailureKind},
    journey::{Phase, Timings},
    send::{Outcome, Outgoing},
    url::{Refusal, URL_BYTES_MAX, judge_url, read_url},
};
use resolver::Resolver;

/// How we call ourselves.
pub const USER_AGENT: &str = concat!("ringback/", env!("CARGO_PKG_VERSION"));

const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Looking up, TCP and TLS together.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Below the five seconds after which common servers close an idle connection:
/// a request that meets the close fails for nothing.
const POOL_IDLE_TIME_MAX: Duration = Duration::from_secs(4);
/// No fewer than a subscription may have under way: of those beyond it each would be dialled anew for
/// its next request.
const POOL_IDLE_PER_HOST_MAX: usize = 128;
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
const HTTP2_PING_EVERY: Duration = Duration::from_secs(10);
const HTTP2_PONG_WITHIN: Duration = Duration::from_secs(5);
const RESPONSE_HEADERS_MAX: usize = 64;
const RESPONSE_HEADER_BYTES_MAX: u32 = 64 << 10;
/// What an HTTP/2 receiver may send before we have read it.
const HTTP2_WINDOW_BYTES: u32 = 64 << 10;
const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// The pooled clients of this process.
#[derive(Clone, Debug)]
pub struct Egress {
    operator: Client,
    guarded: Client,
    config: EgressConfig,
}

/// A document that was fetched whole.
#[derive(Debug)]
pub struct Document {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Egress {
    pub fn new(config: &EgressConfig) -> anyhow::Result<Self> {
        Self::with(Resolver::system(&config.allow_networks), Vec::new(), config)
    }

    fn with(
        resolver: Resolver,
        roots: Vec<CertificateDer<'static>>,
        config: &EgressConfig,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            operator: plain().timeout(FETCH_TIMEOUT).build()?,
            guarded: guarded(resolver, tls::config(roots)?).build()?,
            config: config.clone(),
        })
    }

    /// The client for addresses that the operator has set.
    pub fn operator_client(&self) -> Client {
        self.operator.clone()
    }

    /// Fetches a document of at most `bytes_max` from such an address.
    pub async fn fetch(&self, url: &Url, bytes_max: usize) -> anyhow::Result<Document> {
        let mut response = self.operator.get(url.clone()).send().await?;
        let status = response.status();
        if !status.is_success() {
            bail!("{url} answered {status}");
        }
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .with_context(|| format!("reading {url}"))?
        {
            if body.len() + chunk.len() > bytes_max {
                bail!("{url} answered more than {bytes_max} bytes");
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Document {
            headers,
            body: body.freeze(),
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes clients"
)]
fn plain() -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIME_MAX)
}

fn guarded(resolver: Resolver, tls: ClientConfig) -> ClientBuilder {
    plain()
        .dns_resolver(resolver)
        .tls_backend_preconfigured(tls)
        .pool_idle_timeout(POOL_IDLE_TIME_MAX)
        .pool_max_idle_per_host(POOL_IDLE_PER_HOST_MAX)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE_EVERY)
        .http1_max_headers(RESPONSE_HEADERS_MAX)
        .http2_max_header_list_size(RESPONSE_HEADER_BYTES_MAX)
        .http2_initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .http2_initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(HTTP2_PING_EVERY)
        .http2_keep_alive_timeout(HTTP2_PONG_WITHIN)
}
