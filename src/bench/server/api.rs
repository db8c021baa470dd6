//! The server's own API, as far as a measurement needs it.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::bench::load::connection::Connection;

/// How the metrics end that count commits.
const COMMITS: &str = "_commit_seconds_count";
const SUBSCRIBE: &str = "/api/v6/call/webhook/subscribe";
const SUBSCRIPTIONS: &str = "/api/v6/call/webhook/subscriptions";

/// A caller with its key.
#[derive(Clone, Debug)]
pub struct Api {
    pub address: SocketAddr,
    pub key: String,
}

impl Api {
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        self.ask(&self.request("GET", path, "")).await
    }

    /// A request for results that a load can send again and again.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        )
        .into_bytes()
    }

    /// The request that subscribes an address to completed calls; only to those with this metadata,
    /// where there is any.
    pub fn subscription(&self, url: &str, metadata: Option<(&str, &str)>) -> Vec<u8> {
        let mut wanted = json!({
            "webhook_url": url,
            "events": ["call.completed"],
            "max_in_flight": 100,
        });
        if let Some((name, value)) = metadata {
            wanted["filter"] = json!({"metadata": {name: value}});
        }
        self.request("POST", SUBSCRIBE, &wanted.to_string())
    }

    /// The id of the subscription comes back.
    pub async fn subscribe(&self, url: &str) -> anyhow::Result<String> {
        let answer = self.ask(&self.subscription(url, None)).await?;
        let answer: Value = serde_json::from_str(&answer)?;
        let id = answer["subscription_id"].as_str();
        Ok(id.context("a subscription has no id")?.to_owned())
    }

    /// Whether a subscription is told, or what it would hear is held for it.
    pub async fn tells(&self, subscription: &str, is_active: bool) -> anyhow::Result<()> {
        let path = format!("{SUBSCRIPTIONS}/{subscription}");
        let wanted = json!({"is_active": is_active}).to_string();
        self.ask(&self.request("PATCH", &path, &wanted)).await?;
        Ok(())
    }

    async fn ask(&self, request: &[u8]) -> anyhow::Result<String> {
        let mut connection = Connection::open(self.address).await?;
        let (status, body) = connection.answer_to(request).await?;
        let body = String::from_utf8_lossy(body).into_owned();
        ensure!(
            (200..300).contains(&status),
            "the server answered with {status}: {}",
            message(&body)
        );
        Ok(body)
    }

    /// How many transactions with events or results in them the server has committed.
    pub async fn commits(&self) -> anyhow::Result<f64> {
        let metrics = self.get("/metrics").await?;
        Ok(commits(&metrics))
    }
}

fn message(body: &str) -> String {
    let said: Option<Value> = serde_json::from_str(body).ok();
    let said = said.as_ref().and_then(|said| said["message"].as_str());
    said.unwrap_or("without a word").to_owned()
}

/// The sum over all metrics that count commits.
fn commits(metrics: &str) -> f64 {
    let counts = metrics.lines().filter_map(|line| {
        let (name, count) = line.rsplit_once(' ')?;
        let name = name.split('{').next()?;
        name.ends_with(COMMITS).then(|| count.parse::<f64>().ok())?
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_summed_over_all_that_count_them() {
        let metrics = "# HELP a_commit_seconds_count b\n\
            a_commit_seconds_count{x=\"1 2\"} 3\n\
            b_commit_seconds_count 4\n\
            b_commit_seconds_sum 9\n";
        assert_eq!(commits(metrics), 7.0);
        assert_eq!(commits(""), 0.0);
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_own_words() {
        assert_eq!(message(r#"{"success":false,"message":"no"}"#), "no");
        assert_eq!(message("<html>"), "without a word");
    }
}
