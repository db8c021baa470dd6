//! Programs in other languages, which read what we made and answer in JSON.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

/// What a script beside the tests answers to this input. Nothing, but a notice, where a variable that it needs (the
/// first one names its interpreter) is not set.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the tests' own settings, and a notice where they are missing"
)]
pub fn answer(needed: &[&str], script: &str, input: Vec<u8>) -> Option<Value> {
    let mut values = Vec::new();
    for name in needed {
        let Ok(value) = std::env::var(name) else {
            eprintln!("skipped: {script} needs {name}, which is not set");
            return None;
        };
        values.push(value);
    }
    let mut program = Command::new(&values[0])
        .arg(format!("tests/{script}"))
        .env("NODE_PATH", values.get(1).unwrap_or(&String::new()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let feeding = thread::spawn(move || stdin.write_all(&input));
    let said = program.wait_with_output().unwrap();
    assert!(said.status.success(), "{script} failed");
    feeding.join().unwrap().unwrap();
    Some(serde_json::from_slice(&said.stdout).unwrap())
}
