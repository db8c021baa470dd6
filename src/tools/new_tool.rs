//! What a tool may be.

use serde_json::{Map, Value};
use url::Url;

use super::wire::CreateTool;
use crate::{
    config::EgressConfig,
    delivery::sign::SigningSecret,
    error::{Detail, Error, Result},
    infra::egress::read_url,
};

/// Vapi's own limit.
const NAME_CHARS_MAX: usize = 64;
pub(super) const TIMEOUT_MS_DEFAULT: u32 = 5_000;
const TIMEOUT_MS_MIN: u32 = 100;
/// How long Vapi waits for us, unless it is told otherwise.
const TIMEOUT_MS_MAX: u32 = 20_000;
const PARAMETERS_BYTES_MAX: usize = 64 << 10;

/// A tool that may be registered.
#[derive(Debug)]
pub(super) struct NewTool {
    pub name: String,
    pub url: Url,
    pub timeout_ms: i32,
    /// A JSON Schema, as text.
    pub parameters: String,
    pub secret: SigningSecret,
}

impl NewTool {
    /// Checks all that is wanted, and tells all that is wrong at once.
    pub fn read(wanted: CreateTool, egress: &EgressConfig) -> Result<Self> {
        let mut wrong = Vec::new();
        let name = check_name(&wanted.name);
        let url = read_url(&wanted.url, egress).map_err(|refusal| detail("url", refusal));
        let timeout_ms = check_timeout(wanted.timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT));
        let parameters = check_parameters(&wanted.parameters);
        let secret = read_secret(wanted.secret_key.as_deref());
        match (
            noted(name, &mut wrong),
            noted(url, &mut wrong),
            noted(timeout_ms, &mut wrong),
            noted(parameters, &mut wrong),
            noted(secret, &mut wrong),
        ) {
            (Some(()), Some(url), Some(timeout_ms), Some(parameters), Some(secret)) => Ok(Self {
                name: wanted.name,
                url,
                timeout_ms,
                parameters,
                secret,
            }),
            _ => Err(Error::invalid_many(wrong)),
        }
    }
}

type Checked<T> = std::result::Result<T, Detail>;

/// It can be the name of a tool: what Vapi lets a function be called.
pub(super) fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn check_name(name: &str) -> Checked<()> {
    let wanted = "give 1 to 64 letters, digits, `_` or `-`, as the assistant calls it";
    is_name(name)
        .then_some(())
        .ok_or_else(|| detail("name", wanted))
}

fn check_timeout(timeout_ms: u32) -> Checked<i32> {
    match (TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX).contains(&timeout_ms) {
        true => Ok(timeout_ms.cast_signed()),
        false => Err(detail(
            "timeout_ms",
            format!("give {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX} milliseconds"),
        )),
    }
}

fn check_parameters(parameters: &Map<String, Value>) -> Checked<String> {
    let text = serde_json::to_string(parameters).map_err(|error| detail("parameters", error))?;
    match text.len() <= PARAMETERS_BYTES_MAX {
        true => Ok(text),
        false => Err(detail(
            "parameters",
            format!("give at most {PARAMETERS_BYTES_MAX} bytes"),
        )),
    }
}

fn read_secret(secret_key: Option<&str>) -> Checked<SigningSecret> {
    match secret_key {
        Some(text) => SigningSecret::parse(text).map_err(|error| detail("secret_key", error)),
        None => Ok(SigningSecret::generate()),
    }
}

fn detail(path: &str, message: impl ToString) -> Detail {
    Detail {
        path: path.to_owned(),
        message: message.to_string(),
    }
}

fn noted<T>(checked: Checked<T>, wrong: &mut Vec<Detail>) -> Option<T> {
    checked.map_err(|detail| wrong.push(detail)).ok()
}
