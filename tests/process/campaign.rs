//! A server that is killed in the middle of a campaign: the next one goes on, and nobody's
//! telephone rings twice.

use std::net::SocketAddr;

use ringback::{
    infra::clock::Clock,
    simulate::{Mischief, Part, Proof, Rule, StandIn},
};
use serde_json::{Value, json};

use crate::support::{Home, Server, client};

const ADMIN: &str = "an-admin-key-that-only-the-tests-have";
const CALLS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_whose_server_is_killed_again_and_again_dials_each_call_once() {
    let vapi = stand_in();
    let home = Home::configured().await;
    let home = home
        .with("VAPI_API_KEY", "a-vapi-key")
        .with("VAPI_PHONE_NUMBER_ID", "a-number")
        .with("VAPI_ASSISTANT_ID", "an-assistant")
        .with("VAPI_BASE_URL", &vapi.url());
    let mut server = home.serve();
    let path = campaign(&server).await;

    vapi.misbehave([Mischief::Hang.to_all()]);
    post(&server, &format!("{path}/start")).await;
    for call in 1..=CALLS {
        // Vapi takes the call, and before we have its answer there is no more of us.
        vapi.asked(call).await;
        server.signal("KILL");
        assert!(!server.wait().0);
        if call == CALLS {
            vapi.misbehave(Vec::<Rule>::new());
        }
        server = home.serve();
        assert_eq!(server.hear(&ended(&newest(&vapi).await)).await, 200);
    }
    let campaign = server.ask(&path, ADMIN).await["campaign"].clone();
    assert_eq!(campaign["status"], "COMPLETED", "{campaign}");
    assert_eq!(campaign["progress"]["completed"], CALLS, "{campaign}");
    assert_eq!(vapi.dials_in_all(), CALLS);
    drop(server);
    vapi.stop().await;
    home.leave().await;
}

fn stand_in() -> StandIn {
    let part = Part {
        seed: 7,
        clock: Clock::system(),
        client: client(),
        target: "http://127.0.0.1:9".parse().unwrap(),
        proof: Proof::Nothing,
        speed: 0.0,
        plays: false,
        rules: Vec::new(),
    };
    StandIn::start(SocketAddr::from(([127, 0, 0, 1], 0)), part).unwrap()
}

/// The path of a campaign of so many calls, one at a time.
async fn campaign(server: &Server) -> String {
    let call = |number: u64| json!({"customer": {"number": format!("+1415555{number:04}")}});
    let calls: Vec<_> = (0..CALLS).map(call).collect();
    let wanted = json!({"name": "Plumbers", "max_concurrency": 1, "calls": calls});
    let made = server
        .post("/api/v6/campaigns", ADMIN, "once", &wanted)
        .await;
    format!(
        "/api/v6/campaigns/{}",
        made["campaign"]["id"].as_str().unwrap()
    )
}

async fn post(server: &Server, path: &str) {
    let answer = server.post(path, ADMIN, "unused", &Value::Null).await;
    assert_eq!(answer["success"], true, "{answer}");
}

/// The call that Vapi has taken last.
async fn newest(vapi: &StandIn) -> Value {
    let list = client().get(format!("{}/call", vapi.url()));
    let answer = list.bearer_auth("key").send().await.unwrap();
    let calls: Vec<Value> = answer.json().await.unwrap();
    calls[0].clone()
}

fn ended(call: &Value) -> Value {
    json!({"message": {
        "type": "status-update", "status": "ended", "endedReason": "customer-ended-call",
        "call": call, "customer": call["customer"],
    }})
}
