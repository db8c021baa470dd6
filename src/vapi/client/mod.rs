//! Vapi's REST API: placing a call, asking about one, ending one.
//!
//! What Vapi says, a refusal or silence too, is a value and not our error. Nothing is tried again
//! here: Vapi knows no idempotency key, so a second POST after a silence may ring a second time at
//! somebody's home. Who does not know how a POST ended [searches](Client::search) for the call by
//! the `requestId` that was put into it.

mod at_vapi;
mod created;
mod new_call;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client as Http, Method, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

pub use self::{
    at_vapi::CallAtVapi,
    created::{Created, created},
    new_call::{NewCall, Who},
};
use crate::{
    config::{Secret, VapiConfig},
    infra::{
        clock::{Millis, rfc3339},
        egress::{Egress, Outcome, Outgoing},
    },
    vapi::news::{self, News},
};

const BASE_URL: &str = "https://api.vapi.ai";
const CALL_BYTES_MAX: usize = 8 << 20;
const LIST_BYTES_MAX: usize = 64 << 20;
const CALLS_PER_PAGE: usize = 100;
/// A window of minutes with more calls than this has no end for us.
const PAGES_MAX: usize = 50;
const CONTROL_TIMEOUT: Duration = Duration::from_secs(10);
const CONTROL_ANSWER_BYTES_MAX: usize = 4 << 10;

#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    egress: Egress,
    base: Url,
    key: Secret,
}

/// Why a question to Vapi came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("Vapi cannot be reached: {0}")]
    Unreachable(String),
    #[error("Vapi does not take VAPI_API_KEY")]
    Unauthorized,
    #[error("Vapi has been asked too often")]
    Busy { retry_after: Option<Duration> },
    #[error("Vapi answered {0}")]
    Status(StatusCode),
    #[error("Vapi's answer is not understood: {0}")]
    NotUnderstood(String),
}

/// How a call was told to end.
#[derive(Debug)]
pub enum HungUp {
    /// Vapi has been told; it says when the call is over.
    Told,
    /// Vapi has nothing by which it could be told.
    NoControl,
    Failed(String),
}

/// The answer's head and body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    /// Nothing where there is no key to ask with.
    pub fn new(config: &VapiConfig, egress: &Egress) -> Option<Self> {
        let base = config.base_url.clone().or_else(|| BASE_URL.parse().ok())?;
        Some(Self {
            http: egress.operator_client(),
            egress: egress.clone(),
            base,
            key: config.api_key.clone()?,
        })
    }

    /// Has a call placed, once.
    pub async fn create(&self, call: &Value) -> Created {
        let request = self
            .request(Method::POST, &["call"], &[])
            .header(CONTENT_TYPE, "application/json")
            .body(call.to_string());
        match answer(request, CALL_BYTES_MAX).await {
            Ok(answer) => created(answer.status, &answer.headers, &answer.body),
            Err(trouble) => Created::Ambiguous(trouble.to_string()),
        }
    }

    /// A call by Vapi's id; nothing where Vapi has none of it.
    pub async fn get(&self, id: &str) -> Result<Option<CallAtVapi>, Trouble> {
        let Some(call) = self.read(id).await? else {
            return Ok(None);
        };
        CallAtVapi::of(&call)
            .map(Some)
            .ok_or_else(|| Trouble::NotUnderstood("a call without an id".to_owned()))
    }

    /// What Vapi would have told of a call by itself; nothing where Vapi has none of it.
    pub async fn news(&self, id: &str) -> Result<Option<News>, Trouble> {
        let Some(call) = self.read(id).await? else {
            return Ok(None);
        };
        if call["id"] != id {
            return Err(Trouble::NotUnderstood("another call".to_owned()));
        }
        match news::is_unknown(&call) {
            true => Ok(None),
            false => News::of(call)
                .map(Some)
                .map_err(|error| Trouble::NotUnderstood(error.to_string())),
        }
    }

    async fn read(&self, id: &str) -> Result<Option<Value>, Trouble> {
        let request = self.request(Method::GET, &["call", id], &[]);
        let answer = answer(request, CALL_BYTES_MAX).await?;
        match answer.status {
            // An id that is not like Vapi's own is a bad request there.
            StatusCode::NOT_FOUND
            | StatusCode::GONE
            | StatusCode::BAD_REQUEST
            | StatusCode::UNPROCESSABLE_ENTITY => Ok(None),
            _ => json_of(&answer).map(Some),
        }
    }

    /// The call that has this `requestId`, among those made within this time.
    pub async fn search(
        &self,
        request_id: &str,
        since: Millis,
        until: Millis,
    ) -> Result<Option<CallAtVapi>, Trouble> {
        let mut before = rfc3339(until);
        for _ in 0..PAGES_MAX {
            let page = self.page(&rfc3339(since), &before).await?;
            let ours = page
                .iter()
                .filter_map(CallAtVapi::of)
                .find(|call| call.request_id.as_deref() == Some(request_id));
            if ours.is_some() || page.len() < CALLS_PER_PAGE {
                return Ok(ours);
            }
            let oldest = page
                .iter()
                .filter_map(|call| call["createdAt"].as_str())
                .min();
            match oldest {
                Some(oldest) if oldest < before.as_str() => before = oldest.to_owned(),
                _ => break,
            }
        }
        Err(Trouble::NotUnderstood(
            "more calls than can be searched".to_owned(),
        ))
    }

    async fn page(&self, since: &str, before: &str) -> Result<Vec<Value>, Trouble> {
        let limit = CALLS_PER_PAGE.to_string();
        let query = [
            ("createdAtGe", since),
            ("createdAtLt", before),
            ("limit", &limit),
        ];
        let request = self.request(Method::GET, &["call"], &query);
        match json_of(&answer(request, LIST_BYTES_MAX).await?)? {
            Value::Array(calls) => Ok(calls),
            _ => Err(Trouble::NotUnderstood("no list of calls".to_owned())),
        }
    }

    /// Ends a call: one that is scheduled by being deleted, a live one by its control address. The
    /// latter is Vapi's word and not the operator's, so it is judged like any other address.
    pub async fn hang_up(&self, call: &CallAtVapi) -> HungUp {
        let Some(control) = &call.control_url else {
            return match call.status.as_deref() {
                Some("scheduled") => self.delete(&call.id).await,
                _ => HungUp::NoControl,
            };
        };
        let Ok(url) = control.parse() else {
            return HungUp::Failed("the control address is no URL".to_owned());
        };
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let request = Outgoing {
            url,
            headers: headers.into_iter().collect(),
            body: json!({"type": "end-call"}).to_string().into(),
            timeout: CONTROL_TIMEOUT,
            response_bytes_max: CONTROL_ANSWER_BYTES_MAX,
        };
        match self.egress.send(request).await {
            Outcome::Answered(answer) if answer.is_success() => HungUp::Told,
            Outcome::Answered(answer) => HungUp::Failed(format!("answered {}", answer.status)),
            Outcome::Failed(failure) => HungUp::Failed(failure.hint),
        }
    }

    async fn delete(&self, id: &str) -> HungUp {
        let request = self
            .request(Method::DELETE, &["call", id], &[])
            .header(CONTENT_TYPE, "application/json")
            .body("{}");
        match answer(request, CALL_BYTES_MAX).await {
            Ok(answer) if answer.status.is_success() => HungUp::Told,
            Ok(answer) => HungUp::Failed(format!("answered {}", answer.status)),
            Err(trouble) => HungUp::Failed(trouble.to_string()),
        }
    }

    /// The path is made of whole segments, so that no id can lead elsewhere.
    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http
            .request(method, url)
            .bearer_auth(self.key.expose())
    }
}

async fn answer(request: RequestBuilder, bytes_max: usize) -> Result<Answer, Trouble> {
    // The URL would be in the error's text, and with it whatever stands in it.
    let silent = |error: reqwest::Error| Trouble::Unreachable(error.without_url().to_string());
    let mut response = request.send().await.map_err(silent)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = read(&mut response, bytes_max).await.map_err(silent)?;
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// What is longer is cut, and then is no JSON.
async fn read(response: &mut Response, bytes_max: usize) -> reqwest::Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn json_of(answer: &Answer) -> Result<Value, Trouble> {
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Trouble::Unauthorized),
        StatusCode::TOO_MANY_REQUESTS => Err(Trouble::Busy {
            retry_after: created::retry_after(&answer.headers),
        }),
        status if !status.is_success() => Err(Trouble::Status(status)),
        _ => serde_json::from_slice(&answer.body)
            .map_err(|error| Trouble::NotUnderstood(error.to_string())),
    }
}
