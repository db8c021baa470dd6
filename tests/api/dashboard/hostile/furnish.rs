//! A house full of words that would be scripts: in everything that users, Vapi and receivers say.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{
    ADMIN_KEY, Receiver, Reply, TestApp,
    vapi::{line, report, says, status},
};

/// Breaks out of a text, an attribute in either kind of quotes, a text area and a script.
pub const WORDS: &str =
    "\"'></textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>";
/// As much of it as goes into a name.
pub const NAME: &str = "\"><script>alert(1)</script>";
pub const SCRIPT_URL: &str = "javascript:alert(1)";
const CALL: &str = "call-\"><script>alert(1)</script>";

pub struct House {
    pub app: TestApp,
    /// A key of whoever owns all that is here.
    pub key: String,
    /// One id for each address that has one, by the address' first part.
    pub ids: BTreeMap<&'static str, String>,
    receiver: Receiver,
}

impl House {
    pub async fn furnished() -> Self {
        let app = TestApp::with(&[
            ("VAPI_API_KEY", "key"),
            ("VAPI_PHONE_NUMBER_ID", "number"),
            ("VAPI_ASSISTANT_ID", "assistant"),
        ])
        .await;
        let key = app.key_of("user", NAME).await;
        let receiver = Receiver::start().await;
        let answer = |status| {
            Reply::with(
                status,
                &format!("location: {WORDS}\r\nx-a: {WORDS}\r\n"),
                WORDS,
            )
        };
        receiver.replies((0..100).map(|turn| answer([500, 302, 200, 404][turn % 4])));
        let mut house = Self {
            app,
            key,
            ids: BTreeMap::new(),
            receiver,
        };
        house.subscribe().await;
        house.hear_of_a_call().await;
        house.make_the_rest().await;
        house.note_ids().await;
        house
    }

    /// The path with an id in it, where it wants one.
    pub fn path(&self, pattern: &str) -> String {
        let room = pattern.split('/').nth(1).unwrap();
        match self.ids.get(room) {
            Some(id) => pattern.replace("{id}", id),
            None => pattern.to_owned(),
        }
    }

    async fn make(&self, path: &str, wanted: Value) -> Value {
        let made = self.app.post(path).by(&self.key).json(&wanted).await;
        assert!((200..300).contains(&made.status), "{path}: {made:?}");
        made.body
    }

    async fn subscribe(&self) {
        let url = format!("{}?q={NAME}", self.receiver.url());
        let hears = [
            "call.status.changed",
            "call.completed",
            "call.report",
            "call.transcript",
        ];
        let wanted = json!({
            "webhook_url": url, "events": hears, "description": WORDS, "headers": {"x-a": WORDS},
        });
        self.make("/api/v6/call/webhook/subscribe", wanted).await;
        let wanted = json!({
            "webhook_url": format!("{url}&filtered"), "description": WORDS,
            "filter": {"metadata": {NAME: [WORDS]}},
        });
        self.make("/api/v6/call/webhook/subscribe", wanted).await;
    }

    async fn hear_of_a_call(&self) {
        let about = |mut message: Value| {
            let call = &mut message["call"];
            call["metadata"] = json!({"ownerId": NAME, NAME: WORDS, "list": [WORDS]});
            call["customer"] = json!({"number": WORDS, "name": WORDS});
            call["assistantId"] = WORDS.into();
            call["assistant"] = json!({"name": WORDS});
            call["phoneNumberId"] = WORDS.into();
            message
        };
        says(&self.app, about(status(CALL, NAME, "ringing"))).await;
        says(&self.app, about(status(CALL, NAME, WORDS))).await;
        for role in ["assistant", "user", WORDS] {
            says(&self.app, about(line(CALL, NAME, role, WORDS))).await;
        }
        let mut ended = report(CALL, NAME, WORDS, WORDS);
        ended["analysis"] = json!({
            "summary": WORDS, "structuredData": {NAME: WORDS, "link": SCRIPT_URL}, "successEvaluation": WORDS,
        });
        ended["artifact"] = json!({"transcript": WORDS, "recordingUrl": SCRIPT_URL});
        ended["recordingUrl"] = SCRIPT_URL.into();
        says(&self.app, about(ended)).await;
        self.app.deliveries.idle().await;
    }

    async fn make_the_rest(&self) {
        let call = json!({
            "customer": {"number": "+14155550123", "name": NAME}, "metadata": {NAME: WORDS},
            "assistant_id": "assistant", "scheduled_at": "2026-06-01T09:00:00Z",
        });
        self.make("/api/v6/call", call.clone()).await;
        let campaign = json!({"name": NAME, "max_concurrency": 2, "calls": [call]});
        self.make("/api/v6/campaigns", campaign).await;
        let mut call = call;
        call.as_object_mut().unwrap().remove("scheduled_at");
        let schedule = json!({"cron": "0 9 1 6 *", "timezone": "UTC", "call": call});
        self.make("/api/v6/call/schedules", schedule).await;
        let tool = json!({
            "name": "lookup", "url": format!("http://127.0.0.1:3999/?{NAME}"),
            "parameters": {NAME: WORDS},
        });
        self.make("/api/v1/tools", tool).await;
        let key = json!({"name": NAME, "role": "user", "owner": NAME});
        let made = self.app.post("/api/v1/keys").by(ADMIN_KEY).json(&key).await;
        assert_eq!(made.status, 201, "{made:?}");
    }

    async fn note_ids(&mut self) {
        let subscription = self
            .found("/api/v6/call/webhook/subscriptions", "subscriptions")
            .await;
        let deliveries = format!("/api/v6/call/webhook/subscriptions/{subscription}/deliveries");
        for (room, path, plural) in [
            ("deliveries", deliveries.as_str(), "deliveries"),
            ("events", "/api/v6/call/webhook/events", "events"),
            ("calls", "/api/v6/call", "calls"),
            ("campaigns", "/api/v6/campaigns", "campaigns"),
            ("schedules", "/api/v6/call/schedules", "schedules"),
            ("tools", "/api/v1/tools", "tools"),
            ("keys", "/api/v1/keys", "keys"),
        ] {
            let id = self.found(path, plural).await;
            self.ids.insert(room, id);
        }
        self.ids.insert("subscriptions", subscription);
    }

    /// The id of the last of a list, which was made first.
    async fn found(&self, path: &str, plural: &str) -> String {
        let by = if plural == "keys" {
            ADMIN_KEY
        } else {
            &self.key
        };
        let list = self.app.get(path).by(by).await;
        let rows = list.body[plural]
            .as_array()
            .unwrap_or_else(|| panic!("{path}: {list:?}"));
        rows.last().unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub async fn finish(self) {
        self.app.deliveries.idle().await;
        self.app.finish().await;
    }
}
