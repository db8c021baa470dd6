//! An example that runs.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, PipeReader, Read, Write, pipe},
    net::{Shutdown, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// It is killed when the test ends.
pub struct Program {
    child: Child,
    /// Kept open: a program whose reader has gone may end.
    _said: BufReader<PipeReader>,
    /// Such as `http://127.0.0.1:3000`.
    pub origin: String,
}

impl Program {
    /// Starts it on a free port, and waits until it says where it listens.
    pub fn start(mut command: Command) -> Self {
        let (reader, writer) = pipe().unwrap();
        command.env("PORT", "0").stdin(Stdio::null());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let child = command.spawn().unwrap();
        // With it goes our end of the pipe, so a program that ends is noticed.
        drop(command);
        let mut said = BufReader::new(reader);
        let origin = origin(&mut said);
        Self {
            child,
            _said: said,
            origin,
        }
    }

    /// Somebody breaks off in the middle of a request; comes back when the program has let go of it.
    pub fn hears_half(&self, path: &str) {
        let address = self.origin.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).unwrap();
        let half =
            format!("POST {path} HTTP/1.1\r\nhost: here\r\ncontent-length: 90\r\n\r\n{{\"id\":");
        connection.write_all(half.as_bytes()).unwrap();
        connection.shutdown(Shutdown::Write).unwrap();
        // It may be answered, closed or reset.
        let _ = connection.read_to_end(&mut Vec::new());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, and then its test has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn origin(said: &mut impl BufRead) -> String {
    let mut all = String::new();
    loop {
        let from = all.len();
        assert_ne!(said.read_line(&mut all).unwrap(), 0, "it has ended: {all}");
        if let Some((_, rest)) = all[from..].split_once("http://127.0.0.1:") {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            return format!("http://127.0.0.1:{port}");
        }
    }
}

/// A file of the examples.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(path)
}

/// A script of the examples, run by the interpreter that a variable names; nothing, but a notice,
/// where that is not set.
pub fn script(interpreter: &str, path: &str) -> Option<Command> {
    let mut command = interpreter_of(interpreter, path)?;
    command.arg(file(path));
    Some(command)
}

/// The interpreter alone.
pub fn interpreter_of(name: &str, wanted_by: &str) -> Option<Command> {
    setting(name, wanted_by).map(Command::new)
}

/// The same for Node, with packages.
pub fn node_with_packages(path: &str) -> Option<Command> {
    let modules = setting("TEST_NODE_MODULES", path)?;
    let mut command = script("TEST_NODE", path)?;
    command.env("NODE_PATH", modules);
    Some(command)
}

#[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
fn setting(name: &str, wanted_by: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        skipped(wanted_by, name);
    }
    value
}

/// A program that is on the path, by its version's argument; nothing, but a notice, where it is not.
pub fn on_path(name: &str, version: impl AsRef<OsStr>, wanted_by: &str) -> Option<Command> {
    let answer = Command::new(name)
        .arg(version)
        .stdout(Stdio::null())
        .status();
    if !answer.is_ok_and(|status| status.success()) {
        skipped(wanted_by, name);
        return None;
    }
    Some(Command::new(name))
}

#[expect(clippy::print_stderr, reason = "a notice where something is missing")]
pub fn skipped(example: &str, missing: &str) {
    eprintln!("skipped: examples/{example} needs {missing}, which is not there");
}
