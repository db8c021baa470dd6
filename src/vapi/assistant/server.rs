//! Where an assistant's calls tell their news: us.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};
use url::Url;

use crate::config::{Config, Secret};

const PATH: &str = "/api/v1/vapi/webhook";
/// Vapi fills in a header of its own name with nothing where it has no credential, so ours has the
/// other name that we take a secret by.
const SECRET_HEADER: &str = "x-webhook-secret";
const TIMEOUT_SECONDS: u32 = 20;
const RETRIES_MAX: u32 = 5;
const RETRY_BASE_SECONDS: u32 = 2;
/// After these, another try would be refused just the same.
const NOT_RETRIED: [u16; 6] = [400, 401, 403, 404, 413, 422];

/// Our address, as Vapi reaches it, and what it proves itself with there.
#[derive(Clone, Debug)]
pub struct Server {
    url: String,
    secret: Option<Secret>,
}

impl Server {
    /// `VAPI_WEBHOOK_URL`, else the address that we listen on, which serves a Vapi that is played
    /// on this machine. A URL with no path of its own is completed by ours.
    pub fn of(config: &Config, listens_on: SocketAddr) -> Self {
        let url = match &config.vapi.webhook_url {
            Some(url) if url.path() == "/" => joined(url),
            Some(url) => url.to_string(),
            None => format!("http://{listens_on}{PATH}"),
        };
        Self {
            url,
            secret: config.ingest.shared_secrets.first().cloned(),
        }
    }

    /// The setting without which no news would come in there: Vapi has no way to this machine, or
    /// nothing to prove itself with.
    pub fn lacks(config: &Config) -> Option<&'static str> {
        let has_a_way = config.vapi.webhook_url.is_some() || config.vapi.is_played();
        let has_proof = !config.ingest.shared_secrets.is_empty() || config.access.is_open;
        match (has_a_way, has_proof) {
            (false, _) => Some("VAPI_WEBHOOK_URL"),
            (true, false) => Some("WEBHOOK_SHARED_SECRET"),
            (true, true) => None,
        }
    }

    /// The same address, without the secret: for those who are not to have it.
    #[must_use]
    pub fn without_secret(self) -> Self {
        Self {
            secret: None,
            ..self
        }
    }

    /// Vapi repeats nothing unless it is told to, and then a report that met a restart is lost.
    pub fn to_json(&self) -> Value {
        let mut server = json!({
            "url": self.url,
            "timeoutSeconds": TIMEOUT_SECONDS,
            "backoffPlan": {
                "type": "exponential",
                "maxRetries": RETRIES_MAX,
                "baseDelaySeconds": RETRY_BASE_SECONDS,
                "excludedStatusCodes": NOT_RETRIED,
            },
        });
        if let Some(secret) = &self.secret {
            server["headers"] = json!({ SECRET_HEADER: secret.expose() });
        }
        server
    }
}

/// Whether an assistant names an address beside that of its own server: of a tool, a voice, a
/// transcriber, a model, a sound. What Vapi tells such a one may hold the whole assistant, the headers
/// of its server among it.
pub fn leads_elsewhere(assistant: &Map<String, Value>) -> bool {
    let is_asked = |name: &str| !["server", "metadata"].contains(&name);
    let mut rest = assistant.iter().filter(|(name, _)| is_asked(name));
    rest.any(|(name, value)| is_address(name, value))
}

fn is_address(name: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => name.to_ascii_lowercase().ends_with("url"),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_address(name, value)),
        Value::Array(items) => items.iter().any(|item| is_address(name, item)),
        _ => false,
    }
}

fn joined(url: &Url) -> String {
    url.join(PATH).map_or_else(|_| url.to_string(), Into::into)
}
