//! The campaigns there are, and one of them with its progress and its calls.

use serde_json::json;

use super::{assert_hides, assert_shows, placing::House};
use crate::support::csrf_of;

#[tokio::test]
async fn a_campaign_is_started_paused_resumed_and_canceled() {
    let house = House::open().await;
    let mut alice = house.app.visitor(&house.alice).await;
    assert_shows(
        &alice.page("/campaigns").await,
        &["No campaigns yet", "curl http://127.0.0.1"],
    );
    let call = json!({"customer": {"number": "+14155550123", "name": "Ace"}, "assistant_id": "a"});
    let wanted = json!({"name": "Plumbers <of> Greenville", "max_concurrency": 2, "calls": [call, call, call]});
    let made = house
        .app
        .post("/api/v6/campaigns")
        .by(&house.alice)
        .json(&wanted)
        .await;
    let id = made.body["campaign"]["id"].as_str().unwrap().to_owned();
    let path = format!("/campaigns/{id}");

    let page = alice.page(&path).await;
    assert_shows(
        &page,
        &[
            "Plumbers &#60;of&#62; Greenville",
            r#"data-state="draft""#,
            "3 telephones will ring",
        ],
    );
    assert_shows(
        &page,
        &[
            "0 % of 3 calls are over",
            "Ace",
            r#"aria-label="0 % of its calls are over""#,
        ],
    );
    let started = alice.submit(&path, &format!("{path}/start"), &[]).await;
    let page = alice.follow(&started).await;
    assert_shows(
        &page,
        &["at most 2 calls go on at once", r#"data-state="running""#],
    );
    let paused = alice.submit(&path, &format!("{path}/pause"), &[]).await;
    assert_shows(&alice.follow(&paused).await, &[r#"data-state="paused""#]);
    let resumed = alice.submit(&path, &format!("{path}/resume"), &[]).await;
    assert_shows(&alice.follow(&resumed).await, &[r#"data-state="running""#]);
    let again = alice
        .send(&format!("{path}/start"), &[("csrf", csrf_of(&page))])
        .await;
    assert_eq!(again.status, 409, "{again:?}");
    assert_shows(&again.text, &["The campaign is running already."]);

    let mut bob = house.app.visitor(&house.app.user("bob").await).await;
    let theirs = bob.page("/campaigns").await;
    assert_hides(&theirs, &["Greenville</a>"]);
    assert_eq!(bob.open(&path).await.status, 404);
    let refused = bob
        .send(&format!("{path}/cancel"), &[("csrf", csrf_of(&theirs))])
        .await;
    assert_eq!(refused.status, 404);

    let canceled = alice.submit(&path, &format!("{path}/cancel"), &[]).await;
    let page = alice.follow(&canceled).await;
    assert_shows(&page, &[r#"data-state="canceled""#]);
    assert_hides(&page, &["/cancel\""]);
    assert_shows(
        &alice.page("/campaigns").await,
        &[&path, r#"data-state="canceled""#],
    );
    house.finish().await;
}
