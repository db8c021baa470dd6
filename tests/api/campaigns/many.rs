//! Ten thousand calls in one request, while Vapi goes on telling of others.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::json;

use super::{CAMPAIGNS, House};
use crate::support::vapi;

#[tokio::test]
async fn ten_thousand_calls_are_added_at_once_and_keep_nobody_waiting() {
    let house = House::open().await;
    let call = |number: usize| json!({"customer": {"number": format!("+141555{number:05}")}});
    let calls: Vec<_> = (0..10_000).map(call).collect();
    let body = json!({"name": "All of them", "max_concurrency": 10, "calls": calls});
    let heard = AtomicUsize::new(0);
    let telling = async {
        loop {
            let id = format!("another-{}", heard.load(Relaxed));
            vapi::says(&house.app, vapi::status(&id, "bob", "ringing")).await;
            heard.fetch_add(1, Relaxed);
        }
    };
    let made = tokio::select! {
        made = house.wants(&body) => made,
        () = telling => unreachable!("they are told for as long as it takes"),
    };
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["campaign"]["progress"]["queued"], 10_000);
    // There are fifty pieces, and somebody is heard between one and the next.
    assert!(heard.load(Relaxed) >= 25, "{heard:?}");

    let id = made.body["campaign"]["id"].as_str().unwrap();
    let path = format!("{CAMPAIGNS}/{id}");
    house.does(&path, "start").await;
    house.asked(10).await;
    assert_eq!(house.counts(&path).await, [9_990, 10, 0, 0]);
    house.finish().await;
}

#[tokio::test]
async fn one_more_than_ten_thousand_is_too_many() {
    let house = House::open().await;
    let call = json!({"customer": {"number": "+14155550123"}});
    let body = json!({"name": "More", "max_concurrency": 10, "calls": vec![call; 10_001]});
    let refused = house.wants(&body).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(refused.body["details"][0]["path"], "calls");
    house.finish().await;
}
