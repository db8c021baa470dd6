//! The network, outwards: the only place where an HTTP client is made.
//!
//! The operator's client reaches addresses that the operator has set (token
//! keys, an issuer's discovery document). Like every client of ours it takes
//! no proxy from the environment, follows no redirect and retries nothing.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::{Bytes, BytesMut};
use reqwest::{Client, header::HeaderMap, redirect};
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The pooled clients of this process.
#[derive(Clone, Debug)]
pub struct Egress {
    operator: Client,
}

/// A document that was fetched whole.
#[derive(Debug)]
pub struct Document {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Egress {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes clients"
    )]
    pub fn new() -> anyhow::Result<Self> {
        let operator = Client::builder()
            .user_agent(concat!("ringback/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(FETCH_TIMEOUT)
            .build()?;
        Ok(Self { operator })
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
