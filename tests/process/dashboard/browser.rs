//! Chromium, driven over WebDriver: a few words of JSON over HTTP.
//!
//! The browser lives outside of our clock, so what it is to show is waited for
//! here, by the driver itself and within a bound.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;

const SESSION_ENDS_WITHIN: Duration = Duration::from_secs(10);
const SHOWN_WITHIN_MILLIS: u32 = 15_000;
/// The name that the protocol gives to the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    client: reqwest::Client,
    _profile: TempDir,
}

/// Something on a page.
pub struct Element(String);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub width: u32,
    pub height: u32,
    pub theme: &'static str,
}

pub const DESKTOP: View = View {
    width: 1280,
    height: 900,
    theme: "light",
};
pub const PHONE: View = View {
    width: 390,
    height: 844,
    theme: "light",
};

pub const NARROW: View = View {
    width: 360,
    height: 740,
    theme: "light",
};

impl View {
    pub fn dark(self) -> Self {
        Self {
            theme: "dark",
            ..self
        }
    }
}

impl Browser {
    pub async fn open(chromium: &str, chromedriver: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = port_of(&mut driver);
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            client: crate::support::client(),
            _profile: profile,
        };
        let wanted = capabilities(chromium, browser._profile.path());
        let session = browser.ask("POST", "/session", wanted).await;
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        let waits = json!({"implicit": SHOWN_WITHIN_MILLIS, "script": 60_000});
        browser.tell("/timeouts", waits).await;
        browser.look(DESKTOP).await;
        browser
    }

    pub async fn go(&self, url: &str) {
        self.tell("/url", json!({ "url": url })).await;
    }

    /// The element that a selector finds, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        self.locate("css selector", css).await
    }

    /// What is to be pressed and says just this.
    pub async fn press(&self, words: &str) {
        let path =
            format!("//*[self::a or self::button or self::summary][normalize-space()='{words}']");
        self.click_at(&path).await;
    }

    /// Waits until the main part of the page says this.
    pub async fn says(&self, words: &str) {
        let path = format!("//main//*[contains(normalize-space(), '{words}')]");
        self.locate("xpath", &path).await;
    }

    /// Presses what a path leads to.
    pub async fn click_at(&self, path: &str) {
        let element = self.locate("xpath", path).await;
        self.click(&element).await;
    }

    async fn locate(&self, using: &str, value: &str) -> Element {
        let found = self
            .tell("/element", json!({"using": using, "value": value}))
            .await;
        Element(found[ELEMENT].as_str().unwrap().to_owned())
    }

    pub async fn click(&self, element: &Element) {
        self.tell(&format!("/element/{}/click", element.0), json!({}))
            .await;
    }

    pub async fn write(&self, css: &str, text: &str) {
        let Element(id) = self.find(css).await;
        self.tell(&format!("/element/{id}/clear"), json!({})).await;
        self.tell(&format!("/element/{id}/value"), json!({ "text": text }))
            .await;
    }

    /// What a function's body returns on the page.
    pub async fn run(&self, body: &str) -> Value {
        self.tell("/execute/sync", json!({"script": body, "args": []}))
            .await
    }

    /// The same of a body that hands its answer to `done`.
    pub async fn run_to(&self, body: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {body}");
        self.tell("/execute/async", json!({"script": script, "args": []}))
            .await
    }

    /// Looks at whatever page is open in another way.
    pub async fn look(&self, view: View) {
        let size = json!({
            "width": view.width, "height": view.height, "deviceScaleFactor": 1,
            "mobile": view.width < 600,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        let theme = json!({"features": [{"name": "prefers-color-scheme", "value": view.theme}]});
        self.devtools("Emulation.setEmulatedMedia", theme).await;
    }

    /// Keeps a picture of the whole page.
    pub async fn keep_picture(&self, file: &Path) {
        let layout = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let size = &layout["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1,
        });
        let wanted = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", wanted).await;
        let bytes = BASE64.decode(picture["data"].as_str().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// What the browser complained of since it was asked last.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.tell("/se/log", json!({"type": "browser"})).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn devtools(&self, command: &str, wanted: Value) -> Value {
        let ask = json!({"cmd": command, "params": wanted});
        self.tell("/goog/cdp/execute", ask).await
    }

    async fn tell(&self, path: &str, body: Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.ask("POST", &path, body).await
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let request = self.client.request(method.parse().unwrap(), url);
        let answer = request.json(&body).send().await.unwrap();
        let is_good = answer.status().is_success();
        let mut answer: Value = answer.json().await.unwrap();
        let answer = answer["value"].take();
        assert!(is_good, "{path}: {} for {body:.300}", answer["message"]);
        answer
    }
}

/// It says so on a line of its own.
fn port_of(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let mut ports = lines.map_while(Result::ok).filter_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    ports.next().expect("the driver did not start")
}

/// Nothing is fetched from anywhere but this machine.
fn capabilities(chromium: &str, profile: &Path) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-proxy-server",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--hide-scrollbars",
        "--lang=en-GB",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    let mut arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    json!({"capabilities": {"alwaysMatch": {
        "goog:chromeOptions": {"binary": chromium, "args": arguments},
        "goog:loggingPrefs": {"browser": "WARNING"},
    }}})
}

/// Where pictures are kept, and other things that outlive a test.
pub fn kept(folder: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_ringback")).ancestors().nth(2);
    let folder = target.unwrap().join(folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Drop for Browser {
    /// The browser ends with its session, and would outlive its driver without.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.set_read_timeout(Some(SESSION_ENDS_WITHIN));
            let _ = stream.write_all(request.as_bytes());
            // The answer comes when it has ended, and the driver keeps the line open.
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
