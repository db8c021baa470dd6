//! Where settings come from: the process environment over the file `.env`.
//!
//! An empty variable counts as unset, because container tools set empty ones
//! by habit. In the file no `$` may stand for another value: of a secret that
//! holds one the rest would be lost without a word. Every name that is asked
//! for is remembered, so that an unknown `RINGBACK_*` name, which is mostly a
//! misspelt one, can be warned about.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs, io,
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
    /// Those of the file that are not as they were written.
    replaced: BTreeSet<String>,
    known: RefCell<BTreeSet<&'static str>>,
}

impl Environment {
    /// The environment of this process; where a name is missing there, `.env`
    /// in the working directory is asked.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub fn of_process() -> Result<Self, ConfigError> {
        let environment = Self::of_file(Path::new(".env"))?;
        Ok(environment.below(std::env::vars_os()))
    }

    /// These variables win, but for those that are empty.
    fn below(mut self, variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        for (name, value) in variables {
            let (name, value) = (name.into_string(), value.to_string_lossy().into_owned());
            if let (Ok(name), false) = (name, value.trim().is_empty()) {
                self.replaced.remove(&name);
                self.values.insert(name, value);
            }
        }
        self
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
            ..Self::default()
        }
    }

    fn of_file(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::of_text(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::EnvFile(error.to_string())),
        }
    }

    /// The library puts other values where a `$` is: so what it reads is compared with what it
    /// reads where there is none.
    fn of_text(text: &str) -> Result<Self, ConfigError> {
        let marked = with_marks(text);
        let mut as_written = dotenvy::from_read_iter(marked.as_bytes());
        let mut environment = Self::default();
        for pair in dotenvy::from_read_iter(text.as_bytes()) {
            let (name, value) = pair.map_err(unreadable)?;
            match as_written.next() {
                Some(Ok((_, text))) if text.replace(MARK, "$") == value => {
                    environment.replaced.remove(&name)
                }
                _ => environment.replaced.insert(name.clone()),
            };
            environment.values.insert(name, value);
        }
        Ok(environment)
    }

    /// The value of `name`, understood as `kind` says, or `None` where unset.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        kind: Kind<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(held) = self.held(name)? else {
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
        let Some(held) = self.held(name)? else {
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

    fn held(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        self.known.borrow_mut().insert(name);
        if self.replaced.contains(name) {
            return Err(ConfigError::Refused {
                name,
                why: "in the file .env a `$` in it stands for another value: put single quotes \
                      around it"
                    .to_owned(),
            });
        }
        let held = self.values.get(name).map(|value| value.trim());
        Ok(held.filter(|value| !value.is_empty()))
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

/// Nobody's letter.
const MARK: char = '\u{e000}';

/// Marks in place of all `$` but those that an escape makes no more than a sign.
fn with_marks(text: &str) -> String {
    let mut is_escaped = false;
    let marked = text.chars().map(|sign| {
        let was_escaped = is_escaped;
        is_escaped = sign == '\\' && !was_escaped;
        match sign {
            '$' if !was_escaped => MARK,
            sign => sign,
        }
    });
    marked.collect()
}

fn unreadable(error: dotenvy::Error) -> ConfigError {
    match error {
        // The library quotes the line, which may hold a secret.
        dotenvy::Error::LineParse(_, at) => {
            ConfigError::EnvFile(format!("a line is not NAME=value (near byte {at} of it)"))
        }
        other => ConfigError::EnvFile(other.to_string()),
    }
}

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
        fs::write(&file, "VAPI_API_KEY hunter2\n").unwrap();
        let line = Environment::of_file(&file).unwrap_err().to_string();
        assert!(line.contains(".env") && !line.contains("hunter2"), "{line}");
    }

    #[test]
    fn an_empty_variable_of_the_process_leaves_the_file_its_say() {
        let file = Environment::of_text("VAPI_API_KEY=filed\nREDIS_URL=f$led").unwrap();
        let process = [("VAPI_API_KEY", " "), ("REDIS_URL", "set")];
        let process = process.map(|(name, value)| (name.into(), value.into()));
        let read = file.below(process.into_iter());
        assert_eq!(read.held("VAPI_API_KEY"), Ok(Some("filed")));
        assert_eq!(read.held("REDIS_URL"), Ok(Some("set")));
    }

    #[test]
    fn a_dollar_in_an_env_file_stays_what_it_is_or_is_refused_where_it_is_asked_for() {
        for (line, is) in [
            ("VAPI_API_KEY='k$3cret'", "k$3cret"),
            (r"VAPI_API_KEY='k\$3cret'", r"k\$3cret"),
            (r"VAPI_API_KEY=k\$3cret", "k$3cret"),
            (r#"VAPI_API_KEY="k\$3cret""#, "k$3cret"),
            ("VAPI_API_KEY=word # no $value", "word"),
            ("OF_A_STRANGER=$HOME/x\nVAPI_API_KEY=word", "word"),
        ] {
            let env = Environment::of_text(line).unwrap();
            assert_eq!(env.held("VAPI_API_KEY"), Ok(Some(is)), "{line}");
        }
        for value in ["k$3cret", "k${3cret}", r"k\\$3cret", "k$"] {
            let env = Environment::of_text(&format!("VAPI_API_KEY={value}")).unwrap();
            let line = env.secret("VAPI_API_KEY").unwrap_err().to_string();
            assert!(
                line.starts_with("VAPI_API_KEY") && line.contains("single quotes"),
                "{value}: {line}"
            );
            assert!(!line.contains("cret"), "{line}");
        }
    }
}
