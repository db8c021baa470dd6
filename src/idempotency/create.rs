//! The extractor of a POST that creates: its body, and its key if it has one.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    once::{self, Answer, Begun, Claim, REPEATED},
    steps,
};
use crate::{
    app::App,
    error::{Error, Result},
    infra::{body::Body, db::Tx},
};

const HEADER: &str = "idempotency-key";
const KEY_CHARS_MAX: usize = 255;

#[derive(Clone, Debug)]
pub struct Create<T> {
    body: Body<T>,
    path: String,
    key: Option<String>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Create<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = read_key(req);
        let path = req.path().to_owned();
        let body = Body::from_request(req, payload);
        Box::pin(async move {
            let key = key?;
            Ok(Self {
                body: body.await?,
                path,
                key,
            })
        })
    }
}

/// The same for a POST that has no body.
#[derive(Debug)]
pub struct Bare(pub Create<()>);

impl FromRequest for Bare {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_key(req).map(|key| {
            Self(Create {
                body: Body {
                    value: (),
                    digest: [0; 32],
                },
                path: req.path().to_owned(),
                key,
            })
        }))
    }
}

impl<T> Create<T> {
    /// The body, for work that comes before the transaction, and the key for the rest of it.
    pub fn apart(self) -> (T, Create<()>) {
        let Body { value, digest } = self.body;
        let rest = Create {
            body: Body { value: (), digest },
            path: self.path,
            key: self.key,
        };
        (value, rest)
    }
}

/// Whether this answer was given before, and nothing was made for it now.
pub fn is_repeated(answer: &HttpResponse) -> bool {
    answer.headers().contains_key(REPEATED)
}

impl<T: Send + 'static> Create<T> {
    /// Of a page's form, sent to this path. The form brings a key of its own, so that it makes one
    /// thing however often it is sent; what is written in it belongs to the key, for a form that
    /// was changed asks for something else.
    pub fn of_form(path: &str, key: &str, written: &[u8], value: T) -> Self {
        let digest: [u8; 32] = Sha256::digest(written).into();
        Self {
            body: Body { value, digest },
            path: path.to_owned(),
            key: Some(format!("{key}.{}", hex::encode(digest))),
        }
    }

    /// What this caller, path and key were answered before, for who has to judge or prepare what is
    /// asked before [`once`](Self::once): of what was judged well a while ago not all may be well now.
    pub async fn answered_before(
        &self,
        app: &App,
        principal: &str,
    ) -> Result<Option<HttpResponse>> {
        let Some(claim) = self.claim(principal) else {
            return Ok(None);
        };
        let answer = once::answered_before(app, claim).await?;
        Ok(answer.map(Answer::into_response))
    }

    /// Runs `work` once for this caller, path and key, and answers what it
    /// answered the first time.
    pub async fn once<A, F, Fut>(
        self,
        app: &App,
        principal: &str,
        status: StatusCode,
        work: F,
    ) -> Result<HttpResponse>
    where
        A: Serialize,
        F: FnOnce(Tx, T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<A>> + Send,
    {
        let work = move |tx, value| {
            let answer = work(tx, value);
            async move { Ok((status, answer.await?)) }
        };
        self.once_with_status(app, principal, work).await
    }

    /// The same, where the work itself finds out whether it makes something.
    pub async fn once_with_status<A, F, Fut>(
        self,
        app: &App,
        principal: &str,
        work: F,
    ) -> Result<HttpResponse>
    where
        A: Serialize,
        F: FnOnce(Tx, T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(StatusCode, A)>> + Send,
    {
        let claim = self.claim(principal);
        let value = self.body.value;
        let answer = once::answer(app, claim, move |tx| work(tx, value)).await?;
        Ok(answer.into_response())
    }

    /// The same for a page, which shows what was made and passes no answer on.
    pub async fn made_once<A, F, Fut>(self, app: &App, principal: &str, work: F) -> Result<A>
    where
        A: Serialize + DeserializeOwned,
        F: FnOnce(Tx, T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<A>> + Send,
    {
        let claim = self.claim(principal);
        let value = self.body.value;
        once::made(app, claim, move |tx| work(tx, value)).await
    }

    /// The same for work that is too long for one transaction, and that may
    /// be done again in part after a crash.
    pub async fn in_steps<A, F, Fut>(
        self,
        app: &App,
        principal: &str,
        work: F,
    ) -> Result<HttpResponse>
    where
        A: Serialize,
        F: FnOnce(T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<A>> + Send + 'static,
    {
        let claim = self.claim(principal);
        steps::answer(app, claim, work(self.body.value)).await
    }

    /// Begins `work` once, where what is made is not known when the transaction ends.
    pub async fn begin<P, F, Fut>(self, app: &App, principal: &str, work: F) -> Result<Begun<P>>
    where
        P: Send + 'static,
        F: FnOnce(Tx, T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(Vec<u8>, P)>> + Send,
    {
        let claim = self.claim(principal);
        let value = self.body.value;
        once::begin(app, claim, move |tx| work(tx, value)).await
    }

    fn claim(&self, principal: &str) -> Option<Claim> {
        let key = self.key.as_deref()?;
        Some(Claim::new(principal, &self.path, key, self.body.digest))
    }
}

fn read_key(req: &HttpRequest) -> Result<Option<String>> {
    let Some(value) = req.headers().get(HEADER) else {
        return Ok(None);
    };
    let is_key = |text: &&str| {
        (1..=KEY_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match value.to_str().ok().filter(is_key) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(
            "Idempotency-Key",
            "give 1 to 255 printable characters without spaces, such as a UUID",
        )),
    }
}
