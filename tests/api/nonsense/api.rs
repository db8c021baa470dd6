//! The API, driven from its own document: whatever is asked, the answer is one that the document
//! has for that operation, of the documented shape, and never a fault of ours.

use std::{collections::BTreeMap, fs, net::SocketAddr, time::Duration};

use ringback::simulate::{Part, Proof, StandIn};

use super::{
    chance,
    chance::Chance,
    conforms::complaints,
    document::{Document, Operation},
    many,
    request::{Request, Wrong, make},
    values::Values,
};
use crate::{
    support::{ADMIN_KEY, TestApp, client, clock},
    tenancy::{PHONE, something_of_alices},
};

/// Of each operation.
const REQUESTS: usize = 60;
/// So many requests are about the same thing.
const SAME_THING: usize = 12;
/// It would be a hang: nothing here waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// What no answer may hold: the insides of the house.
const INSIDES: [&str; 5] = ["SELECT ", "sqlx", "src/", "panicked", "rusqlite"];

struct Heard {
    status: u16,
    media: String,
    has_id: bool,
    text: String,
}

struct Driver {
    app: TestApp,
    client: reqwest::Client,
    document: Document,
    alice: String,
    webhooks: Vec<Vec<u8>>,
    vapi: StandIn,
}

impl Driver {
    async fn start() -> Self {
        let clock = clock();
        let part = Part {
            seed: 7,
            clock: clock.clone(),
            client: client(),
            target: "http://127.0.0.1:9".parse().unwrap(),
            proof: Proof::Nothing,
            speed: 0.0,
            plays: false,
            rules: Vec::new(),
        };
        let vapi = StandIn::start(SocketAddr::from(([127, 0, 0, 1], 0)), part).unwrap();
        let url = vapi.url();
        let settings = [
            ("VAPI_API_KEY", "a-vapi-key"),
            ("VAPI_PHONE_NUMBER_ID", "a-number"),
            ("VAPI_ASSISTANT_ID", "an-assistant"),
            ("VAPI_BASE_URL", url.as_str()),
        ];
        let app = TestApp::silent_at(clock, &settings).await;
        let alice = app.user("alice").await;
        let corpus = fs::read_dir("fuzz/corpus/vapi").unwrap();
        let bodies = corpus.map(|entry| fs::read(entry.unwrap().path()).unwrap());
        Self {
            client: client(),
            document: Document::read(),
            alice,
            webhooks: bodies.collect(),
            vapi,
            app,
        }
    }

    async fn finish(self) {
        self.app.finish().await;
        self.vapi.stop().await;
    }

    /// Asks one operation many things; which statuses were answered how often.
    async fn drive(&self, chance: &mut Chance, operation: &Operation) -> BTreeMap<u16, usize> {
        let mut heard = BTreeMap::new();
        let mut known = Vec::new();
        for number in 0..many(REQUESTS) {
            if number % SAME_THING == 0 {
                let id = something_of_alices(&self.app, &operation.path).await;
                let names = ["id", "subscription_id", "session_id"];
                known = names.map(|name| (name, id.clone())).to_vec();
                known.push(("phone", PHONE.to_owned()));
            }
            let values = Values {
                document: &self.document,
                known: &known,
            };
            let mut request = make(chance, operation, &values, &self.webhooks);
            self.sign_in(chance, &mut request);
            let answer = self.ask(&request).await;
            let said = self.judge(operation, &request, &answer);
            assert!(
                said.is_empty(),
                "{} was answered {}:\n{}\n\n{request}\n\n{}",
                operation.id,
                answer.status,
                said.join("\n"),
                answer.text
            );
            *heard.entry(answer.status).or_default() += 1;
        }
        heard
    }

    fn sign_in(&self, chance: &mut Chance, request: &mut Request) {
        let is_wrong = request.wrong == Wrong::Token;
        let bad = [
            "",
            "Basic YTpi",
            "Bearer rbk_nobodys",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        ];
        let token = match is_wrong {
            true => (*chance.pick(&bad)).to_owned(),
            false if chance.percent(70) => format!("Bearer {}", self.alice),
            false => format!("Bearer {ADMIN_KEY}"),
        };
        let secret = if is_wrong { "wrong" } else { "a-shared-secret" };
        request
            .headers
            .push(("x-vapi-secret".to_owned(), secret.to_owned()));
        request.headers.push(("authorization".to_owned(), token));
    }

    async fn ask(&self, request: &Request) -> Heard {
        let method = request.method.parse().unwrap();
        let mut asked = self.client.request(method, self.app.url(&request.path));
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let asked = asked.body(request.body.clone()).timeout(PATIENCE).send();
        let answer = asked
            .await
            .unwrap_or_else(|error| panic!("{error:?}:\n{request}"));
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (status, media) = (answer.status().as_u16(), header("content-type"));
        let has_id = !header("x-request-id").is_empty();
        // A stream has no end; that it began is what is asked here.
        let text = match media.starts_with("text/event-stream") {
            true => String::new(),
            false => answer
                .text()
                .await
                .unwrap_or_else(|error| panic!("{error:?}:\n{request}")),
        };
        Heard {
            status,
            media,
            has_id,
            text,
        }
    }

    /// What is wrong with an answer.
    fn judge(&self, operation: &Operation, request: &Request, answer: &Heard) -> Vec<String> {
        let mut said = Vec::new();
        if answer.status >= 500 {
            said.push("is a fault of ours".to_owned());
        }
        if !answer.has_id {
            said.push("has no x-request-id".to_owned());
        }
        for inside in INSIDES
            .iter()
            .filter(|inside| answer.text.contains(**inside))
        {
            said.push(format!("holds `{inside}`"));
        }
        let is_elsewhere = request.method != operation.method;
        match operation.answers.get(&answer.status) {
            _ if is_elsewhere => {}
            None => said.push("is not documented".to_owned()),
            Some(documented) => {
                let media = documented.media.as_deref().unwrap_or_default();
                if !answer.media.starts_with(media) {
                    said.push(format!("is {}, and not {media}", answer.media));
                } else if media == "application/json" {
                    said.extend(self.misshapen(&documented.schema, &answer.text));
                }
            }
        }
        if answer.status >= 400 {
            let failure = serde_json::json!({"$ref": "#/components/schemas/Failure"});
            said.extend(self.misshapen(&failure, &answer.text));
        }
        said
    }

    fn misshapen(&self, schema: &serde_json::Value, text: &str) -> Vec<String> {
        match serde_json::from_str(text) {
            Ok(body) => complaints(&self.document, schema, &body),
            Err(error) => vec![format!("is not JSON: {error}")],
        }
    }
}

/// Drives the operations below these paths. Each has to be answered well at least once, or we have
/// talked to its door alone.
async fn drive_all(name: &str, is_ours: impl Fn(&str) -> bool) {
    let driver = Driver::start().await;
    let mut chance = chance(name);
    let operations = driver.document.operations();
    for operation in operations
        .iter()
        .filter(|operation| is_ours(&operation.path))
    {
        let heard = driver.drive(&mut chance, operation).await;
        // A socket is not opened by a plain request.
        let is_well = heard.keys().any(|status| *status < 300) || operation.id == "follow_session";
        assert!(
            is_well,
            "{} was never answered well: {heard:?}",
            operation.id
        );
    }
    driver.finish().await;
}

fn is_of_webhooks(path: &str) -> bool {
    path.starts_with("/api/v6/call/webhook")
}

fn is_of_calls(path: &str) -> bool {
    path.starts_with("/api/v6/") && !is_of_webhooks(path)
}

#[tokio::test]
async fn whatever_is_asked_about_webhooks_is_answered_as_documented() {
    drive_all("webhooks", is_of_webhooks).await;
}

#[tokio::test]
async fn whatever_is_asked_about_calls_is_answered_as_documented() {
    drive_all("calls", is_of_calls).await;
}

#[tokio::test]
async fn whatever_is_asked_of_the_rest_is_answered_as_documented() {
    drive_all("rest", |path| !is_of_webhooks(path) && !is_of_calls(path)).await;
}
