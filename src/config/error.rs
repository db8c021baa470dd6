//! The one line that a person reads when a setting is wrong.

/// Why the process cannot start with the settings it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{name} is `{held}`, which is not understood: give {allowed}")]
    NotUnderstood {
        name: &'static str,
        held: String,
        allowed: &'static str,
    },
    /// As above for a secret, whose value is never shown.
    #[error("{name} (its value is secret and not shown) is not understood: give {allowed}")]
    SecretNotUnderstood {
        name: &'static str,
        allowed: &'static str,
    },
    #[error("{name} is not set: {why}")]
    Missing {
        name: &'static str,
        why: &'static str,
    },
    #[error("{name} cannot be used here: {why}")]
    Refused { name: &'static str, why: String },
    #[error("the file .env cannot be read: {0}")]
    EnvFile(String),
}
