//! One guarded POST, whatever the receiver does.
//!
//! A receiver is somebody else's program: it may be slow, broken or hostile,
//! and none of that is our error. So `send` never fails, it answers with what
//! happened. One time limit covers everything from the name to the last byte,
//! and no more of a body is read than was asked for; a connection with more to
//! say is dropped. What came with a success but was broken off is a failure,
//! for the receiver may not have meant it; what came with a failing status
//! is one anyway, and the part of its body that did come is kept.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use reqwest::{
    Body, Response, StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use tokio::time::{Instant, timeout_at};

use super::{
    Egress,
    address::{Verdict, judge_ip},
    answer::Answer,
    diagnosis::{Reason, out_of_time, reason_of},
    failure::{Failure, FailureKind},
    journey::Journey,
    url::judge_url,
};

/// A POST to somebody else's address. It has no `Debug`: headers and body may
/// hold what no log should.
#[derive(Clone)]
pub struct Outgoing {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// For the whole exchange.
    pub timeout: Duration,
    /// What is read of the answer's body.
    pub response_bytes_max: usize,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Outcome {
    Answered(Answer),
    Failed(Failure),
}

/// What the client decides about a connection. A header of this name that
/// came from elsewhere could make two programs read two different requests.
const FRAMING: [HeaderName; 11] = [
    header::HOST,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::ACCEPT_ENCODING,
    header::PROXY_AUTHORIZATION,
];

impl Egress {
    /// Sends it, once.
    pub async fn send(&self, request: Outgoing) -> Outcome {
        let journey = Journey::begin();
        match self.exchange(request, &journey).await {
            Ok(answer) => Outcome::Answered(answer),
            Err((status, (kind, hint))) => Outcome::Failed(Failure {
                kind,
                hint,
                status,
                timings: journey.timings(),
            }),
        }
    }

    async fn exchange(
        &self,
        request: Outgoing,
        journey: &Arc<Journey>,
    ) -> Result<Answer, (Option<StatusCode>, Reason)> {
        let (limit, bytes_max) = (request.timeout, request.response_bytes_max);
        let deadline = Instant::now() + limit;
        let head = timeout_at(deadline, self.head_of_answer(request, journey)).await;
        let mut response = head
            .unwrap_or_else(|_| Err(out_of_time(journey.phase(), limit)))
            .map_err(|reason| (None, reason))?;

        let mut body = BytesMut::new();
        let end = timeout_at(deadline, read(&mut response, &mut body, bytes_max)).await;
        let end = match end {
            Ok(Ok(end)) => Ok(end),
            Ok(Err(error)) => Err(reason_of(&error, journey.phase())),
            Err(_) => Err(out_of_time(journey.phase(), limit)),
        };
        let status = response.status();
        match end {
            Err(reason) if status.is_success() => Err((Some(status), reason)),
            end => Ok(Answer {
                status,
                headers: std::mem::take(response.headers_mut()),
                body: body.freeze(),
                truncated: end != Ok(End::Whole),
                timings: journey.timings(),
            }),
        }
    }

    async fn head_of_answer(
        &self,
        request: Outgoing,
        journey: &Arc<Journey>,
    ) -> Result<Response, Reason> {
        judge_url(&request.url, &self.config)
            .map_err(|refusal| (FailureKind::EgressRefused, refusal.to_string()))?;
        let post = self
            .guarded
            .post(request.url)
            .headers(framed(request.headers, request.body.len()))
            .body(noted(request.body, journey.clone()));
        let response = journey
            .through(post.send())
            .await
            .map_err(|error| reason_of(&error, journey.phase()))?;
        journey.note_answered();
        self.judge_peer(response.remote_addr())?;
        Ok(response)
    }

    /// Whom are we connected to? Every address was judged before it was
    /// dialled; this would catch a way around.
    fn judge_peer(&self, peer: Option<SocketAddr>) -> Result<(), Reason> {
        let verdict = peer.map(|peer| judge_ip(peer.ip(), &self.config.allow_networks));
        let said = match verdict {
            Some(Verdict::Permitted) => return Ok(()),
            Some(Verdict::Refused(reserved)) => format!("the peer is not public but {reserved}"),
            None => "the peer is unknown".to_owned(),
        };
        tracing::error!(said, "a connection went past the egress rules");
        Err((FailureKind::EgressRefused, said))
    }
}

fn framed(mut headers: HeaderMap, body_bytes: usize) -> HeaderMap {
    for name in FRAMING {
        headers.remove(name);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body_bytes));
    headers
}

/// A body in one piece. It is asked for when a connection is ready to send
/// it, a moment that the client does not tell us otherwise.
fn noted(body: Bytes, journey: Arc<Journey>) -> Body {
    Body::wrap_stream(stream::once(async move {
        journey.note_connected();
        Ok::<_, Infallible>(body)
    }))
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// There was more than is read.
    Cut,
}

async fn read(
    response: &mut Response,
    body: &mut BytesMut,
    bytes_max: usize,
) -> Result<End, reqwest::Error> {
    while let Some(chunk) = response.chunk().await? {
        let room = bytes_max - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok(End::Cut);
        }
    }
    Ok(End::Whole)
}

#[cfg(test)]
mod tests;
