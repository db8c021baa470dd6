//! Running the real binary, in an empty folder and an empty environment.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use tempfile::TempDir;
use tokio::sync::oneshot;

#[path = "../api/support/database.rs"]
mod database;
pub use database::TestDatabase;

#[path = "../api/support/hostile/mod.rs"]
#[allow(dead_code, reason = "some of it is for tests inside the process")]
pub mod hostile;

#[path = "../api/support/program.rs"]
pub mod program;

#[path = "../api/support/receiver.rs"]
#[allow(dead_code, reason = "some of it is for tests inside the process")]
mod receiver;
pub use receiver::{Heard, Receiver, Reply};

/// The key that a [`Home::configured`] lets in.
pub const ADMIN: &str = "an-admin-key-that-only-the-tests-have";
const BINARY: &str = env!("CARGO_BIN_EXE_ringback");

/// A folder to run in, and the settings to run with.
pub struct Home {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    database: Option<TestDatabase>,
}

/// A process that serves; it is killed when the test ends.
pub struct Server {
    child: Child,
    /// Until somebody waits for its end.
    stdout: Option<BufReader<ChildStdout>>,
    greeting: Vec<String>,
}

/// Somebody who tells a server what Vapi would, over connections that stay.
#[derive(Clone)]
pub struct Speaker {
    client: reqwest::Client,
    base: String,
}

impl Home {
    /// Nothing is set but a free port: the embedded default.
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = [("RINGBACK_LISTEN".to_owned(), "127.0.0.1:0".to_owned())].into();
        Self {
            folder,
            settings,
            database: None,
        }
    }

    /// What the suite runs on: the server of `TEST_DATABASE_URL`, else SQLite.
    pub async fn configured() -> Self {
        let home = Self::embedded();
        let database = TestDatabase::create(home.folder.path()).await;
        let url = database.url().to_owned();
        let home = home
            .with("DATABASE_URL", &url)
            .with(
                "RINGBACK_KEYS",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            )
            .with("WEBHOOK_SHARED_SECRET", "a-shared-secret")
            .with("RINGBACK_ADMIN_KEY", ADMIN);
        Self {
            database: Some(database),
            ..home
        }
    }

    /// Another machine on the same database, with the same settings.
    pub fn beside(&self) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings: self.settings.clone(),
            database: None,
        }
    }

    pub fn is_on_postgres(&self) -> bool {
        self.database_url().starts_with("postgres")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Of a home that was [`Self::configured`].
    pub fn database_url(&self) -> &str {
        &self.settings["DATABASE_URL"]
    }

    /// A command to be run here, with these settings alone.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.settings);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a command that must succeed, and gives what it printed.
    #[track_caller]
    pub fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with one line, and gives the line.
    #[track_caller]
    pub fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        let told = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(
            told.trim_end().lines().count(),
            1,
            "more than one line: {told}"
        );
        assert!(output.stdout.is_empty(), "{output:?}");
        told
    }

    /// Runs a command that must fail, and gives its last line.
    #[track_caller]
    pub fn last_words(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        told.lines().last().unwrap_or_default().to_owned()
    }

    /// Starts a server and reads its greeting, which it prints when it is up.
    pub fn serve(&self) -> Server {
        self.serve_by(&[], "/api/v1/keys")
    }

    /// The same where it may die before it is up.
    pub fn serve_at_its_peril(&self, settings: &[(&str, &str)]) -> Option<Server> {
        let mut command = self.command(&[]);
        let command = command
            .envs(settings.iter().copied())
            .stderr(self.add_to_log());
        let mut server = Server::spawn(command);
        server.greets("/api/v1/keys").then_some(server)
    }

    fn add_to_log(&self) -> std::fs::File {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.file("log"));
        log.unwrap()
    }

    /// The same with the door open.
    pub fn dev(&self) -> Server {
        self.serve_by(&["dev"], "Ctrl-C stops it.")
    }

    fn serve_by(&self, arguments: &[&str], last_words: &str) -> Server {
        let log = std::fs::File::create(self.file("log")).unwrap();
        let mut server = Server::spawn(self.command(arguments).stderr(log));
        assert!(
            server.greets(last_words),
            "the server ended: {}",
            self.log()
        );
        server
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap()
    }

    /// Leaves a database server as it was found.
    pub async fn leave(self) {
        if let Some(database) = self.database {
            database.drop().await;
        }
    }
}

impl Server {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Self {
            child,
            stdout,
            greeting: Vec::new(),
        }
    }

    /// Reads the greeting up to these words; false where it ends before.
    fn greets(&mut self, last_words: &str) -> bool {
        let is_last = |line: &String| line.contains(last_words);
        while !self.greeting.last().is_some_and(is_last) {
            let mut line = String::new();
            if self.stdout.as_mut().unwrap().read_line(&mut line).unwrap() == 0 {
                return false;
            }
            self.greeting.push(line.trim().to_owned());
        }
        true
    }

    /// Becomes ready when the process has ended, however it did.
    pub fn death(&mut self) -> oneshot::Receiver<()> {
        let (tell, ended) = oneshot::channel();
        let stdout = self
            .stdout
            .take()
            .expect("who waits for the end waits once");
        std::thread::spawn(move || {
            let read = std::io::copy(&mut { stdout }, &mut std::io::sink());
            // Where nobody waits any more, the test has ended.
            read.unwrap();
            let _ = tell.send(());
        });
        ended
    }

    /// The word after `what` in the greeting.
    pub fn greeted(&self, what: &str) -> Option<&str> {
        let line = self.greeting.iter().find(|line| line.starts_with(what))?;
        line[what.len()..].split_whitespace().next()
    }

    pub fn base(&self) -> String {
        let line = self
            .greeting
            .iter()
            .find(|line| line.contains(" listens on "))
            .unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// The status of a GET, with a token or without.
    pub async fn get(&self, path: &str, token: Option<&str>) -> u16 {
        let mut request = client().get(format!("{}{path}", self.base()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().status().as_u16()
    }

    pub async fn post(
        &self,
        path: &str,
        token: &str,
        key: &str,
        body: &serde_json::Value,
    ) -> serde_json::Value {
        let request = client()
            .post(format!("{}{path}", self.base()))
            .bearer_auth(token);
        let answer = request
            .header("idempotency-key", key)
            .json(body)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// What a GET with a token is answered.
    pub async fn ask(&self, path: &str, token: &str) -> serde_json::Value {
        let request = client().get(format!("{}{path}", self.base()));
        let answer = request.bearer_auth(token).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// The whole answer to a GET without a token.
    pub async fn read(&self, path: &str) -> String {
        let answer = client().get(format!("{}{path}", self.base())).send().await;
        answer.unwrap().text().await.unwrap()
    }

    /// What a GET by a key is answered.
    pub async fn list(&self, path: &str, token: &str) -> serde_json::Value {
        let request = client().get(format!("{}{path}", self.base()));
        let answer = request.bearer_auth(token).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub fn speaker(&self) -> Speaker {
        Speaker {
            client: client(),
            base: self.base(),
        }
    }

    pub async fn patch(&self, path: &str, token: &str, body: &serde_json::Value) {
        let request = client().patch(format!("{}{path}", self.base()));
        let answer = request.bearer_auth(token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    /// The status of what Vapi says, with the shared secret.
    pub async fn hear(&self, said: &serde_json::Value) -> u16 {
        self.speaker().say(said).await.unwrap()
    }

    /// The process, as the system calls it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end; whether it was a good one, and what was said last.
    pub fn wait(mut self) -> (bool, String) {
        let mut rest = String::new();
        if let Some(mut stdout) = self.stdout.take() {
            std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
        }
        (self.child.wait().unwrap().success(), rest)
    }
}

impl Speaker {
    /// Asks for something else, over the same connections.
    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// The status that was answered; an error where nobody answers.
    pub async fn say(&self, said: &serde_json::Value) -> reqwest::Result<u16> {
        let request = self.post("/api/v1/vapi/webhook").json(said);
        let request = request.header("x-vapi-secret", "a-shared-secret");
        Ok(request.send().await?.status().as_u16())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what most tests want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests ask the server they started"
)]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// One that stays where it is when it is led elsewhere.
#[expect(
    clippy::disallowed_methods,
    reason = "tests ask the server they started"
)]
pub fn still_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().unwrap()
}
