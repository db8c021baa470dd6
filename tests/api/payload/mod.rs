//! Every payload survives JavaScript: a receiver that hashes `JSON.stringify(req.body)` hashes what
//! we signed. Real Node is the judge of it, over thousands of payloads that were made to be nasty.

mod nasty;
mod receivers;

use entity::{
    CallId, EventId,
    calls::{CallStatus, Outcome},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRunner},
};
use ringback::{
    events::{Kind, Payload, Subject},
    results::{CallResult, Facts},
    vapi::message::understand,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::program;

const PAYLOADS: usize = 3000;

#[test]
fn whatever_we_tell_survives_javascript() {
    let payloads = made_by(nasty::object(), payload);
    assert_survive(&payloads);
}

#[test]
fn whatever_vapi_says_survives_javascript_once_it_is_told() {
    let payloads = made_by((nasty::json(), nasty::json_object()), |(data, metadata)| {
        told_of(&report(&data, &metadata))
    });
    assert_survive(&payloads);
}

#[test]
fn the_judge_finds_what_javascript_would_change() {
    let changed = [
        "1.0",
        "1e21",
        "-0",
        "9007199254740993",
        r#"{"b":1,"1":2}"#,
        r#"{"a":1,"a":2}"#,
        r#""\/""#,
        "[1, 2]",
        "1e400",
        "{",
    ];
    let payloads = [&["1e+21", r#"{"1":2,"b":1}"#][..], &changed].concat();
    let payloads: Vec<_> = payloads
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    if let Some(judgement) = judged(&payloads) {
        assert_eq!(judgement, (2..payloads.len()).collect::<Vec<_>>());
    }
}

/// What Vapi says of one value is told the same wherever it stands, and in no other spelling.
#[test]
fn numbers_and_halves_of_surrogates_are_told_as_the_contract_has_it() {
    let data = concat!(
        r#"{"b":1,"2":0.30000000000000004,"10":-0,"1":1.50e1,"\ud83d":1,"\udc00 \ud83d":"\ud83d","#,
        r#""\ude00":2,"b":[9007199254740991,9007199254740992,-12345678901234567890123,1e400,1E21]}"#
    );
    let told = String::from_utf8(told_of(&report(data, data))).unwrap();
    let expected = concat!(
        r#"{"1":15,"2":0.30000000000000004,"10":0,"#,
        r#""b":[9007199254740991,"9007199254740992","-12345678901234567890123","1e400",1e+21],"#,
        "\"\u{fffd}\":2,\"\u{fffd} \u{fffd}\":\"\u{fffd}\"}"
    );
    for place in ["structuredData", "metadata"] {
        assert!(
            told.contains(&format!(r#""{place}":{expected}"#)),
            "{place} in {told}"
        );
    }
}

fn made_by<S: Strategy>(strategy: S, payload: impl Fn(S::Value) -> Vec<u8>) -> Vec<Vec<u8>> {
    let mut runner = TestRunner::new(Config {
        rng_algorithm: RngAlgorithm::XorShift, // the default one is slow where it is not optimised
        ..Config::default()
    });
    let mut value = || strategy.new_tree(&mut runner).unwrap().current();
    (0..PAYLOADS).map(|_| payload(value())).collect()
}

fn payload(data: Map<String, Value>) -> Vec<u8> {
    let call = Subject {
        id: CallId::from_uuid(Uuid::nil()),
        vapi_id: data.keys().next().cloned(),
        status: CallStatus::Ended,
        sequence: 4,
    };
    let payload = Payload {
        id: EventId::from_uuid(Uuid::nil()),
        kind: Kind::CallCompleted,
        call: data.len().is_multiple_of(2).then_some(call),
        timestamp: 1_763_567_291_544,
        data,
    };
    payload.into_bytes()
}

fn report(structured_data: &str, metadata: &str) -> String {
    format!(
        r#"{{"message":{{"type":"end-of-call-report","analysis":{{"structuredData":{structured_data}}},
            "call":{{"id":"c","metadata":{metadata}}}}}}}"#
    )
}

/// What becomes of a report's body: understood, a result, and told.
fn told_of(report: &str) -> Vec<u8> {
    let message = understand(report.as_bytes()).unwrap();
    let call = message.call.unwrap();
    let facts = Facts {
        call_id: &call.vapi_id,
        outcome: Outcome::Completed,
        retryable: false,
        ended_reason: None,
        started_at: None,
        ended_at: None,
        metadata: &call.metadata,
    };
    let mut data = CallResult::of(&facts, &message.results.unwrap()).told(&facts);
    data.insert("metadata".to_owned(), json!(call.metadata));
    payload(data)
}

fn assert_survive(payloads: &[Vec<u8>]) {
    let changed = judged(payloads).unwrap_or_default();
    if let Some(first) = changed.first() {
        let payload = String::from_utf8_lossy(&payloads[*first]);
        panic!(
            "JavaScript changes {} of them, like {payload}",
            changed.len()
        );
    }
}

/// The numbers of the payloads that do not survive. Nothing where there is no Node to tell.
fn judged(payloads: &[Vec<u8>]) -> Option<Vec<usize>> {
    let framed = payloads.iter().map(|payload| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length, payload.as_slice()].concat()
    });
    let framed = framed.collect::<Vec<_>>().concat();
    let said = program::answer(&["TEST_NODE"], "api/payload/judge.js", framed)?;
    assert_eq!(said["count"], payloads.len());
    Some(serde_json::from_value(said["changed"].clone()).unwrap())
}
