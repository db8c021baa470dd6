//! A JSON body of our own API: bounded, understood as a whole, or refused
//! with the path of the field that is wrong.

mod coming;

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use self::coming::Coming;
use crate::error::{Code, Error, Result};

/// No request of our own API is larger; Vapi's webhooks have their own limit.
pub const API_BODY_BYTES_MAX: usize = 1 << 20;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Of all that are still on their way to this process.
const COMING_BYTES_MAX: usize = 256 << 20;
static COMING: Coming = Coming::of_at_most(COMING_BYTES_MAX);

/// The value that was sent, and the digest of the bytes it was sent as.
#[derive(Clone, Debug)]
pub struct Body<T> {
    pub value: T,
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (media, end) = (assert_json(req), End::of(req));
        let payload = payload.take();
        Box::pin(async move {
            media?;
            let bytes = read_within(payload, end, API_BODY_BYTES_MAX).await?;
            Ok(Self {
                value: parse(&bytes)?,
                digest: Sha256::digest(&bytes).into(),
            })
        })
    }
}

fn assert_json(req: &HttpRequest) -> Result<()> {
    let essence = req.content_type();
    let is_json = essence.eq_ignore_ascii_case("application/json");
    is_json.then_some(()).ok_or_else(|| {
        Error::new(
            Code::UnsupportedMediaType,
            "Send JSON, with `Content-Type: application/json`.",
        )
    })
}

/// Where a body ends, if the HTTP server does not tell. Under `Upgrade: websocket` it takes all that
/// comes for the body, whatever its length says; whoever ignores the wish, as we do where a body is
/// read, goes by the length.
#[derive(Clone, Copy, Debug)]
pub struct End(Option<usize>);

impl End {
    pub fn of(req: &HttpRequest) -> Self {
        let upgrade = req.headers().get(header::UPGRADE);
        let upgrade = upgrade.and_then(|value| value.to_str().ok());
        let is_endless = upgrade
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("websocket"))
            && !req.chunked().unwrap_or(false);
        let length = req.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self(is_endless.then(|| length.unwrap_or(0)))
    }
}

/// Reads a body of at most so many bytes, sent without dawdling.
pub async fn read_within(payload: Payload, end: End, bytes_max: usize) -> Result<Bytes> {
    let late = |_| {
        Error::new(
            Code::RequestTimeout,
            "The body took longer than 30 seconds.",
        )
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, read(payload, end, bytes_max))
        .await
        .map_err(late)?;
    Ok(read?.freeze())
}

async fn read(mut payload: Payload, end: End, bytes_max: usize) -> Result<BytesMut> {
    let (mut bytes, mut part) = (BytesMut::new(), COMING.begin());
    let is_whole = |bytes: &BytesMut| end.0.is_some_and(|end| bytes.len() >= end);
    while !is_whole(&bytes)
        && let Some(chunk) = payload.next().await
    {
        let chunk = chunk.map_err(|error| {
            Error::new(
                Code::InvalidRequest,
                format!("The body could not be read: {error}."),
            )
        })?;
        if bytes.len() + chunk.len() > bytes_max {
            let message = format!("The body is larger than {bytes_max} bytes.");
            return Err(Error::new(Code::PayloadTooLarge, message));
        }
        part.grow(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    // What comes after it is nobody's: the connection is closed.
    bytes.truncate(end.0.unwrap_or(usize::MAX));
    Ok(bytes)
}

/// Unknown fields are the business of the type: ours deny them.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = understand(&mut reader, "body")?;
    reader
        .end()
        .map_err(|error| Error::invalid("body", error.to_string()))?;
    Ok(value)
}

/// Makes a value of what was sent, or names the field that is wrong, and `whole` where it is no
/// field.
pub fn understand<'de, T, D>(sent: D, whole: &str) -> Result<T>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    serde_path_to_error::deserialize(sent).map_err(|error| {
        let path = match error.path().to_string() {
            nowhere if [".", "?"].contains(&nowhere.as_str()) => whole.to_owned(),
            field => field,
        };
        Error::invalid(path, error.inner().to_string())
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only whether it parses matters")]
    struct Order {
        events: Vec<u8>,
    }

    fn refusal(text: &str) -> String {
        parse::<Order>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        assert!(refusal(r#"{"events":[1,"x"]}"#).contains("events[1]"));
        assert!(refusal(r#"{"events":[],"evnts":1}"#).contains("unknown field `evnts`"));
        assert!(refusal("{}").contains("missing field `events`"));
        for nonsense in ["", "{", "[]", "\u{0}", r#"{"events":[]} x"#] {
            assert!(refusal(nonsense).contains("body"), "{nonsense}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(parse::<serde_json::Value>(deep.as_bytes()).is_err());
    }
}
