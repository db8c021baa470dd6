//! Settings: every one is listed, and nonsense in any is told in one line.

use std::collections::BTreeSet;

use ringback::config::{Config, Environment};

use crate::support::Home;

/// It has a tab, a space and braces: nothing that any setting could mean.
const NONSENSE: &str = "not\tsensible {}";
/// It is set or it is not, whatever it holds.
const MEANS_NOTHING: &str = "NO_COLOR";
/// What looks right at first and is not.
const PLAUSIBLE: [(&str, &str); 14] = [
    ("RINGBACK_LISTEN", "localhost:8000"),
    ("RINGBACK_DATA_DIR", "/dev/null/data"),
    ("DATABASE_URL", "mysql://localhost/ringback"),
    ("DATABASE_URL", "sqlite::memory:"),
    ("RINGBACK_KEYS", "c2hvcnQ="),
    ("RINGBACK_ADMIN_KEY", "too-short"),
    ("RINGBACK_ALLOW_NETWORKS", "10.0.0.0/40"),
    ("RINGBACK_RETRY_SCHEDULE", "5s,,5m"),
    ("RINGBACK_RETENTION", "0d"),
    ("RINGBACK_INSTANCE_TTL", "1s"),
    ("RINGBACK_MAX_BODY", "10MB"),
    ("RINGBACK_LOG", "verbose"),
    ("OIDC_ISSUER", "http://id.example.com"),
    ("RINGBACK_FAILPOINT", "nowhere:1"),
];

fn known_names() -> Vec<&'static str> {
    let environment = Environment::of_pairs([("PATH", "/bin")]);
    Config::read(&environment).unwrap();
    environment.known_names()
}

#[test]
fn the_sample_lists_exactly_the_settings_there_are() {
    let sample = std::fs::read_to_string(".env.sample").unwrap();
    let listed: BTreeSet<_> = sample
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name)
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
        .collect();
    assert_eq!(listed, known_names().into_iter().collect());
}

#[test]
fn the_samples_values_are_the_defaults() {
    let sample = std::fs::read_to_string(".env.sample").unwrap();
    let values = sample
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let given = Environment::of_pairs(values.filter(|(name, _)| !name.contains(' ')));
    let default = Environment::of_pairs([("PATH", "/bin")]);
    let read = |environment| format!("{:?}", Config::read(environment).unwrap());
    assert_eq!(read(&given), read(&default));
}

#[test]
fn nonsense_in_any_setting_stops_the_start_with_one_line_that_names_it() {
    let with_a_meaning = known_names()
        .into_iter()
        .filter(|name| *name != MEANS_NOTHING);
    let names = with_a_meaning.map(|name| (name, NONSENSE));
    for (name, value) in names.chain(PLAUSIBLE) {
        let told = Home::embedded().with(name, value).refusal(&[]);
        assert!(told.contains(name), "{name}={value}: {told}");
    }
}

#[test]
fn a_secret_that_is_nonsense_is_never_shown() {
    for name in [
        "RINGBACK_ADMIN_KEY",
        "RINGBACK_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "VAPI_API_KEY",
        "WEBHOOK_SHARED_SECRET",
        "VAPI_WEBHOOK_SECRET",
    ] {
        let told = Home::embedded().with(name, "hunter2 hunter2").refusal(&[]);
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_misspelt_setting_is_warned_about() {
    let home = Home::embedded().with("RINGBACK_LISTN", "127.0.0.1:1");
    let _server = home.serve();
    assert!(home.log().contains("RINGBACK_LISTN"), "{}", home.log());
}

#[test]
fn a_file_gives_what_the_environment_does_not() {
    let home = Home::embedded();
    std::fs::write(
        home.file(".env"),
        "RINGBACK_LISTEN=nonsense\nRINGBACK_LOG=nonsense\n",
    )
    .unwrap();
    assert!(
        home.refusal(&[]).contains("RINGBACK_LOG"),
        "the environment's RINGBACK_LISTEN wins"
    );
}
