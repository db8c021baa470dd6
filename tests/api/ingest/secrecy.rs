//! Nothing that was said lies in clear on the disk.

use super::*;

#[tokio::test]
async fn no_byte_on_the_disk_tells_what_was_said() {
    let app = TestApp::spawn().await;
    if app.app.db.is_postgres() {
        eprintln!("skipped: on PostgreSQL the disk is the server's");
        return app.finish().await;
    }
    let secrets = [
        "+14155550177",
        "4155550177",
        "whisper-of-the-caller",
        "ac-auth-token-77",
        "listen-to-me-77",
        "server-secret-77",
        "a-shared-secret",
        "summary-of-the-caller",
    ];
    let mut message = report("v1", "customer-ended-call", "summary-of-the-caller", 5);
    message["call"]["customer"] = json!({"number": "+14155550177"});
    message["phoneNumber"] = json!({"twilioAuthToken": "ac-auth-token-77"});
    message["call"]["monitor"] = json!({"listenUrl": "wss://listen-to-me-77/listen"});
    message["assistant"] = json!({"server": {"secret": "server-secret-77"}});
    message["artifact"]["messages"][1]["message"] = "whisper-of-the-caller".into();
    app.hears(message).await;
    app.hears(line("v1", "user", "whisper-of-the-caller", 1))
        .await;
    let files = app.files();
    assert!(
        files.iter().any(|(name, _)| name.ends_with(".db-wal")),
        "the log must be looked at too"
    );
    for (name, bytes) in files {
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} lies in clear in {name}");
        }
    }
    app.finish().await;
}

impl TestApp {
    /// Every file of the data directory, whole.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let (mut folders, mut files) = (vec![self.data_dir().to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
                    }
                }
            }
        }
        files
    }
}
