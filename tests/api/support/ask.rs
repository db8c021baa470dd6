//! Asking the server, and reading its answer.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

/// A request that is sent when it is awaited.
pub struct Ask(reqwest::RequestBuilder);

/// An answer, read whole; `body` is null where it is not JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests ask the server they started"
)]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

impl Ask {
    pub fn new(request: reqwest::RequestBuilder) -> Self {
        Self(request)
    }

    /// Authenticated by an API key or a token.
    pub fn by(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }
}

impl Ask {
    pub(super) fn into_request(self) -> reqwest::RequestBuilder {
        self.0
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let response = self.0.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await.unwrap();
            let body = serde_json::from_str(&text).unwrap_or_default();
            Answer {
                status,
                headers,
                text,
                body,
            }
        })
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Asserts a failure of this status and code, in the one envelope.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
        assert_eq!(self.body["success"], false, "{self:?}");
        for field in ["error", "message"] {
            assert!(
                self.body[field]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{self:?}"
            );
        }
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
    }
}
