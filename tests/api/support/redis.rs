//! A Redis server of the test's own, which it may end and start again.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
};

pub struct RedisServer {
    program: String,
    port: u16,
    folder: TempDir,
    process: Option<(Child, BufReader<ChildStdout>)>,
}

impl RedisServer {
    /// None, with a notice, where the machine has no Redis.
    #[expect(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "the tests' own setting, and a notice where it is missing"
    )]
    pub async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("TEST_REDIS_SERVER") else {
            eprintln!("skipped: no Redis (TEST_REDIS_SERVER is not set)");
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut server = Self {
            program,
            port: free.local_addr().unwrap().port(),
            folder: tempfile::tempdir().unwrap(),
            process: None,
        };
        drop(free);
        server.begin().await;
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Begins, with nothing but what it holds on its disk.
    pub async fn begin(&mut self) {
        let port = self.port.to_string();
        let mut process = Command::new(&self.program)
            .args([
                "--port",
                &port,
                "--bind",
                "127.0.0.1",
                "--appendonly",
                "yes",
            ])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("Ready to accept connections") {
            line.clear();
            let read = log.read_line(&mut line).await.unwrap();
            assert_ne!(read, 0, "Redis did not start");
        }
        self.process = Some((process, log));
    }

    /// Ends in mid-sentence.
    pub async fn end(&mut self) {
        if let Some((mut process, _)) = self.process.take() {
            process.kill().await.unwrap();
        }
    }

    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut question = redis::cmd(words[0]);
        for word in &words[1..] {
            question.arg(word);
        }
        question.query_async(&mut connection).await.unwrap()
    }
}
