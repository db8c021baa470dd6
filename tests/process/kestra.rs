//! The example for Kestra, run as it is written: its tasks are taken out of the flow and given to a
//! shell, against a server whose calls are placed with Vapi's stand-in.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{ADMIN, Home, Server};

const FLOW: &str = include_str!("../../examples/kestra/contact_agent.yaml");
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/kestra/call-provider.mjs"
);

/// A server, and beside it `ringback simulate --serve`.
struct Street {
    home: Home,
    server: Server,
    vapi: Vapi,
}

struct Vapi(Child);

impl Drop for Vapi {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Street {
    async fn open() -> Self {
        let home = Home::configured().await;
        let play = [
            "simulate",
            "--serve",
            "127.0.0.1:0",
            "--speed",
            "0",
            "--seed",
            "7",
        ];
        let mut vapi = home.command(&play).stdout(Stdio::piped()).spawn().unwrap();
        let mut greeting = String::new();
        let mut stdout = BufReader::new(vapi.stdout.take().unwrap());
        stdout.read_line(&mut greeting).unwrap();
        let url = greeting
            .split_whitespace()
            .find(|word| word.starts_with("http"));
        let home = home
            .with("VAPI_BASE_URL", url.unwrap())
            .with("VAPI_API_KEY", "any")
            .with("VAPI_PHONE_NUMBER_ID", "any");
        Self {
            server: home.serve(),
            vapi: Vapi(vapi),
            home,
        }
    }

    async fn leave(self) {
        drop((self.server, self.vapi));
        self.home.leave().await;
    }
}

fn inputs() -> BTreeMap<&'static str, &'static str> {
    [
        ("providerName", "Joe's \"best\" Plumbing"),
        ("providerPhone", "+15551234567"),
        ("serviceNeeded", "plumbing"),
        ("userCriteria", "Need same-day service; $(no tricks)"),
        ("location", "Greenville, SC"),
        ("urgency", "immediate"),
    ]
    .into()
}

/// Whether these variables are set; a notice where one is not.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the tests' own settings, and a notice where they are missing"
)]
fn found(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        eprintln!("skipped: {name} is not set");
    }
    value
}

/// What stands deeper than the line that holds `title`, within the task of this id.
fn below<'a>(task: &str, title: &str) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = FLOW
        .lines()
        .skip_while(|line| line.trim() != format!("- id: {task}"));
    let head = lines.by_ref().find(|line| line.trim() == title).unwrap();
    lines
        .take_while(|line| depth(line) > depth(head) || line.is_empty())
        .collect()
}

/// Runs a task in a shell, as Kestra would; what it puts out.
fn run(task: &str, known: &BTreeMap<String, String>) -> Value {
    let mut shell = Command::new("sh");
    for line in below(task, "env:") {
        let (name, value) = line.trim().split_once(": ").unwrap();
        let expression = value.trim_matches('"').trim_matches(['{', '}']).trim();
        shell.env(name, &known[expression]);
    }
    let [first, script @ ..] = &below(task, "commands:")[..] else {
        panic!("{task} has commands")
    };
    assert_eq!(first.trim(), "- |");
    let output = shell.args(["-ec", &script.join("\n")]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let out = said
        .trim()
        .strip_prefix("::")
        .and_then(|out| out.strip_suffix("::"));
    let why = String::from_utf8_lossy(&output.stderr);
    let out = out.unwrap_or_else(|| panic!("{task} said {said:?}: {why}"));
    serde_json::from_str::<Value>(out).unwrap()["outputs"].clone()
}

#[tokio::test]
async fn the_flow_places_a_call_once_and_gets_its_result() {
    if found("TEST_JQ").is_none() {
        return;
    }
    let street = Street::open().await;
    let mut known: BTreeMap<_, _> = inputs()
        .into_iter()
        .map(|(name, value)| (format!("inputs.{name}"), value.to_owned()))
        .collect();
    known.insert("vars.ringback".to_owned(), street.server.base());
    known.insert("secret('RINGBACK_KEY')".to_owned(), ADMIN.to_owned());
    known.insert("execution.id".to_owned(), "execution-1".to_owned());

    let placed = run("place", &known);
    assert_eq!(
        run("place", &known),
        placed,
        "started again, it finds its call"
    );
    let id = placed["callId"].as_str().unwrap();
    known.insert("outputs.place.vars.callId".to_owned(), id.to_owned());
    let result = &run("result", &known)["result"];
    assert_is_the_result(result);
    street.leave().await;
}

#[tokio::test]
async fn the_script_prints_the_result() {
    let Some(node) = found("TEST_NODE") else {
        return;
    };
    let street = Street::open().await;
    let output = Command::new(node)
        .args([SCRIPT, &json!(inputs()).to_string()])
        .env("RINGBACK_URL", street.server.base())
        .env("RINGBACK_KEY", ADMIN)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_is_the_result(&serde_json::from_slice(&output.stdout).unwrap());
    street.leave().await;
}

#[track_caller]
fn assert_is_the_result(result: &Value) {
    let inputs = inputs();
    assert_eq!(
        result["provider"]["name"], inputs["providerName"],
        "{result}"
    );
    assert_eq!(result["provider"]["phone"], inputs["providerPhone"]);
    assert_eq!(result["request"]["criteria"], inputs["userCriteria"]);
    let ends = ["completed", "failed", "no_answer", "canceled"];
    assert!(ends.iter().any(|end| result["status"] == *end), "{result}");
    assert!(result["endedReason"].is_string(), "{result}");
}
