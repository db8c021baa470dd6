//! The player against a receiver: order, pace, signatures, and what it makes of the answers.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use ringback::{
    config::{Config, Environment, Secret},
    infra::{clock::Clock, egress::Egress},
    ingest::authenticate::{Mode, Secrets, authenticate},
    simulate::{Player, Proof, Run, Script},
};
use sha2::Sha256;

use super::receiver::{Heard, Receiver};

const SEED: u64 = 7;
const SECRET: &str = "a-signing-secret";
const ENCODED_SECRET: &str = "whsec_YS1zaWduaW5nLXNlY3JldC1vZi1ieXRlcw==";

fn config(settings: &[(&str, &str)]) -> Config {
    Config::read(&Environment::of_pairs(settings.iter().copied())).unwrap()
}

fn player(target: &str, proof: Proof) -> Player {
    Player {
        client: Egress::new(&config(&[]).egress).unwrap().operator_client(),
        clock: Clock::stepped(DateTime::from_timestamp_millis(1_790_000_000_000).unwrap()),
        target: target.parse().unwrap(),
        proof,
        speed: 0.0,
    }
}

fn run(calls: u64, rate: f64) -> Run {
    Run {
        seed: SEED,
        calls,
        rate,
        owner: None,
    }
}

fn bodies(number: u64) -> Vec<String> {
    let steps = Script::of(SEED, number).steps.into_iter();
    steps.map(|step| step.body.to_string()).collect()
}

fn bodies_heard(receiver: &Receiver) -> Vec<String> {
    let heard = receiver.heard().into_iter();
    heard
        .map(|heard| String::from_utf8(heard.body).unwrap())
        .collect()
}

impl Heard {
    fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            map.insert(
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            );
        }
        map
    }
}

async fn has_heard(receiver: &Receiver, count: usize) {
    let mut heard = receiver.heard.clone();
    heard.wait_for(|heard| heard.len() >= count).await.unwrap();
}

fn hmac(parts: &[&[u8]]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn the_steps_of_a_call_come_in_turn_and_each_waits_for_the_answer_before() {
    let under_way = Mutex::new(HashSet::new());
    let receiver = Receiver::answering(move |heard| {
        let is_alone = under_way.lock().unwrap().insert(heard.call_id());
        std::thread::yield_now();
        under_way.lock().unwrap().remove(&heard.call_id());
        Some(if is_alone { 200 } else { 409 })
    });
    let total = player(&receiver.url, Proof::Nothing)
        .play_all(&run(8, 0.0), |_, _| {})
        .await
        .unwrap();
    assert!(total.is_clean(), "{total:?}");
    for number in 0..8 {
        let script = Script::of(SEED, number);
        let mut heard = bodies_heard(&receiver);
        heard.retain(|body| body.contains(&script.call_id));
        assert_eq!(heard, bodies(number));
    }
}

#[tokio::test]
async fn new_calls_begin_at_their_rate() {
    let receiver = Receiver::patient();
    let player = player(&receiver.url, Proof::Nothing);
    let clock = player.clock.clone();
    let two_a_second = run(3, 2.0);
    let playing = player.play_all(&two_a_second, |_, _| {});
    let steps: Vec<usize> = (0..3).map(|number| bodies(number).len()).collect();
    let stepping = async {
        has_heard(&receiver, steps[0]).await;
        clock.advance(Duration::from_millis(500));
        has_heard(&receiver, steps[0] + steps[1]).await;
        clock.advance(Duration::from_millis(500));
    };
    let (total, ()) = tokio::join!(playing, stepping);
    assert_eq!(total.unwrap().sent as usize, steps.iter().sum::<usize>());
    let in_turn: Vec<_> = (0..3).flat_map(bodies).collect();
    assert_eq!(bodies_heard(&receiver), in_turn);
}

#[tokio::test]
async fn every_message_proves_whom_it_is_from() {
    let secret = || Secret::new(SECRET);
    let heard = async |proof| {
        let receiver = Receiver::patient();
        let player = player(&receiver.url, proof);
        player.play_all(&run(2, 0.0), |_, _| {}).await.unwrap();
        receiver.heard()
    };
    let every = |all: Vec<Heard>, holds: fn(&Heard) -> bool| {
        assert!(!all.is_empty() && all.iter().all(holds), "{all:?}");
    };
    every(heard(Proof::Signature(secret())).await, |it| {
        it.headers["x-vapi-signature"] == hmac(&[&it.body])
            && it.headers["content-type"] == "application/json"
    });
    every(heard(Proof::TimedSignature(secret())).await, |it| {
        let at = &it.headers["x-timestamp"];
        at == "1790000000"
            && it.headers["x-vapi-signature"] == hmac(&[at.as_bytes(), b".", &it.body])
    });
    every(
        heard(Proof::shared_secret(&secret()).unwrap()).await,
        |it| it.headers["x-vapi-secret"] == SECRET,
    );
    every(heard(Proof::Nothing).await, |it| {
        !it.headers.keys().any(|name| name.starts_with("x-"))
    });
}

#[tokio::test]
async fn the_proofs_pass_where_vapi_is_let_in() {
    for (secret, mode, proof) in [
        (
            SECRET,
            Mode::Signature,
            Proof::Signature as fn(Secret) -> Proof,
        ),
        (ENCODED_SECRET, Mode::Signature, Proof::Signature),
        (SECRET, Mode::Signature, Proof::TimedSignature),
        (ENCODED_SECRET, Mode::Signature, Proof::TimedSignature),
        (SECRET, Mode::SharedSecret, |secret| {
            Proof::shared_secret(&secret).unwrap()
        }),
    ] {
        let receiver = Receiver::patient();
        let player = player(&receiver.url, proof(Secret::new(secret)));
        player.play_all(&run(1, 0.0), |_, _| {}).await.unwrap();
        let names = ["VAPI_WEBHOOK_SECRET", "WEBHOOK_SHARED_SECRET"];
        let expected = config(&names.map(|name| (name, secret)));
        let expected = Secrets::new(&expected.ingest);
        for heard in receiver.heard() {
            let now = player.clock.millis();
            let judged = authenticate(&heard.header_map(), &heard.body, now, &expected);
            assert_eq!(judged.unwrap().mode, mode);
        }
    }
}

#[tokio::test]
async fn what_is_refused_or_lost_is_counted_and_the_call_goes_on() {
    let receiver = Receiver::answering(|heard| match heard.message()["type"].as_str() {
        Some("speech-update") => Some(503),
        Some("end-of-call-report") => None,
        _ => Some(204),
    });
    let mut told = Vec::new();
    let total = player(&receiver.url, Proof::Nothing)
        .play_all(&run(13, 0.0), |script, tally| {
            told.push((script.story, tally.sent));
        })
        .await
        .unwrap();
    let scripts: Vec<_> = (0..13).map(|number| Script::of(SEED, number)).collect();
    let count = |kind: &str| {
        let steps = scripts.iter().flat_map(|script| &script.steps);
        steps
            .filter(|step| step.body["message"]["type"] == kind)
            .count() as u64
    };
    assert_eq!(total.refused, [(503, count("speech-update"))].into());
    assert_eq!(total.unanswered, count("end-of-call-report"));
    assert_eq!(
        total.accepted,
        total.sent - count("speech-update") - count("end-of-call-report")
    );
    assert_eq!(told.len(), 13);
    for script in &scripts {
        assert!(told.contains(&(script.story, script.steps.len() as u64)));
    }
}

#[tokio::test]
async fn where_nobody_listens_it_gives_up_and_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}/webhook", listener.local_addr().unwrap());
    drop(listener);
    let told = player(&target, Proof::Nothing)
        .play_all(&run(3, 0.0), |_, _| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(
        told.contains(&target) && told.contains("--target"),
        "{told}"
    );
}
