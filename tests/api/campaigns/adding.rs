//! Calls that come to a campaign later: all of a list or none, and each of them once.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CAMPAIGNS, House, calls};

#[tokio::test]
async fn a_repeated_request_adds_nothing_twice() {
    let house = House::open().await;
    let path = house.campaign(5, Vec::new()).await;
    let body = json!({"calls": calls(3)});
    for _ in 0..2 {
        let post = house.app.post(&format!("{path}/calls")).by(&house.alice);
        let added = post.header("idempotency-key", "once").json(&body).await;
        assert_eq!(added.status, 200, "{added:?}");
        assert_eq!(added.body["campaign"]["progress"]["total"], 3);
    }
    assert_eq!(house.counts(&path).await, [3, 0, 0, 0]);
    assert_eq!(house.calls(&path).await.len(), 3, "nothing was left behind");
    house.finish().await;
}

#[tokio::test]
async fn a_repeated_campaign_is_made_once() {
    let house = House::open().await;
    let body = json!({"name": "Plumbers", "max_concurrency": 1, "calls": calls(2)});
    let mut ids = Vec::new();
    for _ in 0..2 {
        let post = house.app.post(CAMPAIGNS).by(&house.alice);
        let made = post.header("idempotency-key", "once").json(&body).await;
        assert_eq!(made.status, 201, "{made:?}");
        ids.push(made.body["campaign"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let all = house.app.get("/api/v6/call").by(&house.alice).await;
    assert_eq!(all.body["calls"].as_array().unwrap().len(), 2);
    house.finish().await;
}

#[tokio::test]
async fn a_repeated_list_gets_its_first_answer_though_a_time_in_it_has_passed() {
    let house = House::open().await;
    let path = house.campaign(5, Vec::new()).await;
    let mut list = calls(2);
    list[0]["scheduled_at"] = json!("2026-01-05T09:05:00Z");
    list[0]["latest_at"] = json!("2026-01-05T09:10:00Z");
    let new = json!({"name": "Plumbers", "max_concurrency": 1, "calls": list});
    let wishes = [
        (CAMPAIGNS.to_owned(), new),
        (format!("{path}/calls"), json!({ "calls": list })),
    ];
    let ask = |path: &str, body: &Value| {
        let post = house.app.post(path).by(&house.alice);
        post.header("idempotency-key", "once").json(body)
    };
    let mut firsts = Vec::new();
    for (path, body) in &wishes {
        firsts.push(ask(path, body).await);
    }
    house.app.advance(Duration::from_secs(15 * 60));
    for ((path, body), first) in wishes.iter().zip(&firsts) {
        let again = ask(path, body).await;
        assert!(first.status < 300, "{first:?}");
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    let other = ask(CAMPAIGNS, &json!({"name": "Others", "max_concurrency": 0}));
    let other = other.await;
    other.assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    let all = house.app.get("/api/v6/call").by(&house.alice).await;
    assert_eq!(all.body["calls"].as_array().unwrap().len(), 4);

    house.app.advance(Duration::from_secs(24 * 3_600));
    for (path, body) in &wishes {
        ask(path, body).await.assert_refused(400, "INVALID_REQUEST");
    }
    house.finish().await;
}

#[tokio::test]
async fn what_is_over_takes_no_more_and_says_so() {
    let house = House::where_calls_are_played().await;
    let path = house.started(1, calls(1)).await;
    house.completed(&path).await;
    let late = house.adds(&path, calls(2)).await;
    late.assert_refused(409, "CONFLICT");
    assert!(late.text.contains("completed"), "{late:?}");
    assert_eq!(house.calls(&path).await.len(), 1, "nothing was left behind");
    for verb in ["start", "pause", "resume", "cancel"] {
        house
            .says(&path, verb)
            .await
            .assert_refused(409, "CONFLICT");
    }
    house.finish().await;
}

#[tokio::test]
async fn one_wrong_call_keeps_the_whole_list_out() {
    let house = House::open().await;
    let path = house.campaign(1, Vec::new()).await;
    let mut wanted = calls(20);
    wanted[17]["customer"]["number"] = json!("7");
    wanted[18]["campaign_id"] = json!("cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60");
    let refused = house.adds(&path, wanted).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    let paths: Vec<_> = refused.body["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["path"].clone())
        .collect();
    assert_eq!(
        paths,
        ["calls[17].customer.number", "calls[18].campaign_id"]
    );
    assert!(house.calls(&path).await.is_empty());
    house.finish().await;
}

#[tokio::test]
async fn a_single_call_joins_a_campaign_of_its_owner() {
    let house = House::open().await;
    let path = house.started(1, Vec::new()).await;
    let id = path.rsplit('/').next().unwrap();
    let mut call = calls(1).remove(0);
    call["campaign_id"] = json!(id);
    let place = || house.app.post("/api/v6/call");
    for _ in 0..2 {
        let placed = place().by(&house.alice).json(&call).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        assert_eq!(placed.body["call"]["campaign_id"], id);
        assert_eq!(placed.body["call"]["status"], "QUEUED");
    }
    house.asked(1).await;
    assert_eq!(house.counts(&path).await, [1, 1, 0, 0]);

    let bob = house.app.user("bob").await;
    let his = place().by(&bob).json(&call).await;
    his.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(his.body["details"][0]["path"], "campaign_id");
    let all = house.app.get("/api/v6/call").by(&bob).await;
    assert_eq!(all.body["calls"], json!([]), "nothing was left behind");
    call["campaign_id"] = json!("cmp_7");
    let odd = place().by(&house.alice).json(&call).await;
    assert_eq!(odd.body["details"][0]["path"], "campaign_id", "{odd:?}");
    house.finish().await;
}
