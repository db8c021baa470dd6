//! Where settings come from: the process environment over the file `.env`.
//!
//! An empty variable counts as unset, because container tools set empty ones
//! by habit. Every name that is asked for is remembered, so that an unknown
//! `RINGBACK_*` name, which is mostly a misspelt one, can be warned about.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{ConfigError, Secret, value::Kind};

const OUR_PREFIX: &str = "RINGBACK_";
/// No setting: a debug build's way to let itself be killed by tests.
#[cfg(debug_assertions)]
const FAILPOINT: &str = "RINGBACK_FAILPOINT";

/// Names and values, and which of the names the program knows.
#[derive(Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    known: RefCell<BTreeSet<&'static str>>,
}

impl Environment {
    /// The environment of this process; where a name is missing there, `.env`
    /// in the working directory is asked.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub fn of_process() -> Result<Self, ConfigError> {
        let mut environment = Self::of_file(Path::new(".env"))?;
        environment
            .values
            .extend(std::env::vars_os().filter_map(|(name, value)| {
                Some((
                    name.into_string().ok()?,
                    value.to_string_lossy().into_owned(),
                ))
            }));
        Ok(environment)
    }

    /// Made-up settings, for tests and for tools that start a server.
    pub fn of_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(n, v)| (n.into(), v.into()))
                .collect(),
            known: RefCell::default(),
        }
    }

    fn of_file(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |error: dotenvy::Error| match error {
            // The library quotes the line, which may hold a secret.
            dotenvy::Error::LineParse(_, at) => {
                ConfigError::EnvFile(format!("a line is not NAME=value (near byte {at} of it)"))
            }
            other => ConfigError::EnvFile(other.to_string()),
        };
        match dotenvy::from_path_iter(path) {
            Ok(lines) => Ok(Self::of_pairs(
                lines.collect::<Result<Vec<_>, _>>().map_err(unreadable)?,
            )),
            Err(error) if error.not_found() => Ok(Self::default()),
            Err(error) => Err(unreadable(error)),
        }
    }

    /// The value of `name`, understood as `kind` says, or `None` where unset.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        kind: Kind<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(held) = self.held(name) else {
            return Ok(None);
        };
        (kind.parse)(held)
            .map(Some)
            .ok_or_else(|| ConfigError::NotUnderstood {
                name,
                held: held.escape_debug().take(HELD_CHARS_MAX).collect(),
                allowed: kind.allowed,
            })
    }

    /// Like [`read`](Self::read), for a value that an error must not show.
    pub(super) fn read_secret<T>(
        &self,
        name: &'static str,
        kind: Kind<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(held) = self.held(name) else {
            return Ok(None);
        };
        (kind.parse)(held)
            .map(Some)
            .ok_or(ConfigError::SecretNotUnderstood {
                name,
                allowed: kind.allowed,
            })
    }

    /// A secret that is one printable word.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<Secret>, ConfigError> {
        self.read_secret(name, super::value::SECRET)
    }

    /// Where a test wants this process to die.
    #[cfg(debug_assertions)]
    pub fn take_failpoint(&mut self) -> Option<String> {
        self.values.remove(FAILPOINT)
    }

    fn held(&self, name: &'static str) -> Option<&str> {
        self.known.borrow_mut().insert(name);
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Names that look like ours and that nothing has asked for.
    pub fn unknown_names(&self) -> Vec<&str> {
        let known = self.known.borrow();
        self.values
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with(OUR_PREFIX) && !known.contains(name))
            .collect()
    }

    /// Every name that has been asked for, in order.
    pub fn known_names(&self) -> Vec<&'static str> {
        self.known.borrow().iter().copied().collect()
    }
}

/// How much of a bad value an error line quotes.
const HELD_CHARS_MAX: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let env = Environment::of_pairs([("RINGBACK_RETENTION", "  ")]);
        assert_eq!(env.read("RINGBACK_RETENTION", value::DURATION), Ok(None));
    }

    #[test]
    fn a_misspelt_name_of_ours_is_noticed_and_a_strangers_is_not() {
        let env = Environment::of_pairs([("RINGBACK_LISTN", "x"), ("PATH", "y")]);
        assert_eq!(env.unknown_names(), ["RINGBACK_LISTN"]);
    }

    #[test]
    fn a_secret_is_never_quoted() {
        let env = Environment::of_pairs([("VAPI_API_KEY", "two words")]);
        let line = env.secret("VAPI_API_KEY").unwrap_err().to_string();
        assert!(
            line.starts_with("VAPI_API_KEY") && !line.contains("words"),
            "{line}"
        );
    }

    #[test]
    fn an_env_file_with_a_bad_line_is_named_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "VAPI_API_KEY hunter2\n").unwrap();
        let line = Environment::of_file(&file).unwrap_err().to_string();
        assert!(line.contains(".env") && !line.contains("hunter2"), "{line}");
    }
}
