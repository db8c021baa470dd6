//! A shell in a folder of its own, into which a page is typed from its first command to its last.
//!
//! Programs that go on until they are stopped run beside, as they would in another terminal. What a
//! command needs that this machine lacks is said, and its block is left out.

use std::{
    net::TcpListener,
    os::unix::{fs::symlink, process::CommandExt},
    path::Path,
    process::{Command as Program, Stdio},
};

use super::{
    command::{Command, commands},
    page::{Fence, Page},
    shown::{INSTEAD, PLACEHOLDERS, why_not_run},
};
use crate::support::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_ringback");
const CLONE: &str = env!("CARGO_MANIFEST_DIR");
const PRELUDE: &str = include_str!("stage.sh");
/// Programs that a machine may lack.
const TOOLS: [&str; 9] = [
    "node",
    "python3",
    "sqlite3",
    "openssl",
    "jq",
    "curl",
    "pg_dump",
    "pg_restore",
    "php",
];
const DATABASE: &str = "postgres://ringback:secret@127.0.0.1:5432/ringback";

/// What is added to a program that has none of these options: it looks for a server at the usual
/// port, which the stage cannot have, and takes its time, so that people can follow.
const ADDED: [(&str, &[&str], &str); 4] = [
    (
        "ringback simulate",
        &["--target"],
        "--target http://127.0.0.1:8000/api/v1/vapi/webhook",
    ),
    ("ringback simulate", &["--rate", "--serve"], "--rate 0"),
    ("ringback simulate", &["--speed", "--serve"], "--speed 0"),
    (
        "ringback listen",
        &["--server"],
        "--server http://127.0.0.1:8000",
    ),
];

/// What is there before the first command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    WithNothing,
    /// `ringback dev`, with a subscription, a key, and a call that somebody was told of.
    BesideAServer,
}

/// What a page needs before its first command.
const FIXTURE: &str = r#"
printf %s 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' | tee secret >whsec
export VAPI_WEBHOOK_SECRET=$(cat secret)
mkdir -p ringback-data/spool/aside elsewhere
printf %s '{"id":"evt_1"}' >body.json
start server 'Ctrl-C stops it.' <<<'ringback dev'
: >ringback-data/spool/aside/of-before.spool
curl "$BASE/api/v6/call/webhook/subscribe" -d '{"webhook_url":"http://127.0.0.1:4999/"}' -H 'content-type: application/json'
curl "$BASE/api/v1/keys" -d '{"name":"n","role":"admin","owner":"dev"}' -H 'content-type: application/json' |
  grep -o 'rbk_[A-Za-z0-9_-]*' >key
KEY=$(cat key)
curl "$BASE/api/v1/vapi/webhook" -d '{"message":{"type":"status-update","status":"ringing","call":{"id":"call-0","metadata":{"ownerId":"dev"}}}}'
"#;

/// Whoever is called at night comes to a server that runs.
const OPEN_DOOR: &str = "start server 'Ctrl-C stops it.' <<<'ringback dev'\n";

/// What the page's receiver has printed.
pub async fn types(page: &Page, begins: Begins) -> String {
    if !page.fences().any(|fence| fence.language == "sh") {
        return String::new();
    }
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(folder.path()).await;
    let url = Some(database.url()).filter(|url| url.starts_with("postgres"));
    let script = script(page, begins, url);
    furnish(folder.path());
    run(page, folder.path(), &script);
    database.drop().await;
    std::fs::read_to_string(folder.path().join("receiver.log")).unwrap_or_default()
}

/// A folder that looks like a clone to whoever types.
fn furnish(folder: &Path) {
    let bin = folder.join("bin");
    std::fs::create_dir(&bin).unwrap();
    symlink(BINARY, bin.join("ringback")).unwrap();
    for name in ["examples", "scripts", "openapi"] {
        symlink(Path::new(CLONE).join(name), folder.join(name)).unwrap();
    }
}

fn script(page: &Page, begins: Begins, database: Option<&str>) -> String {
    let mut script = PRELUDE.to_owned();
    if begins == Begins::BesideAServer {
        script += FIXTURE;
    }
    for fence in page.fences() {
        if fence.language == "sh" {
            script += &block(page, &fence, database);
        }
    }
    let at_night = page.last_column("## At 3 a.m.");
    if !at_night.is_empty() {
        script += OPEN_DOOR;
    }
    for (line, cell) in at_night {
        for text in cell
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|text| is_command(text))
        {
            let text = text.replace("\\|", "|");
            script += &step(page, &Command { text, line });
        }
    }
    with_ports(script)
}

/// Of what stands between backticks, what somebody would type.
fn is_command(text: &str) -> bool {
    let program = text.split(' ').next().unwrap_or_default();
    ["ringback", "curl", "cat", "df", "ls", "grep", "mv"].contains(&program) && text.contains(' ')
}

fn block(page: &Page, fence: &Fence, database: Option<&str>) -> String {
    let whole: Vec<_> = commands(fence);
    let wanted = whole
        .iter()
        .filter(|command| why_not_run(&command.text).is_none());
    let missing = wanted
        .clone()
        .find_map(|command| missing(&command.text, database));
    if let Some(missing) = missing {
        skipped(page, fence.line, missing);
        return String::new();
    }
    let steps: String = wanted.map(|command| step(page, command)).collect();
    match database {
        Some(url) => steps.replace(DATABASE, url),
        None => steps,
    }
}

fn missing(command: &str, database: Option<&str>) -> Option<&'static str> {
    if command.contains("postgres://") && database.is_none() {
        return Some("TEST_DATABASE_URL");
    }
    let words = || command.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    let named = TOOLS
        .into_iter()
        .filter(|tool| words().any(|word| word == *tool));
    named.into_iter().find(|tool| !is_there(tool))
}

fn is_there(tool: &str) -> bool {
    let mut shell = Program::new("sh");
    let found = shell
        .args(["-c", &format!("command -v {tool}")])
        .stdout(Stdio::null());
    found.status().unwrap().success()
}

/// A command as it is typed, with a mark by which a failure finds its line.
fn step(page: &Page, command: &Command) -> String {
    let mut text = command.text.clone();
    for (written, meant) in INSTEAD.iter().chain(PLACEHOLDERS) {
        text = text.replace(written, meant);
    }
    let mark = format!(
        "echo \"@@ {}:{} after $SECONDS s\"\n",
        page.path, command.line
    );
    let beside = goes_on(&text);
    for (program, unless, options) in ADDED {
        if !unless.iter().any(|option| text.contains(option)) {
            text = text.replace(program, &format!("{program} {options}"));
        }
    }
    match beside {
        Some((kind, ready)) => {
            format!("{mark}start {kind} '{ready}' <<'RINGBACK'\n{text}\nRINGBACK\n")
        }
        None => format!("{mark}{text}\n"),
    }
}

/// What a program is, and says when it is ready, that goes on until it is stopped.
fn goes_on(command: &str) -> Option<(&'static str, &'static str)> {
    let words = command
        .split_whitespace()
        .skip_while(|word| word.contains('='));
    let words: Vec<_> = words.take_while(|word| *word != "#").collect();
    match &words[..] {
        ["ringback"] | ["ringback", "serve"] => Some(("server", "/api/v1/keys")),
        ["ringback", "dev"] => Some(("server", "Ctrl-C stops it.")),
        ["ringback", "listen", rest @ ..] if !rest.contains(&"--count") => {
            Some(("listener", "listening"))
        }
        ["ringback", "simulate", "--serve", ..] => Some(("stand-in", "/dials")),
        ["node" | "python3", program, ..]
            if program.starts_with("examples/") && !program.ends_with(".mjs") =>
        {
            Some(("receiver", "listening at"))
        }
        _ => None,
    }
}

/// Each page has ports of its own.
fn with_ports(script: String) -> String {
    let ports: Vec<_> = (0..3)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let port = |at: usize| ports[at].local_addr().unwrap().to_string();
    let [server, receiver, vapi] = [0, 1, 2].map(port);
    let variables = format!(
        "export RINGBACK_LISTEN={server} PORT={}\nBASE=http://{server}\n",
        receiver.rsplit(':').next().unwrap()
    );
    let script = [
        ("127.0.0.1:8000", &server),
        ("127.0.0.1:3000", &receiver),
        ("127.0.0.1:8100", &vapi),
    ]
    .into_iter()
    .fold(script, |script, (written, free)| {
        script.replace(written, free)
    });
    variables + &script
}

fn run(page: &Page, folder: &Path, script: &str) {
    std::fs::write(folder.join("page.sh"), script).unwrap();
    let path = format!("{}/bin:{}", folder.display(), search_path());
    let output = Program::new("bash")
        .arg("page.sh")
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .process_group(0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let at = said.lines().rfind(|line| line.starts_with("@@ "));
    let server = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    assert!(
        output.status.success(),
        "{}: the last command failed:\n{said}\n{}\nthe server said:\n{server}",
        at.unwrap_or(&page.path),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "where this machine has its programs"
)]
fn search_path() -> String {
    std::env::var("PATH").unwrap()
}

#[expect(clippy::print_stderr, reason = "a notice where something is missing")]
fn skipped(page: &Page, line: usize, missing: &str) {
    eprintln!(
        "skipped: the commands at {}:{line} need {missing}",
        page.path
    );
}
