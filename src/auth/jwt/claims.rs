//! What a token says, and whether that lets its bearer in.
//!
//! Pure: the claims of a signed token, an issuer's rules, a time. Types are
//! taken strictly; a number in quotes is no time, and a list is no subject.

use entity::api_keys::Role;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::refusal::Refusal;
use crate::infra::clock::Millis;

/// Clocks differ: so much too early or too late is still in time.
const LEEWAY_MILLIS: Millis = 60_000;
const OWNER_CHARS_MAX: usize = 255;

#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Claims(Map<String, Value>);

/// What an issuer's tokens must say.
pub(super) struct Rules {
    pub audience: String,
    /// The token says when its bearer has signed in.
    pub auth_time: bool,
    pub subject_chars_max: usize,
}

impl Rules {
    pub fn check(&self, claims: &Claims, now: Millis) -> Result<(), Refusal> {
        if !claims.is_for(&self.audience) {
            return Err(Refusal::WrongAudience);
        }
        self.check_times(claims, now)?;
        let subject = claims.text("sub").ok_or(Refusal::NoSubject)?;
        match subject.chars().count() <= self.subject_chars_max {
            true => Ok(()),
            false => Err(Refusal::NoSubject),
        }
    }

    fn check_times(&self, claims: &Claims, now: Millis) -> Result<(), Refusal> {
        let required = |name| claims.time(name)?.ok_or(Refusal::BadTime);
        let begun = |time: Millis| match time.saturating_sub(LEEWAY_MILLIS) <= now {
            true => Ok(()),
            false => Err(Refusal::NotYetValid),
        };
        if required("exp")?.saturating_add(LEEWAY_MILLIS) <= now {
            return Err(Refusal::Expired);
        }
        begun(required("iat")?)?;
        claims.time("nbf")?.map_or(Ok(()), begun)?;
        match self.auth_time {
            true => begun(required("auth_time")?),
            false => Ok(()),
        }
    }
}

impl Claims {
    /// A claim that is a text and not an empty one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whose data the token is for. It becomes part of rows and log lines, so
    /// it must be short and printable.
    pub fn owner(&self, claim: &str) -> Result<&str, Refusal> {
        let is_a_name = |text: &&str| {
            !text.trim().is_empty()
                && text.chars().count() <= OWNER_CHARS_MAX
                && !text.chars().any(char::is_control)
        };
        self.text(claim).filter(is_a_name).ok_or(Refusal::NoOwner)
    }

    pub fn role(&self) -> Role {
        let is_admin =
            self.0.get("admin") == Some(&Value::Bool(true)) || self.text("role") == Some("admin");
        if is_admin { Role::Admin } else { Role::User }
    }

    fn is_for(&self, audience: &str) -> bool {
        match self.0.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }

    /// A time in seconds since 1970, whole or not; absent is no fault here.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float becomes the nearest integer there is"
    )]
    fn time(&self, name: &str) -> Result<Option<Millis>, Refusal> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let seconds = value.as_f64().ok_or(Refusal::BadTime)?;
        Ok(Some((seconds * 1_000.0) as Millis))
    }
}

#[cfg(test)]
mod tests;
