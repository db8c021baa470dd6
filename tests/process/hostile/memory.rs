//! What answers without an end cost the process that reads them: its peak is asked of the system.

use std::fs;

use serde_json::json;

use crate::support::{
    ADMIN, Home, Receiver, Server,
    hostile::{Hostile, deeds},
};

/// Of each receiver, many at once and again and again.
const EVENTS: usize = 16;
const GROWTH_KIB_MAX: usize = 50 << 10;

impl Server {
    /// A line of what the system says of the process, in KiB.
    fn memory_kib(&self, line: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let mut lines = status.lines();
        let value = lines.find_map(|text| text.strip_prefix(line)).unwrap();
        value.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// From here on, the peak counts anew.
    fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5").unwrap();
    }

    async fn subscribe(&self, url: &str) {
        let wanted = json!({"webhook_url": url, "events": ["call.status.changed"], "scope": "all"});
        let path = "/api/v6/call/webhook/subscribe";
        let answer = self.post(path, ADMIN, url, &wanted).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    async fn hear_of_calls(&self, name: &str) {
        for number in 0..EVENTS {
            let call = json!({"id": format!("{name}-{number}")});
            let said = json!({"type": "status-update", "status": "ringing", "call": call});
            assert_eq!(self.hear(&json!({ "message": said })).await, 200);
        }
    }
}

#[tokio::test]
async fn answers_without_an_end_cost_no_memory() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: only Linux tells the peak of another process");
        return;
    }
    let home = Home::configured().await;
    // Nobody is given up, so that each goes on flooding.
    let home = home
        .with("RINGBACK_BREAKER_AFTER", "1000")
        .with("RINGBACK_DEACTIVATE_AFTER", "2000");
    let (server, good) = (home.serve(), Receiver::start().await);
    server.subscribe(&good.url()).await;
    server.hear_of_calls("before").await;
    good.heard(EVENTS).await;

    let mut floods = Vec::new();
    for expected in deeds::floods() {
        let flood = Hostile::that(expected.deed).await;
        server.subscribe(&flood.url()).await;
        floods.push(flood);
    }
    server.forget_peak();
    let before = server.memory_kib("VmRSS:");
    server.hear_of_calls("amid").await;
    for flood in &floods {
        flood.gone(EVENTS).await;
    }
    good.heard(2 * EVENTS).await;
    let grown = server.memory_kib("VmHWM:").saturating_sub(before);
    assert!(grown <= GROWTH_KIB_MAX, "it grew by {grown} KiB");
    server.signal("TERM");
    assert!(server.wait().0, "{}", home.log());
    home.leave().await;
}
