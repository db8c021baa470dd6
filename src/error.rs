//! The one error that a request can end with.
//!
//! A handler answers `Result<_, Error>`. What a person sees is the envelope
//! of the contract: a code from a closed list, a short title, and a message
//! that says what to do. What went wrong inside (SQL, paths, causes) stays in
//! `source`, which is logged once, at the edge, and never sent.

mod store;

pub use store::{is_dead_connection, is_lock_not_had};

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::ToSchema;

pub type Result<T> = std::result::Result<T, Error>;

/// Every code that an answer can carry. Clients may match on them: names are
/// added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    IdempotencyKeyReused,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidSignature,
    RateLimited,
    Internal,
    StoreUnavailable,
    Unready,
    VapiRejected,
    VapiBusy,
    VapiNotConfigured,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::InvalidSignature => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::IdempotencyKeyReused => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal | Self::StoreUnavailable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::VapiRejected => StatusCode::BAD_GATEWAY,
            Self::Unready | Self::VapiBusy | Self::VapiNotConfigured => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "Invalid request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::RequestTimeout => "Request timeout",
            Self::Conflict => "Conflict",
            Self::IdempotencyKeyReused => "Idempotency key reused",
            Self::PayloadTooLarge => "Payload too large",
            Self::UnsupportedMediaType => "Unsupported media type",
            Self::InvalidSignature => "Invalid signature",
            Self::RateLimited => "Rate limited",
            Self::Internal => "Internal error",
            Self::StoreUnavailable => "Store unavailable",
            Self::Unready => "Not ready",
            Self::VapiRejected => "Vapi rejected the call",
            Self::VapiBusy => "Vapi is busy",
            Self::VapiNotConfigured => "Vapi is not configured",
        }
    }
}

/// One field that is wrong, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    #[schema(example = "events[1]")]
    pub path: String,
    #[schema(example = "unknown event; give one of call.completed, call.failed")]
    pub message: String,
}

/// How every failure looks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct Envelope<'a> {
    #[schema(example = false)]
    success: bool,
    code: Code,
    #[schema(example = "Invalid request")]
    error: &'a str,
    #[schema(example = "The body has a field that is not understood; see details.")]
    message: &'a str,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    #[schema(required = false)]
    details: &'a [Detail],
}

#[derive(Debug)]
pub struct Error {
    code: Code,
    title: &'static str,
    message: Cow<'static, str>,
    details: Vec<Detail>,
    headers: Vec<(header::HeaderName, header::HeaderValue)>,
    source: Option<anyhow::Error>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            title: code.title(),
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
            source: None,
        }
    }

    /// A body or query that is wrong at one named place.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_many(vec![Detail {
            path: path.into(),
            message: message.into(),
        }])
    }

    /// A body or query that is wrong at several places, told all at once.
    pub fn invalid_many(details: Vec<Detail>) -> Self {
        let message: Cow<'static, str> = match details.as_slice() {
            [only] => format!("{}: {}", only.path, only.message).into(),
            _ => "Several fields are wrong; see details.".into(),
        };
        Self {
            details,
            ..Self::new(Code::InvalidRequest, message)
        }
    }

    /// The same error, naming the field that somebody else found wrong.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, message: impl Into<String>) -> Self {
        self.details.push(Detail {
            path: path.into(),
            message: message.into(),
        });
        self
    }

    /// The same about a body that is itself a field; an empty path is all of it.
    #[must_use]
    pub fn within(self, field: &str) -> Self {
        if self.details.is_empty() {
            return self;
        }
        let details = self.details.into_iter().map(|detail| Detail {
            path: match detail.path.as_str() {
                "" => field.to_owned(),
                path => format!("{field}.{path}"),
            },
            ..detail
        });
        Self::invalid_many(details.collect())
    }

    /// What is wrong with which fields, for a list of what is wrong with many things; an error that
    /// names no field comes back as it is.
    pub fn into_details(self) -> Result<Vec<Detail>> {
        match self.details.is_empty() {
            true => Err(self),
            false => Ok(self.details),
        }
    }

    /// Not there, or not the caller's: the two must look alike.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(
            Code::NotFound,
            format!("There is no such {what}, or it is not yours."),
        )
    }

    /// An error whose cause is for the log, never for the caller.
    pub fn caused(
        code: Code,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<anyhow::Error>,
    ) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(code, message)
        }
    }

    /// A fault of ours: the cause is for the log, never for the caller.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::caused(
            Code::Internal,
            "Something failed on our side; the log has it under this answer's x-request-id.",
            source,
        )
    }

    /// The database cannot be reached, or does not answer in time.
    pub fn store_unavailable(source: impl Into<anyhow::Error>) -> Self {
        Self::caused(
            Code::StoreUnavailable,
            "The database cannot be reached just now; nothing was changed, so try again.",
            source,
        )
    }

    /// The database went away during a commit, which may have been made.
    pub fn commit_unknown(source: impl Into<anyhow::Error>) -> Self {
        Self::caused(
            Code::StoreUnavailable,
            "The database went away while the change was being kept: whether it was is not \
                 known. Look before you repeat it, or repeat it with the same Idempotency-Key.",
            source,
        )
    }

    /// Says more shortly what is wrong than the code can.
    #[must_use]
    pub fn with_title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: header::HeaderName, value: header::HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Tells the caller how long to wait before the next try.
    #[must_use]
    pub fn with_retry_after(self, secs: u64) -> Self {
        self.with_header(header::RETRY_AFTER, header::HeaderValue::from(secs))
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong where, as far as it is known.
    pub fn details(&self) -> &[Detail] {
        &self.details
    }

    /// What is behind it, for who reads a command line and no log.
    pub fn into_cause(self) -> anyhow::Error {
        match self.source {
            Some(source) => source,
            None => anyhow::anyhow!("{}", self.message),
        }
    }

    /// What the log should say beside the code, where there is more to say.
    pub fn source_chain(&self) -> Option<String> {
        self.source.as_ref().map(|source| format!("{source:#}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.json(Envelope {
            success: false,
            code: self.code,
            error: self.title,
            message: &self.message,
            details: &self.details,
        })
    }
}
