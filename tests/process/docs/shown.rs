//! What is not typed as it stands: commands that are only shown, and names that stand for something.

/// How a command begins that is not run, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("git clone", "fetches what the test runs in"),
    (
        "SVIX_TOKEN=testsk_… node",
        "asks Svix; tests/process/docs/svix.rs plays it",
    ),
    ("cargo build", "the binary is built already"),
    ("cargo bench", "measures, for minutes"),
    ("cargo add", "changes somebody else's program"),
    ("cargo deny", "needs the network"),
    ("scripts/test", "runs this test itself"),
    (
        "scripts/flame",
        "needs a kernel that lets programs be sampled",
    ),
    (
        "just",
        "needs just; each of its commands is one line of the Justfile",
    ),
    (
        "ringback bench",
        "takes up to an hour; tests/process/bench.rs runs every part of it for a moment",
    ),
    ("target/release/ringback", "needs a build for release"),
    ("pbpaste", "is there on macOS alone"),
    ("apt", "changes the machine"),
    ("brew", "changes the machine"),
    ("docker", "needs a container engine"),
    ("kubectl", "needs a cluster"),
    ("helm", "needs a cluster"),
    ("systemctl", "needs an init system, and root"),
    ("journalctl", "needs an init system"),
    ("systemd-run", "needs an init system"),
    ("cat > .env", "writes what the next command reads"),
    ("openssl rand", "makes what the next command reads"),
    (
        "ringback copy",
        "moves everything to another database; its own tests do so",
    ),
    (
        "ringback restore",
        "stops the server that the page needs; its own tests do so",
    ),
    (
        "mv ringback-data",
        "puts the data aside, of which the next commands are",
    ),
    (
        "mkdir -m 700 ringback-data",
        "makes room for what is restored",
    ),
    ("sudo", "needs root"),
    (
        "pg_isready",
        "asks a database server that not every machine has",
    ),
    ("psql", "asks a database server that not every machine has"),
    (
        "ss -",
        "shows this machine's sockets, where it is installed",
    ),
];

/// What is typed in place of what stands there.
pub const INSTEAD: &[(&str, &str)] = &[
    ("read -r KEY", "KEY=$(admin_key)"),
    ("cargo run --release --", "ringback"),
    ("cargo run --quiet --", "ringback"),
    ("cargo run --", "ringback"),
    ("cargo run", "ringback"),
    ("https://ringback.example.com", "http://127.0.0.1:8000"),
    ("http://localhost:", "http://127.0.0.1:"),
    ("/somewhere/else/", "elsewhere/"),
    ("/backups/", "elsewhere/"),
    ("/safe/", "elsewhere/"),
    // As many as are enough to see that it works.
    ("--calls 5000", "--calls 5"),
];

/// An id that somebody has, or a secret: each is looked up when it is needed.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("whsec_…", "$(cat whsec)"),
    ("rbk_…", "$(cat key)"),
    ("key_…", "$(first key_ /api/v1/keys)"),
    ("sub_…", "$(first sub_ /api/v6/call/webhook/subscriptions)"),
    ("evt_…", "$(first evt_ /api/v6/call/webhook/events)"),
    ("call_…", "$(first call_ /api/v6/call)"),
    (
        "dlv_…",
        "$(first dlv_ /api/v6/call/webhook/subscriptions/$(first sub_ /api/v6/call/webhook/subscriptions)/deliveries)",
    ),
];

pub fn why_not_run(command: &str) -> Option<&'static str> {
    let begins = |name: &str| {
        command.strip_prefix(name).is_some_and(|rest| {
            name.ends_with('-') || rest.is_empty() || rest.starts_with(char::is_whitespace)
        })
    };
    NOT_RUN
        .iter()
        .find(|(name, _)| begins(name))
        .map(|(_, why)| *why)
}

#[test]
fn only_what_is_named_is_not_run() {
    assert!(why_not_run("cargo build --release").is_some());
    assert!(why_not_run("cargo builder").is_none());
    assert!(why_not_run("ss -ltnp").is_some());
    assert!(why_not_run("ringback dev").is_none());
}
