//! Which ringback this is: its version, and of which commit and day.
//!
//! The build leaves both here. The day is the commit's own, or the one that the build was given, so
//! the same sources always make the same binary. A build for development has neither, because every
//! commit would then build it anew.

use std::sync::LazyLock;

use chrono::DateTime;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMMIT: Option<&str> = option_env!("RINGBACK_BUILT_FROM");
const SECONDS: Option<&str> = option_env!("RINGBACK_BUILT_AT");
const COMMIT_CHARS_SHOWN: usize = 12;

/// As `ringback --version` shows it.
pub(super) fn version() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| format!("{VERSION} ({})", origin(COMMIT, SECONDS)));
    &TEXT
}

fn origin(commit: Option<&str>, seconds: Option<&str>) -> String {
    let day = seconds
        .and_then(|seconds| DateTime::from_timestamp_secs(seconds.parse().ok()?))
        .map(|time| time.format("%Y-%m-%d").to_string());
    let commit = commit.map(|commit| commit.get(..COMMIT_CHARS_SHOWN).unwrap_or(commit));
    match (commit, day) {
        (Some(commit), Some(day)) => format!("{commit}, {day}"),
        (Some(commit), None) => commit.to_owned(),
        (None, Some(day)) => format!("unknown commit, {day}"),
        (None, None) => "a development build".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_of_which_commit_and_day_as_far_as_that_is_known() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let cases = [
            (Some(commit), Some("1763567291"), "0123456789ab, 2025-11-19"),
            (Some("v1"), None, "v1"),
            (None, Some("0"), "unknown commit, 1970-01-01"),
            (None, Some("soon"), "a development build"),
            (None, None, "a development build"),
        ];
        for (commit, seconds, said) in cases {
            assert_eq!(origin(commit, seconds), said);
        }
    }
}
